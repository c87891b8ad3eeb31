# SPDX-License-Identifier: ISC
"""send, and the answers to EHLO and HELO."""

import os

from .harness import each, same, scenario, true
from .scripted import BROKEN, BROKEN_REPLIES, CLOSING, DELIVERED, LOST, LOST_REPLIES, SILENT_REPLIES, Mx, close, \
    deliver, offering

EIGHT_BIT = "Subject: 8\n\nGr\u00fc\u00dfe\n".encode()


@each([(reply[:3] + " " + str(at), reply) for at, reply in enumerate((
    "500 5.5.1 what", "500", "501 no", "502 5.5.1 not implemented", "503 no", "504 no", "550 no", "554 no", "599 no",
    "502-not\n502-\n502 implemented"))])
def falls_back(reply):
    mx = Mx(ehlo=reply, offers=())
    deliver(mx, 0, "250", "EHLO HELO MAIL RCPT RCPT DATA . QUIT", to=("a@b.example", "c@d.example"))
    same(mx.senders, [("<alice@example.com>", ())], "MAIL")


@each([
    ("550", "550 go away", 69, "550", " QUIT"),
    ("502 multi-line", "502-no\n502 no", 69, "502", " QUIT"),
    ("450", "450 later", 75, "450", " QUIT"),
    ("421", "421 closing", *CLOSING),
    ("554, closed", ("554 go away", close), 69, "554", "( QUIT)?"),
    ("354", "354 go on", *BROKEN),
    ("garbage", "garbage", *BROKEN),
    ("mismatch", "250-mx\n251 mx", *BROKEN),
    ("lost", close, *LOST),
    ("half a reply", (b"250 mx", close), *LOST),
])
def helo(reply, code, expected, verbs):
    deliver(Mx(ehlo="502 5.5.1 not implemented", offers=(), helo=reply), code, expected, "EHLO HELO" + verbs)


@each([
    ("450", "450 4.7.1 later", 75, "450", " QUIT"),
    ("454 multi-line", "454-\n454 later", 75, "454", " QUIT"),
    ("499", "499 later", 75, "499", " QUIT"),
    ("421", "421 4.3.2 closing", *CLOSING),
    ("421 and closed", ("421 closing", close), *CLOSING),
    ("354", "354 go on", *BROKEN),
])
def refused(reply, code, expected, verbs):
    """HELO follows a 5yz only."""
    deliver(Mx(ehlo=reply), code, expected, "EHLO" + verbs)


@each([("mismatch among extensions", "250-mx.example.org\n250-PIPELINING\n251-SIZE 1000\n250 8BITMIME"),
       ("refused at last", "250-mx.example.org\n250-SIZE 1000\n550 8BITMIME")] + BROKEN_REPLIES)
def broken(reply):
    deliver(Mx(ehlo=reply, offers=()), *BROKEN[:2], "EHLO( QUIT)?")


@each(LOST_REPLIES)
def lost(reply):
    deliver(Mx(ehlo=reply, offers=()), *LOST[:2], "EHLO")


@each(SILENT_REPLIES, slow=True)
def silent(reply):
    ran = deliver(Mx(ehlo=reply, offers=()), *LOST[:2], "EHLO( QUIT)?", timeout=1, within=4.5)
    true(ran[3] > 0.8, "gave up after %.1f s" % ran[3])


WITH_SIZE = "SIZE=%d" % len(EIGHT_BIT.replace(b"\n", b"\r\n"))
WITH_BODY = "BODY=8BITMIME"


@each([
    ("upper case", "250-mx\n250-PIPELINING\n250-SIZE 1000\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("lower case", "250-mx\n250-pipelining\n250-size 1000\n250 8bitmime", (WITH_BODY, WITH_SIZE)),
    ("mixed case", "250-mx\n250-8bitMime\n250 Size 1000", (WITH_BODY, WITH_SIZE)),
    ("without a number", "250-mx\n250-SIZE\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("SIZE 0", "250-mx\n250-SIZE 0\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("SIZE 2^32", "250-mx\n250-SIZE 4294967296\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("SIZE 2^64-1", "250-mx\n250-SIZE 18446744073709551615\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("SIZE 2^64", "250-mx\n250-SIZE 18446744073709551616\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("SIZE of 29 nines", "250-mx\n250-SIZE %s\n250 8BITMIME" % ("9" * 29), (WITH_BODY, WITH_SIZE)),
    ("SIZE with zeros", "250-mx\n250-SIZE 00000000000000000000000001000\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("unknown keywords", "250-mx\n250-XYZZY\n250-X-Y-Z 1 2 3\n250-8BITMIME\n250 3COM x=y", (WITH_BODY,)),
    ("duplicates", "250-mx\n250-8BITMIME\n250-SIZE 1000\n250-SIZE 1000\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("AUTH=", "250-mx\n250-AUTH LOGIN PLAIN\n250-AUTH=LOGIN PLAIN\n250 8BITMIME", (WITH_BODY,)),
    ("60 keywords", "250-mx\n" + "".join("250-X%d\n" % i for i in range(60)) + "250 8BITMIME", (WITH_BODY,)),
    ("900 keywords", "250-mx\n" + "".join("250-X%d\n" % i for i in range(900)) + "250 8BITMIME", (WITH_BODY,)),
    ("empty line", "250-mx\n250-\n250-8BITMIME\n250 ", (WITH_BODY,)),
    ("first line empty", "250-\n250-SIZE 1000\n250 8BITMIME", (WITH_BODY, WITH_SIZE)),
    ("last line a code", "250-mx\n250-SIZE 1000\n250-8BITMIME\n250", (WITH_BODY, WITH_SIZE)),
    ("trailing spaces", "250-mx\n250-SIZE 1000  \n250 8BITMIME ", None),
    ("tabs", "250-mx\n250-SIZE\t1000\n250-8BITMIME\t\n250 8BITMIME", None),
    ("leading spaces", "250-mx\n250- SIZE 1000\n250-  PIPELINING\n250 8BITMIME", None),
    ("SIZE of letters", "250-mx\n250-SIZE huge\n250 8BITMIME", None),
    ("negative SIZE", "250-mx\n250-SIZE -1\n250 8BITMIME", None),
    ("two SIZEs", "250-mx\n250-SIZE 1000 2000\n250 8BITMIME", None),
    ("arguments for all", "250-mx\n250-8BITMIME now\n250-PIPELINING 7\n250 8BITMIME", None),
    ("octets of no keyword", "250-mx\n250-X@Y!?\n250-\xe9\xff\n250-=\n250 8BITMIME", (WITH_BODY,)),
    ("a keyword of 5000 octets", "250-mx\n250-%s\n250 8BITMIME" % ("X" * 5000), (WITH_BODY,)),
    ("an argument of 5000 octets", "250-mx\n250-X %s\n250 8BITMIME" % ("x " * 2500), (WITH_BODY,)),
    ("an unknown code", "259-mx\n259-SIZE 1000\n259 8BITMIME", None),
])
def extensions(reply, parameters):
    mx = Mx(ehlo=reply, offers=("SIZE", "8BITMIME", "PIPELINING") if parameters is None else None)
    if parameters is None:
        mx.offers = mx.offered
        mx.size_optional = True
    deliver(mx, 0, "250", "EHLO MAIL RCPT DATA . QUIT", message=EIGHT_BIT)
    if parameters is not None:
        same(mx.senders, [("<alice@example.com>", parameters)], "MAIL")


@each([
    ("one line", "250 mx.example.org"),
    ("code only", "250"),
    ("keywords in the greeting", "250 mx.example.org PIPELINING SIZE 5 8BITMIME"),
    ("domain missing", "250 PIPELINING"),
    ("prefixes", "250-mx\n250-PIPELINE\n250-PIPELININGX\n250-SIZEX 5\n250 X-SIZE 5"),
    ("in an argument", "250-mx\n250-X PIPELINING SIZE 5\n250 X SIZE"),
    ("control characters", b"250-mx \x01\x07\x1b[1m\x7f\x0b\x0c hello\r\n250 HELP\r\n"),
    ("8-bit greeting", b"250-mx Gr\xfc\xdfe\r\n250 HELP\r\n"),
])
def nothing_offered(reply):
    """No parameter, and one command at a time."""
    mx = Mx(ehlo=reply, offers=())
    deliver(mx, 0, "250", "EHLO MAIL RCPT DATA . QUIT")
    same(mx.senders, [("<alice@example.com>", ())], "MAIL")


def own_name(literal):
    name = os.uname().nodename
    return name if "." in name else literal


@scenario
def default_name():
    mx = Mx()
    deliver(mx, *DELIVERED[:2], "EHLO MAIL RCPT DATA . QUIT", helo=None)
    true("  C: 'EHLO %s\\r\\n'" % own_name("[127.0.0.1]") in mx.log, "\n".join(mx.log))


@scenario
def given_names():
    for name in ("c.example.com", "localhost", "[192.0.2.1]", "[IPv6:2001:db8::1]"):
        mx = Mx(ehlo="502 no", offers=())
        deliver(mx, 0, "250", "EHLO HELO MAIL RCPT DATA . QUIT", helo=name)
        for verb in ("EHLO", "HELO"):
            true("  C: '%s %s\\r\\n'" % (verb, name) in mx.log, "\n".join(mx.log))


@scenario
def no_extension_but_those_offered_now():
    """What was not offered is not used, whatever the message would like."""
    mx = Mx(ehlo=offering("8BITMIME"))
    deliver(mx, 0, "250", "EHLO MAIL RCPT DATA . QUIT")
    same(mx.senders, [("<alice@example.com>", ())], "MAIL")
