# SPDX-License-Identifier: ISC
"""The servers of servers.py once more, with TLS, passwords, and whatever else they have of ESMTP. Each listens twice:
at `port`, where TLS comes by STARTTLS, and at `implicit`. OpenSMTPD is not among them: as a server, the one that is
packaged with OpenSSL 3 ends each handshake with an error (OpenSMTPD's issue 1171)."""

import os
import re
import subprocess

import servers
from authority import NAME, PASSWORD, USER, Authority
from common import REFUSED, harness
from servers import PEOPLE, Missing, free_port, read

AUTHORITY = None  # who has made the certificates
FULL = "full@example.org"  # whom ServeLmtp refuses behind the message


def begin(folder):
    """Makes the certificates there."""
    global AUTHORITY
    AUTHORITY = Authority(folder)
    return AUTHORITY


class Secured:
    """In front of the class of the server."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5")
    optional = ()  # of CHUNKING, BINARYMIME, SMTPUTF8, DSN: what it offers
    lmtp = False
    starttls = True
    must_login = False

    def __init__(self):
        super().__init__()
        self.implicit = free_port()


class Serve(Secured, servers.Serve):
    """examples/serve."""

    mechanisms = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN",
                  "LOGIN", "EXTERNAL")
    optional = ("CHUNKING", "BINARYMIME", "SMTPUTF8", "DSN", "MT-PRIORITY", "DELIVERBY", "REQUIRETLS")
    options = ()
    second = None

    def launch(self):
        users = os.path.join(self.folder, "users")
        with open(users, "w") as file:
            file.write("%s:%s\n" % (USER, PASSWORD))
        options = ("--reply", "rcpt:<%s>=550 5.1.1 no such user" % REFUSED, "--max-size", str(servers.LIMIT), "--users",
                   users, "--tls-cert", AUTHORITY.certificate, "--tls-key", AUTHORITY.key, "--tls-ca",
                   AUTHORITY.authority, "--xclient", "127.0.0.1", *self.options)
        self.server = harness.Server(*options, serves=False)
        self.second = harness.Server(*options, "--tls-implicit", serves=False)
        self.port, self.implicit = self.server.port, self.second.port

    def __exit__(self, kind=None, *more):
        if self.second:
            self.second.__exit__(kind, *more)
        super().__exit__(kind, *more)

    def said(self):
        return self.server.said() + self.second.said()

    def take(self, count):
        return [(None, data) for server in (self.server, self.second) for data in server.take()]


class ServeLmtp(Serve):
    lmtp = True
    options = ("--lmtp", "--reply", "end:<%s>=552 5.2.2 no room" % FULL)


class Filed(Secured):
    """In front of a servers.Filed."""

    def start(self, *arguments, **more):
        super().start(*arguments, str(self.implicit), AUTHORITY.certificate, AUTHORITY.key, USER, PASSWORD,
                      "lmtp" if self.lmtp else "smtp", **more)


class Aiosmtpd(Filed, servers.Aiosmtpd):
    mechanisms = ("PLAIN", "LOGIN")
    optional = ("SMTPUTF8",)


class SmtpServer(Filed, servers.SmtpServer):
    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")
    optional = ("SMTPUTF8",)


class SmtpServerLmtp(SmtpServer):
    lmtp = True


class Rooted(Secured):
    """In front of a servers.Rooted: `secured` are files of its own, instead of those that it has or behind their
    content (for the names with a + in front)."""

    secured = {}

    def values(self):
        return dict(super().values(), implicit=self.implicit, name=NAME, user=USER, password=PASSWORD)

    def prepare(self):
        for path, content in self.secured.items():
            content = content.replace("\n            ", "\n") % self.values()
            if path.startswith("+"):
                path = path[1:]
                content = read(self.root + path).decode() + content
            self.write(path, content)
        for name in "certificate", "both", "key":
            self.write("/etc/tls/%s.pem" % name, read(getattr(AUTHORITY, name)).decode())
        super().prepare()

    def inside(self, *arguments, given=""):
        """What a program of the package writes."""
        ran = subprocess.run(("chroot", self.root) + arguments, input=given.encode(), capture_output=True, timeout=60,
                             check=False)
        if ran.returncode:
            raise Missing("%s: %s" % (" ".join(arguments), (ran.stdout + ran.stderr).decode("utf-8", "replace")))
        return ran.stdout.decode()


class Postfix(Rooted, servers.Postfix):
    """Passwords by Cyrus SASL."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    optional = ("CHUNKING", "SMTPUTF8", "DSN")
    secured = {
        "+/etc/postfix/main.cf": """
            smtpd_tls_security_level = may
            smtpd_tls_chain_files = /etc/tls/both.pem
            smtpd_tls_auth_only = yes
            smtpd_sasl_auth_enable = yes
            smtpd_sasl_type = cyrus
            smtpd_sasl_path = smtpd
            smtpd_sasl_local_domain = %(name)s
            cyrus_sasl_config_path = /etc/postfix/sasl
            smtpd_error_sleep_time = 0
            smtpd_authorized_xclient_hosts = 127.0.0.1
            """,
        "+/etc/postfix/master.cf": """127.0.0.1:%(implicit)d inet n - n - - smtpd
              -o smtpd_tls_wrappermode=yes
            tlsmgr unix - - n 1000? 1 tlsmgr
            """,
        "/etc/postfix/sasl/smtpd.conf": """
            pwcheck_method: auxprop
            auxprop_plugin: sasldb
            mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
            """,
    }

    def prepare(self):
        super().prepare()
        self.inside("saslpasswd2", "-p", "-c", "-u", NAME, USER, given=PASSWORD)
        os.chmod(self.root + "/etc/sasldb2", 0o644)


class Exim(Rooted, servers.Exim):
    optional = ("CHUNKING", "SMTPUTF8", "DSN")
    secured = {
        "/etc/exim4/exim4.conf": """
            daemon_smtp_ports = %(port)d : %(implicit)d
            tls_on_connect_ports = %(implicit)d
            tls_advertise_hosts = *
            tls_certificate = /etc/tls/certificate.pem
            tls_privatekey = /etc/tls/key.pem
            dsn_advertise_hosts = *
            chunking_advertise_hosts = *
            smtputf8_advertise_hosts = *
            pipelining_connect_advertise_hosts = *
            """ + "\n".join(line for line in servers.Exim.files["/etc/exim4/exim4.conf"].split("\n")
                            if not line.startswith(("daemon_smtp_ports", "tls_advertise_hosts"))) + """
            begin authenticators
            plain:
              driver = plaintext
              public_name = PLAIN
              server_prompts = :
              server_condition = ${if and{{eq{$auth2}{%(user)s}}{eq{$auth3}{%(password)s}}}}
              server_set_id = $auth2
            login:
              driver = plaintext
              public_name = LOGIN
              server_prompts = "Username:: : Password::"
              server_condition = ${if and{{eq{$auth1}{%(user)s}}{eq{$auth2}{%(password)s}}}}
              server_set_id = $auth1
            cram:
              driver = cram_md5
              public_name = CRAM-MD5
              server_secret = ${if eq{$auth1}{%(user)s}{%(password)s}fail}
              server_set_id = $auth1
            """,
    }


class Dovecot(Rooted, servers.Rooted):
    """Its LMTP server. It offers no STARTTLS to clients of this host."""

    package = "dovecot"
    users = ("dovecot", "dovenull")
    folders = (("/run/dovecot", "root", 0o755), ("/var/lib/dovecot", "root", 0o755))
    command = ("/usr/sbin/dovecot", "-F", "-c", "/etc/dovecot.conf")
    adds = (rb"Return-Path",)
    mechanisms = ()
    optional = ("CHUNKING",)
    lmtp, sizes, starttls = True, False, False
    common = """
            base_dir = /run/dovecot
            log_path = /var/log/main.log
            ssl = yes
            ssl_cert = </etc/tls/certificate.pem
            ssl_key = </etc/tls/key.pem
            hostname = %(name)s
            default_internal_user = dovecot
            default_login_user = dovenull
            default_internal_group = dovecot
            mail_location = maildir:/mail/%%n
            first_valid_uid = 1
            auth_username_format = %%n
            userdb {
              driver = passwd-file
              args = /etc/dovecot.users
            }
            passdb {
              driver = passwd-file
              args = /etc/dovecot.users
            }
            """
    secured = {
        "/etc/dovecot.conf": common + """protocols = lmtp
            lmtp_add_received_header = no
            lmtp_hdr_delivery_address = none
            service lmtp {
              inet_listener lmtp {
                address = 127.0.0.1
                port = %(port)d
              }
              inet_listener lmtps {
                address = 127.0.0.1
                port = %(implicit)d
                ssl = yes
              }
            }
            """,
        "/etc/dovecot.users": "".join("%s:{PLAIN}%%(password)s:%%(mail)d:%%(mail)d::/mail/%s\n" % (who, who)
                                      for who in PEOPLE + [USER])
    }


class DovecotSubmission(Dovecot):
    """Its submission server, which hands all on to examples/serve."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
    optional = ("CHUNKING",)
    lmtp, starttls, must_login = False, True, True
    secured = {
        "/etc/dovecot.conf": Dovecot.common + """protocols = submission
            auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
            submission_max_mail_size = %(limit)d
            auth_failure_delay = 0
            service anvil {
              unix_listener anvil-auth-penalty {
                mode = 0
              }
            }
            submission_relay_host = 127.0.0.1
            submission_relay_port = %(behind)d
            service submission-login {
              inet_listener submission {
                address = 127.0.0.1
                port = %(port)d
              }
              inet_listener submissions {
                address = 127.0.0.1
                port = %(implicit)d
                ssl = yes
              }
            }
            """,
        "/etc/dovecot.users": Dovecot.secured["/etc/dovecot.users"],
    }

    def __init__(self):
        super().__init__()
        self.behind = Serve()

    def values(self):
        return dict(super().values(), behind=self.behind.port)

    def launch(self):
        self.behind.launch()
        super().launch()

    def __exit__(self, *arguments):
        super().__exit__()
        self.behind.__exit__(*arguments)

    def take(self, count):
        return [(to, re.sub(rb"^Received:.*\r\n([ \t].*\r\n)*", b"", data)) for to, data in self.behind.take(count)]
