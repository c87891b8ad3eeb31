# SPDX-License-Identifier: ISC
"""send, and what becomes of a message: each octet, its size, the extensions that it needs."""

import random
import subprocess
import time

from .harness import each, same, scenario, stuff, true
from .scripted import BOTH, FULL, MESSAGE, PLAIN, SENDER, TO, Mx, arguments, deliver, judge, offering, start

ALL = "EHLO MAIL RCPT DATA . QUIT"
SMALL = [
    ("no final newline", b"Subject: x\r\n\r\nx"),
    ("final CR", b"x\r"),
    ("final LF", b"x\n"),
    ("one octet", b"x"),
    ("one dot", b"."),
    ("two dots", b".."),
    ("dot and CR", b".\r"),
    ("dot and LF", b".\n"),
    ("dot line", b".\r\n"),
    ("dot lines", b".\r\n.\n.\r..\r\n...\r\n.x\n"),
    ("one CRLF", b"\r\n"),
    ("one LF", b"\n"),
    ("one CR", b"\r"),
    ("LF CR", b"\n\r"),
    ("CR CR LF", b"a\r\r\nb\r\n"),
    ("CR LF LF", b"a\r\n\nb\r\n"),
    ("LF CR LF", b"a\n\r\nb\r\n"),
    ("CRs", b"\r\r\r\r"),
    ("lone LFs", b"Subject: x\n\na\n.\nb\n..\n"),
    ("lone CRs", b"Subject: x\r\ra\r.\rb\r..\r"),
    ("mixed", b"a\r\nb\nc\rd\r\n\n\r\re"),
    ("smuggling LF", b"a\n.\nMAIL FROM:<x@y.example>\nRCPT TO:<z@y.example>\nDATA\nevil\n.\n"),
    ("smuggling CRLF", b"a\r\n.\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<z@y.example>\r\nDATA\r\nevil\r\n.\r\n"),
    ("smuggling CR", b"a\r.\rMAIL FROM:<x@y.example>\r"),
    ("smuggling, mixed", b"a\r.\nQUIT\r\nb\n.\r\nQUIT\r\nc\r\n.\nQUIT\nd\r\n.\rQUIT\re\r\r\n.\r\r\nQUIT\n"),
    ("commands", b"QUIT\r\nRSET\r\nDATA\r\n"),
    ("spaces", b" \r\n\t\r\n. \r\n"),
    ("dots inside", b"a.b\r\nc..\r\n.d.\r\n"),
    ("From", b"From me\n>From you\n"),
    ("NULs", b"a\0b\r\n\0\r\n.\0\r\n\0"),
    ("controls", bytes(range(128)) * 3),
]


@each(SMALL)
def small(message):
    deliver(Mx(), 0, "250 2.0.0", ALL, message=message)
    deliver(Mx(ehlo=PLAIN), 0, "250 2.0.0", ALL, files=(message,))


@scenario
def empty():
    """The dot alone; a size of 0 need not be declared."""
    for source in ({"message": b""}, {"files": (b"",)}):
        mx = Mx()
        mx.size_optional = True
        deliver(mx, 0, "250 2.0.0", ALL, **source)


@scenario
def many_messages_at_random():
    chance = random.Random(5321)
    pieces = [b".", b"\r\n", b"\n", b"\r", b"x", b"\r\n.", b"..", b"\0", b"ab", b"\n.\n"]
    files = [b"".join(chance.choices(pieces, k=chance.randrange(1, 40))) for _ in range(200)]
    verbs = "EHLO%s QUIT" % (" MAIL RCPT DATA ." * len(files))
    deliver(Mx(), 0, "250 2.0.0", verbs, files=files)
    deliver(Mx(ehlo=PLAIN), 0, "250 2.0.0", "EHLO%s QUIT" % (" MAIL RCPT DATA ." * 40), files=files[:40])


@each([(repr(piece)[2:-1], piece) for piece in (b"\r\n", b"\r\n.", b"\n.", b"\r", b"\r\r\n.\r\n", b"\n\n")])
def around_buffers(piece):
    """Each place of a line end around what may be the size of a buffer."""
    files = []
    for size in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536):
        for more in range(-4, 2):
            files.append(b"x" * (size + more) + piece + b"yy" + piece + b"z" * 600 + piece)
    deliver(Mx(), 0, "250 2.0.0", "EHLO%s QUIT" % (" MAIL RCPT DATA ." * len(files)), files=files)


@scenario
def dots_around_buffers():
    """Dots to double, at all places of a piece: more goes out than came in."""
    files = [b"." * shift + b"\r\n" + b".\r\n" * 50000 for shift in range(4)]
    files += [b"\r\n" * 100000, b"." * 200000, b"\n.\r." * 50000, b"\r" * 100001, b"x\r" * 70000]
    deliver(Mx(), 0, "250 2.0.0", "EHLO%s QUIT" % (" MAIL RCPT DATA ." * len(files)), files=files)


@scenario
def long_lines():
    files = [b"x" * size + end for size in (998, 999, 1000, 1001, 100000, 1000000) for end in (b"", b"\r\n", b"\r\n.")]
    files += [b"." * 100000, b".\n" + b"." * 100000 + b"\n.\n"]
    deliver(Mx(), 0, "250 2.0.0", "EHLO%s QUIT" % (" MAIL RCPT DATA ." * len(files)), files=files)


@scenario
def input_in_pieces():
    """A pipe that gives CR and LF apart, and a dot behind them."""
    message = b"a\r\n.\r\n.b\r\r\n\n.c\r.\nd\r"
    mx = Mx()
    begin = time.monotonic()
    words = arguments(mx, (), TO, SENDER, "c.example.com", 15)
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    start(words, mx, **pipes)
    for octet in message:
        mx.process.stdin.write(bytes([octet]))
        time.sleep(0.01)
    out, errors = mx.process.communicate(timeout=20)
    mx.finish()
    ran = mx.process.returncode, out.decode(), errors.decode("latin-1"), time.monotonic() - begin
    judge(mx, ran, 0, "250 2.0.0", ALL, TO, None, [message])


EIGHT_BIT = "Subject: 8\n\nGr\u00fc\u00dfe \U0001f426\n".encode() + bytes(range(128, 256)) + b"\n"


@each([
    ("offered", FULL, (), 0, True),
    ("not offered", PLAIN, (), 65, None),
    ("not offered, with SIZE", offering("SIZE 1000", "PIPELINING"), (), 65, None),
    ("not offered, anyway", PLAIN, ("--8bit-anyway",), 0, False),
    ("not offered, with PIPELINING, anyway", offering("PIPELINING"), ("--8bit-anyway",), 0, False),
    ("offered, anyway", FULL, ("--8bit-anyway",), 0, True),
    ("not offered, insisted on", PLAIN, ("--8bitmime",), 65, None),
    ("offered, insisted on", FULL, ("--8bitmime",), 0, True),
])
def eight_bit(extensions, options, code, declared):
    mx = Mx(ehlo=extensions)
    if code != 0:
        deliver(mx, code, "-", "EHLO QUIT", message=EIGHT_BIT, options=options)
        return
    deliver(mx, code, "250", ALL, message=EIGHT_BIT, options=options)
    same("BODY=8BITMIME" in mx.senders[0][1], declared, "BODY=8BITMIME")


@scenario
def one_eight_bit_octet():
    for message in (b"\x80", b"\xff", b"x" * 65535 + b"\x80", b"x\r\n" * 100000 + b"\xe9\r\n"):
        mx = Mx()
        deliver(mx, 0, "250 2.0.0", ALL, message=message)
        true("BODY=8BITMIME" in mx.senders[0][1], "not declared: %s" % mx.senders)
        deliver(Mx(ehlo=PLAIN), 65, "-", "EHLO QUIT", message=message)


@scenario
def eight_bit_after_helo():
    deliver(Mx(ehlo="502 no", offers=()), 65, "-", "EHLO HELO QUIT", message=EIGHT_BIT)
    deliver(Mx(ehlo="502 no", offers=()), 0, "250", "EHLO HELO MAIL RCPT DATA . QUIT", message=EIGHT_BIT,
            options=("--8bit-anyway",))


@scenario
def seven_bit():
    """BODY=8BITMIME only where it is needed or demanded."""
    for options, declared in (((), False), (("--8bitmime",), True), (("--8bit-anyway",), False)):
        mx = Mx()
        deliver(mx, 0, "250 2.0.0", ALL, options=options)
        same("BODY=8BITMIME" in mx.senders[0][1], declared, "BODY=8BITMIME")
    deliver(Mx(ehlo=PLAIN), 65, "-", "EHLO QUIT", options=("--8bitmime",))


@scenario
def one_of_several_is_eight_bit():
    mx = Mx(ehlo=PLAIN)
    deliver(mx, 65, ["250 2.0.0", "-", "250 2.0.0"], "EHLO MAIL RCPT DATA . MAIL RCPT DATA . QUIT",
            files=(MESSAGE, EIGHT_BIT, MESSAGE), contents=[stuff(MESSAGE)] * 2)


SOURCES = [(b"x" * 998 + b"\n", 1000), (b".\n" * 100, 300), (b"x", 3), (b"\n\r\r\n", 6), (b"\r\n" * 7, 14),
           (b"a\nb\rc\r\nd", 12)]


@scenario
def declared_size():
    """The octets of the message with CRLF, without the doubled dots (RFC 1870, section 5)."""
    for source, size in SOURCES:
        for given in ({"message": source}, {"files": (source,)}):
            mx = Mx()
            deliver(mx, 0, "250 2.0.0", ALL, **given)
            same(mx.senders, [("<alice@example.com>", ("SIZE=%d" % size,))], "MAIL")


@scenario
def just_small_enough():
    for source, size in SOURCES:
        for keyword in ("SIZE %d", "SIZE 000%d", "size %d"):
            deliver(Mx(ehlo=offering("PIPELINING", keyword % size)), 0, "250 2.0.0", ALL, message=source)


@scenario
def just_too_large():
    for source, size in SOURCES:
        deliver(Mx(ehlo=offering("PIPELINING", "SIZE %d" % (size - 1))), 65, "-", "EHLO QUIT", message=source,
                to=("a@b.example", "c@d.example"))


@scenario
def one_of_several_is_too_large():
    mx = Mx(ehlo=offering("SIZE 1000", "PIPELINING", "ENHANCEDSTATUSCODES"))
    deliver(mx, 65, ["250 2.0.0", "-", "250 2.0.0"], "EHLO MAIL RCPT DATA . MAIL RCPT DATA . QUIT",
            files=(MESSAGE, b"x" * 999, MESSAGE), contents=[stuff(MESSAGE)] * 2)
    deliver(Mx(ehlo=offering("SIZE 1000")), 65, "-", "EHLO QUIT", files=(b"x" * 999, b"y" * 2000))


@each([
    ("452 to MAIL", dict(mail="452 4.3.1 full"), 75, "452 4.3.1", "( RCPT DATA)?"),
    ("552 to MAIL", dict(mail="552 5.3.4 too much"), 69, "552 5.3.4", "( RCPT DATA)?"),
])
def size_refused(replies, code, expected, verbs):
    for extensions in BOTH:
        deliver(Mx(ehlo=extensions, **replies), code, expected, "EHLO MAIL%s( RSET)? QUIT" % verbs)

