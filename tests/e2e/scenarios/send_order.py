# SPDX-License-Identifier: ISC
"""send, and when replies come: together, octet by octet, too early, too many, not to the end."""

import time

from .harness import each, scenario, true
from .scripted import BOTH, BROKEN, FULL, LOST, PLAIN, Mx, close, deliver, drop, offering, pause, reset

SHORT = dict(greeting="220 x", mail="250 ok", rcpt="250 ok", data="354 go", end="250 2.0.0 k", quit="221 x")
SHORT_EHLO = {"pipelined": "250-x\n250 PIPELINING", "in turn": "250 x"}


@scenario
def a_batch_answered_at_once():
    """MAIL, RCPT and DATA come without an answer, or this waits in vain."""
    for count in (1, 2, 50):
        to = ["r%d@x.example" % i for i in range(count)]
        deliver(Mx(hold=True), 0, "250 2.0.0", "EHLO MAIL%s DATA . QUIT" % (" RCPT" * count), to=to)
    replies = {"": "250 2.1.5 ok", "r1@x.example": "550-5.1.1 no\n550 5.1.1 never", "r2@x.example": "450 4.2.1 later"}
    deliver(Mx(hold=True, rcpt=replies), 75, ["250 2.0.0", "550 5.1.1", "450 4.2.1", "250 2.0.0"],
            "EHLO MAIL RCPT RCPT RCPT RCPT DATA . QUIT", to=["r%d@x.example" % i for i in range(4)])
    deliver(Mx(hold=True, mail="450 4.7.1 later"), 75, "450 4.7.1", "EHLO MAIL RCPT DATA( RSET)? QUIT")
    deliver(Mx(hold=True, mail="550 5.7.1 no"), 69, "550 5.7.1", "EHLO MAIL RCPT RCPT DATA( RSET)? QUIT",
            to=("a@x.example", "b@x.example"))


@each([("pipelined", FULL), ("in turn", PLAIN)])
def an_octet_at_a_time(extensions):
    replies = {"": "250-2.1.5 ok\n250 2.1.5 ok", "b@x.example": "550-5.1.1 no\n550 5.1.1 never"}
    deliver(Mx(ehlo=extensions, trickle=0.001, rcpt=replies), 69, ["250 2.0.0", "550 5.1.1"],
            "EHLO MAIL RCPT RCPT DATA . QUIT", to=("a@x.example", "b@x.example"))


@scenario(slow=True)
def slow_but_in_time():
    """Each wait has its own time."""
    wait = pause(0.6)
    mx = Mx(greeting=(wait, "220 mx"), mail=(wait, "250 ok"), rcpt=(wait, "250 ok"), data=(wait, "354 go"),
            end=(wait, "250 2.0.0 taken"), ehlo=(wait, FULL), offers=("PIPELINING", "SIZE", "8BITMIME"))
    deliver(mx, 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT", timeout=2)


def drips(peer):
    """Answers with lines of one reply for ever, each in time: the timer is the command's (RFC 5321, 4.5.3.2)."""
    try:
        for _ in range(60):
            peer.put(b"250-2.0.0 wait\r\n")
            time.sleep(0.25)
    except Exception:  # the client has enough of it
        close(peer)


# what a server says right behind a reply, with nothing outstanding: exit code, outcome
TOO_MANY = {"250": ("250 2.0.0 and more", 76, "-"), "354": ("354 go on", 76, "-"), "550": ("550 5.0.0 no", 76, "-"),
            "garbage": ("garbage", 76, "-"), "421": ("421 4.3.2 closing", 75, "421|-")}


@each([("%s behind %s, %s" % (name, stage, how), stage, extensions, more)
       for name, more in TOO_MANY.items() for stage in ("ehlo", "mail", "rcpt")
       for how, extensions in (("pipelined", FULL), ("in turn", PLAIN)) if stage == "ehlo" or extensions is PLAIN])
def one_too_many(stage, extensions, more):
    reply, code, expected = more
    replies = dict(ehlo=extensions, mail="250 ok", rcpt="250 ok")
    replies[stage] += "\n" + reply
    head = {"ehlo": "EHLO", "mail": "EHLO MAIL", "rcpt": "EHLO MAIL RCPT"}[stage]
    offers = ("PIPELINING", "SIZE", "8BITMIME") if extensions is FULL else ()
    # a client may say what it had ready, but no more than that
    more_of_it = {"ehlo": "( MAIL( RCPT DATA)?)?", "mail": "( RCPT)?", "rcpt": "( DATA)?"}[stage]
    deliver(Mx(offers=offers, **replies), code, expected, head + more_of_it + "( QUIT)?")


@each([("250", "250 2.0.0 taken", 76, "-"), ("354", "354 go", 76, "-"), ("garbage", "taken", 76, "-"),
       ("421", "421 4.3.2 closing", 75, "421"), ("451", "451 4.3.0 no", 75, "451 4.3.0"),
       ("554", "554 5.6.0 no", 69, "554 5.6.0")])
def behind_354(reply, code, expected):
    """An answer to a message before it was sent: a refusal counts, a 250 does not, and no end is sent."""
    for extensions in BOTH:
        for message in (b"Subject: x\r\n\r\nx\r\n", b"x" * 60 + b"\r\n", b"0123456789abcde\r\n" * 300000):
            mx = Mx(ehlo=extensions, data="354 go on\n" + reply)
            deliver(mx, code, expected, "EHLO MAIL RCPT DATA( ~)?", message=message)


@scenario
def one_too_many_in_a_batch():
    """Each answer is taken for the next command's: DATA gets a 250."""
    for stage in ("mail", "rcpt"):
        for hold in (False, True):
            deliver(Mx(hold=hold, **{stage: "250 ok\n250 ok"}), *BROKEN[:2], "EHLO MAIL RCPT DATA( ~)?( QUIT)?")


@each([("250", "250 ok"), ("garbage", "x"), ("421", "421 closing"), ("554", "554 no"), ("354", "354 go")])
def behind_the_end(reply):
    """The outcome is known."""
    for extensions in BOTH:
        deliver(Mx(ehlo=extensions, end="250 2.0.0 taken\n" + reply), 0, "250 2.0.0",
                "EHLO MAIL RCPT DATA .( QUIT)?")


@each([("pipelined", offering("PIPELINING")), ("in turn", offering("HELP"))])
def blind(extensions):
    """Servers that say all they have to say when they are connected to, or asked for the first time."""
    rest = "250 ok\n250 ok\n354 go on\n250 2.0.0 taken\n221 bye"
    deliver(Mx(greeting="220 mx\n%s\n%s" % (extensions, rest), offers=()), *BROKEN[:2], "(EHLO)?( QUIT|QUIT)?")
    for silent in (close, pause(0)):
        deliver(Mx(ehlo=(extensions + "\n" + rest, silent), offers=("PIPELINING",)), *BROKEN[:2],
                "EHLO( MAIL( RCPT( DATA)?)?)?( QUIT)?")


def whole_dialogue(extensions):
    """How many octets a server says up to each reply's end."""
    mx = Mx(ehlo=extensions, **SHORT)
    said = 0
    ends = {}
    answer = mx.answer

    def count(peer, reply, key=""):
        nonlocal said
        said += len(reply.replace("\n", "\r\n")) + 2
        ends[reply] = said
        return answer(peer, reply, key)
    mx.answer = count
    deliver(mx, 0, "250", "EHLO MAIL RCPT DATA . QUIT")
    return ends[SHORT["end"]], said


@each([("%s, %s" % (how, name), how, loss) for how in SHORT_EHLO
       for name, loss in (("closed", close), ("dropped", drop), ("reset", reset))])
def lost_behind_each_octet(how, loss):
    """Delivered only if the last reply came whole."""
    whole, most = whole_dialogue(SHORT_EHLO[how])
    true(40 < whole < most < 150, "octets: %d, %d" % (whole, most))
    for octets in range(most):
        mx = Mx(ehlo=SHORT_EHLO[how], limit=octets, loss=loss, hold=how == "pipelined" and octets % 2 == 1,
                **SHORT)
        if octets >= whole:
            deliver(mx, 0, "250", "EHLO MAIL RCPT DATA . QUIT|EHLO MAIL RCPT DATA .")
        else:
            deliver(mx, *LOST[:2], "(EHLO( MAIL( RCPT( DATA( .| ~)?)?)?)?)?( QUIT)?")
            true(len(mx.contents) <= 1, "messages")


@scenario
def cut_at_random():
    """The same dialogue in other segments."""
    for size in (1, 2, 3, 7, 11, 64):
        for extensions in BOTH:
            replies = {"": "250-2.1.5 ok\n250 2.1.5 ok", "b@x.example": "450-4.2.1 no\n450 4.2.1 no"}
            mx = Mx(ehlo=extensions, rcpt=replies)
            segment(mx, size)
            deliver(mx, 75, ["250 2.0.0", "450 4.2.1"], "EHLO MAIL RCPT RCPT DATA . QUIT",
                    to=("a@x.example", "b@x.example"))


def segment(mx, size):
    serve = mx.serve

    def in_segments(peer):
        put = peer.put

        def cut(data):
            for at in range(0, len(data), size):
                put(data[at:at + size])
                if size < 64:
                    time.sleep(0.0005)
        peer.put = cut
        serve(peer)
    mx.serve = in_segments


@scenario(slow=True)
def dripping_lines():
    """A reply that goes on and on, each line of it in time."""
    ran = deliver(Mx(end=drips), *LOST[:2], "EHLO MAIL RCPT DATA .( QUIT)?", timeout=1, within=7)
    true(ran[3] > 0.8, "gave up after %.1f s" % ran[3])
