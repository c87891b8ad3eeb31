# SPDX-License-Identifier: ISC
"""send, and servers that take only so much: LIMITS, and too many recipients."""

from .harness import each, same, scenario, true
from .scripted import ANY, MESSAGE, canonical, deliver, stuff
from .scripted_more import Esmtp, hello

FIVE = tuple("%s@x.example" % letter for letter in "abcde")
CONTENT = stuff(canonical(MESSAGE))


def transactions(mx):
    """The recipients of each."""
    found = []
    for line in mx.lines:
        if line.startswith("MAIL"):
            found.append([])
        elif line.startswith("RCPT"):
            found[-1].append(line.split("<")[1].split(">")[0])
    return found


@each([("pipelined", True), ("in turn", False)])
def recipients(pipelining):
    for most, count in ((1, 5), (2, 3), (3, 2), (4, 2), (5, 1), (6, 1), (1000, 1)):
        mx = Esmtp(ehlo=hello("LIMITS RCPTMAX=%d" % most, pipelining=pipelining))
        deliver(mx, 0, "250 2.0.0", "EHLO( MAIL( RCPT)+ DATA .){%d} QUIT" % count, options=(), to=FIVE,
                contents=[CONTENT] * count)
        same([name for one in transactions(mx) for name in one], list(FIVE), "recipients")
        true(all(len(one) <= most for one in transactions(mx)), "transactions: %s" % transactions(mx))


@scenario
def recipients_of_several():
    mx = Esmtp(ehlo=hello("LIMITS RCPTMAX=2 X-OTHER=7"), rcpt={"": "250 2.1.5 ok", "b@x.example": "550 5.1.1 no"},
               end=["250 2.0.0 1", "250 2.0.0 2", "554 5.6.0 3", "250 2.0.0 4"])
    deliver(mx, 69, ["250 2.0.0 1", "550 5.1.1", "250 2.0.0 2", "554 5.6.0 3", "550 5.1.1", "250 2.0.0 4"],
            "EHLO( MAIL RCPT( RCPT)? DATA .){4} QUIT", to=FIVE[:3], files=(b"one\r\n", b"two\r\n"),
            contents=[stuff(body) for body in (b"one\r\n", b"one\r\n", b"two\r\n", b"two\r\n")])


@scenario
def limits_that_say_nothing():
    for words in ("LIMITS", "LIMITS RCPTMAX=0", "LIMITS RCPTMAX=x", "LIMITS RCPTMAX", "LIMITS RCPTMAX=-1",
                  "LIMITS RCPTMAX=99999999999999999999", "LIMITS X=1", "LIMITS RCPTMAX=1x"):
        deliver(Esmtp(ehlo=hello(words)), 0, "250 2.0.0", "EHLO MAIL RCPT RCPT RCPT RCPT RCPT DATA . QUIT", to=FIVE)


@each([(code, code) for code in ("452 4.5.3 too many", "552 5.5.3 too many", "452 too many")])
def too_many(reply):
    """The third is one too many: it gets a transaction of its own."""
    for pipelining in (True, False):
        mx = Esmtp(ehlo=hello(pipelining=pipelining), rcpt=["250 2.1.5 ok"] * 2 + [reply] * 3 + ["250 2.1.5 ok"] * 3)
        deliver(mx, 0, "250 2.0.0", "EHLO MAIL( RCPT)+ DATA . MAIL( RCPT)+ DATA . QUIT", to=FIVE,
                contents=[CONTENT] * 2)
        same(transactions(mx)[1], list(FIVE[2:]), "the second transaction")
        # and one that never takes it
        mx = Esmtp(ehlo=hello(pipelining=pipelining), rcpt=["250 2.1.5 ok"] + [reply])
        deliver(mx, 75, ["250 2.0.0", "452|552"], "EHLO MAIL RCPT RCPT DATA .( MAIL RCPT( DATA)?)?( RSET)? QUIT",
                to=FIVE[:2],
                contents=[CONTENT])


@scenario
def messages():
    bodies = [b"%d\r\n" % i for i in range(5)]
    for most, count in ((1, 5), (2, 3), (5, 1), (6, 1)):
        mx = Esmtp(ehlo=hello("LIMITS MAILMAX=%d" % most), sessions=count)
        deliver(mx, 0, "250 2.0.0", "(EHLO( MAIL RCPT DATA .)+ QUIT ?){%d}" % count, files=bodies,
                contents=[stuff(body) for body in bodies])
        same(mx.connections, count, "connections")
    # both: three recipients, one a transaction, two transactions a connection
    mx = Esmtp(ehlo=hello("LIMITS MAILMAX=2 RCPTMAX=1"), sessions=2)
    deliver(mx, 0, "250 2.0.0", "EHLO( MAIL RCPT DATA .){2} QUIT EHLO MAIL RCPT DATA . QUIT", to=FIVE[:3],
            contents=[CONTENT] * 3)


@scenario
def domains():
    """No session has recipients of more domains than that."""
    to = ("a@x.example", "b@X.example", "c@y.example", "d@x.example", "e@z.example")
    for most in (1, 2, 3):
        mx = Esmtp(ehlo=hello("LIMITS RCPTDOMAINMAX=%d" % most), sessions=5)
        deliver(mx, 0, "250 2.0.0", "(EHLO( MAIL( RCPT)+ DATA .)+ QUIT ?)+", to=to, contents=ANY)
        for session in "\n".join(mx.lines).split("CONNECT")[1:]:
            got = {line.split("@")[1].lower() for line in session.split("\n") if line.startswith("RCPT")}
            true(0 < len(got) <= most, "domains of a session: %s" % got)
        same(sorted(name for one in transactions(mx) for name in one), sorted(to), "recipients")
