# SPDX-License-Identifier: ISC
"""AUTH: each mechanism against a client of our own, and all that a client can do wrong."""

import functools
import os
import re
import ssl
import tempfile
import threading

from . import sasl, tls
from .harness import MESSAGE, RECIPIENT, SENDER, Server, each, keywords, same, scenario, true
from .sasl import ScramClient, b64, cram, plain, unb64
from .serve_bdat import chunk

USERS = "alice:wonderland\nbob:pass:word\neve:a=b,c d\n\nlong:%s\n" % ("x" * 200)
ALICE = ("alice", "wonderland")
HELLO = "EHLO c.example.com"
MAKING = threading.Lock()


@functools.lru_cache(maxsize=None)
def make_users():
    path = os.path.join(tempfile.mkdtemp(prefix="users."), "users")
    with open(path, "w", encoding="utf-8") as file:
        file.write(USERS)
    return path


def users_file():
    with MAKING:
        return make_users()


def open_server(*options, **more):
    """A server that takes passwords in the clear."""
    return Server("--users", users_file(), "--auth-in-clear", "--max-errors", "10000", *options, **more)


def tls_server(*options, **more):
    return Server("--users", users_file(), *tls.server_options(), "--tls-ca", tls.file("ca.pem"), "--max-errors",
                  "10000",
                  *options, **more)


def challenge(reply):
    """The octets of a challenge."""
    same(reply.code, 334, "a challenge")
    true(len(reply.lines) == 1 and reply.lines[0].startswith("334 "), "a challenge: %r" % reply)
    return unb64(reply.lines[0][4:])


def login(client, user, password, initial=False):
    client.send("AUTH LOGIN" + (" " + b64(user) if initial else ""))
    if not initial:
        challenge(client.reply())
        client.send(b64(user))
    challenge(client.reply())
    client.send(b64(password))
    return client.reply()


def cram_md5(client, user, password):
    got = challenge(client.ask("AUTH CRAM-MD5", "334"))
    true(re.fullmatch(rb"<[^<>@]+@[^<>@]+>", got), "challenge %r" % got)
    client.send(cram(got, user, password))
    return client.reply()


def scram(client, mechanism, user, password, initial=True, **more):
    """Returns the last reply."""
    talk = ScramClient(mechanism, user, password, **more)
    if initial:
        client.send("AUTH %s %s" % (mechanism, talk.first()))
    else:
        same(challenge(client.ask("AUTH " + mechanism, "334")), b"", "the empty challenge")
        client.send(talk.first())
    reply = client.reply()
    if reply.code != 334:
        return reply
    client.send(talk.final(reply.lines[0][4:]))
    reply = client.reply()
    if reply.code == 334:
        talk.check(reply.lines[0][4:])
        client.send("")
        reply = client.reply()
    return reply


def passes(client, reply):
    if reply.head != "235 2.7.0":
        client.wrong("not authenticated: %r" % reply)
    client.ask("AUTH PLAIN", "503 5.5.1")
    client.deliver()


@scenario
def offered():
    with Server("--users", users_file()) as server, server.client(hello=None) as client:
        got = keywords(client.ask(HELLO, "250"))
        true("AUTH" not in got, "AUTH in the clear: %s" % got)
        for line in ("AUTH PLAIN " + plain(*ALICE), "AUTH PLAIN", "AUTH LOGIN", "AUTH LOGIN " + b64("alice")):
            client.ask(line, "538 5.7.11")
        client.ask("NOOP", "250 2.0.0")
    with open_server() as server, server.client(hello=None) as client:
        got = keywords(client.ask(HELLO, "250"))
        true({"PLAIN", "LOGIN"} <= set(got["AUTH"].split()), "AUTH %s" % got["AUTH"])
        true(not {"EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"} & set(got["AUTH"].split()), got["AUTH"])
        client.ask("ATRN example.org", "530 5.7.0")
    with open_server("--offer", "AUTH LOGIN") as server, server.client(hello=None) as client:
        same(keywords(client.ask(HELLO, "250"))["AUTH"], "LOGIN", "AUTH")
        client.ask("AUTH PLAIN " + plain(*ALICE), "504 5.5.4")
        passes(client, login(client, *ALICE))
    with open_server("--without", "AUTH") as server, server.client() as client:
        client.ask("AUTH PLAIN " + plain(*ALICE), "502 5.5.1")


@scenario
def right():
    with open_server(raw=False) as server:
        for user, password in (ALICE, ("bob", "pass:word"), ("eve", "a=b,c d"), ("long", "x" * 200)):
            for how in range(5):
                with server.client() as client:
                    if how == 0:
                        client.send("AUTH PLAIN " + plain(user, password))
                        reply = client.reply()
                    elif how == 1:
                        same(challenge(client.ask("auth plain", "334")), b"", "the empty challenge")
                        client.send(plain(user, password))
                        reply = client.reply()
                    elif how == 2:
                        client.send("AUTH PLAIN " + plain(user, password, user))
                        reply = client.reply()
                    else:
                        reply = login(client, user, password, how == 4)
                    passes(client, reply)
                    true(re.search(rb"with ESMTPA\b", server.take()[0]), "Received")
                    client.ask(HELLO, "250")
                    client.ask("ATRN example.org", "453 *")
                    client.quit()


WRONG = [  # what a client says, each line but the last answered by 334, and the last reply
    ("no mechanism", ["AUTH"], "501 5.5.4"),
    ("no mechanism, space", ["AUTH "], "501 5.5.4"),
    ("unknown mechanism", ["AUTH NOSUCH"], "504 5.5.4"),
    ("unknown mechanism, response", ["AUTH NOSUCH AAAA"], "504 5.5.4"),
    ("long mechanism", ["AUTH " + "X" * 21], "501 5.5.4"),
    ("mechanism of punctuation", ["AUTH PL@IN"], "501 5.5.4"),
    ("three words", ["AUTH PLAIN AAAA AAAA"], "501 5.5.4"),
    ("EXTERNAL in the clear", ["AUTH EXTERNAL ="], "504 5.5.4|538 5.7.11"),
    ("not base64", ["AUTH PLAIN !!!!"], "501 5.5.2"),
    ("not base64, response", ["AUTH PLAIN", "!!!!"], "501 5.5.2"),
    ("short base64", ["AUTH PLAIN AHRlc3QA="], "501 5.5.2"),
    ("one letter", ["AUTH PLAIN A"], "501 5.5.2"),
    ("one letter, response", ["AUTH PLAIN", "A"], "501 5.5.2"),
    ("padding inside", ["AUTH PLAIN AA==AAAA"], "501 5.5.2"),
    ("padding alone", ["AUTH PLAIN ===="], "501 5.5.2"),
    ("padding alone, response", ["AUTH PLAIN", "="], "501 5.5.2"),
    ("bits behind the end", ["AUTH PLAIN AB=="], "501 5.5.2"),
    ("base64 of URLs", ["AUTH PLAIN", "AG__-A=="], "501 5.5.2"),
    ("space in a response", ["AUTH PLAIN", "AGFs aWNl"], "501 5.5.2"),
    ("empty initial response", ["AUTH PLAIN ="], "501 5.5.2"),
    ("empty response", ["AUTH PLAIN", ""], "501 5.5.2"),
    ("no NUL", ["AUTH PLAIN " + b64("alice")], "501 5.5.2"),
    ("one NUL", ["AUTH PLAIN " + b64("\0alice")], "501 5.5.2"),
    ("three NULs", ["AUTH PLAIN " + b64("\0alice\0wonder\0land")], "501 5.5.2"),
    ("no user", ["AUTH PLAIN " + b64("\0\0wonderland")], "501 5.5.2"),
    ("no password", ["AUTH PLAIN " + b64("\0alice\0")], "501 5.5.2|535 5.7.8"),
    ("not UTF-8", ["AUTH PLAIN " + b64(b"\0\xff\0wonderland")], "501 5.5.2|535 5.7.8"),
    ("wrong password", ["AUTH PLAIN " + plain("alice", "wonderlanD")], "535 5.7.8"),
    ("password and more", ["AUTH PLAIN " + plain("alice", "wonderlandx")], "535 5.7.8"),
    ("part of the password", ["AUTH PLAIN " + plain("alice", "wonderlan")], "535 5.7.8"),
    ("password of another", ["AUTH PLAIN " + plain("alice", "pass:word")], "535 5.7.8"),
    ("unknown user", ["AUTH PLAIN " + plain("mallory", "wonderland")], "535 5.7.8"),
    ("user in capitals", ["AUTH PLAIN " + plain("ALICE", "wonderland")], "535 5.7.8"),
    ("user with the colon", ["AUTH PLAIN " + plain("bob:pass", "word")], "535 5.7.8"),
    ("another's authzid", ["AUTH PLAIN " + plain("alice", "wonderland", "bob")], "535 5.7.8"),
    ("cancelled", ["AUTH PLAIN", "*"], "501 5.7.0"),
    ("cancelled at the password", ["AUTH LOGIN", b64("alice"), "*"], "501 5.7.0"),
    ("two stars", ["AUTH PLAIN", "**"], "501 5.5.2"),
    ("LOGIN, wrong password", ["AUTH LOGIN", b64("alice"), b64("x")], "535 5.7.8"),
    ("LOGIN, unknown user", ["AUTH LOGIN", b64("mallory"), b64("x")], "535 5.7.8"),
    ("LOGIN, not base64", ["AUTH LOGIN", "alice"], "501 5.5.2"),
    ("LOGIN, password not base64", ["AUTH LOGIN " + b64("alice"), "x"], "501 5.5.2"),
    ("LOGIN, empty user", ["AUTH LOGIN", "", b64("x")], "501 5.5.2|535 5.7.8"),
    ("LOGIN, empty both", ["AUTH LOGIN", "", ""], "501 5.5.2|535 5.7.8"),
    ("LOGIN, NUL", ["AUTH LOGIN", b64("alice\0"), b64("wonderland")], "501 5.5.2|535 5.7.8"),
    ("response too long", ["AUTH PLAIN", "A" * 12288], "500 5.5.6"),
    ("response far too long", ["AUTH PLAIN", "A" * 100000], "500 5.5.6"),
    ("response long, but not too long", ["AUTH PLAIN", "A" * 12284], "501 5.5.2|535 5.7.8|500 5.5.6"),
    ("initial response too long", ["AUTH PLAIN " + "A" * 12280], "500 5.5.6|500 5.5.2"),
    ("initial response long, but not too long", ["AUTH PLAIN " + "A" * 12272], "501 5.5.2|535 5.7.8|500 5.5.6"),
    ("LOGIN, long user", ["AUTH LOGIN", b64("x" * 5000), b64("x")], "535 5.7.8|500 5.5.6|501 5.5.2"),
    ("a command in the place of a response", ["AUTH PLAIN", "QUIT"], "501 5.5.2|535 5.7.8"),
    ("a NUL octet in a response", ["AUTH PLAIN", "AA\0A"], "501 5.5.2|500 5.5.2"),
    ("a bare LF in a response", ["AUTH PLAIN", "AA\nAA"], "501 5.5.2|500 5.5.2"),
    ("8-bit response", ["AUTH PLAIN", "\u00e9\u00e9"], "501 5.5.2"),
]


def wrong_and_on(server, client, lines, head):
    for line in lines:
        reply = client.ask(line, "*")
        if reply.code != 334:
            break
    if reply.head not in head.split("|"):
        client.wrong("got %r, expected %s" % (reply, head))
    client.ask("NOOP", "250 2.0.0")


@scenario
def wrong():
    """The session goes on as it was, and the right password still counts."""
    with open_server("--require-auth", serves=False) as server, server.client() as client:
        failures = []
        for name, lines, head in WRONG:
            try:
                wrong_and_on(server, client, lines, head)
                client.ask(SENDER, "530 5.7.0")
            except AssertionError as error:
                failures.append("%s: %s" % (name, str(error).split("\n", 1)[0]))
                client = server.client()
        same(failures, [], "failures")
        client.ask("AUTH PLAIN " + plain(*ALICE), "235 2.7.0")
        client.deliver()
        server.stored(MESSAGE)


@scenario
def out_of_place():
    with open_server() as server:
        with server.client(hello=None) as client:
            client.ask("AUTH PLAIN " + plain(*ALICE), "503 5.5.1")
            client.ask("HELO c.example.com", "250")
            reply = client.ask("AUTH PLAIN " + plain(*ALICE), "*")
            true(reply.code in (502, 503), "after HELO: %r" % reply)
            client.ask(HELLO, "250")
            client.ask(SENDER, "250 2.1.0")
            client.ask("AUTH PLAIN " + plain(*ALICE), "503 5.5.1")
            client.ask(RECIPIENT, "250 2.1.5")
            client.ask("AUTH LOGIN", "503 5.5.1")
            client.ask(chunk(b"abc"), "250 2.0.0")
            client.ask("AUTH LOGIN", "503 5.5.1")
            client.ask("RSET", "250 2.0.0")
            client.ask("AUTH PLAIN " + plain(*ALICE), "235 2.7.0")
            for line in ("AUTH PLAIN " + plain(*ALICE), "AUTH LOGIN", "AUTH PLAIN =", "AUTH NOSUCH"):
                client.ask(line, "503 5.5.1")
            client.ask(HELLO, "250")
            client.ask("AUTH PLAIN " + plain(*ALICE), "503 5.5.1")
            client.deliver()
        server.stored(MESSAGE)


@scenario
def required():
    with open_server("--require-auth", serves=False) as server, server.client(hello=None) as client:
        client.ask("NOOP", "250 2.0.0")
        client.ask(HELLO, "250")
        for line in (SENDER, "VRFY bob", "EXPN bob", "ETRN example.org"):
            client.ask(line, "530 5.7.0")
        for line, head in (("NOOP", "250 2.0.0"), ("RSET", "250 2.0.0"), ("HELP", "214 2.0.0")):
            client.ask(line, head)
        client.ask(chunk(b"QUIT\r\n", "last") + b"NOOP\r\n", "530 5.7.0", "250 2.0.0")
        client.ask("AUTH PLAIN " + plain("alice", "x"), "535 5.7.8")
        client.ask(SENDER, "530 5.7.0")
        client.ask("AUTH PLAIN " + plain(*ALICE), "235 2.7.0")
        client.deliver()
        server.stored(MESSAGE)


@scenario
def many_attempts():
    with Server("--users", users_file(), "--auth-in-clear", "--max-errors", "5") as server:
        with server.client() as client:
            for _ in range(5):
                client.ask("AUTH PLAIN " + plain("alice", "x"), "535 5.7.8")
            if client.ask("AUTH PLAIN " + plain("alice", "x"), "*").code != 421:
                client.ask("NOOP", "421 4.7.0")
            client.ended()
        with server.client() as client:
            for _ in range(5):
                client.ask("AUTH PLAIN", "334")
                client.ask("*", "501 5.7.0")
            client.send("AUTH PLAIN")
            if client.reply().code == 334:
                client.ask("*", "421 4.7.0")
            client.ended()


@scenario
def verdicts():
    with open_server("--reply", "auth:alice=454 4.7.0 later", "--reply", "auth=535 5.7.8 nobody") as server:
        with server.client() as client:
            client.ask("AUTH PLAIN " + plain(*ALICE), "454 4.7.0")
            client.ask("AUTH PLAIN " + plain("bob", "pass:word"), "535 5.7.8")
            client.ask("AUTH PLAIN " + plain("bob", "no"), "535 5.7.8")
            client.deliver()


@scenario
def secrets():
    """Neither passwords nor what holds them is in the trace; that somebody logged in is."""
    with open_server("--trace") as server, server.client() as client:
        client.ask("AUTH PLAIN " + plain("alice", "nothing"), "535 5.7.8")
        client.ask("AUTH PLAIN", "334")
        client.ask("!!" + plain(*ALICE), "501 5.5.2")
        client.ask("auth\tplain " + plain(*ALICE), "*")
        client.ask("AUTH  PLAIN " + plain(*ALICE), "*")
        client.ask("AUTH PLAIN " + plain(*ALICE) + "A" * 13000, "*")
        client.ask(HELLO, "250")
        reply = client.ask("AUTH LOGIN", "*")
        if reply.code == 334:
            client.ask(b64("alice"), "334")
            client.ask(b64("wonderland"), "235 2.7.0")
        said = server.said()
        for text in ("wonderland", "nothing", plain("alice", "nothing"), plain(*ALICE), plain(*ALICE)[:20],
                     b64("wonderland"),
                     b64("alice")):
            true(text not in said, "%r in the trace:\n%s" % (text, said))
        for text in ("C: AUTH (hidden)", "C: (hidden)", "S: 334", "authenticated as alice"):
            true(text in said, "no %r in the trace:\n%s" % (text, said))


@scenario
def split():
    wire = ("%s\r\nAUTH LOGIN\r\n%s\r\n%s\r\nNOOP\r\n" % (HELLO, b64("alice"), b64("wonderland"))).encode()
    heads = ["250", "334", "334", "235 2.7.0", "250 2.0.0"]
    with open_server() as server:
        for at in range(1, len(wire)):
            with server.client(hello=None) as client:
                client.send(wire[:at])
                client.expect(*heads[:wire[:at].count(b"\r\n")])
                client.ask(wire[at:], *heads[wire[:at].count(b"\r\n"):])
        with server.client(hello=None) as client:
            client.ask(wire, *heads)
        with server.client(hello=None) as client:
            client.trickle(wire)
            client.expect(*heads)
        for end in (b"AUTH PLAIN\r\n", b"AUTH PLAIN\r\nAGFs", b"AUTH LOGIN\r\n" + b64("alice").encode() + b"\r\n"):
            client = server.client()
            client.send(end)
            client.reset()


@scenario
def parameter():
    """AUTH= of MAIL, where AUTH is offered."""
    with open_server() as server, server.client() as client:
        for authenticated in (False, True):
            if authenticated:
                client.ask("AUTH PLAIN " + plain(*ALICE), "235 2.7.0")
            for value, head in (("<>", "250 2.1.0"), ("e+3Dmc2@example.com", "250 2.1.0"),
                                ("bob@example.org", "250 2.1.0"),
                                ("", "501 5.5.4"), ("+3c>", "501 5.5.4"), ("e+3dmc2@example.com", "501 5.5.4"),
                                ("bob", "501 5.5.4"), ("a+0Ab@example.org", "501 5.5.4")):
                client.ask(SENDER + " AUTH=" + value, head)
                client.ask("RSET", "250 2.0.0")
            client.ask(SENDER + " AUTH", "501 5.5.4")
            client.ask(SENDER + " AUTH=<> auth=<>", "501 5.5.4")
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT + " AUTH=<>", "555 5.5.4")
            client.ask("RSET", "250 2.0.0")


# --- with digests, and under TLS

SCRAMS = ("SCRAM-SHA-1", "SCRAM-SHA-256")


@scenario(tls=True)
def digests():
    with open_server() as server:
        for user, password in (ALICE, ("eve", "a=b,c d")):
            with server.client() as client:
                passes(client, cram_md5(client, user, password))
            for mechanism in SCRAMS:
                for initial in (True, False):
                    for more in ({}, {"authzid": user}, {"flag": "y"}):
                        with server.client() as client:
                            passes(client, scram(client, mechanism, user, password, initial, **more))


def swap(old, new):
    return lambda text: text.replace(old, new)


def proof_of_nothing(text):
    return b64(b"\0" * len(unb64(text)))


TAMPERED = [
    ("wrong password", "alice", "x", {}, "535 5.7.8"),
    ("unknown user", "mallory", "wonderland", {}, "535 5.7.8"),
    ("another's authzid", "alice", "wonderland", {"authzid": "bob"}, "535 5.7.8"),
    ("proof of nothing", "alice", "wonderland", {"change": {"proof": proof_of_nothing}}, "535 5.7.8"),
    ("short proof", "alice", "wonderland", {"change": {"proof": lambda text: b64(unb64(text)[:-1])}},
     "501 5.5.2|535 5.7.8"),
    ("no proof", "alice", "wonderland", {"change": {"final": lambda text: text.split(",p=")[0]}}, "501 5.5.2"),
    ("another nonce", "alice", "wonderland", {"change": {"nonce": lambda text: text[:-1] + "!"}},
     "501 5.5.2|535 5.7.8"),
    ("nonce cut", "alice", "wonderland", {"change": {"nonce": lambda text: text[:-1]}}, "501 5.5.2|535 5.7.8"),
    ("another binding", "alice", "wonderland", {"change": {"binding": lambda _: b64("y,,")}}, "501 5.5.2|535 5.7.8"),
    ("no binding", "alice", "wonderland", {"change": {"binding": lambda _: ""}}, "501 5.5.2|535 5.7.8"),
    ("extension that must be known", "alice", "wonderland", {"change": {"first": swap("n=alice", "m=x,n=alice")}},
     "501 5.5.2|535 5.7.8"),
    ("no flag", "alice", "wonderland", {"change": {"first": lambda text: text[1:]}}, "501 5.5.2"),
    ("no name", "alice", "wonderland", {"change": {"first": swap("n=alice", "n=")}}, "501 5.5.2|535 5.7.8"),
    ("bad escape", "alice", "wonderland", {"change": {"first": swap("n=alice", "n=al=2Fice")}}, "501 5.5.2|535 5.7.8"),
    ("no nonce", "alice", "wonderland", {"change": {"first": lambda text: text.split(",r=")[0]}}, "501 5.5.2"),
    ("empty nonce", "alice", "wonderland", {"change": {"first": lambda text: text.split(",r=")[0] + ",r="}},
     "501 5.5.2"),
    ("binding asked where there is none", "alice", "wonderland", {"flag": "p=tls-unique"}, "501 5.5.2|535 5.7.8"),
    ("NUL", "alice", "wonderland", {"change": {"first": swap("n=alice", "n=al\0ice")}}, "501 5.5.2|535 5.7.8"),
    ("garbage", "alice", "wonderland", {"change": {"first": lambda _: "garbage"}}, "501 5.5.2"),
    ("garbage at the end", "alice", "wonderland", {"change": {"final": lambda _: "garbage"}}, "501 5.5.2|535 5.7.8"),
    ("end twice", "alice", "wonderland", {"change": {"final": lambda text: text + "," + text}}, "501 5.5.2|535 5.7.8"),
]


@each([("%s, %s" % (mechanism, name), mechanism, *row) for mechanism in SCRAMS for name, *row in TAMPERED], tls=True)
def tampered(mechanism, user, password, more, heads):
    with open_server() as server, server.client() as client:
        reply = scram(client, mechanism, user, password, **more)
        if reply.head not in heads.split("|"):
            client.wrong("got %r, expected %s" % (reply, heads))
        client.ask("NOOP", "250 2.0.0")
        passes(client, scram(client, mechanism, *ALICE))


@scenario(tls=True)
def digests_wrong():
    with open_server() as server, server.client() as client:
        for user, password in (("alice", "x"), ("mallory", "wonderland"), ("alice ", "wonderland"), ("", "wonderland")):
            reply = cram_md5(client, user, password)
            true(reply.head in ("535 5.7.8", "501 5.5.2"), "%s: %r" % (user, reply))
        challenges = set()
        for response in ("*", "!!!!", b64("alice"), b64("alice 00"), b64("alice " + "0" * 32), b64("alice " + "g" * 32),
                         ""):
            challenges.add(challenge(client.ask("AUTH CRAM-MD5", "334")))
            true(client.ask(response, "*").head in ("501 5.7.0", "501 5.5.2", "535 5.7.8"), response)
        same(len(challenges), 7, "different challenges")
        for mechanism in SCRAMS:
            # a user that is not there is asked the same way as one that is, and always with the same salt
            salts = set()
            for name in ("alice", "alice", "mallory", "mallory"):
                talk = ScramClient(mechanism, name, "x")
                got = sasl.fields(challenge(client.ask("AUTH %s %s" % (mechanism, talk.first()), "334")).decode())
                salts.add((name, got["s"], got["i"]))
                client.ask("*", "501 5.7.0")
            same((len(salts), len({(len(salt), count) for _, salt, count in salts})), (2, 1), "salts")
        reply = client.ask("AUTH SCRAM-SHA-256 =", "*")
        true(reply.head == "501 5.5.2", repr(reply))


@scenario(tls=True)
def under_tls():
    with tls_server(raw=False, serves=False) as server:
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", *SCRAMS):
            with server.client() as client:
                got = keywords(client.start_tls(tls.client_context()))
                same(got["AUTH"].split(),
                     "SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN "
                     "LOGIN EXTERNAL".split(), "AUTH")
                if mechanism == "PLAIN":
                    client.send("AUTH PLAIN " + plain(*ALICE))
                    reply = client.reply()
                elif mechanism == "LOGIN":
                    reply = login(client, *ALICE)
                elif mechanism == "CRAM-MD5":
                    reply = cram_md5(client, *ALICE)
                else:
                    reply = scram(client, mechanism, *ALICE)
                passes(client, reply)
                true(re.search(rb"with ESMTPSA\b", server.take()[0]), "Received")


@scenario(tls=True)
def channel_bindings():
    """-PLUS over TLS 1.2, where Python can tell what the channel is bound to."""
    with tls_server(serves=False) as server:
        for mechanism in SCRAMS:
            for name, spoil, heads in (
                    ("right", lambda data: data, "235 2.7.0"),
                    ("another", lambda data: data[::-1], "501 5.5.2|535 5.7.8"),
                    ("none", lambda data: b"", "501 5.5.2|535 5.7.8"),
                    ("more", lambda data: data + b"x", "501 5.5.2|535 5.7.8")):
                with server.client() as client:
                    client.start_tls(tls.client_context(version=ssl.TLSVersion.TLSv1_2))
                    binding = ("tls-unique", spoil(client.socket.get_channel_binding("tls-unique")))
                    reply = scram(client, mechanism + "-PLUS", *ALICE, binding=binding)
                    true(reply.head in heads.split("|"), "%s, %s: %r" % (mechanism, name, reply))
            with server.client() as client:
                client.start_tls(tls.client_context())
                exporter = tls.exported(client.socket)
                if exporter:
                    passes(client, scram(client, mechanism + "-PLUS", *ALICE, binding=("tls-exporter", exporter)))
            with server.client() as client:
                client.start_tls(tls.client_context())
                # somebody has taken -PLUS away from the list
                reply = scram(client, mechanism, *ALICE, flag="y")
                true(reply.head in ("501 5.5.2", "535 5.7.8"), "flag y: %r" % reply)
                reply = scram(client, mechanism + "-PLUS", *ALICE)
                true(reply.head in ("501 5.5.2", "535 5.7.8"), "no binding: %r" % reply)
                reply = scram(client, mechanism + "-PLUS", *ALICE, binding=("tls-nonsense", b"x"))
                true(reply.head in ("501 5.5.2", "535 5.7.8"), "unknown binding: %r" % reply)


@scenario(tls=True)
def external():
    with tls_server(serves=False) as server:
        for certificate, words, head in (
                ("alice", "=", "235 2.7.0"), ("alice", b64("alice@example.com"), "235 2.7.0"),
                ("alice", b64("carol@example.com"), "535 5.7.8"), ("alice", b64("alice"), "535 5.7.8"),
                (None, "=", "535 5.7.8"), (None, b64("alice@example.com"), "535 5.7.8"), ("mx", "=", "235 2.7.0")):
            with server.client() as client:
                client.start_tls(tls.client_context(certificate))
                client.ask("AUTH EXTERNAL " + words, head)
                client.ask("NOOP", "250 2.0.0")
        with server.client() as client:
            client.start_tls(tls.client_context("alice"))
            same(challenge(client.ask("AUTH EXTERNAL", "334")), b"", "the empty challenge")
            client.ask("", "235 2.7.0")
        with server.client() as client:
            client.ask("AUTH EXTERNAL =", "538 5.7.11")
