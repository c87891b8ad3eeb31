# SPDX-License-Identifier: ISC
"""send against serve: what both can do, in many combinations, and what of it arrives."""

import itertools

from . import tls
from .harness import Server, each, program, same, scenario, true
from .scripted import canonical
from .scripted_more import secret_file
from .serve_auth import ALICE, users_file

MESSAGE = b"Subject: hello\n\n.dots\n..\n" + b"x" * 998 + b"\n\n.\nend"


def exchange(server, *options, message=MESSAGE, to=("bob@example.org", "carol@example.org"),
             sender="alice@example.com"):
    words = [word for address in to for word in ("--to", address)]
    code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(server.port), "--from", sender, *words,
                                "--helo", "c.example.com", "--timeout", "15", *options, given=message)
    true(code == 0 and out.count(b" 250 ") == len(to), "%s: exit code %d; %s %s" % (options, code, out, errors))
    return server.take()


BODIES = (("data", (), canonical(MESSAGE), MESSAGE), ("bdat", ("--bdat",), canonical(MESSAGE), MESSAGE),
          ("binary", ("--binary",), bytes(range(256)) * 600, bytes(range(256)) * 600),
          ("great", ("--bdat",), b"." * 3000000 + b"\r\n", b"." * 3000000))
WAYS = (("", (), ()), (", in turn", ("--no-pipelining",), ()), (", LMTP", ("--lmtp",), ("--lmtp",)),
        (", without CHUNKING", (), ("--without", "CHUNKING")))


@each([(one + way, options + more, serving, wanted, message)
       for (one, options, wanted, message), (way, more, serving) in itertools.product(BODIES, WAYS)
       if not (one == "binary" and "CHUNKING" in serving)])
def bodies(options, serving, wanted, message):
    with Server(*serving, serves="--lmtp" not in serving) as server:
        same(exchange(server, *options, message=message), [wanted], "stored")


def login(*mechanism):
    return ("--auth", *mechanism, "--user", ALICE[0], "--password-file", secret_file(ALICE[1]))


def with_of(text):
    """The protocol that Received tells."""
    return text.partition("Received: ")[2].partition(" with ")[2].split()[0].rstrip(";")


@scenario
def in_the_clear():
    serving = ("--users", users_file(), "--auth-in-clear", "--require-auth")
    for lmtp in ((), ("--lmtp",)):
        with Server(*serving, *lmtp, raw=False, serves=False) as server:
            for mechanism in ((), ("PLAIN",), ("LOGIN",)):
                text = exchange(server, *lmtp, *login(*mechanism), "--auth-in-clear")[0].decode()
                same(with_of(text), "LMTPA" if lmtp else "ESMTPA", "with")
    with Server(raw=False) as server:
        text = exchange(server, sender="\u00e9@b.example", to=("\u7528@d.example",))[0].decode()
        same(with_of(text), "UTF8SMTP", "with")
        exchange(server, "--ret", "FULL", "--envid", "x+y", "--notify", "NEVER", "--orcpt", "rfc822;q@r.example",
                 "--mail-param", "BY=120;R", "--mail-param", "MT-PRIORITY=3", "--rcpt-param",
                 "RRVS=2014-04-03T23:01:00Z")


@scenario(tls=True)
def under_tls():
    ca = ("--ca", tls.file("ca.pem"))
    for implicit, lmtp in itertools.product(((), ("--tls-implicit",)), ((), ("--lmtp",))):
        with Server(*tls.server_options(), *implicit, *lmtp, "--users", users_file(), "--require-auth", "--require-tls",
                    "--tls-ca",
                    tls.file("ca.pem"), raw=False, serves=False) as server:
            how = ("--tls", "implicit" if implicit else "starttls", *ca, *lmtp)
            for mechanism in ((), ("PLAIN",), ("LOGIN",), ("CRAM-MD5",), ("SCRAM-SHA-1",), ("SCRAM-SHA-256",),
                              ("SCRAM-SHA-1-PLUS",), ("SCRAM-SHA-256-PLUS",)):
                text = exchange(server, *how, *login(*mechanism))[0].decode()
                same(with_of(text), "LMTPSA" if lmtp else "ESMTPSA", "with")
            text = exchange(server, *how, *login(), sender="\u00e9@b.example")[0].decode()
            same(with_of(text), "UTF8LMTPSA" if lmtp else "UTF8SMTPSA", "with")
            exchange(server, *how, "--auth", "EXTERNAL", "--tls-cert", tls.file("alice.pem"), "--tls-key",
                     tls.file("alice.key"),
                     "--mail-param", "REQUIRETLS", "--bdat")


@scenario(tls=True)
def wrong_passwords():
    with Server(*tls.server_options(), "--users", users_file(), serves=False) as server:
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"):
            code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(server.port), "--from",
                                        "a@b.example", "--to",
                                        "c@d.example", "--tls", "starttls", "--ca", tls.file("ca.pem"), "--auth",
                                        mechanism, "--user",
                                        "alice", "--password-file", secret_file("x"), given=MESSAGE)
            same((code, out[:28]), (77, b"c@d.example 535 5.7.8 authen"), "%s: %s %s" % (mechanism, out, errors))
        server.nothing()


@scenario
def commands():
    with Server("--users", users_file(), "--auth-in-clear", "--xclient", "127.0.0.1") as server:
        code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(server.port), *login(),
                                    "--auth-in-clear",
                                    "--command", "VRFY bob", "--command", "ETRN example.org", "--command", "HELP",
                                    "--command",
                                    "XFORWARD NAME=x.example")
        lines = [line.split(b" 2")[0] for line in out.split(b"\n")]
        same((code, lines), (0, [b"VRFY bob", b"ETRN example.org", b"HELP", b"XFORWARD NAME=x.example", b""]),
             "commands: %s %s" % (out, errors))
