# SPDX-License-Identifier: ISC
"""send --bdat and --binary: chunks whose sizes are right, whatever is answered to them."""

from .harness import each, same, scenario, true
from .scripted import MESSAGE, canonical, close, deliver, drop, reset, stuff
from .scripted_more import Esmtp, hello

CHUNKS = "EHLO MAIL RCPT( RCPT)*( BDAT)+ QUIT"
OFFERS = (hello("CHUNKING"), hello("CHUNKING", pipelining=False))
BDAT = ("--bdat",)


@scenario
def messages():
    bodies = [b"", b"x", b"\n", b".", b".\n", b"..\r\n.\r\n", b"\n.\n\n.\n", MESSAGE, b"a\nb\r\nc", b"QUIT\r\n",
              bytes(set(range(256)) - {10, 13})]
    bodies += [(b"." + b"x" * 70 + b"\n") * (size // 72) + b"y" * (size % 72)
               for size in (4095, 4096, 16384, 65535, 65536, 1 << 18)]
    for body in bodies:
        for ehlo in OFFERS:
            mx = Esmtp(ehlo=ehlo)
            mx.size_optional = not body
            deliver(mx, 0, "250 2.0.0", CHUNKS, options=BDAT + ("--8bit-anyway",), message=body,
                    contents=[canonical(body)])
            same([last for _, last in mx.chunks], [False] * (len(mx.chunks) - 1) + [True], "LAST")


@scenario
def many_chunks():
    body = b"".join(b".%d\r\n" % i for i in range(400000))
    for ehlo in OFFERS:
        mx = Esmtp(ehlo=ehlo)
        deliver(mx, 0, "250 2.0.0", CHUNKS, options=BDAT, message=body, contents=[body], within=20)
        true(len(mx.chunks) > 10, "chunks: %d" % len(mx.chunks))


@scenario
def not_offered():
    for ehlo in (hello(), hello("CHUNKINGX"), hello("BINARYMIME")):
        deliver(Esmtp(ehlo=ehlo), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT", options=BDAT)
    # and offered, but not asked for
    deliver(Esmtp(ehlo=OFFERS[0]), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT")


OCTETS = bytes(range(256)) * 300


@scenario
def binary():
    for ehlo in (hello("CHUNKING", "BINARYMIME"), hello("CHUNKING", "BINARYMIME", pipelining=False)):
        for body in (OCTETS, b"", b"\n", b"\r", b"a\rb\nc", b"\0", b"\r\n.\r\n", MESSAGE[:-2]):
            mx = Esmtp(ehlo=ehlo)
            mx.size_optional = not body
            deliver(mx, 0, "250 2.0.0", CHUNKS, options=("--binary",), message=body, contents=[body])
            true("BODY=BINARYMIME" in mx.senders[0][1], "MAIL: %s" % (mx.senders,))
    for ehlo in (hello(), hello("CHUNKING"), hello("BINARYMIME")):
        deliver(Esmtp(ehlo=ehlo), 65, "-", "(EHLO QUIT)?", options=("--binary",), message=OCTETS)


@scenario
def several():
    for ehlo in OFFERS:
        mx = Esmtp(ehlo=ehlo, end=["250 2.0.0 one", "554 5.6.0 no", "250 2.0.0 three"])
        deliver(mx, 69, ["250 2.0.0"] + ["554 5.6.0"] + ["250 2.0.0"], "EHLO( MAIL RCPT( BDAT)+){3} QUIT", options=BDAT,
                files=(b"one\r\n", b"two\r\n", b"three\r\n"), contents=[b"one\r\n", b"two\r\n", b"three\r\n"])


@each([
    ("250", "250 2.0.0 taken", 0, "250 2.0.0 taken"),
    ("451", "451 4.3.0 later", 75, "451 4.3.0"),
    ("554", "554 5.6.0 no", 69, "554 5.6.0"),
    ("552", "552 5.3.4 too big", 69, "552 5.3.4"),
    ("421", "421 4.3.2 closing", 75, "421|-"),
    ("354", "354 go on", 76, "354|-"),
    ("garbage", "thanks", 76, "-"),
    ("closed", close, 75, "-"),
    ("dropped", drop, 75, "-"),
    ("reset", reset, 75, "-"),
])
def at_the_last(reply, code, expected):
    for ehlo in OFFERS:
        deliver(Esmtp(ehlo=ehlo, end=reply), code, expected, "EHLO MAIL RCPT( BDAT)+( RSET)?( QUIT)?", options=BDAT,
                contents=[canonical(MESSAGE)])


BIG = b"x" * 70 + b"\r\n"


@each([
    ("451", "451 4.3.0 later", 75, "451 4.3.0"),
    ("452", "452 4.3.1 full", 75, "452 4.3.1"),
    ("552", "552 5.3.4 too big", 69, "552 5.3.4"),
    ("554", "554 5.6.0 no", 69, "554 5.6.0"),
    ("421", "421 4.3.2 closing", 75, "421|-"),
    ("354", "354 go on", 76, "354|-"),
    ("garbage", "thanks", 76, "-"),
    ("closed", close, 75, "-"),
    ("dropped", drop, 75, "-"),
    ("reset", reset, 75, "-"),
])
def in_the_middle(reply, code, expected):
    """A chunk is refused that is not the last: no LAST makes it a message."""
    for ehlo in OFFERS:
        mx = Esmtp(ehlo=ehlo, chunk=reply)
        try:
            deliver(mx, code, expected, "EHLO MAIL RCPT( BDAT)+( ~)?( RSET)?( QUIT)?", options=BDAT,
                    message=BIG * 100000,
                    contents=[])
        except AssertionError:
            if len(mx.chunks) == 1 and mx.chunks[0][1]:
                raise AssertionError("one chunk of %d octets: nothing in the middle" % mx.chunks[0][0]) from None
            raise


@scenario
def refused_before():
    for ehlo in OFFERS:
        for replies, code, expected in ((dict(mail="550 5.7.1 no"), 69, "550 5.7.1"),
                                        (dict(rcpt="550 5.1.1 no"), 69, "550 5.1.1"),
                                        (dict(rcpt="450 4.2.1 later"), 75, "450 4.2.1")):
            mx = Esmtp(ehlo=ehlo, **replies)
            deliver(mx, code, expected, "EHLO MAIL( RCPT)?( BDAT)*( RSET)? QUIT", options=BDAT, contents=[])
        mx = Esmtp(ehlo=ehlo, rcpt={"": "250 2.1.5 ok", "b@x.example": "550 5.1.1 no"})
        deliver(mx, 69, ["250 2.0.0", "550 5.1.1", "250 2.0.0"], CHUNKS, options=BDAT,
                to=("a@x.example", "b@x.example", "c@x.example"), contents=[canonical(MESSAGE)])


@scenario
def too_big_for_the_offer():
    mx = Esmtp(ehlo=hello("CHUNKING").replace("SIZE 100000000", "SIZE 10"))
    deliver(mx, (65, 69), "-|552", "EHLO( MAIL)?( RCPT)?( RSET)? QUIT", options=BDAT, message=b"x" * 100)


@scenario
def stuffed_elsewhere():
    """The same file by DATA has its dots doubled."""
    deliver(Esmtp(ehlo=hello()), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT", options=BDAT, message=b".\n..\n",
            contents=[stuff(b".\r\n..\r\n")])
