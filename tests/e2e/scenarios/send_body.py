# SPDX-License-Identifier: ISC
"""send, and servers that act up while a message is under way; messages of any size in constant memory."""

import os
import re
import tempfile
import threading
import time

from .harness import PATIENCE, each, scenario, true
from .scripted import BOTH, BROKEN, FULL, LOST, SENDER, TO, Gone, Mx, arguments, close, deliver, drop, outcomes, \
    reset, run

LINE = b".the quick brown fox jumps over the lazy dog, again and again\r\n"
LARGE = LINE * (20000000 // len(LINE))
MAKING = threading.Lock()


def large():
    """A file with the large message, the same for all."""
    path = os.path.join(tempfile.gettempdir(), "large")
    with MAKING:
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(LARGE)
    return [path]


VERBS = "EHLO MAIL RCPT DATA ~"


def in_the_middle(*then, octets=1000000):
    """Reads some octets of the message, and goes on with the script."""
    def act(peer):
        peer.flush()
        while len(peer.got) < octets:
            if not peer.receive():
                raise Gone
        for part in then:
            if callable(part):
                part(peer)
            else:
                peer.put(part)
                time.sleep(0.3)  # the client can know of it, whatever comes then
    return act


MIDDLE = [
    ("552", b"552 5.3.4 too much\r\n", 69, "552 5.3.4"),
    ("554 in lines", b"554-5.6.0 no\r\n554 5.6.0 really\r\n", 69, "554 5.6.0"),
    ("451", b"451 4.3.0 later\r\n", 75, "451 4.3.0"),
    ("452", b"452 4.3.1 full\r\n", 75, "452 4.3.1"),
    ("421", b"421 4.3.2 closing\r\n", 75, "421 4.3.2"),
    ("250", b"250 2.0.0 taken\r\n", 76, "-"),
    ("354", b"354 go on\r\n", 76, "-"),
    ("garbage", b"stop it\r\n", 76, "-"),
    ("bare LF", b"552 5.3.4 too much\n", 76, "-"),
    ("mismatch", b"552-5.3.4 too much\r\n452 4.3.1 full\r\n", 76, "-"),
]
THEN = {"goes on": (), "closes": (close,), "is gone": (drop,), "resets": (reset,)}


@each([("%s, then it %s" % (name, how), (reply, *then), code, expected)
       for name, reply, code, expected in MIDDLE for how, then in THEN.items()
       if how == "goes on" or name in ("552", "451", "421", "250")])
def answered_in_the_middle(script, code, expected):
    """That is the outcome; the message does not end, and the client closes soon."""
    mx = Mx(data=("354 go on", in_the_middle(*script)), buffer=65536)
    deliver(mx, code, expected, VERBS, paths=large())
    true(len(mx.rest) < len(LARGE) // 2, "%d octets came before it stopped" % len(mx.rest))


@each([row for row in MIDDLE if row[0] in ("552", "452", "421", "250", "garbage")])
def answered_while_it_flows(reply, code, expected):
    """The server reads on as fast as it can: a client must look before it ends the message, or a 250 that was early is
    taken for the answer to it."""
    mx = Mx(data=("354 go on", in_the_middle(lambda peer: peer.put(reply))))
    deliver(mx, code, expected, VERBS, paths=large())


@each([("closes", close), ("is gone", drop), ("resets", reset)])
def lost_in_the_middle(how):
    for extensions in BOTH:
        mx = Mx(ehlo=extensions, data=("354 go on", in_the_middle(how)))
        deliver(mx, *LOST[:2], VERBS, paths=large())
        mx = Mx(ehlo=extensions, data=("354 go on", how))
        deliver(mx, *LOST[:2], "EHLO MAIL RCPT RCPT DATA( ~| .)?",
                to=("a@b.example", "c@d.example"))


@scenario
def refused_and_gone_at_once():
    """What the client can know of it is a matter of time; that it fails is not."""
    for how in (drop, reset):
        mx = Mx(data=("354 go on", in_the_middle(lambda peer: peer.put(b"552 5.3.4 too much\r\n"), how)))
        ran = run(arguments(mx, large(), TO, SENDER, "c.example.com", 15), mx)
        mx.finish()
        verdict = ran[0], outcomes(ran[1], TO)[0].code
        true(verdict in ((69, "552"), (75, "-")), "exit code and outcome: %s %s" % verdict)


@scenario(slow=True)
def stops_reading():
    for extensions in BOTH:
        mx = Mx(ehlo=extensions)
        mx.replies["DATA"] = ("354 go on", in_the_middle(lambda peer, mx=mx: stop_reading(peer, mx)))
        ran = deliver(mx, *LOST[:2], VERBS, paths=large(), timeout=1, within=4.5)
        true(ran[3] > 0.8, "gave up after %.1f s" % ran[3])


def stop_reading(peer, mx):
    peer.log.append("  S takes no more")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and mx.process.poll() is None:
        time.sleep(0.02)
    raise Gone


@scenario(slow=True)
def reads_slowly():
    """A pause now and then, each shorter than the time: the timer is one of each piece (RFC 5321, 4.5.3.2.5)."""
    def take(peer):
        for octets in (0, 1000000, 2000000, 3000000):  # and much more to come than the kernels keep
            in_the_middle(octets=octets)(peer)
            time.sleep(0.6)
    deliver(Mx(data=("354 go on", take), buffer=65536), 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT", paths=large(),
            message=LARGE, timeout=2)


@scenario
def never_stops_talking():
    """A reply without an end, while neither side reads all that the other says."""
    def talk(peer):
        for _ in range(3000):
            peer.put(b"552-5.3.4 " + b"x" * 400 + b"\r\n")
        raise Gone
    deliver(Mx(data=("354 go on", in_the_middle(talk, octets=100000))), *BROKEN[:2], VERBS, paths=large())


def memory(process):
    with open("/proc/%d/status" % process.pid) as file:
        status = file.read()
    found = re.search(r"VmHWM:\s+(\d+)", status) or re.search(r"VmRSS:\s+(\d+)", status)
    return int(found.group(1)) * 1024


@each([("pipe", False), ("file", True)])
def constant_memory(from_file):
    """30 MB, and no more memory than for a small message."""
    message = LINE * (30000000 // len(LINE))
    seen = []

    def look(peer):
        peer.flush()
        seen.append(memory(mx.process))
    mx = Mx(ehlo=(look, FULL), end=(look, "250 2.0.0 taken"), offers=("PIPELINING", "SIZE", "8BITMIME"))
    source = {"files": (message,)} if from_file else {"message": message}
    deliver(mx, 0, "250 2.0.0", "EHLO MAIL RCPT DATA . QUIT", **source)
    true(seen[1] < seen[0] + 6000000, "octets of memory: %d, then %d" % (seen[0], seen[1]))
