# SPDX-License-Identifier: ISC
"""relay.py BUILD MESSAGES ROOTS [quick]: has real servers hand mail on to examples/serve, by SMTP and by LMTP, with
TLS, passwords and BDAT as they have them; and has a proxy in front of it. Called by `run`, as root where it can."""

import os
import re
import signal
import smtplib
import ssl
import sys
import tempfile

import secured
import servers
from authority import PASSWORD, USER, has_tls
from common import MESSAGE, SENDER, canonical, equal, harness, real_messages, same, shows, true
from deliver import Delivery, large
from servers import free_port, read

# whose mail goes which way: the options that its serve has besides
BY_LOGIN = {name + ".example": ["--require-auth", "--offer", "AUTH " + name.upper()]
            for name in ("plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256")}
WAYS = {
    "starttls.example": ["--require-tls", "--require-auth"],
    "implicit.example": ["--tls-implicit", "--require-auth"],
    "clear.example": ["--without", "STARTTLS", "--without", "AUTH"],
    "data.example": ["--without", "CHUNKING", "--without", "PIPELINING"],
    "lmtp.example": ["--lmtp", "--reply", "end:<full@lmtp.example>=552 5.2.2 no room"],
    "lmtps.example": ["--lmtp", "--require-tls", "--reply", "end:<full@lmtps.example>=552 5.2.2 no room"],
    **BY_LOGIN,
}
UTF8 = "\u00e1lic\u00e9@example.com"


def plain_name(way):
    return way.split(".")[0].replace("-", "_")


class Relay(secured.Rooted):
    """In front of a servers.Rooted: it hands on what it gets. `ways` are those that it knows."""

    ways = tuple(WAYS)
    adds = (rb"Received",)

    def __init__(self):
        super().__init__()
        self.serves = {}

    def values(self):
        ports = {"at_" + plain_name(way): server.port for way, server in self.serves.items()}
        return dict(super().values(), **ports)

    def launch(self):
        users = os.path.join(self.folder, "users")
        with open(users, "w") as file:
            file.write("%s:%s\n" % (USER, PASSWORD))
        for way in self.ways:
            self.serves[way] = harness.Server(
                "--tls-cert", secured.AUTHORITY.both, "--users", users, "--trace", "--xclient", "127.0.0.1", "--reply",
                "rcpt:<nobody@%s>=550 5.1.1 no such user" % way, "--max-size", str(servers.LIMIT), *WAYS[way],
                serves=False)
        super().launch()

    def prepare(self):
        super().prepare()
        self.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.write("/etc/tls/authority.pem", read(secured.AUTHORITY.authority).decode())
        self.write("/etc/ssl/certs/ca-certificates.crt", read(secured.AUTHORITY.authority).decode())
        self.write("/etc/ssl/cert.pem", read(secured.AUTHORITY.authority).decode())

    def __exit__(self, kind=None, *more):
        super().__exit__(kind, *more)
        for server in self.serves.values():
            server.__exit__(kind, *more)

    def give(self, recipients, message, mail_options=("BODY=8BITMIME",), rcpt_options=(), sender=SENDER):
        """All are to be taken."""
        with smtplib.SMTP("127.0.0.1", self.port, "client.example", timeout=30) as client:
            same(client.sendmail(sender, recipients, message, mail_options, rcpt_options), {}, "refused")

    def handed_on(self, way, *messages):
        """Just these are at the end of that way, but for what it has put in front."""
        server = self.serves[way]
        harness.until(lambda: len(server.messages()) >= len(messages), "what it hands on; " + self.said(), 10)
        found = server.take()
        same(len(found), len(messages), "messages")
        for message in messages:
            stored = [self.without(data, message) for data in found]
            if message not in stored:
                equal(max(stored, key=lambda data: len(os.path.commonprefix([data, message]))), message)

    def without(self, data, message):
        for field in self.adds:
            added = re.match(rb"%s:[^\n]*\n([ \t][^\n]*\n)*" % field, data)
            true(added, "no %s: at %r" % (field.decode(), data[:200]))
            data = data[added.end():]
        return self.plain(data, message)

    def says(self, *texts):
        for text in texts:
            harness.until(lambda text=text: re.search(text, self.log_text()), "%r in its log: %s" %
                          (text, self.said()), 10)

    def log_text(self):
        return "".join(read(path).decode("utf-8", "replace")
                       for path in (self.log.name, self.root + "/var/log/mail.log", self.root + "/var/log/main.log")
                       if os.path.exists(path))


class Postfix(Relay, servers.Postfix):
    refusal, sent = r"to=<%s>,.* status=bounced .*%s", r"to=<%s>,.* status=sent "
    secured = {
        "+/etc/postfix/main.cf": """
            mynetworks = 127.0.0.1
            smtpd_relay_restrictions = permit_mynetworks, reject
            default_transport = discard
            transport_maps = inline:{ {clear.example = smtp:[localhost]:%(at_clear)d}
              {data.example = smtp:[localhost]:%(at_data)d} {starttls.example = smtp:[localhost]:%(at_starttls)d}
              {implicit.example = implicit:[localhost]:%(at_implicit)d}
              {lmtp.example = lmtp:[localhost]:%(at_lmtp)d} {lmtps.example = lmtps:[localhost]:%(at_lmtps)d}
              {plain.example = plain:[localhost]:%(at_plain)d} {login.example = login:[localhost]:%(at_login)d}
              {cram-md5.example = smtp:[localhost]:%(at_cram_md5)d}
              {scram-sha-1.example = smtp:[localhost]:%(at_scram_sha_1)d}
              {scram-sha-256.example = smtp:[localhost]:%(at_scram_sha_256)d} }
            smtp_host_lookup = native
            lmtp_host_lookup = native
            smtp_tls_security_level = may
            smtp_tls_CAfile = /etc/tls/authority.pem
            smtp_tls_policy_maps = inline:{ {[localhost]:%(at_starttls)d = verify match=hostname} }
            smtp_sasl_auth_enable = yes
            smtp_sasl_password_maps = regexp:/etc/postfix/passwords
            smtp_sasl_tls_security_options = noanonymous
            smtp_line_length_limit = 0
            lmtp_line_length_limit = 0
            smtp_send_xforward_command = yes
            smtp_connection_reuse_time_limit = 10
            cyrus_sasl_config_path = /etc/postfix/sasl
            """,
        "+/etc/postfix/master.cf": """smtp unix - - n - - smtp
            lmtp unix - - n - - lmtp
            lmtps unix - - n - - lmtp
              -o lmtp_tls_security_level=encrypt
            plain unix - - n - - smtp
            login unix - - n - - smtp
            implicit unix - - n - - smtp
              -o smtp_tls_wrappermode=yes
              -o smtp_tls_security_level=verify
            discard unix - - n - - discard
            tlsmgr unix - - n 1000? 1 tlsmgr
            """,
        "/etc/postfix/passwords": "/^/ %(user)s:%(password)s\n",
    }


class Exim(Relay, servers.Exim):
    ways = tuple(way for way in WAYS if not way.startswith("scram"))
    adds = ()
    refusal, sent = r"\*\* %s .*%s", r"[=-]> %s "
    secured = {
        "/etc/exim4/exim4.conf": """
            primary_hostname = relay.example
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = %(port)d
            spool_directory = /var/spool/exim4
            log_file_path = /var/log/%%s.log
            keep_environment =
            exim_path = /usr/sbin/exim4
            tls_advertise_hosts =
            host_lookup =
            message_size_limit = %(limit)d
            smtp_accept_queue_per_connection = 0
            dsn_advertise_hosts = *
            smtputf8_advertise_hosts = *
            acl_smtp_rcpt = accept
            received_header_text =
            return_path_remove = false
            envelope_to_remove = false
            delivery_date_remove = false
            begin routers
            """ + "".join("""%s:
              driver = manualroute
              domains = %s
              transport = to_%s
              route_list = * localhost byname
              self = send
            """ % (plain_name(way), way, plain_name(way)) for way in ways) + """rest:
              driver = accept
              transport = discard
            begin transports
            discard:
              driver = appendfile
              file = /dev/null
              user = mail
            """ + "".join("""to_%s:
              driver = smtp
              port = %%(at_%s)d
              allow_localhost
              message_linelength_limit = 100M
              hosts_try_prdr =
              tls_verify_certificates = /etc/tls/authority.pem
              tls_verify_hosts = %s
              %s
            """ % (plain_name(way), plain_name(way), "*" if "tls" in way or "implicit" in way else ":",
                   {"starttls.example": "hosts_require_tls = *\n  hosts_require_auth = *",
                    "implicit.example": "protocol = smtps\n  hosts_require_auth = *",
                    "lmtp.example": "protocol = lmtp\n  hosts_avoid_tls = *",
                    "lmtps.example": "protocol = lmtp\n  hosts_require_tls = *",
                    "clear.example": "hosts_avoid_tls = *", "data.example": "hosts_avoid_tls ="
                    }.get(way, "hosts_require_tls = *\n  hosts_require_auth = *")) for way in ways) + """
            begin authenticators
            cram:
              driver = cram_md5
              public_name = CRAM-MD5
              client_name = %(user)s
              client_secret = %(password)s
            plain:
              driver = plaintext
              public_name = PLAIN
              client_send = ^%(user)s^%(password)s
            login:
              driver = plaintext
              public_name = LOGIN
              client_send = : %(user)s : %(password)s
            """,
    }


class OpenSmtpd(Relay, servers.OpenSmtpd):
    """No BDAT, and PLAIN if it is offered, else LOGIN. Of LMTP just messages to one: it takes it for an error when the
    replies for several recipients come together."""

    ways = ("starttls.example", "implicit.example", "clear.example", "data.example", "lmtp.example", "plain.example",
            "login.example")
    refusal, sent = r'to=<%s> .*result="PermFail" stat="%s', r'to=<%s> .*result="Ok"'
    secured = {
        "/etc/smtpd.conf": """
            smtp max-message-size "%(limit)d"
            table secrets file:/etc/secrets
            listen on 127.0.0.1 port %(port)d hostname relay.example
            """ + "".join("""action "%s" relay host "%s:%%(at_%s)d" %s
            match from any for domain "%s" action "%s"
            """ % (way, {"starttls.example": "smtp+tls://label@localhost",
                         "implicit.example": "smtps://label@localhost",
                         "clear.example": "smtp+notls://localhost", "data.example": "smtp://localhost",
                         "lmtp.example": "lmtp://localhost"}.get(way, "smtp+tls://label@localhost"),
                   plain_name(way),
                   "" if way in ("clear.example", "data.example", "lmtp.example") else "auth <secrets> tls", way, way)
                          for way in ways),
        "/etc/secrets": "label %(user)s:%(password)s\n",
    }


class Haproxy(secured.Rooted, servers.Rooted):
    """Four frontends: PROXY v1, v2, the same with the TLS ended there."""

    package = "haproxy"
    command = ("/usr/sbin/haproxy", "-db", "-f", "/etc/haproxy.cfg")
    secured = {
        "/etc/haproxy.cfg": """
            defaults
              mode tcp
              timeout connect 10s
              timeout client 30s
              timeout server 30s
            """ + "".join("""frontend front%s
              bind 127.0.0.1:%%(front%s)d %s
              default_backend back%s
            backend back%s
              server serve 127.0.0.1:%%(behind)d %s
            """ % (i, "" if i == "1" else i, tls, i, i, send) for i, tls, send in (
                ("1", "", "send-proxy"), ("2", "", "send-proxy-v2"), ("3", "ssl crt /etc/tls/both.pem", "send-proxy"),
                ("4", "ssl crt /etc/tls/both.pem", "send-proxy-v2-ssl-cn proxy-v2-options crc32c,unique-id"))
                          ).replace("%(front)d", "%(port)d"),
    }

    def __init__(self):
        super().__init__()
        self.fronts = {"front%d" % i: free_port() for i in (2, 3, 4)}
        self.server = None

    def launch(self):
        self.server = harness.Server("--proxy-protocol", "--tls-cert", secured.AUTHORITY.both, raw=False, serves=False)
        super().launch()

    def values(self):
        return dict(super().values(), behind=self.server.port, **self.fronts)

    def __exit__(self, *arguments):
        super().__exit__()
        if self.server:
            self.server.__exit__(None)


def relay_cases(x, name, peer, messages, quick):
    def way(what, to, message=MESSAGE, trace=(), **more):
        def run():
            seen = len(peer.serves[to].said())
            peer.give(["bob@" + to, "carol@" + to], message, **more)
            peer.handed_on(to, message)
            shows(peer.serves[to].said()[seen:], *trace)
        x.case(name, what, run)
    chunking = ["BDAT "] if name == "Exim" else []
    starttls = "starttls.example"
    way("in the clear", "clear.example", trace=chunking)
    way("without PIPELINING and CHUNKING", "data.example", trace=["DATA"])
    way("STARTTLS, AUTH", starttls, trace=["TLS", "authenticated as " + USER] + chunking)
    way("implicit TLS, AUTH", "implicit.example", trace=["TLS", "authenticated as " + USER])
    for to in peer.ways:
        if to in BY_LOGIN:
            way("AUTH " + to.split(".")[0].upper(), to, trace=["authenticated as " + USER])
    x.case(name, "one of three recipients refused", refused, peer, "clear.example", "nobody", "550")
    for to in peer.ways:
        if to.startswith("lmtp") and name != "OpenSMTPD":
            way(to.split(".")[0].upper(), to)
            x.case(name, "%s, one of three refused at the end" % to.split(".")[0].upper(), refused, peer, to, "full",
                   "552")
    if name != "OpenSMTPD":
        way("SMTPUTF8", starttls, sender=UTF8, mail_options=["SMTPUTF8", "BODY=8BITMIME"], trace=["SMTPUTF8", UTF8])
    way("DSN", starttls, mail_options=["RET=HDRS", "ENVID=e+2Bv", "BODY=8BITMIME"],
        rcpt_options=["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;b+2Bb@example.org"],
        trace=["RET=HDRS", "ENVID=e+2Bv", "NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;b+2Bb@example.org"])
    way("1 MiB", starttls, large(1 << 20))
    if not quick:
        way("20 MiB", starttls, large(20 << 20))
    real = [canonical(message) for message in messages if peer.leaves(canonical(message))]

    def all_of_them(to):
        some = real[:5] if quick else real
        for message in some:
            peer.give(["bob@" + to], message)
        peer.handed_on(to, *some)
        shows(peer.serves[to].said(), "LHLO" if "lmtp" in to else "EHLO")
    for to in starttls, "lmtp.example":
        x.case(name, "real messages, " + to.split(".")[0], all_of_them, to)


def refused(peer, way, who, code):
    """Two get it, and the third does not."""
    bad = "%s@%s" % (who, way)
    peer.give(["bob@" + way, bad, "carol@" + way], MESSAGE)
    peer.handed_on(way, MESSAGE)
    peer.says(peer.refusal.replace("%s", re.escape(bad), 1).replace("%s", code), peer.sent % re.escape("bob@" + way),
              peer.sent % re.escape("carol@" + way))


def proxied(peer, port, tls):
    context = ssl.create_default_context(cafile=secured.AUTHORITY.authority)
    for at in "127.0.0.1", "127.0.0.7":
        more = {"timeout": 30, "source_address": (at, 0)}
        with (smtplib.SMTP_SSL("127.0.0.1", port, "client.example", context=context, **more) if tls else
              smtplib.SMTP("127.0.0.1", port, "client.example", **more)) as client:
            if not tls:
                client.starttls(context=context)
            client.sendmail(SENDER, ["bob@example.org"], MESSAGE)
        (stored,) = peer.server.take()
        true(b"from client.example ([%s])" % at.encode() in stored, "Received: %r" % stored[:300])
        equal(stored[stored.index(b"From: "):], MESSAGE.replace(b"\r\n", b"\n"))


def proxy_cases(x, name, peer, _messages, _quick):
    for what, port, tls in (("PROXY v1, STARTTLS", peer.port, False),
                            ("PROXY v2, STARTTLS", peer.fronts["front2"], False),
                            ("PROXY v1, TLS ends there", peer.fronts["front3"], True),
                            ("PROXY v2 with all it has, TLS ends there", peer.fronts["front4"], True)):
        x.case(name, what, proxied, peer, port, tls)


PEERS = (
    ("Postfix", Postfix, relay_cases),
    ("Exim", Exim, relay_cases),
    ("OpenSMTPD", OpenSmtpd, relay_cases),
    ("HAProxy", Haproxy, proxy_cases),
)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    quick = sys.argv[4:] == ["quick"]
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit(1))  # not without ending what runs
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    messages = [data for _, data in real_messages(sys.argv[2])]
    servers.ROOTS = sys.argv[3]
    if not has_tls():
        print("skipped: the programs are built without TLS")
        return 0
    x = Delivery()
    with tempfile.TemporaryDirectory(prefix="authority.") as folder:
        secured.begin(folder)
        for name, peer, cases in PEERS:
            if os.environ.get("ONLY", name) == name and not (quick and peer is OpenSmtpd):  # it waits for seconds
                x.server(name, peer(), cases, messages, quick)
    return x.close([])


if __name__ == "__main__":
    sys.exit(main())
