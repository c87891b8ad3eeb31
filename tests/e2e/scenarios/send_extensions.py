# SPDX-License-Identifier: ISC
"""send, and extensions: parameters behind MAIL and RCPT, SMTPUTF8, further commands."""

from .harness import Wrong, each, program, same, scenario, shorten, true
from .scripted import MESSAGE, SENDER, TO, Mx, arguments, deliver, run
from .scripted_more import Esmtp, hello

ALL = "EHLO MAIL RCPT DATA . QUIT"
WIDE = 4096

PARAMETERS = [  # options, what must be offered, the parameters of MAIL and of RCPT
    (("--ret", "FULL"), "DSN", ["RET=FULL"], []),
    (("--ret", "hdrs"), "DSN", ["RET=hdrs"], []),
    (("--envid", "QQ314159"), "DSN", ["ENVID=QQ314159"], []),
    (("--envid", "a+b=c d"), "DSN", ["ENVID=a+2Bb+3Dc+20d"], []),
    (("--notify", "NEVER"), "DSN", [], ["NOTIFY=NEVER"]),
    (("--notify", "SUCCESS,DELAY"), "DSN", [], ["NOTIFY=SUCCESS,DELAY"]),
    (("--orcpt", "rfc822;bob+x@example.org"), "DSN", [], ["ORCPT=rfc822;bob+2Bx@example.org"]),
    (("--mail-param", "BY=120;R"), "DELIVERBY", ["BY=120;R"], []),
    (("--mail-param", "MT-PRIORITY=3"), "MT-PRIORITY", ["MT-PRIORITY=3"], []),
    (("--mail-param", "HOLDFOR=60"), "FUTURERELEASE 999999999 2099-12-31T23:59:59Z", ["HOLDFOR=60"], []),
    (("--mail-param", "HOLDUNTIL=2030-01-01T00:00:00Z"), "FUTURERELEASE 999999999 2099-12-31T23:59:59Z",
     ["HOLDUNTIL=2030-01-01T00:00:00Z"], []),
    (("--mail-param", "SOLICIT=org.example:ADV"), "NO-SOLICITING", ["SOLICIT=org.example:ADV"], []),
    (("--mail-param", "MTRK=MDEyMzQ1Njc4OWFiY2RlZg:120"), "MTRK", ["MTRK=MDEyMzQ1Njc4OWFiY2RlZg:120"], []),
    (("--mail-param", "SUBMITTER=bob@example.org"), "SUBMITTER", ["SUBMITTER=bob@example.org"], []),
    (("--mail-param", "TRANSID=<1@a.example>"), "CHECKPOINT", ["TRANSID=<1@a.example>"], []),
    (("--mail-param", "CONPERM"), "CONPERM", ["CONPERM"], []),
    (("--rcpt-param", "CONNEG"), "CONNEG", [], ["CONNEG"]),
    (("--rcpt-param", "RRVS=2014-04-03T23:01:00Z;C"), "RRVS", [], ["RRVS=2014-04-03T23:01:00Z;C"]),
    (("--smtputf8",), "SMTPUTF8", ["SMTPUTF8"], []),
    (("--mail-param", "X-TEST=1"), "X-TEST", ["X-TEST=1"], []),
]


@each([(" ".join(row[0]), *row) for row in PARAMETERS])
def parameters(options, offer, mail, rcpt):
    mx = Esmtp(ehlo=hello(offer), line_max=WIDE)
    deliver(mx, 0, "250 2.0.0", ALL, options=options)
    got = [word for word in mx.senders[0][1] if not word.startswith(("SIZE=", "BODY="))]
    same((got, list(mx.rcpt_params[0])), (sorted(mail), sorted(rcpt)), "parameters")
    if offer != "X-TEST":
        mx = Esmtp(ehlo=hello())
        deliver(mx, 65, "-", "(EHLO( MAIL)?( RSET)? QUIT)?", options=options)


@scenario
def refused_parameters():
    for reply, code in (("555 5.5.4 unknown", 69), ("501 5.5.4 syntax", 69), ("455 4.5.4 not now", 75)):
        mx = Esmtp(ehlo=hello("DSN"), mail=reply, line_max=WIDE)
        deliver(mx, code, reply[:9], "EHLO MAIL( RCPT DATA)?( RSET)? QUIT", options=("--ret", "FULL"))


@each([(" ".join(words).replace("\r", "\\r").replace("\n", "\\n")[:60], words) for words in (
    ("--mail-param", "BY=x"), ("--mail-param", "MT-PRIORITY=10"), ("--rcpt-param", "NOTIFY=SUCCESS,NEVER"),
    ("--mail-param", "X=1\r\nRSET"), ("--mail-param", "X=1 Y=2"), ("--mail-param", "=1"), ("--mail-param", "X="),
    ("--mail-param", ""), ("--rcpt-param", "X=\x01"), ("--ret", "SOME"), ("--notify", "NEVER,SUCCESS"),
    ("--notify", ""),
    ("--envid", "x" * 101), ("--envid", "a\r\nRSET"), ("--envid", ""), ("--orcpt", "rfc822;a\nb"))])
def wrong_parameters(words):
    """What cannot be sent is not: 64 or 65, and not a word of it on the wire."""
    mx = Esmtp(ehlo=hello("DSN", "DELIVERBY", "MT-PRIORITY"), line_max=WIDE)
    ran = run(arguments(mx, words, TO, SENDER, "c.example.com", 10), mx, MESSAGE)
    mx.finish()
    true(ran[0] in (64, 65), "exit code %d; %s %s" % (ran[0], ran[1], ran[2]))
    same((mx.contents, mx.faults), ([], []), "messages")
    true(not {"MAIL", "RCPT"} & set(mx.verbs), "commands: %s" % mx.verbs)


@scenario
def utf8():
    sender, to = "\u00e9l\u00e8ve@\u00e9cole.example", ("\u7528\u6237@\u4f8b\u5b50.example", "bob@example.org")
    for options in ((), ("--smtputf8",)):
        mx = Esmtp(ehlo=hello("SMTPUTF8"))
        deliver(mx, 0, "250 2.0.0", "EHLO MAIL RCPT RCPT DATA . QUIT", options=options, sender=sender, to=to)
        true("SMTPUTF8" in mx.senders[0][1], "MAIL: %s" % (mx.senders,))
        wire = [line.encode("latin-1").decode("utf-8") for line in mx.lines[1:]]
        true("<%s>" % sender in wire[0] and "<%s>" % to[0] in wire[1], "paths: %s" % wire)
    for who in (dict(sender=sender), dict(to=to[:1])):
        deliver(Esmtp(ehlo=hello()), 65, "-", "(EHLO( MAIL( RCPT)?( RSET)?)? QUIT)?", **who)
    deliver(Esmtp(ehlo=hello()), 65, "-", "(EHLO QUIT)?", options=("--smtputf8",))
    # plain addresses, and not asked for: nothing is said
    mx = Esmtp(ehlo=hello("SMTPUTF8"))
    deliver(mx, 0, "250 2.0.0", ALL)
    true("SMTPUTF8" not in mx.senders[0][1], "MAIL: %s" % (mx.senders,))


def commanded(mx, options, code, lines, verbs, mail=True):
    """Runs send with --command; `lines` is what stdout begins with."""
    words = arguments(mx, options, TO, SENDER, "c.example.com", 10)
    if not mail:
        at = words.index("--from")
        del words[at:at + 4]
    ran = run(words, mx, MESSAGE if mail else b"")
    mx.finish()
    try:
        same(ran[0], code, "exit code; " + ran[1] + ran[2])
        got = ran[1].split("\n")
        same(got[:len(lines)], lines, "lines")
        same(len(got), len(lines) + 1 + mail, "lines in all: %s" % shorten(ran[1]))
        same((" ".join(mx.verbs), mx.faults), (verbs, []), "commands")
    except Wrong as wrong:
        raise Wrong("%s\n%s" % (wrong, "\n".join(mx.log))) from None


@scenario
def commands():
    others = {"VRFY": ["252 2.0.0 perhaps", "550 5.1.1 no"], "NOOP": "250 2.0.0 ok", "ETRN": "459 4.5.0 not you",
              "HELP": "214-2.0.0 one\n214 2.0.0 two", "X-ANY": "250 what"}
    offers = ("ETRN", "VRFY", "HELP", "EXPN")
    commanded(Esmtp(ehlo=hello(*offers), others=others), ("--command", "NOOP", "--command", "VRFY bob"), 0,
              ["NOOP 250 2.0.0 ok", "VRFY bob 252 2.0.0 perhaps"], "EHLO NOOP VRFY MAIL RCPT DATA . QUIT")
    commanded(Esmtp(ehlo=hello(*offers), others=others), ("--command", "NOOP"), 0, ["NOOP 250 2.0.0 ok"],
              "EHLO NOOP QUIT",
              mail=False)
    commanded(Esmtp(ehlo=hello(*offers), others=dict(others, VRFY="550 5.1.1 no")), ("--command", "VRFY bob"), 69,
              ["VRFY bob 550 5.1.1 no"], "EHLO VRFY MAIL RCPT DATA . QUIT")
    commanded(Esmtp(ehlo=hello(*offers), others=others), ("--command", "ETRN example.org"), 75,
              ["ETRN example.org 459 4.5.0 not you"], "EHLO ETRN QUIT", mail=False)


@scenario
def commands_that_cannot_be_sent():
    for line in ("VRFY bob\r\nRSET", "", "NOOP\n", "NOOP \x01" + "x" * 600, "VRFY", "ETRN example.org", "x" * 2000):
        mx = Esmtp(ehlo=hello(), others={"NOOP": "250 2.0.0 ok"})
        ran = run(arguments(mx, ("--command", line), TO, SENDER, "c.example.com", 10), mx, MESSAGE)
        mx.finish()
        true(ran[0] in (64, 65), "%r: exit code %d; %s %s" % (line[:50], ran[0], ran[1][:300], ran[2][:300]))
        true(not {"VRFY", "ETRN", "RSET"} & set(mx.verbs) and not mx.faults, "%s %s" % (mx.verbs, mx.faults))


@scenario
def usage():
    for words in (("--ret",), ("--envid",), ("--notify",), ("--command",), ("--mail-param",), ("--lmtp=yes",),
                  ("--tls", "sometimes"), ("--bdat=1",)):
        mx = Mx()
        code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(mx.port), "--from", "a@b.example",
                                    "--to",
                                    "c@d.example", *words, given=MESSAGE)
        mx.finish()
        same((code, out, mx.connections), (64, b"", 0), "%s; %s" % (words, errors))
