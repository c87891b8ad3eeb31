# SPDX-License-Identifier: ISC
"""send --tls: servers that take TLS away, that put words in front of it, that are not who they should be."""

import socket

from . import tls
from .harness import each, same, scenario, true
from .scripted import MESSAGE, SENDER, TO, Gone, canonical, close, deliver, drop, reset, stuff
from .scripted_more import Esmtp, hello

PLAIN_TLS = "EHLO STARTTLS EHLO MAIL RCPT DATA . QUIT"
IN_CLEAR = "EHLO MAIL RCPT DATA . QUIT"


def words(mode="starttls", known=True):
    return ["--tls", mode, *(["--ca", tls.file("ca.pem")] if known else [])]


def server(name="mx", ehlo=None, **more):
    return Esmtp(ehlo=ehlo or [hello("STARTTLS"), hello()], context=tls.server_context(name), **more)


def shut(peer):
    """Says no more, and does not look at what comes."""
    peer.socket.shutdown(socket.SHUT_WR)
    swallow(peer)


def swallow(peer):
    """Takes what comes, and says nothing."""
    peer.rest()
    peer.got.clear()
    raise Gone


@scenario(tls=True)
def starttls():
    for after in (hello(), hello("STARTTLS"), hello(pipelining=False)):
        mx = server(ehlo=[hello("STARTTLS", pipelining=False), after])
        deliver(mx, 0, "250 2.0.0", PLAIN_TLS, options=words())
    # what was offered in the clear is forgotten
    mx = server(ehlo=[hello("STARTTLS", "SIZE 10"), "250 mx.example.org"])
    deliver(mx, 0, "250 2.0.0", PLAIN_TLS, options=words())
    same(mx.senders, [("<%s>" % SENDER, ())], "MAIL under TLS")
    big = b"".join(b".%d\r\n" % i for i in range(300000))
    deliver(server(), 0, "250 2.0.0", PLAIN_TLS, options=words(), message=big)
    deliver(server(), 0, "250 2.0.0", PLAIN_TLS.replace("MAIL RCPT DATA .", "MAIL RCPT DATA . MAIL RCPT DATA ."),
            options=words(), files=(MESSAGE, b"another\n"))


@scenario(tls=True)
def implicit():
    mx = server(ehlo=hello(), implicit=True)
    deliver(mx, 0, "250 2.0.0", IN_CLEAR, options=words("implicit"))
    for name in ("other", "unknown"):
        deliver(server(name, ehlo=hello(), implicit=True), 75, "-", "", options=words("implicit"))
    mx = Esmtp()
    mx.serve = lambda peer: (peer.say(b"220 mx.example.org\r\n"), swallow(peer))
    deliver(mx, 75, "-", "", options=words("implicit"), timeout=3)


@scenario(tls=True)
def opportunistic():
    for name in ("mx", "other", "unknown"):
        deliver(server(name), 0, "250 2.0.0", PLAIN_TLS, options=words("opportunistic", False))
    deliver(Esmtp(), 0, "250 2.0.0", IN_CLEAR, options=words("opportunistic", False))
    for refusal in ("454 4.7.0 not now", "502 5.5.1 what", "554 5.7.3 no"):
        deliver(server(starttls=refusal, ehlo=hello("STARTTLS")), 0, "250 2.0.0", "EHLO STARTTLS MAIL RCPT DATA . QUIT",
                options=words("opportunistic", False))


@each([
    ("not offered", hello(), None, "-", "EHLO QUIT"),
    ("offered with other words", hello("STARTTLSX", "X-STARTTLS", "XXXXXXXA"), None, "-", "EHLO QUIT"),
    ("454", hello("STARTTLS"), "454 4.7.0 not now", "454 4.7.0 not now", "EHLO STARTTLS QUIT"),
    ("502", hello("STARTTLS"), "502 5.5.1 what", "502 5.5.1 what", "EHLO STARTTLS QUIT"),
    ("554", hello("STARTTLS"), "554 5.7.3 no", "554 5.7.3 no", "EHLO STARTTLS QUIT"),
    ("421", hello("STARTTLS"), "421 4.3.2 closing", "421|-", "EHLO STARTTLS( QUIT)?"),
    ("closed", hello("STARTTLS"), close, "-", "EHLO STARTTLS"),
    ("dropped", hello("STARTTLS"), drop, "-", "EHLO STARTTLS"),
    ("reset", hello("STARTTLS"), reset, "-", "EHLO STARTTLS"),
], tls=True)
def taken_away(ehlo, reply, expected, verbs):
    """Nothing but EHLO, STARTTLS and QUIT is said in the clear."""
    for auth in ([], ["--auth", "PLAIN", "--user", "a", "--password-file", tls.file("mx.key")]):
        mx = server(ehlo=ehlo, starttls=reply)
        deliver(mx, 75, [expected] * 2, verbs, options=words() + auth, to=("a@x.example", "b@x.example"))


@scenario(tls=True)
def helo_alone():
    mx = server(ehlo="502 5.5.1 what")
    deliver(mx, 75, "-", "EHLO HELO QUIT", options=words())


@each([
    ("a whole reply", "220 2.0.0 go\n250-mx.example.org\n250 SIZE 5"),
    ("several", "220 2.0.0 go\n" + "250 2.0.0 ok\n" * 10 + "250 2.0.0 ok"),
    ("half a line", b"220 2.0.0 go\r\n250 mx"),
    ("an octet", b"220 2.0.0 go\r\n2"),
    ("a line end", b"220 2.0.0 go\r\n\r\n"),
    ("a CR", b"220 2.0.0 go\r\n\r"),
    ("a LF", b"220 2.0.0 go\r\n\n"),
    ("a NUL", b"220 2.0.0 go\r\n\0"),
    ("a 220", "220 2.0.0 go\n220 2.0.0 go"),
    ("a record of TLS", b"220 2.0.0 go\r\n\x16\x03\x03\x00\x05hello"),
    ("much", b"220 2.0.0 go\r\n" + b"250 x\r\n" * 100000),
], tls=True)
def injected(reply):
    """Octets behind the 220, before the handshake: the session ends, whatever comes after them."""
    for mode in ("starttls", "opportunistic"):
        deliver(server(starttls=reply), (75, 76), "-", "EHLO STARTTLS", options=words(mode, mode == "starttls"),
                timeout=5)


@each([
    ("354", "354 go on"),
    ("garbage", "go on"),
    ("mismatch", "220-a\n250 b"),
    ("bare LF", b"220 go\n220 go\r\n"),
], tls=True)
def broken(reply):
    deliver(server(starttls=reply), 76, "354|-", "EHLO STARTTLS( QUIT)?", options=words())


@scenario(tls=True)
def another_yes():
    """2yz that is not 220, and a 220 of several lines."""
    deliver(server(starttls="220-2.0.0 one\n220 2.0.0 two"), 0, "250 2.0.0", PLAIN_TLS, options=words())
    mx = server(starttls="250 2.0.0 ok")
    mx.context = None
    deliver(mx, (75, 76), "-|250", "EHLO STARTTLS( QUIT)?", options=words(), timeout=2)


@each([("another name", "other"), ("unknown authority", "unknown")], tls=True)
def not_the_one(name):
    mx = server(name)
    ran = deliver(mx, 75, "-", "EHLO STARTTLS", options=words())
    true(" - - no TLS: " in ran[1], ran[1])
    # the system's authorities do not know ours
    deliver(server(), 75, "-", "EHLO STARTTLS", options=words(known=False))


@each([
    ("closed", (b"220 go\r\n", shut)),
    ("reset", (b"220 go\r\n", reset)),
], tls=True)
def no_handshake(reply):
    for mode in ("starttls", "opportunistic"):
        mx = Esmtp(ehlo=hello("STARTTLS"), starttls=reply)
        deliver(mx, 75, "-", "EHLO STARTTLS", options=words(mode, mode == "starttls"))


@scenario(tls=True, slow=True)
def silent_handshake():
    mx = Esmtp(ehlo=hello("STARTTLS"), starttls=(b"220 go\r\n", swallow))
    ran = deliver(mx, 75, "-", "EHLO STARTTLS", options=words(), timeout=1, within=5)
    true(ran[3] > 0.8, "gave up after %.1f s" % ran[3])


@scenario(tls=True)
def lost_under_tls():
    """A connection that is cut under TLS is lost, with or without an alert."""
    for stage in ("mail", "rcpt", "data", "end"):
        for how in (close, drop, reset):
            mx = server(**{stage: how})
            deliver(mx, 75, "-", "EHLO STARTTLS EHLO MAIL( RCPT)?( DATA)?( .)?( ~)?( QUIT)?",
                    options=words(), contents=[stuff(canonical(MESSAGE))] if stage == "end" else [], to=TO)


@scenario(tls=True)
def injected_ehlo():
    """Words of a server in the clear that pretend to be those under TLS do no harm when they come in time."""
    mx = server(ehlo=[hello("STARTTLS", "AUTH PLAIN"), hello("AUTH PLAIN")])
    deliver(mx, 0, "250 2.0.0", PLAIN_TLS, options=words())
