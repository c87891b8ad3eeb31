# SPDX-License-Identifier: ISC
"""Messages: what is stored is what was sent, octet by octet, and only CRLF "." CRLF ends it."""

import itertools
import random
import time

from .harness import MESSAGE, Server, decode, same, scenario, split_end, stuff, true

POLICIES = ("reject", "normalize", "keep")


def round_trip(server, bodies):
    with server.client() as client:
        for body in bodies:
            client.deliver(body)
            wanted = body if not body or body.endswith(b"\r\n") else body + b"\r\n"
            same(server.take(), [wanted], "stored")
        client.quit()


@scenario
def small_messages():
    with Server() as server:
        round_trip(server, [b"", b"\r\n", b".\r\n", b"..\r\n", b"...\r\n", b".x\r\n", b"x\r\n", b"x", b"x.\r\n",
                            b"\r\n\r\n", b"\r\n.\r\n", b"\r\n.\r\n\r\n", b".\r\n.\r\n.\r\n", b"\r\n.", b".", b"..",
                            b"a\r\n.b\r\n..c\r\n...\r\n.\r\n", b"1234567890", b"12345678\r\n", b"QUIT\r\n",
                            b".\r\nQUIT\r\n.\r\n", b"From me\r\n>From you\r\n", b" \r\n\t\r\n"])


@scenario
def all_octets():
    octets = bytes(set(range(256)) - {10, 13})
    with Server() as server:
        round_trip(server, [octets, octets * 100, b"\0", b"\0\r\n.\0\r\n", b"\0" * 5000, b"\xff" * 5000,
                            b"\xff.\r\n.\xff\r\n", "Gr\u00fc\u00dfe\r\n\U0001f426\r\n".encode(),
                            b"\r\n".join(bytes([octet]) for octet in octets)])


@scenario
def long_lines():
    with Server() as server:
        round_trip(server, [b"x" * size for size in (997, 998, 999, 1000, 1001, 10000, 65536, 1 << 20)] +
                   [b"." * size for size in (998, 999, 10000, 1 << 20)] + [b".\r\n" + b"." * 100000 + b"\r\n.\r\n"])


def cut(body, size):
    """So many octets, the last two a CRLF, and no lone CR before it."""
    body = body[:size - 2]
    return (body[:-1] + b"y" if body.endswith(b"\r") else body) + b"\r\n"


@scenario
def sizes_around_buffers():
    sizes = sorted({base + more for base in (512, 1024, 4096, 8192, 16384, 32768, 65536, 131072, 262144)
                    for more in (-3, -2, -1, 0, 1, 2)})
    line = b"." + b"x" * 60 + b"\r\n"
    with Server() as server:
        round_trip(server, [cut(line * (size // len(line) + 1), size) for size in sizes])
        round_trip(server, [cut(b"\r\n." * size, size) for size in sizes])


@scenario
def ten_mebibytes():
    chance = random.Random(5321)
    pieces = [b".", b"..", b"\r\n", b"\r\n.", b"\r\n.\r\n", b"x" * 70, b"\xc3\xa9", b".\r\n", b"\0",
              b"\r\n" + b"y" * 900]
    body = b"".join(chance.choices(pieces, k=(10 << 20) // 98))
    while len(body) < 10 << 20:
        body += chance.choice(pieces) * 10
    with Server() as server:
        begin = time.monotonic()
        round_trip(server, [body])
        true(time.monotonic() - begin < 15, "10 MiB took %.1f s" % (time.monotonic() - begin))


@scenario
def many_random_messages():
    chance = random.Random(2920)
    pieces = [b".", b"\r\n", b"x", b"\r\n.", b"..", b"\0", b"ab"]
    with Server() as server, server.client() as client:
        bodies = [b"".join(chance.choices(pieces, k=chance.randrange(40))) for _ in range(100)]
        for body in bodies:
            client.begin()
            wire = stuff(body)
            at = 0
            while at < len(wire):
                size = chance.choice((1, 2, 3, 5, 8, len(wire)))
                client.send(wire[at:at + size])
                at += size
            client.expect("250 2.0.0")
        server.stored(*[decode(split_end(stuff(body))[0], "keep") for body in bodies])


@scenario
def the_end_in_pieces():
    """CRLF "." CRLF in every number of pieces, each seen by the server on its own, and commands right behind it."""
    ends = (b"\r\n.\r\n", b"\r\n.\r\nNOOP\r\n", b"\r\n..\r\n.\r\n")
    with Server() as server, server.client() as client:
        for end in ends:
            for cuts in range(1 << (len(end) - 1)) if len(end) < 6 else [1 << at for at in range(len(end) - 1)]:
                client.begin()
                client.send(b"x")
                piece = b""
                for i, octet in enumerate(end):
                    piece += bytes([octet])
                    if cuts >> i & 1 or i == len(end) - 1:
                        time.sleep(0.003)
                        client.send(piece)
                        piece = b""
                client.expect("250 2.0.0", *["250 2.0.0"] * end.count(b"NOOP"))
                same(server.take(), [b"x\r\n.\r\n" if b".." in end else b"x\r\n"], "stored; cuts %x" % cuts)


@scenario
def an_octet_at_a_time():
    with Server() as server, server.client() as client:
        for body in (b"", b".", b"a\r\n.\r\n..b\r\n"):
            client.begin()
            client.trickle(stuff(body), 0.002)
            client.expect("250 2.0.0")
        server.stored(b"", b".\r\n", b"a\r\n.\r\n..b\r\n")


def heads_behind(wire):
    """The replies to what follows a message: NOOP is known, anything else is not; what lacks its CRLF is no line."""
    return ["250 2.0.0" if line == b"NOOP" else "500 5.5.2" for line in wire.split(b"\r\n")[:-1]]


def try_wire(server, client, wire, policy):
    """Sends what stands behind 354 and checks all the replies and what was stored, by `split_end` and `decode`."""
    content, rest = split_end(wire)
    body = decode(content, policy)
    client.begin()
    client.ask(wire, "550 5.6.0" if body is None else "250 2.0.0", *heads_behind(rest))
    client.ask("NOOP in step", "250 2.0.0")
    same(server.take(), [] if body is None else [body], "stored of %r" % wire)


# what others have taken for the end of a message
FALSE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r", b"\r.\r\n", b"\r.\n", b"\r\r\n.\r\r\n",
              b"\r\n.\0\r\n", b"\r\n\0.\r\n", b"\r\n.\r\0\n", b"\r\0\n.\r\n", b"\n\n.\n\n", b"\r\n.\r\r\n",
              b"\r\r\n.\n", b"\n\r.\n\r", b"\r\n .\r\n", b"\r\n. \r\n", b"\r\n.\x85", b"\x85.\x85",
              b"\xe2\x80\xa8.\xe2\x80\xa8", b"\x0b.\x0b", b"\x0c.\x0c", b"\r\n\x2e\x0a", b"\x8d\x8a.\x8d\x8a",
              b"\r\n\xae\r\n", b"\r\n.\n.\r", b"\r\n.\r\n"]
COMMANDS = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\n"


def smuggle(policy):
    with Server("--bare-newline", policy, "--max-errors", "1000") as server, server.client() as client:
        for end in FALSE_ENDS:
            for front in (b"Subject: x\r\n\r\nhello", b"", b"hello\r\n"):
                content, rest = split_end(front + end + COMMANDS + b"\r\n.\r\n")
                body = decode(content, policy)
                client.begin()
                client.ask(front + end + COMMANDS + b"\r\n.\r\n", "550 5.6.0" if body is None else "250 2.0.0")
                if rest:  # a true end: what follows are commands indeed
                    client.expect("250 2.1.0", "250 2.1.5", "354", "250 2.0.0")
                    same(sorted(server.take()), sorted([body, b"Subject: smuggled\r\n\r\n\r\n"]), repr(end))
                else:
                    same(server.take(), [] if body is None else [body], repr(end))
                client.ask("NOOP", "250 2.0.0")
        client.quit()


@scenario
def smuggling_rejected():
    smuggle("reject")


@scenario
def smuggling_normalized():
    smuggle("normalize")


@scenario
def smuggling_kept():
    smuggle("keep")


STRINGS = [b"".join(letters) for length in range(4)
           for letters in itertools.product((b"\r", b"\n", b".", b"\0", b"\r\n"), repeat=length)]


def every_string(policy):
    """All short strings of these, at the beginning of a message and inside it."""
    with Server("--bare-newline", policy, "--max-errors", "100000") as server:
        client = server.client()
        for count, string in enumerate(STRINGS):
            if count % 50 == 49:  # commands without a message that is accepted are counted
                client.close()
                client = server.client()
            for front in (b"", b"a"):
                try_wire(server, client, front + string + b"NOOP\r\nx\r\n.\r\n", policy)
        client.quit()


@scenario
def every_string_rejected():
    every_string("reject")


@scenario
def every_string_normalized():
    every_string("normalize")


@scenario
def every_string_kept():
    every_string("keep")


@scenario
def pieces_of_bare_newlines():
    """Whatever a server decides about a CR must not depend on what it saw behind it at that time."""
    for policy in POLICIES:
        with Server("--bare-newline", policy) as server, server.client() as client:
            for wire in (b"\r\n.\r\r\n.\r\n", b"\n\r\n.\n\r\n.\r\n", b"\r\r.\r\n\r\n.\r\n",
                         b"a\r.\n.\r\n.\r\n\r\n.\r\n"):
                content, rest = split_end(wire)
                body = decode(content, policy)
                client.begin()
                client.trickle(wire, 0.002)
                client.expect("550 5.6.0" if body is None else "250 2.0.0", *heads_behind(rest))
                same(server.take(), [] if body is None else [body], repr(wire))
            client.deliver()
            server.stored(MESSAGE)
