# SPDX-License-Identifier: ISC
"""LMTP: LHLO, and a reply for each recipient that was accepted."""

from .harness import MESSAGE, SENDER, Server, each, keywords, same, scenario, stuff, true
from .serve_bdat import chunk

TO = ["RCPT TO:<%s@example.org>" % name for name in ("bob", "carol", "dave")]
HELLO = "LHLO c.example.com"


def lmtp(*options, **more):
    return Server("--lmtp", *options, serves=False, hello=HELLO, **more)


def checked(server):
    with server.client() as client:
        client.deliver()
        client.quit()
    server.stored(MESSAGE)


@scenario
def hello():
    with lmtp() as server, server.client(hello=None) as client:
        for line in ("EHLO c.example.com", "HELO c.example.com"):
            client.ask(line, "500 *")
        client.ask(SENDER, "503 5.5.1")
        got = keywords(client.ask(HELLO, "250"))
        true({"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "CHUNKING"} <= set(got), "offered: %s" % got)
        client.ask("LHLO", "501 *")
        client.ask("EHLO c.example.com", "500 *")
        client.ask(SENDER, "250 2.1.0")
        client.ask("DATA", "503 5.5.1")
        checked(server)


@each([("data", False), ("bdat", True)])
def one_reply_each(by_chunks):
    options = ("--reply", "rcpt:<carol@example.org>=550 5.1.1 no", "--reply", "end:<dave@example.org>=452 4.2.2 full")
    with lmtp(*options) as server, server.client() as client:
        for to, replies, ends in (
                (TO, ["250 2.1.5", "550 5.1.1", "250 2.1.5"], ["250 2.0.0", "452 4.2.2"]),
                (TO[:1], ["250 2.1.5"], ["250 2.0.0"]),
                (TO[2:], ["250 2.1.5"], ["452 4.2.2"]),
                (TO[::-1] + TO, ["250 2.1.5", "550 5.1.1", "250 2.1.5"] * 2,
                 ["452 4.2.2", "250 2.0.0", "250 2.0.0", "452 4.2.2"])):
            client.ask("\r\n".join([SENDER, *to]), "250 2.1.0", *replies)
            if by_chunks:
                client.ask(chunk(b"abc"), "250 2.0.0")
                client.ask(chunk(b"def", "last") + b"NOOP\r\n", *ends, "250 2.0.0")
            else:
                client.ask("DATA", "354")
                client.ask(stuff(b"abcdef") + b"NOOP\r\n", *ends, "250 2.0.0")
            wanted = b"abcdef" + (b"" if by_chunks else b"\r\n")
            server.stored(*[wanted] * any(end[0] == "2" for end in ends))
        client.ask("\r\n".join([SENDER, TO[1], "DATA"]), "250 2.1.0", "550 5.1.1", "503 5.5.1")
        client.quit()


@scenario
def all_refused_at_the_end():
    with lmtp("--reply", "end=554 5.6.0 no") as server, server.client() as client:
        client.begin(*TO)
        client.ask(stuff(MESSAGE) + b"NOOP\r\n", *["554 5.6.0"] * 3, "250 2.0.0")
        server.nothing()
    with lmtp("--max-size", "10") as server, server.client() as client:
        client.begin(*TO)
        client.ask(stuff(b"x" * 100) + b"NOOP\r\n", *["552 5.3.4"] * 3, "250 2.0.0")
        client.begin(*TO)
        client.ask(stuff(b"x\ny") + b"NOOP\r\n", *["550 5.6.0"] * 3, "250 2.0.0")
        client.ask("\r\n".join([SENDER, *TO[:2]]), "250 2.1.0", *["250 2.1.5"] * 2)
        reply = client.ask(chunk(b"x" * 100, "last"), "552 5.3.4")
        client.send("NOOP")
        while (reply := client.reply()).head != "250 2.0.0":  # one each, or one for the chunk
            same(reply.head, "552 5.3.4", "the reply")
        server.nothing()


@scenario
def many_recipients():
    with lmtp() as server, server.client() as client:
        lines = ["RCPT TO:<r%d@example.org>" % i for i in range(500)]
        client.ask("\r\n".join([SENDER, *lines, "DATA"]), "250 2.1.0", *["250 2.1.5"] * 500, "354")
        client.ask(stuff(MESSAGE) + b"QUIT\r\n", *["250 2.0.0"] * 500, "221 2.0.0")
        client.ended()
        server.stored(MESSAGE)


@scenario
def trace_header():
    with lmtp(raw=False) as server, server.client() as client:
        client.deliver(recipients=TO, end="250 2.0.0")
        client.expect("250 2.0.0", "250 2.0.0")
        text = server.take()[0].decode()
        true("with LMTP" in text and text.count("Delivered-To: ") == 3, text)


@scenario
def split_at_every_octet():
    session = [(HELLO, "250"), (SENDER, "250 2.1.0"), (TO[0], "250 2.1.5"), (TO[1], "250 2.1.5"), ("DATA", "354")]
    wire = "".join(line + "\r\n" for line, _ in session).encode() + stuff(MESSAGE) + b"QUIT\r\n"
    with lmtp() as server:
        for at in range(1, len(wire)):
            with server.client(hello=None) as client:
                client.send(wire[:at])
                client.send(wire[at:])
                client.expect(*[head for _, head in session], "250 2.0.0", "250 2.0.0", "221 2.0.0")
                client.ended()
        same(len(server.take()), len(wire) - 1, "messages")
