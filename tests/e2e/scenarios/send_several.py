# SPDX-License-Identifier: ISC
"""send, and several messages on one connection: each has outcomes of its own, whatever befell those before."""

from .harness import each, same, scenario, stuff
from .scripted import BOTH, FULL, LONE_DOT, Mx, canonical, close, deliver, drop, reset, silence

FILES = tuple(b"Subject: %d\n\n.%d\n" % (i, i) for i in range(3))
WIRES = [stuff(canonical(source)) for source in FILES]
ONE = " MAIL RCPT DATA ."
RSET = "( RSET)?"  # no transaction is open: it may be left out


@scenario
def three():
    for extensions in BOTH:
        for count in (2, 3):
            deliver(Mx(ehlo=extensions), 0, "250 2.0.0", "EHLO" + ONE * count + " QUIT", files=FILES[:count])


@scenario
def same_envelope():
    mx = Mx()
    deliver(mx, 0, "250 2.0.0", "EHLO" + " MAIL RCPT RCPT DATA ." * 3 + " QUIT", files=FILES,
            to=("a@b.example", "c@d.example"))
    same(mx.paths, ["<a@b.example>", "<c@d.example>"] * 3, "RCPT")
    same([path for path, _ in mx.senders], ["<alice@example.com>"] * 3, "MAIL")


@scenario
def fifty():
    files = [b"%d\n" % i for i in range(50)]
    deliver(Mx(), 0, "250 2.0.0", "EHLO" + ONE * 50 + " QUIT", files=files)


# what happens to the second of three messages: replies, exit code, its outcome, its commands in lockstep and in a batch
REFUSED = [
    ("at the end, 4yz", dict(end=["250 2.0.0 ok", "451 4.3.0 later", "250 2.0.0 ok"]), 75, "451 4.3.0",
     ONE + RSET, ONE + RSET),
    ("at the end, 5yz", dict(end=["250 2.0.0 ok", "554 5.6.0 no", "250 2.0.0 ok"]), 69, "554 5.6.0",
     ONE + RSET, ONE + RSET),
    ("at MAIL", dict(mail=["250 ok", "550 5.7.1 no", "250 ok"]), 69, "550 5.7.1",
     " MAIL" + RSET, " MAIL RCPT DATA" + RSET),
    ("at MAIL, 452", dict(mail=["250 ok", "452 4.3.1 full", "250 ok"]), 75, "452 4.3.1",
     " MAIL" + RSET, " MAIL RCPT DATA" + RSET),
    ("at RCPT", dict(rcpt=["250 ok", "550 5.1.1 no", "250 ok"]), 69, "550 5.1.1",
     " MAIL RCPT( DATA)? RSET", " MAIL RCPT DATA RSET"),
    ("at DATA", dict(data=["354 go", "451 4.3.0 later", "354 go"]), 75, "451 4.3.0",
     " MAIL RCPT DATA RSET", " MAIL RCPT DATA RSET"),
]


@each([row[:1] + (extensions is FULL,) + row[1:] for row in REFUSED for extensions in BOTH])
def second_refused(pipelined, replies, code, expected, in_turn, batch):
    """The third is delivered, and to none but its own recipients."""
    mx = Mx(ehlo=BOTH[not pipelined], **{stage: list(reply) for stage, reply in replies.items()})
    verbs = batch if pipelined else in_turn
    wires = WIRES if "." in verbs else [WIRES[0], WIRES[2]]
    deliver(mx, code, ["250 2.0.0 ok|250 2.0.0 taken", expected, "250 2.0.0 ok|250 2.0.0 taken"],
            "EHLO" + ONE + verbs + ONE + " QUIT", files=FILES, contents=wires)
    same(mx.accepted, ["<bob@example.org>"], "recipients of the last message")


@scenario
def all_refused_and_354():
    """The lone dot ends that transaction."""
    for end in ("554 5.5.1 no recipients", "250 2.0.0 what"):
        mx = Mx(rcpt=["250 ok", "550 5.1.1 no", "250 ok"], data="354 go", end=["250 2.0.0 ok", end, "250 2.0.0 ok"])
        deliver(mx, 69, ["250 2.0.0", "550 5.1.1", "250 2.0.0"], "EHLO" + ONE * 2 + RSET + ONE + " QUIT", files=FILES,
                contents=[WIRES[0], LONE_DOT, WIRES[2]])


@each([
    ("421 to MAIL", dict(mail=["250 ok", "421 4.3.2 closing"]), 75, "421", "421|-"),
    ("421 at the end", dict(end=["250 2.0.0 ok", "421 4.3.2 closing"]), 75, "421", "421|-"),
    ("lost at MAIL", dict(mail=["250 ok", close]), 75, "-", "-"),
    ("reset at RCPT", dict(rcpt=["250 ok", reset]), 75, "-", "-"),
    ("lost at DATA", dict(data=["354 go", drop]), 75, "-", "-"),
    ("lost at the end", dict(end=["250 2.0.0 ok", close]), 75, "-", "-"),
    ("garbage to MAIL", dict(mail=["250 ok", "ok"]), 76, "-", "-"),
    ("garbage at the end", dict(end=["250 2.0.0 ok", "ok"]), 76, "-", "-"),
    ("garbage behind the end", dict(end=["250 2.0.0 ok", "250 2.0.0 ok\nok"]), 76, "250 2.0.0", "-"),
    ("lost behind the end", dict(end=["250 2.0.0 ok", ("250 2.0.0 ok", close)]), 75, "250 2.0.0", "-"),
    ("reset behind the end", dict(end=["250 2.0.0 ok", ("250 2.0.0 ok", reset)]), 75, "250 2.0.0", "-"),
])
def second_ends_it(replies, code, expected, third):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, **{stage: list(reply) for stage, reply in replies.items()})
        deliver(mx, code, ["250 2.0.0", expected, third],
                "EHLO" + ONE + " MAIL( RCPT)?( DATA)?( .)?( MAIL( RCPT)?( DATA)?)?( QUIT)?", files=FILES)


@each([
    ("421 to RSET", "421 4.3.2 closing", 75, "421|-"),
    ("lost at RSET", close, 75, "-"),
    ("garbage to RSET", "reset", 76, "-"),
    ("354 to RSET", "354 reset", 76, "-"),
])
def in_between(reply, code, third):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, rcpt=["250 ok", "550 5.1.1 no", "250 ok"], rset=reply)
        deliver(mx, code, ["250 2.0.0", "550 5.1.1", third],
                "EHLO" + ONE + " MAIL RCPT( DATA)? RSET( MAIL( RCPT)?( DATA)?)?( QUIT)?", files=FILES)


@each([
    ("greeting 421", dict(greeting="421 4.3.2 closing"), 75, "421"),
    ("greeting 554", dict(greeting="554 5.7.1 go away"), 69, "554"),
    ("greeting lost", dict(greeting=close), 75, "-"),
    ("greeting garbage", dict(greeting="hello"), 76, "-"),
    ("EHLO 421", dict(ehlo="421 4.3.2 closing"), 75, "421"),
    ("EHLO 450", dict(ehlo="450 later"), 75, "450"),
    ("EHLO and HELO 550", dict(ehlo="550 no", helo="550 no"), 69, "550"),
])
def none_is_sent(replies, code, expected):
    """A line for each recipient of each message."""
    deliver(Mx(**replies), code, expected, "(EHLO( HELO)?( QUIT)?)?(QUIT)?", files=FILES,
            to=("a@b.example", "c@d.example"))


@scenario(slow=True)
def silence_in_the_first():
    mx = Mx(end=silence)
    deliver(mx, 75, "-", "EHLO" + ONE + "( QUIT)?", files=FILES, timeout=1, within=4.5)
