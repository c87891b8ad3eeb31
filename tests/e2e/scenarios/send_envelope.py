# SPDX-License-Identifier: ISC
"""send, and addresses: kept as they are, refused when they cannot be sent, many of them."""

import select

from .harness import each, same, scenario, true
from .scripted import BOTH, SENDER, TO, Gone, Mx, arguments, deliver, run

ALL = "EHLO MAIL RCPT DATA . QUIT"


@each([(address[:50], address) for address in (
    "bob@example.org",
    "Bob.O'Neil+tag@Example.ORG",
    "!#$%&'*+-/=?^_`{|}~@d.example",
    '"a b"@c.example',
    '"a@b"@c.example',
    '"a>b"@c.example',
    '"<a>"@c.example',
    '"a\\"b"@c.example',
    '"a\\\\b"@c.example',
    '"\\a"@c.example',
    '""@c.example',
    '"bob"@example.org',
    '"RCPT TO:<x@y.example>"@c.example',
    "a@[192.0.2.1]",
    "a@[IPv6:2001:db8::1]",
    "a@b",
    "1@2.example",
    "-@d.example",
    "l" * 64 + "@d.example",
    "a@" + ".".join(["d" * 62] * 3),
)])
def kept(address):
    for brackets in ("%s", "<%s>"):
        mx = Mx()
        deliver(mx, 0, "250 2.0.0", ALL, to=(brackets % address,), sender=brackets % address)
        same((mx.senders[0][0], mx.paths), ("<%s>" % address, ["<%s>" % address]), "paths")


@scenario
def null_sender():
    for sender in ("", "<>"):
        for extensions in BOTH:
            mx = Mx(ehlo=extensions)
            deliver(mx, 0, "250 2.0.0", ALL, sender=sender)
            same(mx.senders[0][0], "<>", "reverse-path")


@scenario
def postmaster():
    mx = Mx()
    deliver(mx, 0, "250 2.0.0", "EHLO MAIL RCPT RCPT DATA . QUIT", to=("<Postmaster>", "Postmaster@example.org"))
    same(mx.paths, ["<Postmaster>", "<Postmaster@example.org>"], "RCPT")


@scenario
def one_twice():
    deliver(Mx(), 0, "250 2.0.0", "EHLO MAIL RCPT RCPT DATA . QUIT", to=TO * 2)
    deliver(Mx(rcpt=["250 2.1.5 ok", "550 5.1.1 no more"]), 69, ["250 2.0.0", "550 5.1.1"],
            "EHLO MAIL RCPT RCPT DATA . QUIT", to=TO * 2)


INJECTIONS = [
    ("CRLF and RCPT", "bob@example.org>\r\nRCPT TO:<evil@example.net"),
    ("LF and RCPT", "bob@example.org>\nRCPT TO:<evil@example.net"),
    ("CR", "bob@example.org\rRCPT TO:<evil@example.net>"),
    ("CRLF at the end", "bob@example.org\r\n"),
    ("LF at the end", "bob@example.org\n"),
    ("LF in quotes", '"a\nb"@example.org'),
    ("CRLF in quotes", '"a\r\nevil\r\n"@example.org'),
    ("escaped LF", '"a\\\nb"@example.org'),
    ("bracket and parameter", "bob@example.org> SIZE=5"),
    ("bracket", "bob@example.org>"),
    ("another bracket", "<bob@example.org>>"),
    ("bracket unclosed", "<bob@example.org"),
    ("brackets inside", "a<bob@example.org>"),
    ("space", "bob @example.org"),
    ("space first", " bob@example.org"),
    ("space last", "bob@example.org "),
    ("two addresses", "a@b.example,c@d.example"),
    ("parameter", "<bob@example.org> NOTIFY=NEVER"),
    ("tab", "bob\t@example.org"),
    ("control", "bob\x01@example.org"),
    ("DEL", "bob\x7f@example.org"),
    ("8-bit", "b\u00f6b@example.org"),
    ("8-bit domain", "bob@ex\u00e4mple.org"),
    ("no domain", "bob"),
    ("empty domain", "bob@"),
    ("empty local-part", "@example.org"),
    ("two ats", "a@b@example.org"),
    ("quote unclosed", '"bob@example.org'),
    ("text at a quote", '"bob"x@example.org'),
    ("dots", "a..b@example.org"),
    ("dot first", ".a@example.org"),
    ("dot last", "a.@example.org"),
    ("underscore", "a@ex_ample.org"),
    ("hyphen first", "a@-example.org"),
    ("empty label", "a@example..org"),
    ("literal unclosed", "a@[192.0.2.1"),
    ("literal of letters", "a@[bad literal]"),
    ("number too large", "a@[192.0.2.256]"),
    ("long local-part", "l" * 65 + "@example.org"),
    ("long label", "a@" + "d" * 64 + ".example"),
    ("long domain", "a@" + ".".join(["d" * 60] * 5)),
    ("long path", "l" * 64 + "@" + ".".join(["d" * 60] * 4)),
    ("very long", "a" * 60000 + "@example.org"),
]


@each(INJECTIONS)
def not_sent(address):
    """It cannot be sent: no octet of it is on the wire, and the exit code says so."""
    for sender, to in ((address, TO), (SENDER, (address,)), (SENDER, TO + (address,))):
        mx = Mx()
        ran = run(arguments(mx, (), to, sender, "c.example.com", 15), mx, b"x\n")
        mx.finish()
        same(ran[0], 65, "exit code; " + ran[2][-300:])
        true("250" not in ran[1] or (sender, to) == (SENDER, TO + (address,)), "stdout: %s" % ran[1][:300])
        true(not mx.faults, "; ".join(mx.faults))
        true(set(mx.senders) <= {("<%s>" % SENDER, ("SIZE=3",))}, "MAIL: %s" % mx.senders)
        true(set(mx.paths) <= {"<%s>" % TO[0]}, "RCPT: %s" % mx.paths)


@scenario
def no_null_recipient():
    for address in ("", "<>"):
        mx = Mx()
        ran = run(arguments(mx, (), (address,), SENDER, "c.example.com", 15), mx, b"x\n")
        mx.finish()
        same((ran[0], mx.paths), (65, []), "exit code and RCPT; " + ran[2])


@each([(repr(name[:50]), name) for name in (
    "c.example.com\r\nMAIL FROM:<evil@example.net>", "c.example.com\n", "c.example.com\r", "c example.com", "c\tx",
    "c.example.com ", " c.example.com", "", "c\u00e9.example.com", "[192.0.2.1", "c_d.example.com", "<c.example.com>",
    ".".join(["d" * 60] * 5), "c\x01.example")])
def helo_not_sent(name):
    mx = Mx()
    words = arguments(mx, ("--helo", name), TO, SENDER, None, 15)
    ran = run(words, mx, b"x\n")
    mx.finish()
    true(ran[0] in (64, 65), "exit code %d; %s" % (ran[0], ran[2]))
    true(not mx.faults and set(mx.verbs) <= {"QUIT"}, "%s %s" % (mx.faults, mx.verbs))


@each([(rule, rule, address) for rule, address in (
    ("long-local", "l" * 200 + "@example.org"),
    ("dots", "a..b.@example.org"),
    ("underscore", "a@ex_ample.org"),
    ("hyphen", "a@-example-.org"),
    ("trailing-dot", "a@example.org."),
)])
def allowed(rule, address):
    """--allow lifts a rule, and the address goes out as it is."""
    mx = Mx()
    deliver(mx, 0, "250 2.0.0", ALL, to=(address,), options=("--allow", rule))
    same(mx.paths, ["<%s>" % address], "RCPT")


def many(count):
    return ["recipient-%04d@mail-%02d.example.org" % (i, i % 37) for i in range(count)]


def gather(count, few):
    """Has send deliver to many, and answers when no more comes: all, or one of `few`. Returns how many octets were
    outstanding at most, and how often it answered."""
    mx = Mx()
    outstanding = []  # (octets, reply) of each command without an answer
    most = rounds = 0

    def take(peer):
        """All commands that come until the client waits."""
        while True:
            while b"\n" in peer.got:
                line = peer.line(flush=False)
                verb = mx.note(line)
                outstanding.append((len(line), b"354 go on\r\n" if verb == "DATA" else b"250 2.1.5 ok\r\n"))
            if not select.select([peer.socket], [], [], 0.03)[0]:
                return
            if not peer.receive():
                raise Gone

    def serve(peer):
        nonlocal most, rounds
        mx.answer(peer, mx.replies["GREETING"])
        mx.note(peer.line())
        mx.answer(peer, mx.replies["EHLO"])
        while mx.verbs[-1] != "DATA" or outstanding:
            take(peer)
            most = max(most, sum(octets for octets, _ in outstanding) + len(peer.got))
            rounds += 1
            now = max(1, len(outstanding) // few)
            peer.put(b"".join(reply for _, reply in outstanding[:now]))
            del outstanding[:now]
        mx.verbs.append(".")
        mx.contents.append(peer.content())
        mx.answer(peer, mx.replies["END"])
        mx.note(peer.line())
        mx.quit(peer, "QUIT")
    mx.serve = serve
    deliver(mx, 0, "250 2.0.0", "EHLO MAIL%s DATA . QUIT" % (" RCPT" * count), to=many(count))
    return most, rounds


@each([("all answered at once", 300, 1), ("half of them", 300, 2), ("a few of them", 120, 10)])
def outstanding(count, few):
    """At most 4096 octets without an answer, however many recipients (RFC 2920, section 3.1); and not one by one."""
    most, rounds = gather(count, few)
    true(most <= 4096, "%d octets outstanding" % most)
    true(most > 2048, "only %d octets outstanding" % most)
    true(few > 1 or rounds < 12, "%d rounds" % rounds)


@each([("pipelined", BOTH[0]), ("in turn", BOTH[1])])
def a_thousand(extensions):
    to = many(1000)
    replies = {address: "550 5.1.1 no %s" % address for address in to[::3]}
    mx = Mx(ehlo=extensions, rcpt={"": "250 2.1.5 ok", **replies})
    deliver(mx, 69, ["550 5.1.1 no " + address if address in replies else "250 2.0.0 taken" for address in to],
            "EHLO MAIL%s DATA . QUIT" % (" RCPT" * 1000), to=to, within=20)
    same(mx.paths, ["<%s>" % address for address in to], "RCPT")


@scenario
def too_many_for_the_server():
    """100 are taken, the others get 452, or 552 from an old server; the message goes to the 100, and the others have
    another transaction, in which they get the same."""
    to = many(150)
    for reply, expected in (("452 4.5.3 too many", "452 4.5.3"), ("552 5.5.3 too many", "552|452")):
        for extensions in BOTH:
            mx = Mx(ehlo=extensions, rcpt={"": "250 2.1.5 ok", **{address: reply for address in to[100:]}})
            deliver(mx, 75, ["250 2.0.0"] * 100 + [expected] * 50,
                    "EHLO MAIL( RCPT){150} DATA . MAIL( RCPT)+( DATA)?( RSET)? QUIT",
                    to=to)
