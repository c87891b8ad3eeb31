# SPDX-License-Identifier: ISC
"""BDAT: octets are counted and nothing else; what is refused is read to its end, and never taken for a command."""

import itertools
import re
import time

from .harness import MESSAGE, RECIPIENT, SENDER, Server, each, same, scenario, true

NOBODY = "RCPT TO:<nobody@example.org>"
REFUSING = ("--reply", "rcpt:<nobody@example.org>=550 5.1.1 no such user", "--max-errors", "10000")
BINARY = SENDER + " BODY=BINARYMIME"


def chunk(octets, last=""):
    return b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets


def chunks(*pieces):
    return b"".join(chunk(piece, i == len(pieces) - 1) for i, piece in enumerate(pieces))


def begin(client, sender=SENDER):
    client.ask(sender, "250 2.1.0")
    client.ask(RECIPIENT, "250 2.1.5")


def bdat(client, *pieces, end="250 2.0.0", sender=SENDER):
    """A message in these chunks, each in turn."""
    begin(client, sender)
    for i, piece in enumerate(pieces):
        last = i == len(pieces) - 1
        client.ask(chunk(piece, last), end if last else "250 2.0.0")


OCTETS = bytes(range(256))


@scenario
def in_all_sizes():
    with Server() as server, server.client() as client:
        for pieces in ((b"",), (b"", b""), (b"x",), (MESSAGE,), (MESSAGE, b""), (b"", MESSAGE),
                       (b"", b"", b"x", b"", b""),
                       (b".\r\n", b".\r\n"), (b"\r\n.\r\n",), (b"a\r\n", b".\r\n", b"QUIT\r\n"), (b"..\r\n.",),
                       (b"a\r", b"\nb\r", b"\n"), tuple(bytes([octet]) for octet in MESSAGE),
                       (b"BDAT 3 LAST\r\nabc",), (b"no line end",), (OCTETS.replace(b"\r", b"").replace(b"\n", b""),)):
            bdat(client, *pieces)
            server.stored(b"".join(pieces), what=repr(pieces)[:200])
        for size in (511, 512, 513, 4095, 4096, 16383, 16384, 65535, 65536, 65537, 131072, 1 << 20, (1 << 20) + 1):
            body = (b"." + b"x" * 60 + b"\r\n") * (size // 63) + b"y" * (size % 63)
            bdat(client, body)
            server.stored(body)
            bdat(client, body[:size // 2 - 1], body[size // 2 - 1:])
            server.stored(body)
        client.ask(SENDER, "250 2.1.0")
        client.ask(RECIPIENT, "250 2.1.5")
        client.ask(b"bdat 00000000000000000000003 last\r\nabc", "250 2.0.0")
        server.stored(b"abc")
        client.deliver()
        server.stored(MESSAGE)
        client.quit()


@scenario
def pipelined():
    with Server(*REFUSING) as server, server.client() as client:
        opening = ("%s\r\n%s\r\n" % (SENDER, RECIPIENT)).encode()
        wire = opening + chunk(b"QUIT\r\n") + chunk(b"") + chunk(b"RSET\r\n", "last")
        client.ask(wire * 20 + b"NOOP\r\n", *(["250 2.1.0", "250 2.1.5"] + ["250 2.0.0"] * 3) * 20, "250 2.0.0")
        server.stored(*[b"QUIT\r\nRSET\r\n"] * 20)
        pieces = [b"%d" % i * (i % 90) for i in range(500)]
        client.ask(opening + chunks(*pieces) + b"NOOP\r\n", "250 2.1.0", "250 2.1.5", *["250 2.0.0"] * 501)
        server.stored(b"".join(pieces))
        # nobody is left: each chunk is read, and refused
        refused = ("%s\r\n%s\r\n" % (SENDER, NOBODY)).encode() + chunks(b"QUIT\r\n", b"QUIT\r\n", b"RSET\r\n")
        client.ask(refused + b"RSET\r\nNOOP\r\n", "250 2.1.0", "550 5.1.1", "554 5.5.1")
        for _ in range(2):
            true(client.reply().code in (503, 554), "a refusal")
        client.expect("250 2.0.0", "250 2.0.0")
        server.nothing()
        client.deliver()
        server.stored(MESSAGE)


@each([
    ("before MAIL", [], "503 5.5.1"),
    ("before RCPT", [(SENDER, "250 2.1.0")], "503 5.5.1"),
    ("nobody", [(SENDER, "250 2.1.0"), (NOBODY, "550 5.1.1")], "554 5.5.1"),
])
def refused_and_drained(before, head):
    for wire in (chunk(b"QUIT\r\n"), chunk(b"QUIT\r\n", "last"), chunk(b""), chunk(b"", "last"),
                 chunk(b"\r\n.\r\nQUIT\r\n" * 20000), chunk(b"NOOP\r\n" * 3 + b"N", "last")):
        with Server(*REFUSING) as server, server.client() as client:
            for line, answer in before:
                client.ask(line, answer)
            client.ask(wire + b"NOOP\r\n", head, "250 2.0.0")
            client.trickle(wire[:200]) if len(wire) < 200 else client.send(wire)
            client.expect("503 *" if head[:3] == "503" else "*")
            client.ask("RSET", "250 2.0.0")
            bdat(client, b"abc")
            server.stored(b"abc")
            client.quit()


@scenario
def before_hello_and_after_helo():
    with Server(*REFUSING) as server:
        with server.client(hello=None) as client:
            client.ask(chunk(b"QUIT\r\n", "last") + b"NOOP\r\n", "503 5.5.1", "250 2.0.0")
            client.ask("HELO c.example.com", "250")
            begin(client)
            reply = client.ask(chunk(b"QUIT\r\n", "last") + b"NOOP\r\n", "*")
            true(reply.code in (502, 503), "BDAT after HELO: %r" % reply)
            client.expect("250 2.0.0")
        server.nothing()
    with Server("--without", "CHUNKING") as server, server.client() as client:
        begin(client)
        client.send(chunk(b"QUIT\r\n", "last") + b"NOOP\r\n")
        client.expect("502 5.5.1", "250 2.0.0")
        server.nothing()


@scenario
def between_chunks():
    """What may come there, and what ends the message."""
    with Server(*REFUSING) as server:
        for line, head, over in (("NOOP", "250 2.0.0", False), ("VRFY bob", "252 2.0.0", False),
                                 ("HELP", "214 2.0.0", False),
                                 ("DATA", "503 5.5.1", False), (SENDER, "503 5.5.1", False),
                                 (RECIPIENT, "503 5.5.1", False),
                                 ("FROB", "500 5.5.2", False), ("RSET", "250 2.0.0", True),
                                 ("EHLO c.example.com", "250", True), ("HELO c.example.com", "250", True),
                                 ("QUIT", "221 2.0.0", None)):
            with server.client() as client:
                begin(client)
                client.ask(chunk(b"abc"), "250 2.0.0")
                client.ask(line, head)
                if over is None:
                    client.ended()
                    server.nothing()
                    continue
                if over:
                    server.nothing()
                    client.ask("EHLO c.example.com", "250")
                    client.deliver()
                    server.stored(MESSAGE, what=line)
                else:
                    client.ask(chunk(b"def", "last"), "250 2.0.0")
                    server.stored(b"abcdef", what=line)
        for how in ("close", "reset", "half_close"):
            for sent in (chunk(b"abc"), b"BDAT 10 LAST\r\nabc", b"BDAT 10 LAST\r\n", chunk(b"abc") + b"BDAT 0 LAS"):
                client = server.client()
                begin(client)
                client.send(sent)
                getattr(client, how)()
                client.close()
        time.sleep(0.1)
        server.nothing()


@scenario
def too_big():
    with Server("--max-size", "1000", *REFUSING) as server, server.client() as client:
        body = b"x" * 998 + b"\r\n"
        bdat(client, body)
        server.stored(body)
        bdat(client, body[:500], body[500:])
        server.stored(body)
        for pieces, heads in (((body + b"x",), ["552 5.3.4"]), ((body, b"x"), ["250 2.0.0", "552 5.3.4"]),
                              ((body + b"x", b"QUIT\r\n"), ["552 5.3.4", "503 5.5.1"]),
                              ((b"", b"NOOP\r\n" * 50000, b"QUIT\r\n", b""),
                               ["250 2.0.0", "552 5.3.4", "503 5.5.1", "503 5.5.1"])):
            begin(client)
            client.ask(chunks(*pieces) + b"RSET\r\nNOOP\r\n", *heads, "250 2.0.0", "250 2.0.0")
            server.nothing()
        begin(client)
        client.ask(chunk(b"x" * 1001), "552 5.3.4")
        for line in (SENDER, RECIPIENT, "DATA"):
            client.ask(line, "503 5.5.1")
        client.ask("EHLO c.example.com", "250")
        bdat(client, b"abc")
        server.stored(b"abc")


@each([(repr(size), size) for size in (
    "", " ", " x", " -1", " +1", " 0x10", " 1x", " 1.0", " 5,LAST", " 5 LAS", " 5 LASTX", " 5 LAST 5", " LAST",
    " LAST 5",
    " 5 5", " 9223372036854775808", " 18446744073709551615", " 18446744073709551616", " 99999999999999999999",
    " 99999999999999999999 LAST", " 18446744073709551621 LAST", " 340282366920938463463374607431768211461 LAST",
    " 5\x00 LAST", " \u0665 LAST")])
def no_size(size):
    """Nobody can tell where the octets behind it end: nothing of them is a command."""
    with Server() as server:
        for before in ([], [SENDER, RECIPIENT]):
            with server.client() as client:
                for line in before:
                    client.ask(line, "*")
                client.send("BDAT" + size + "\r\nRSET\r\nMAIL FROM:<evil@example.com>\r\nNOOP")
                reply = client.reply()
                true(reply.code in (500, 501, 552), repr(reply))
                client.gone()
                same(re.findall(rb"\d\d\d ", client.got), [b"421 "], "replies behind it: %r" % client.got)
        server.nothing()


@scenario
def huge_sizes_that_are_sizes():
    """What is refused is read for as long as it comes."""
    with Server() as server:
        for size in (67108865, 4294967296, 4294967301, 9223372036854775807):
            for last in ("", " LAST"):
                with server.client() as client:
                    begin(client)
                    client.send(b"BDAT %d%s\r\n" % (size, last.encode()))
                    client.send(b"QUIT\r\n" * 20000)
                    client.socket.settimeout(0.1)
                    try:
                        got = client.socket.recv(1000)
                    except TimeoutError:
                        got = b""
                    true(re.fullmatch(rb"(552 5\.3\.4 .*\r\n)?", got), "answered with %r" % got)
        server.nothing()


@scenario
def binary():
    for policy in ("reject", "normalize", "keep"):
        with Server("--bare-newline", policy) as server, server.client() as client:
            for pieces in ((OCTETS,), (OCTETS * 1000,), (OCTETS[:11], OCTETS[11:]), (b"\n", b"\r", b"\n"),
                           (b"\0" * 70000,),
                           (b"\r\n.\r\n", b".\n", b"\r.\r")):
                bdat(client, *pieces, sender=BINARY)
                server.stored(b"".join(pieces), what=policy)
            begin(client, BINARY)
            client.ask("DATA", "503 5.5.1")
            client.ask(chunk(b"\n", "last"), "250 2.0.0")
            server.stored(b"\n")


def decoded(body, policy):
    """The message of these octets under a policy, or None."""
    if policy == "reject":
        return None if re.search(rb"\r(?!\n)|(?<!\r)\n", body) else body
    return re.sub(rb"\r\n|\r|\n", b"\r\n", body) if policy == "normalize" else body


STRINGS = [b"".join(letters) for length in range(1, 5) for letters in itertools.product((b"\r", b"\n", b".", b"x"),
                                                                                        repeat=length)]


@each([("reject", "reject"), ("normalize", "normalize"), ("keep", "keep")])
def every_string(policy):
    """Bare newlines in chunks, cut at one place."""
    with Server("--bare-newline", policy, *REFUSING) as server:
        client = server.client()
        expected = []
        for count, string in enumerate(STRINGS if policy == "reject" else STRINGS[:84]):
            if count % 40 == 39:
                client.close()
                client = server.client()
            for at in range(len(string)) if len(string) < 4 else (count % 4,):
                body = decoded(string, policy)
                wire = ("%s\r\n%s\r\n" % (SENDER, RECIPIENT)).encode() + chunk(string[:at]) + chunk(string[at:], "last")
                first = client.ask(wire, "250 2.1.0", "250 2.1.5", "*")
                if body is None and first.head == "550 5.6.0":  # it can be told already
                    client.expect("503 5.5.1")
                    client.ask("RSET", "250 2.0.0")
                    continue
                same(first.head, "250 2.0.0", "the first chunk of %r at %d" % (string, at))
                client.expect("550 5.6.0" if body is None else "250 2.0.0")
                expected += [] if body is None else [body]
        server.stored(*expected)
        client.quit()


SESSION = [(b"EHLO c.example.com\r\n", "250"), (SENDER.encode() + b" BODY=BINARYMIME\r\n", "250 2.1.0"),
           (RECIPIENT.encode() + b"\r\n", "250 2.1.5"), (NOBODY.encode() + b"\r\n", "550 5.1.1"),
           (chunk(b"a\r\n.\r\n"), "250 2.0.0"), (chunk(b""), "250 2.0.0"),
           (chunk(b"QUIT\r\n\0\n", "last"), "250 2.0.0"),
           (chunk(b"QUIT\r\n", "last"), "503 5.5.1"), (b"NOOP\r\n", "250 2.0.0"), (b"QUIT\r\n", "221 2.0.0")]
WIRE = b"".join(line for line, _ in SESSION)
HEADS = [head for _, head in SESSION]


@scenario
def split_at_every_octet():
    ends = list(itertools.accumulate(len(line) for line, _ in SESSION))
    with Server(*REFUSING) as server:
        for at in range(1, len(WIRE)):
            with server.client(hello=None) as client:
                client.send(WIRE[:at])
                whole = sum(end <= at for end in ends)
                client.expect(*HEADS[:whole])
                client.ask(WIRE[at:], *HEADS[whole:])
                client.ended()
        same(server.take(), [b"a\r\n.\r\nQUIT\r\n\0\n"] * (len(WIRE) - 1), "stored")
        for pause in (0, 0.001):
            with server.client(hello=None) as client:
                client.trickle(WIRE, pause)
                client.expect(*HEADS)
                client.ended()
        server.stored(*[b"a\r\n.\r\nQUIT\r\n\0\n"] * 2)


@scenario
def scripted_verdicts():
    with Server("--reply", "data=451 4.3.0 not now") as server, server.client() as client:
        begin(client)
        client.ask(chunks(b"QUIT\r\n", b"QUIT\r\n"), "451 4.3.0", "503 5.5.1")
        client.ask("RSET", "250 2.0.0")
        begin(client)
        client.ask(chunk(b"QUIT\r\n", "last"), "451 4.3.0")
        client.ask("NOOP", "250 2.0.0")
        server.nothing()
        server.serves = False
    with Server("--reply", "end=554 5.7.1 spam") as server, server.client() as client:
        begin(client)
        client.ask(chunks(b"abc", b"def"), "250 2.0.0", "554 5.7.1")
        server.nothing()
        server.serves = False


@scenario
def with_headers():
    """The trace header is there, and line ends are made LF, as with DATA."""
    with Server(raw=False) as server, server.client() as client:
        bdat(client, b"Subject: x\r\n", b"\r\nhello\r", b"\n.\r\n")
        text = server.take()[0]
        true(text.startswith(b"Return-Path: <alice@example.com>\n") and b"\r" not in text, repr(text))
        true(text.endswith(b"Subject: x\n\nhello\n.\n"), repr(text))
