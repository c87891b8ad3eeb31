# SPDX-License-Identifier: ISC
"""admit.py BUILD MESSAGES ROOTS [quick]: as exchange.py, with TLS, passwords, LMTP, parameters, and what proxies say.
ROOTS has npm's folder. Called by `run`."""

import json
import os
import re
import smtplib
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

from authority import PASSWORD, USER, Authority, has_tls
from common import (HEADER, MESSAGE, REFUSED, SENDER, TO, canonical, equal, execute, harness, in_file, real_messages,
                    same, shows, true)
from exchange import Exchange

UTF8 = ["\u00e1lic\u00e9@example.com", "bj\u00f6rn@example.org", "\u65e5\u672c@b\u00fccher.example"]
FULL = "full@example.org"  # whom the LMTP servers refuse behind the message
END = MESSAGE + b"end\r\n"  # of which the last line is no dot
PEOPLE = [TO[0], FULL, TO[1]]


class Admission(Exchange):
    """And two servers: of STARTTLS, and of implicit TLS."""

    def __init__(self, authority, starttls, implicit, modules):
        super().__init__(starttls)
        self.authority, self.starttls, self.implicit, self.modules = authority, starttls, implicit, modules

    def secured(self, peer, what, function, mechanisms, refused):
        """FUNCTION(self, TLS, mechanism or "", password) with all of them; REFUSED also takes exit codes: how it says
        that a password was wrong."""
        for tls, server in (("starttls", self.starttls), ("implicit", self.implicit)):
            self.server = server
            self.case(peer, "%s, %s" % (what, tls), function, self, tls, "", PASSWORD)
            for mechanism in mechanisms if tls == "starttls" else mechanisms[:1]:
                self.case(peer, "%s, AUTH %s" % (tls, mechanism), function, self, tls, mechanism, PASSWORD)
                if mechanism != "EXTERNAL":
                    self.case(peer, "%s, AUTH %s, a wrong password" % (tls, mechanism), self.is_refused, function, tls,
                              mechanism, refused)
        self.server = self.starttls

    def is_refused(self, function, tls, mechanism, refused):
        function(self, tls, mechanism, "wrong", refused)
        self.stored()

    def on(self, server, peer, name, function, *arguments):
        """A case with another server."""
        before, self.server = self.server, server
        self.case(peer, name, function, *arguments)
        self.server = before


# --- the programs: TLS, mechanism, password; with REFUSED, what they are to say or do, nothing else


def curl(x, tls, mechanism, password, refused=None):
    path = in_file(MESSAGE)
    words = ["--user", "%s:%s" % (USER, password), "--login-options", "AUTH=" + mechanism] if mechanism else []
    if mechanism == "EXTERNAL":
        words = ["--user", SENDER + ":", "--login-options", "AUTH=EXTERNAL", "--cert", x.authority.client]
    scheme = "smtps" if tls == "implicit" else "smtp"
    execute("curl", "-q", "-sS", "--noproxy", "*", "--max-time", "50", "--ssl-reqd", "--cacert",
            x.authority.authority, "--url", "%s://127.0.0.1:%d/client.example" % (scheme, x.server.port), "--mail-from",
            SENDER, "--mail-rcpt", TO[0], "--mail-rcpt", TO[1], "--upload-file", path, *words,
            codes=refused or (0,))
    os.unlink(path)
    if not refused:
        x.stored(MESSAGE)


def swaks(x, *options, recipients=TO, codes=(0,)):
    """Its own file: it may put an empty line behind it."""
    path = in_file(END.replace(b"\r\n", b"\n"))
    ran = execute("swaks", "--server", "127.0.0.1", "--port", str(x.server.port), "--from", SENDER, "--to",
                  ",".join(recipients), "--helo", "client.example", "--timeout", "30s", "--data", "@" + path, *options,
                  codes=codes)
    os.unlink(path)
    return ran.stdout.decode("utf-8", "replace")


def swaks_stored(x):
    (stored,) = x.server.take()
    equal(stored, END + b"\r\n" if stored.endswith(b"\r\n\r\n") else END)


def swaks_tls(x, tls, mechanism, password, refused=None):
    words = ["--tls-on-connect" if tls == "implicit" else "--tls", "--tls-verify", "--tls-ca-path",
             x.authority.authority]
    if mechanism:
        words += ["--auth", mechanism, "--auth-user", USER, "--auth-password", password]
    swaks(x, *words, codes=refused or (0,))
    if not refused:
        swaks_stored(x)


def msmtp(x, tls, mechanism, password, refused=None, options=(), protocol="smtp", recipients=TO, message=MESSAGE):
    config = ["defaults", "timeout 30", "domain client.example", "logfile -", "account default", "host 127.0.0.1",
              "port %d" % x.server.port, "from " + SENDER, "protocol " + protocol]
    if tls:
        config += ["tls on", "tls_trust_file " + x.authority.authority,
                   "tls_starttls %s" % ("off" if tls == "implicit" else "on")]
    if mechanism == "EXTERNAL":
        config += ["tls_cert_file " + x.authority.client, "tls_key_file " + x.authority.client, "user " + SENDER]
    elif mechanism:
        config += ["user " + USER, 'passwordeval "printf %%s %s"' % password]
    config += ["auth " + (mechanism.lower() or "off")]
    path = in_file("\n".join(config + [""]).encode())
    execute("msmtp", "-C", path, *options, "--", *recipients, given=message, codes=refused or (0,))
    os.unlink(path)
    if not refused:
        x.stored(message)


def s_nail(x, tls, mechanism, password, refused=None):
    login = "%s:%s@" % (USER, urllib.parse.quote(password, safe="")) if mechanism else ""
    host = ["-Ssmtp-hostname=example.com"]
    if mechanism == "EXTERNAL":
        login = urllib.parse.quote(SENDER, safe="") + "@"
    words = ["-Smta=%s://%slocalhost:%d" % ("smtps" if tls == "implicit" else "smtp", login, x.server.port),
             "-Ssmtp-auth=" + (mechanism.lower() or "none"), "-Stls-ca-file=" + x.authority.authority,
             "-Stls-verify=strict", "-Stls-ca-no-defaults"]
    words += ["-Ssmtp-use-starttls"] if tls == "starttls" else []
    if mechanism == "EXTERNAL":
        host = []  # it would stand behind the name that it logs in by in the reverse-path
        words += ["-Stls-config-pairs=Certificate=%s,PrivateKey=%s" % (x.authority.client, x.authority.client)]
    body = b".dot\n..two\n.\n\nend.\n"
    execute("s-nail", "-:/", "-Sv15-compat", "-Sfrom=" + SENDER, "-Snosave", "-SDEAD=/dev/null",
            "-Shostname=client.example", *host, "-Sttycharset=utf-8", "-Smime-encoding=8bit",
            "-s", "known subject", *words, *TO, given=body, codes=refused or (0,))
    if not refused:
        equal(x.body().rstrip(b"\r\n"), body.replace(b"\n", b"\r\n").rstrip(b"\r\n"))


def smtp(x, tls="starttls", lmtp=False):
    """A client of Python's smtplib that has TLS."""
    context = ssl.create_default_context(cafile=x.authority.authority)
    if tls == "implicit":
        return smtplib.SMTP_SSL("127.0.0.1", x.server.port, "client.example", timeout=30, context=context)
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    client = kind("127.0.0.1", x.server.port, "client.example", **({} if lmtp else {"timeout": 30}))
    if tls:
        same(client.starttls(context=context)[0], 220, "STARTTLS")
    return client


def python(x, tls, mechanism, password, refused=None):
    with smtp(x, tls) as client:
        client.ehlo()
        if mechanism:
            client.user, client.password = USER, password
            try:
                respond = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
                same(client.auth(mechanism, respond)[0], 235, "AUTH")
                true(not refused, "a wrong password is taken")
            except smtplib.SMTPAuthenticationError as error:
                true(refused, "refused: %s" % error)
                same(error.smtp_code, 535, "code")
                return
        same(client.sendmail(SENDER, TO + [REFUSED], MESSAGE).keys(), {REFUSED}, "refused")
    x.stored(MESSAGE)


def nodemailer(x, tls, mechanism, password, refused=None, message=MESSAGE, envelope=None, **more):
    transport = {"host": "127.0.0.1", "port": x.server.port, "name": "client.example", "secure": tls == "implicit",
                 "requireTLS": tls == "starttls", "ignoreTLS": not tls, **more}
    with open(x.authority.authority) as file:
        transport["tls"] = {"ca": file.read()}
    if mechanism:
        transport.update(auth={"user": USER, "pass": password}, authMethod=mechanism)
    ran = execute("node", os.path.join(os.path.dirname(__file__), "nodemailer.js"), json.dumps(transport),
                  json.dumps(envelope or {"envelope": {"from": SENDER, "to": TO}}), given=message,
                  codes=(1,) if refused else (0,), env={"NODE_PATH": x.modules})
    told = json.loads(ran.stdout)
    if refused:
        same(told, refused, "told")
    return told


def nodemailer_stored(x, *arguments, **more):
    told = nodemailer(x, *arguments, **more)
    if "response" in told:
        x.stored(MESSAGE)


# --- openssl s_client: the dialogue is the scenarios'


def s_client(x, server, protocol, version, message, lmtp=False):
    words = [] if protocol is None else ["-starttls", protocol]
    process = subprocess.Popen(("openssl", "s_client", "-connect", "127.0.0.1:%d" % server.port, "-CAfile",
                                x.authority.authority, "-verify_return_error", "-verify_hostname", "mx.example.org",
                                "-quiet", version, *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        client = harness.Client(pipes=process, greet=protocol is None)
        client.ask("%s client.example" % ("LHLO" if lmtp else "EHLO"), "250")
        client.ask("AUTH PLAIN AGFsaWNlAGl0PWlzLHNlY3JldA==", "235 2.7.0")
        client.begin(*("RCPT TO:<%s>" % to for to in TO), sender="MAIL FROM:<%s> BODY=8BITMIME" % SENDER)
        client.send(harness.stuff(message))
        client.expect(*["250 2.0.0"] * (2 if lmtp else 1))
        half = len(message) // 2
        client.ask("MAIL FROM:<%s> BODY=8BITMIME" % SENDER, "250 2.1.0")
        client.ask("RCPT TO:<%s>" % TO[0], "250 2.1.5")
        client.send(b"BDAT %d\r\n%sBDAT %d LAST\r\n%s" % (half, message[:half], len(message) - half, message[half:]))
        client.expect("250 *", "250 2.0.0")
        client.ask("QUIT", "221 2.0.0")
        process.stdin.close()
        same(process.wait(harness.PATIENCE), 0, "exit code")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
    x.stored(message, message)


# --- LMTP


def swaks_lmtp(x, *options):
    said = swaks(x, "--protocol", "LMTP", *options, recipients=PEOPLE)
    same(len(re.findall(r"^<[-~*\s]*552 5\.2\.2 no room", said, re.M)), 1, "552")
    swaks_stored(x)


def python_lmtp(x, tls):
    with smtp(x, tls, lmtp=True) as client:
        client.ehlo()
        for recipients in (PEOPLE, TO, PEOPLE[:2]):
            client.mail(SENDER)
            for to in recipients:
                same(client.rcpt(to)[0], 250, "RCPT")
            replies = [client.data(MESSAGE)] + [client.getreply() for _ in recipients[1:]]
            same([code for code, _ in replies], [552 if to == FULL else 250 for to in recipients], "replies")
    x.stored(MESSAGE, MESSAGE, MESSAGE)


def nodemailer_lmtp(x, tls):
    told = nodemailer(x, tls, "", "", lmtp=True, envelope={"envelope": {"from": SENDER, "to": PEOPLE}})
    same((told["accepted"], told["rejected"]), (TO, [FULL]), "told")
    x.stored(MESSAGE)


# --- parameters


def python_utf8(x):
    with smtp(x) as client:
        client.ehlo()
        same(client.sendmail(UTF8[0], UTF8[1:], MESSAGE, mail_options=["SMTPUTF8", "BODY=8BITMIME"]), {}, "refused")
        x.stored(MESSAGE)
        try:
            client.command_encoding = "utf-8"
            client.ehlo()
            client.sendmail(UTF8[0], TO, MESSAGE)
            raise AssertionError("a reverse-path in UTF-8 is taken without SMTPUTF8")
        except smtplib.SMTPSenderRefused as error:
            true(error.smtp_code in (501, 550, 553), "code %d" % error.smtp_code)
    shows(x.server.said(), " FROM:<%s> " % UTF8[0], " TO:<%s>" % UTF8[2])


def python_parameters(x):
    with smtp(x) as client:
        client.ehlo()
        client.sendmail(SENDER, TO, MESSAGE, mail_options=[
            "RET=FULL", "ENVID=e+2Bv", "BODY=8BITMIME", "MT-PRIORITY=3", "REQUIRETLS",
            "BY=120;N", "HOLDFOR=60", "SOLICIT=org.example:ADV", "SUBMITTER=alice@example.com", "AUTH=<>"],
                        rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;b+2Bob@example.org",
                                      "RRVS=2026-11-22T00:00:00Z;C"])
        x.stored(MESSAGE)
        for option in "RET=NONE", "ENVID=+", "MT-PRIORITY=10", "BY=1;N;N", "SOLICIT", "REQUIRETLS=1":
            same(client.mail(SENDER, [option])[0], 501, option)
            client.rset()


def nodemailer_parameters(x):
    nodemailer_stored(x, "starttls", "", "", envelope={
        "envelope": {"from": SENDER, "to": TO}, "dsn": {"id": "e+v", "return": "headers", "notify": ["failure"],
                                                        "recipient": "bob@example.org"}})
    shows(x.server.said(), "RET=HDRS", "ENVID=e+2Bv", "NOTIFY=FAILURE", "ORCPT=rfc822;bob@example.org")


def nodemailer_utf8(x):
    nodemailer_stored(x, "starttls", "", "", envelope={"envelope": {"from": UTF8[0], "to": UTF8[1]}})
    shows(x.server.said(), "MAIL FROM:<%s> " % UTF8[0], " SMTPUTF8", "RCPT TO:<%s>" % UTF8[1])


# --- what is said of the client by a proxy; the server writes Received, and LF


def received(x, *texts):
    (stored,) = x.server.take()
    header, body = stored.split(b"From: ", 1)
    for text in texts:
        true(text in header.decode(), "no %r in %s" % (text, header.decode()))
    equal(body.rstrip(b"\n"), END.replace(b"\r\n", b"\n")[len(b"From: "):].rstrip(b"\n"))


def swaks_xclient(x):
    swaks(x, "--xclient", "NAME=spike.example ADDR=192.0.2.7 PORT=2525 PROTO=ESMTP")
    received(x, "from client.example (spike.example [192.0.2.7])", "with ESMTP")
    swaks(x, "--xclient", "NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7")
    received(x, "from client.example ([IPv6:2001:db8::7])")


def swaks_proxy(x, version, *options):
    source = {"4": "192.0.2.8", "6": "2001:db8::8"}
    for family in "4", "6":
        swaks(x, "--proxy-version", version, "--proxy-family", "TCP" + family if version == "1" else "AF_INET" +
              ("6" if family == "6" else ""), "--proxy-source", source[family], "--proxy-source-port", "4711",
              "--proxy-dest", source[family], "--proxy-dest-port", "25",
              *(["--proxy-command", "PROXY", "--proxy-protocol", "STREAM"] if version == "2" else []), *options)
        received(x, "from client.example ([%s%s])" % ("IPv6:" if family == "6" else "", source[family]))


def python_real(x, message):
    with smtp(x) as client:
        client.login(USER, PASSWORD)
        client.sendmail(SENDER, TO, message)
    x.stored(message)


def cases(x, quick, messages, common):
    x.secured("curl", "a message", curl, ["PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL"], (67,))
    x.secured("swaks", "a message", swaks_tls, ["PLAIN", "LOGIN", "CRAM-MD5"], (28,))
    x.secured("msmtp", "a message", msmtp, ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN", "EXTERNAL"],
              (77,))
    x.secured("s-nail", "a message", s_nail, ["PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL"], (4,))
    x.secured("smtplib", "a message", python, ["CRAM-MD5", "PLAIN", "LOGIN"], True)
    if x.modules:
        x.secured("nodemailer", "a message", nodemailer_stored, ["PLAIN", "LOGIN", "CRAM-MD5"],
                  {"code": "EAUTH", "responseCode": 535})
    else:
        print("nodemailer   skipped: npm's packages are not there")
    for version in "-tls1_2", "-tls1_3":
        x.case("s_client", "STARTTLS, AUTH, DATA, BDAT, " + version, s_client, x, x.starttls, "smtp", version, END)
    x.on(x.implicit, "s_client", "implicit TLS", s_client, x, x.implicit, None, "-tls1_3", END)

    for name, data in messages[:5] if quick else messages:
        x.case("smtplib", name + ", TLS, AUTH", python_real, x, canonical(data))
    x.case("smtplib", "1 MiB, TLS", python_real, x, HEADER + b".y\r\n" * (1 << 18))
    if not quick:
        x.case("smtplib", "20 MiB, TLS", python_real, x, HEADER + (b"y" * 998 + b"\r\n") * (20 << 10))

    x.case("smtplib", "SMTPUTF8", python_utf8, x)
    x.case("smtplib", "parameters", python_parameters, x)
    x.case("msmtp", "DSN", lambda: (msmtp(x, "starttls", "", "", options=["-N", "failure,delay", "-R", "hdrs"]),
                                   shows(x.server.said(), "NOTIFY=FAILURE,DELAY", "RET=HDRS")))
    if x.modules:
        x.case("nodemailer", "DSN", nodemailer_parameters, x)
        x.case("nodemailer", "SMTPUTF8", nodemailer_utf8, x)

    with harness.Server(*common, "--lmtp", "--reply", "end:<%s>=552 5.2.2 no room" % FULL, serves=False) as server:
        for tls in ("", "starttls"):
            what = "LMTP, one of three refused at the end" + (", " + tls if tls else "")
            x.on(server, "swaks", what, swaks_lmtp, x, *(["--tls"] if tls else []))
            x.on(server, "smtplib", what, python_lmtp, x, tls)
            if x.modules:
                x.on(server, "nodemailer", what, nodemailer_lmtp, x, tls)
            x.on(server, "msmtp", "LMTP" + (", " + tls if tls else ""),
                 lambda tls=tls: msmtp(x, tls, "", "", protocol="lmtp"))
        x.on(server, "s_client", "LMTP", s_client, x, server, "lmtp", "-tls1_3", END, True)
    with harness.Server(*common, "--xclient", "127.0.0.1", raw=False) as server:
        x.on(server, "swaks", "XCLIENT", swaks_xclient, x)
    with harness.Server(*common, "--proxy-protocol", serves=False, raw=False) as server:
        for version in "1", "2":
            x.on(server, "swaks", "PROXY v" + version, swaks_proxy, x, version)
            x.on(server, "swaks", "PROXY v%s, STARTTLS, AUTH" % version, swaks_proxy, x, version, "--tls", "--auth",
                 "PLAIN", "--auth-user", USER, "--auth-password", PASSWORD)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    if not has_tls():
        print("skipped: the programs are built without TLS")
        return 0
    modules = os.path.abspath(os.path.join(sys.argv[3], "npm", "node_modules"))
    with tempfile.TemporaryDirectory(prefix="authority.") as folder:
        authority = Authority(folder)
        users = in_file(("%s:%s\n" % (USER, PASSWORD)).encode())
        common = ["--reply", "rcpt:<%s>=550 5.1.1 no such user" % REFUSED, "--tls-cert", authority.both, "--users",
                  users, "--tls-ca", authority.authority, "--trace"]
        with harness.Server(*common) as starttls, harness.Server(*common, "--tls-implicit", serves=False) as implicit:
            x = Admission(authority, starttls, implicit, modules if os.path.isdir(modules) else None)
            cases(x, sys.argv[4:] == ["quick"], list(real_messages(sys.argv[2])), common)
    return x.close()


if __name__ == "__main__":
    sys.exit(main())
