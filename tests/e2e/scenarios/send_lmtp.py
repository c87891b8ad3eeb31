# SPDX-License-Identifier: ISC
"""send --lmtp: a reply for each recipient that was accepted, and what becomes of those without."""

from .harness import each, same, scenario
from .scripted import MESSAGE, canonical, close, deliver, reset, stuff
from .scripted_more import Esmtp, hello

FIVE = tuple("%s@x.example" % letter for letter in "abcde")
ALL = "LHLO MAIL RCPT RCPT RCPT RCPT RCPT DATA . QUIT"
LMTP = ("--lmtp",)
FULL, IN_TURN = hello(), hello(pipelining=False)


@scenario
def accepted():
    for lhlo in (FULL, IN_TURN, hello("CHUNKING")):
        deliver(Esmtp(lhlo=lhlo), 0, "250 2.0.0", ALL, options=LMTP, to=FIVE)
    mx = Esmtp(lhlo=hello("CHUNKING"))
    deliver(mx, 0, "250 2.0.0", "LHLO MAIL RCPT RCPT RCPT RCPT RCPT( BDAT)+ QUIT", options=LMTP + ("--bdat",), to=FIVE,
            contents=[canonical(MESSAGE)])


@scenario
def each_his_own():
    rcpt = {"": "250 2.1.5 ok", "b@x.example": "550 5.1.1 no"}
    end = {"": "250 2.0.0 taken", "c@x.example": "452 4.2.2 full", "d@x.example": "554 5.7.1 no"}
    expected = ["250 2.0.0", "550 5.1.1", "452 4.2.2", "554 5.7.1", "250 2.0.0"]
    for lhlo in (FULL, IN_TURN):
        deliver(Esmtp(lhlo=lhlo, rcpt=rcpt, end=end), 75, expected, ALL, options=LMTP, to=FIVE)
        mx = Esmtp(lhlo=lhlo, rcpt=rcpt, end=end)
        deliver(mx, 75, expected * 2, "LHLO( MAIL RCPT RCPT RCPT RCPT RCPT DATA .){2} QUIT", options=LMTP, to=FIVE,
                files=(b"one\r\n", b"two\r\n"))
    mx = Esmtp(lhlo=hello("CHUNKING"), rcpt=rcpt, end=end)
    deliver(mx, 75, expected, "LHLO MAIL RCPT RCPT RCPT RCPT RCPT( BDAT)+ QUIT", options=LMTP + ("--bdat",), to=FIVE,
            contents=[canonical(MESSAGE)])


@each([
    ("closed", close, 75, "-"),
    ("reset", reset, 75, "-"),
    ("421", ("421 4.3.2 closing", close), 75, "421|-"),
    ("garbage", "thanks", 76, "-"),
    ("354", "354 go on", 76, "354|-"),
])
def lost_between_replies(reply, code, expected):
    """Those that were answered keep their outcome."""
    for lhlo in (FULL, IN_TURN):
        mx = Esmtp(lhlo=lhlo, end={"": "250 2.0.0 taken", "b@x.example": "554 5.7.1 no", "c@x.example": reply})
        deliver(mx, code, ["250 2.0.0", "554 5.7.1", expected, "421|-", "421|-"], ALL.replace(" QUIT", "( QUIT)?"),
                options=LMTP, to=FIVE)


@scenario
def nobody_accepted():
    for lhlo in (FULL, IN_TURN):
        mx = Esmtp(lhlo=lhlo, rcpt="550 5.1.1 no")
        deliver(mx, 69, "550 5.1.1", "LHLO MAIL RCPT RCPT RCPT RCPT RCPT( DATA)?( RSET)? QUIT", options=LMTP, to=FIVE)


@scenario
def too_many_replies():
    mx = Esmtp(lhlo=FULL, end=("250 2.0.0 one", "250 2.0.0 two"))
    deliver(mx, (0, 76), "250 2.0.0", "LHLO MAIL RCPT DATA .( QUIT)?", options=LMTP)


@scenario
def the_wrong_language():
    """LHLO is refused: there is nothing to fall back on."""
    for reply, code in (("500 5.5.1 what", 69), ("502 5.5.1 what", 69), ("421 4.3.2 later", 75),
                        ("450 4.3.2 later", 75)):
        mx = Esmtp(lhlo=reply)
        deliver(mx, code, reply[:3] + "|-", "LHLO( QUIT)?", options=LMTP)
        same(mx.contents, [], "messages")


@scenario
def many():
    to = tuple("r%d@x.example" % i for i in range(300))
    for lhlo in (FULL, IN_TURN):
        mx = Esmtp(lhlo=lhlo, end={"": "250 2.0.0 taken", "r77@x.example": "452 4.2.2 full"})
        deliver(mx, 75, ["452 4.2.2" if i == 77 else "250 2.0.0" for i in range(300)],
                "LHLO MAIL( RCPT){300} DATA . QUIT",
                options=LMTP, to=to, contents=[stuff(canonical(MESSAGE))])
