# SPDX-License-Identifier: ISC
"""send, and what a server says before it is asked anything."""

from .harness import each, same, scenario, true
from .scripted import BROKEN, BROKEN_REPLIES, CLOSING, DELIVERED, LOST, LOST_REPLIES, SILENT_REPLIES, Mx, close, \
    deliver, drop, pause, reset, silence

ALL = "EHLO MAIL RCPT DATA . QUIT"


@each([
    ("multi-line", "220-mx.example.org\n220-\n220-250 ok\n220 hello"),
    ("code only", "220"),
    ("no text", "220 "),
    ("no text in many lines", "220-\n220-\n220"),
    ("text of codes", "220 554 421 go away"),
    ("8-bit text", b"220 Gr\xc3\xbc\xdfe \xff\x80\r\n"),
    ("a tab", "220 mx.example.org\thello"),
    ("an unknown code", "299 mx.example.org"),
    ("512 octets", "220 " + "x" * 506),
    ("8000 octets", "220 " + "x" * 7990),
    ("1000 lines", "220-x\n" * 999 + "220 x"),
    ("one and a half, then the rest", (b"220-mx\r\n22", pause(0.1), b"0 mx\r\n")),
    ("CR and LF apart", (b"220 mx\r", pause(0.1), b"\n")),
    ("late", (pause(0.4), "220 mx")),
])
def taken(greeting):
    deliver(Mx(greeting=greeting), *DELIVERED[:2], ALL)


@each([
    ("450", "450 4.3.2 later", 75, "450"),
    ("451 multi-line", "451-not\n451-now\n451 later", 75, "451"),
    ("499", "499 later", 75, "499"),
    ("500", "500 what", 69, "500"),
    ("521", "521 5.3.2 no mail here", 69, "521"),
    ("550 multi-line", "550-go\n550 away", 69, "550"),
    ("554", "554 5.7.1 go away", 69, "554"),
    ("554 code only", "554", 69, "554"),
    ("599", "599 never", 69, "599"),
])
def refused(greeting, code, expected):
    deliver(Mx(greeting=greeting), code, expected, "QUIT")
    deliver(Mx(greeting=(greeting, close)), code, expected, "(QUIT)?")
    deliver(Mx(greeting=(greeting, drop)), code, expected, "(QUIT)?", to=("a@b.example", "c@d.example"))
    deliver(Mx(greeting=greeting, quit="421 no"), code, expected, "QUIT")


@scenario
def closing():
    for greeting in ("421 4.3.2 closing", "421", ("421 mx closing", close), ("421-mx\n421 closing", drop)):
        deliver(Mx(greeting=greeting), *CLOSING[:2], "(QUIT)?", to=("a@b.example", "c@d.example"))


@each([("354", "354 go on")] + BROKEN_REPLIES)
def broken(greeting):
    if isinstance(greeting, str):
        greeting = greeting.replace("250", "220")
    elif isinstance(greeting, bytes):
        greeting = greeting.replace(b"250", b"220")
    deliver(Mx(greeting=greeting), *BROKEN[:2], "(QUIT)?")


@each([
    ("a second greeting", "220 mx\n220 mx"),
    ("a 250", "220 mx\n250 mx"),
    ("a 554", "220 mx\n554 no"),
    ("garbage", "220 mx\ngarbage"),
    ("everything", "220 mx\n250 mx\n250 ok\n250 ok\n354 go\n250 taken\n221 bye"),
    ("everything, with extensions",
     "220 mx\n250-mx\n250 PIPELINING\n250 ok\n250 ok\n354 go\n250 taken\n221 bye"),
])
def early(greeting):
    """A reply with nothing outstanding."""
    deliver(Mx(greeting=greeting), *BROKEN[:2], "(EHLO)?( QUIT|QUIT)?")


@scenario
def second_greeting_later():
    """Each reply answers the command before: one of them is of the wrong class, and nothing is delivered."""
    mx = Mx(ehlo="220 mx.example.org", mail="250 mx.example.org", rcpt="250 ok", data="250 ok", offers=())
    deliver(mx, *BROKEN[:2], "EHLO MAIL RCPT DATA( QUIT)?")


@scenario
def a_line_without_an_end():
    ran = deliver(Mx(greeting=b"220 " + b"x" * 10000000), *BROKEN[:2], "(QUIT)?")
    true(len(ran[1]) < 20000, "stdout has %d octets" % len(ran[1]))


@scenario
def a_reply_without_an_end():
    deliver(Mx(greeting=b"220-mx.example.org\r\n" * 300000), *BROKEN[:2], "(QUIT)?")


@each(LOST_REPLIES)
def lost(reply):
    if isinstance(reply, tuple):
        reply = tuple(part.replace(b"250", b"220") if isinstance(part, bytes) else part for part in reply)
    deliver(Mx(greeting=reply), *LOST[:2], "")


@each(SILENT_REPLIES, slow=True)
def silent(reply):
    ran = deliver(Mx(greeting=reply), *LOST[:2], "(QUIT)?", timeout=1, within=4.5)
    true(ran[3] > 0.8, "gave up after %.1f s" % ran[3])


def drip(octets, seconds):
    def say(peer):
        for octet in octets:
            pause(seconds)(peer)
            peer.put(bytes([octet]))
    return say


@scenario(slow=True)
def dripping():
    """No line is ever whole: the timer of the greeting (RFC 5321, section 4.5.3.2) is not restarted by octets."""
    ran = deliver(Mx(greeting=(drip(b"220 mx.example.org says hello", 0.3), silence)), *LOST[:2], "(QUIT)?", timeout=1,
                  within=4.5)
    same(ran[3] > 0.8, True, "patience")


@scenario
def reset_behind_it():
    deliver(Mx(greeting=("220 mx", reset)), *LOST[:2], "(EHLO)?")
