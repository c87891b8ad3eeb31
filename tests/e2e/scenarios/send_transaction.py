# SPDX-License-Identifier: ISC
"""send, and the replies to MAIL, RCPT, DATA and the end of a message, with PIPELINING and without."""

from .harness import each, same, scenario, true
from .scripted import BOTH, BROKEN, BROKEN_REPLIES, CLOSING, FULL, LONE_DOT, LOST, LOST_REPLIES, PLAIN, \
    SILENT_REPLIES, Mx, close, deliver, drop, reset

STAGES = ("mail", "rcpt", "data", "end")
CODE = {"mail": "250", "rcpt": "250", "data": "354", "end": "250"}
# the commands before the reply, and what may have been sent with them
BEFORE = {"mail": ("EHLO MAIL", "EHLO MAIL RCPT DATA"), "rcpt": ("EHLO MAIL RCPT( DATA)?", "EHLO MAIL RCPT DATA"),
          "data": ("EHLO MAIL RCPT DATA",) * 2, "end": ("EHLO MAIL RCPT DATA .",) * 2}
TORN = {"mail": "EHLO MAIL( RCPT( DATA)?)?", "rcpt": "EHLO MAIL RCPT( DATA)?", "data": "EHLO MAIL RCPT DATA",
        "end": "EHLO MAIL RCPT DATA ."}


def coded(reply, stage):
    """A reply that is wrong in some way, with the code that would be right."""
    if isinstance(reply, tuple):
        return tuple(coded(part, stage) for part in reply)
    if isinstance(reply, bytes):
        return reply.replace(b"250", CODE[stage].encode())
    return reply.replace("250", CODE[stage]) if isinstance(reply, str) else reply


def at_each_stage(table, stages=STAGES):
    return [("%s, %s" % (stage, name), stage, *fields) for stage in stages for name, *fields in table]


@each(at_each_stage([
    ("450", "450 4.2.1 later", 75, "450 4.2.1"),
    ("451 multi-line", "451-4.3.0 one\n451-4.3.0 two\n451 4.3.0 three", 75, "451 4.3.0"),
    ("452", "452 4.3.1 full", 75, "452 4.3.1"),
    ("499", "499 unknown", 75, "499 -"),
    ("500", "500 5.5.1 what", 69, "500 5.5.1"),
    ("503", "503", 69, "503 -"),
    ("550", "550 5.7.1 no", 69, "550 5.7.1"),
    ("551", "551 5.1.6 try <x@y.example>", 69, "551 5.1.6"),
    ("553 multi-line", "553-5.1.3 no\n553-\n553 5.1.3 never", 69, "553 5.1.3"),
    ("554 without text", "554 ", 69, "554 -"),
    ("555", "555 5.5.4 parameters", 69, "555 5.5.4"),
    ("599", "599 5.9.999 unknown", 69, "599 5.9.999"),
]))
def refused(stage, reply, code, expected):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, **{stage: reply})
        deliver(mx, code, expected, BEFORE[stage][extensions is FULL] + "( RSET)? QUIT")


@scenario
def stored_too_much():
    """552 is for good, but not to RCPT (RFC 5321, section 4.5.3.1.10)."""
    for extensions in BOTH:
        for stage in STAGES:
            mx = Mx(ehlo=extensions, **{stage: "552 5.3.4 too much"})
            rcpt = stage == "rcpt"
            deliver(mx, 75 if rcpt else 69, "552|452" if rcpt else "552 5.3.4",
                    BEFORE[stage][extensions is FULL] + "( RSET)? QUIT")


@each(at_each_stage([
    ("text", "421 4.3.2 closing"),
    ("no text", "421"),
    ("multi-line", "421-closing\n421 closing"),
    ("closed", ("421 4.3.2 closing", close)),
    ("dropped", ("421 4.3.2 closing", drop)),
]))
def closing(stage, reply):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, **{stage: reply})
        deliver(mx, *CLOSING[:2], TORN[stage] + "( QUIT)?")


@each([("%s, wrong class" % stage, stage, "251 ok" if stage == "data" else "354 go on") for stage in STAGES] +
      at_each_stage(BROKEN_REPLIES))
def broken(stage, reply):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, **{stage: coded(reply, stage)})
        deliver(mx, *BROKEN[:2], TORN[stage] + "( QUIT)?")


@each(at_each_stage(LOST_REPLIES))
def lost(stage, reply):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, **{stage: coded(reply, stage)})
        deliver(mx, *LOST[:2], TORN[stage])


@each(at_each_stage(SILENT_REPLIES[:2]), slow=True)
def silent(stage, reply):
    mx = Mx(ehlo=FULL if reply is SILENT_REPLIES[0][1] else PLAIN, **{stage: coded(reply, stage)})
    ran = deliver(mx, *LOST[:2], TORN[stage] + "( QUIT)?", timeout=1, within=4.5)
    true(ran[3] > 0.8, "gave up after %.1f s" % ran[3])


@each([
    ("mail", dict(mail="250")),
    ("mail, 2yz", dict(mail="299 ok")),
    ("mail, multi-line", dict(mail="250-one\n250-250 two\n250 three")),
    ("rcpt", dict(rcpt="250")),
    ("rcpt, 251", dict(rcpt="251 2.1.5 will forward to <x@y.example>")),
    ("rcpt, 252", dict(rcpt="252 cannot say")),
    ("rcpt, 2yz", dict(rcpt="299 ok")),
    ("rcpt, multi-line", dict(rcpt="250-one\n250-\n250 three")),
    ("data", dict(data="354")),
    ("data, space", dict(data="354 ")),
    ("data, multi-line", dict(data="354-go\n354-\n354 on")),
    ("quit", dict(quit="221")),
    ("all without text", dict(greeting="220", mail="250", rcpt="250", data="354", quit="221")),
    ("8-bit texts", dict(greeting=b"220 \xe9\r\n", mail=b"250 \xe9\r\n", rcpt=b"250 \xff\r\n", data=b"354 \x80\r\n")),
    ("control characters", dict(mail=b"250 \x1b[1m\x07\x01 \x7f\r\n", rcpt=b"250-\x08\r\n250 \x0c\r\n",
                                data=b"354 \x1b\r\n")),
    ("1000 lines", dict(mail="250-x\n" * 999 + "250 x", rcpt="250-\n" * 999 + "250", data="354-x\n" * 999 + "354 x")),
    ("8000 octets", dict(mail="250 " + "x" * 7990, rcpt="250 " + "x" * 7990, data="354 " + "x" * 7990)),
    ("wrong class of enhanced codes", dict(mail="250 5.1.1 ok", rcpt="250 4.2.1 ok", data="354 2.0.0 go")),
])
def accepted(replies):
    for extensions in BOTH:
        deliver(Mx(ehlo=extensions, **replies), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT")


@each([
    ("text", "250 2.0.0 taken", "250 2.0.0"),
    ("2.6.0", "250 2.6.0 <1@example.com> queued", "250 2.6.0"),
    ("three digits", "250 2.123.999 taken", "250 2.123.999"),
    ("alone", "250 2.0.0", "250 2.0.0"),
    ("multi-line", "250-2.0.0 one\n250-2.0.0 two\n250 2.0.0 three", "250 2.0.0"),
    ("none", "250 taken", "250 -"),
    ("no text", "250", "250 -"),
    ("space", "250 ", "250 -"),
    ("another 2yz", "299 2.0.0 taken", "299 2.0.0"),
    ("wrong class", "250 5.0.0 taken", "250 -"),
    ("wrong class 4", "250 4.2.2 taken", "250 -"),
    ("class 3", "250 3.0.0 taken", "250 -"),
    ("two numbers", "250 2.0 taken", "250 -"),
    ("four numbers", "250 2.0.0.0 taken", "250 -"),
    ("four digits", "250 2.0.1000 taken", "250 -"),
    ("letters", "250 2.0.x taken", "250 -"),
    ("no space", "250 2.0.0taken", "250 -"),
    ("negative", "250 2.-1.0 taken", "250 -"),
    ("8-bit text", b"250 2.0.0 Gr\xc3\xbc\xdfe\r\n", "250 2.0.0"),
    ("1000 lines", "250-2.0.0 x\n" * 999 + "250 2.0.0 x", "250 2.0.0"),
])
def enhanced_codes(reply, expected):
    deliver(Mx(end=reply), 0, expected, "EHLO MAIL RCPT DATA . QUIT")


@each([
    ("wrong class", "550 2.1.1 no", "550 -"),
    ("wrong class 4", "550 4.1.1 no", "550 -"),
    ("right", "550 5.1.1 no", "550 5.1.1"),
    ("none", "550 no", "550 -"),
])
def enhanced_codes_of_refusals(reply, expected):
    for stage in STAGES:
        deliver(Mx(**{stage: reply}), 69, expected, "EHLO MAIL RCPT DATA( .)?( RSET)? QUIT")


FIVE = ("a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example")
PARTLY = {"a@x.example": "250 2.1.5 ok", "b@x.example": "550 5.1.1 no", "c@x.example": "450 4.2.1 later",
          "d@x.example": "251 2.1.5 forwarded", "e@x.example": "552 5.2.2 full"}
HEAD = "EHLO MAIL" + " RCPT" * 5


@each([
    ("taken", {}, 75, "250 2.0.0 taken", " DATA . QUIT"),
    ("refused at the end", dict(end="554 5.6.0 bad"), 75, "554 5.6.0 bad", " DATA . QUIT"),
    ("refused for now", dict(end="451 4.3.0 later"), 75, "451 4.3.0 later", " DATA . QUIT"),
    ("DATA refused", dict(data="451 4.3.0 wait"), 75, "451 4.3.0 wait", " DATA( RSET)? QUIT"),
    ("421 to DATA", dict(data="421 4.3.0 closing"), 75, "421 4.3.0 closing", " DATA( QUIT)?"),
    ("421 at the end", dict(end="421 4.3.0 closing"), 75, "421 4.3.0 closing", " DATA .( QUIT)?"),
    ("lost at DATA", dict(data=close), 75, "-", " DATA"),
    ("lost at the end", dict(end=close), 75, "-", " DATA ."),
    ("garbage at the end", dict(end="taken"), 76, "-", " DATA .( QUIT)?"),
    ("2yz to DATA", dict(data="250 ok"), 76, "-", " DATA( QUIT)?"),
])
def partly_refused(replies, code, expected, verbs):
    """Whatever comes later, who was refused keeps that reply."""
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, rcpt=PARTLY, **replies)
        deliver(mx, code, [expected, "550 5.1.1 no", "450 4.2.1 later", expected, "552|452"], HEAD + verbs, to=FIVE)
        same(mx.paths, ["<%s>" % address for address in FIVE], "RCPT")


@scenario
def for_good_only():
    for extensions in BOTH:
        deliver(Mx(ehlo=extensions, rcpt={"": "250 2.1.5 ok", "b@x.example": "550 5.1.1 no"}), 69,
                ["250 2.0.0", "550 5.1.1", "250 2.0.0"], "EHLO MAIL RCPT RCPT RCPT DATA . QUIT",
                to=("a@x.example", "b@x.example", "c@x.example"))


@each([
    ("421", "421 4.3.2 closing", 75, ["250|421|-", "550 5.1.1", "421", "421|-", "421|-"], "( QUIT)?"),
    ("lost", close, 75, ["-", "550 5.1.1", "-", "-", "-"], ""),
    ("reset", reset, 75, ["-", "550 5.1.1", "-", "-", "-"], ""),
    ("garbage", "ok", 76, ["-", "550 5.1.1", "-", "-", "-"], "( QUIT)?"),
    ("354", "354 go on", 76, ["-", "550 5.1.1", "-", "-", "-"], "( QUIT)?"),
])
def among_recipients(reply, code, expected, verbs):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, rcpt={**PARTLY, "c@x.example": reply})
        deliver(mx, code, ["421|-" if want == "250|421|-" else want for want in expected],
                "EHLO MAIL RCPT RCPT RCPT( RCPT)*( DATA)?" + verbs, to=FIVE)


@each([
    ("451 first", dict(mail="451 4.3.0 later", rcpt="503 5.5.1 MAIL first", data="503 5.5.1 MAIL first"), 75,
     "451 4.3.0 later"),
    ("550 first", dict(mail="550 5.7.1 no", rcpt="450 4.0.0 what", data="451 4.0.0 what"), 69,
     "550 5.7.1 no"),
    ("and forgotten", dict(mail="550 5.7.1 no", rcpt="250 2.1.5 ok", data="354 go on"), 69,
     "550 5.7.1 no"),
])
def sender_refused(replies, code, expected):
    """The reply to MAIL is the outcome, not what comes of the commands behind it."""
    for extensions in BOTH:
        deliver(Mx(ehlo=extensions, **replies), code, expected, "EHLO MAIL( RCPT RCPT DATA( .)?)?( RSET)? QUIT",
                to=("a@x.example", "b@x.example"), contents=[LONE_DOT] * (
                    extensions is FULL and replies["data"][:3] == "354"))


ALL_REFUSED = {"": "550 5.1.1 no", "b@x.example": "451 4.7.1 later"}


@each([
    ("250", "250 2.0.0 taken"),
    ("554", "554 5.5.1 no recipients"),
    ("451", "451 4.3.0 what"),
    ("421", "421 4.3.2 closing"),
    ("garbage", "thanks"),
    ("354", "354 go on"),
    ("lost", close),
    ("reset", reset),
])
def all_refused_and_354(reply):
    """Nothing but the lone dot goes out, and what is said to it changes no outcome (RFC 2920, section 3.1)."""
    broken = reply in ("thanks", "354 go on")
    mx = Mx(rcpt={"": "550 5.1.1 no"}, data="354 go on", end=reply)
    deliver(mx, 76 if broken else 69, "550 5.1.1 no", "EHLO MAIL RCPT RCPT DATA .( QUIT)?",
            to=("a@x.example", "c@x.example"), contents=[LONE_DOT])
    mx = Mx(rcpt=ALL_REFUSED, data="354 go on", end=reply)
    deliver(mx, 76 if broken else 75, ["550 5.1.1 no", "451 4.7.1 later"], "EHLO MAIL RCPT RCPT DATA .( QUIT)?",
            to=("a@x.example", "b@x.example"), contents=[LONE_DOT])


@scenario(slow=True)
def all_refused_and_silence():
    mx = Mx(rcpt=ALL_REFUSED, data="354 go on", end=SILENT_REPLIES[0][1])
    deliver(mx, 75, ["550 5.1.1 no", "451 4.7.1 later"], "EHLO MAIL RCPT RCPT DATA .( QUIT)?", timeout=1, within=4.5,
            to=("a@x.example", "b@x.example"), contents=[LONE_DOT])


@each([(reply[:3] + ", " + name, extensions, reply) for name, extensions in (("pipelined", FULL), ("in turn", PLAIN))
       for reply in ("554 5.5.1 no recipients", "503 5.5.1 RCPT first", "451 4.3.0 what")])
def all_refused(extensions, reply):
    for replies, to, code, expected in (({"": "550 5.1.1 no"}, ("a@x.example", "c@x.example"), 69, "550 5.1.1"),
                                        (ALL_REFUSED, ("b@x.example", "c@x.example"), 75,
                                         ["451 4.7.1 later", "550 5.1.1 no"])):
        mx = Mx(ehlo=extensions, rcpt=replies, data=reply)
        deliver(mx, code, expected, "EHLO MAIL RCPT RCPT%s( RSET)? QUIT" % ("( DATA)?" if extensions is PLAIN else
                                                                             " DATA"), to=to)


@each([
    ("garbage", "bye"),
    ("500", "500 what"),
    ("421", "421 what"),
    ("250", "250 ok"),
    ("354", "354 go on"),
    ("multi-line", "221-\n221-bye\n221 "),
    ("mismatch", "221-a\n250 b"),
    ("NUL", b"221 \0\r\n"),
    ("bare LF", b"221 bye\n"),
    ("half a line", (b"221 by", close)),
    ("closed", close),
    ("dropped", drop),
    ("reset", reset),
    ("1000000 octets", b"221 " + b"x" * 1000000),
    ("too many lines", "221-x\n" * 100000),
])
def at_quit(reply):
    """The outcome is known: nothing that happens now counts."""
    for extensions in BOTH:
        deliver(Mx(ehlo=extensions, quit=reply), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT")
    deliver(Mx(quit=reply, end="550 5.7.1 no"), 69, "550 5.7.1", "EHLO MAIL RCPT DATA . QUIT")


@scenario(slow=True)
def silent_at_quit():
    for reply in (SILENT_REPLIES[0][1], SILENT_REPLIES[1][1]):
        deliver(Mx(quit=reply), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT", timeout=1, within=4.5)


@each([("closed", close), ("dropped", drop), ("reset", reset)])
def lost_behind_the_last_reply(how):
    for end, code, expected in (("250 2.0.0 taken", 0, "250 2.0.0"), ("550 5.7.1 no", 69, "550 5.7.1"),
                                ("450 4.7.1 no", 75, "450 4.7.1")):
        for extensions in BOTH:
            deliver(Mx(ehlo=extensions, end=(end, how)), code, expected, "EHLO MAIL RCPT DATA .( QUIT)?")


@scenario
def without_pipelining():
    mx = Mx(offers=("SIZE", "8BITMIME"))  # it is offered, but must not be used
    deliver(mx, 0, "250 2.0.0", "EHLO MAIL RCPT RCPT RCPT DATA . QUIT", options=("--no-pipelining",),
            to=("a@x.example", "b@x.example", "c@x.example"))
