# SPDX-License-Identifier: ISC
"""Commands: each in each state, in any case, in any number of pieces."""

import re

from .harness import MESSAGE, RECIPIENT, SENDER, Server, same, scenario, stuff, true

NOBODY = "RCPT TO:<nobody@example.org>"
REFUSING = ("--reply", "rcpt:<nobody@example.org>=550 5.1.1 no such user")

STATES = {
    "start": [],
    "ready": [("EHLO c.example.com", "250")],
    "mail": [("EHLO c.example.com", "250"), (SENDER, "250 2.1.0")],
    "refused": [("EHLO c.example.com", "250"), (SENDER, "250 2.1.0"), (NOBODY, "550 5.1.1")],
    "rcpt": [("EHLO c.example.com", "250"), (SENDER, "250 2.1.0"), (RECIPIENT, "250 2.1.5"), (NOBODY, "550 5.1.1")],
}

# command: the reply in each of the states above, which it does not change
EVERYWHERE = [
    ("NOOP", "250 2.0.0"),
    ("NOOP with an argument", "250 2.0.0"),
    ("HELP", "214 2.0.0"),
    ("HELP MAIL", "214 2.0.0"),
    ("VRFY bob", "252 2.0.0"),
    ("VRFY <bob@example.org>", "252 2.0.0"),
    ("EXPN friends", "252 2.0.0"),
    ("FROBNICATE", "500 5.5.2"),
    ("FROBNICATE <a@b> c=d", "500 5.5.2"),
    ("DATAX", "500 5.5.2"),
    ("STARTTLSX", "500 5.5.2"),
    ("MAILFROM:<a@b>", "500 5.5.2"),
    ("", "500 5.5.2"),
    (" ", "500 5.5.2"),
    (" NOOP", "500 5.5.2"),
    ("\tNOOP", "500 5.5.2"),
    ("220 mx.example.org", "500 5.5.2"),
    (".", "500 5.5.2"),
    ("SEND FROM:<a@b.example>", "502 5.5.1"),
    ("SOML FROM:<a@b.example>", "502 5.5.1"),
    ("SAML FROM:<a@b.example>", "502 5.5.1"),
    ("TURN", "502 5.5.1"),
    ("LHLO c.example.com", "502 5.5.1"),
    ("QUIT now", "501 5.5.4"),
    ("RSET now", "501 5.5.4"),
    ("DATA now", "501 5.5.4"),
    ("VRFY", "501 5.5.4"),
    ("EXPN", "501 5.5.4"),
    ("EHLO", "501"),
    ("HELO", "501"),
    ("EHLO two words", "501"),
    ("EHLO under_score", "501"),
    ("HELO [1.2.3.4", "501"),
    ("HELO -", "501"),
    ("MAIL", "501 5.5.4"),
    ("MAIL FROM", "501 5.5.4"),
    ("MAIL FROM:", "501 5.5.4"),
    ("MAIL TO:<a@b.example>", "501 5.1.7"),
    ("MAIL FROM: <a@b.example>", "501 5.1.7"),
    ("MAIL FROM:a@b.example", "501 5.1.7"),
    ("MAIL FROM:<a@b.example", "501 5.1.7"),
    ("MAIL FROM:<a@b.example>>", "501 5.1.7"),
    ("MAIL FROM:<a..b@c.example>", "501 5.1.7"),
    ("MAIL FROM:<a@-.example>", "501 5.1.7"),
    ("RCPT", "501 5.5.4"),
    ("RCPT TO:", "501 5.5.4"),
    ("RCPT TO:<>", "501 5.1.3"),
    ("RCPT TO:<bob>", "501 5.1.3"),
    ("RCPT TO:<bob@example.org", "501 5.1.3"),
    ("RCPT TO:<bob@[1.2.3.256]>", "501 5.1.3"),
    ("RCPT TO:<bob@example.org> =", "501 5.5.4"),
]

# command: replies in each of STATES, in their order
BY_STATE = [
    ("EHLO c.example.com", ["250"] * 5),
    ("HELO c.example.com", ["250"] * 5),
    (SENDER, ["503 5.5.1", "250 2.1.0", "503 5.5.1", "503 5.5.1", "503 5.5.1"]),
    (RECIPIENT, ["503 5.5.1", "503 5.5.1", "250 2.1.5", "250 2.1.5", "250 2.1.5"]),
    (NOBODY, ["503 5.5.1", "503 5.5.1", "550 5.1.1", "550 5.1.1", "550 5.1.1"]),
    ("DATA", ["503 5.5.1", "503 5.5.1", "503 5.5.1", "554 5.5.1", "354"]),
    ("RSET", ["250 2.0.0"] * 5),
    ("QUIT", ["221 2.0.0"] * 5),
]


def enter(server, state):
    client = server.client(hello=None)
    for command, head in STATES[state]:
        client.ask(command, head)
    return client


@scenario
def greeting_and_capabilities():
    with Server("--max-size", "12345") as server, server.client(greet=False, hello=None) as client:
        greeting = client.expect("220")
        same(greeting.lines[0].split()[:2], ["220", "mx.example.org"], "greeting")
        true("ESMTP" in greeting.lines[0], "no ESMTP in the greeting")
        reply = client.ask("EHLO c.example.com", "250")
        same(reply.lines[0].split()[0], "250-mx.example.org", "first line")
        offered = [line[4:] for line in reply.lines[1:]]
        wanted = {"PIPELINING", "SIZE 12345", "8BITMIME", "ENHANCEDSTATUSCODES", "VRFY", "EXPN", "HELP"}
        true(wanted <= set(offered), "not all offered: %s" % offered)
        same(len(offered), len({line.split()[0] for line in offered}), "keywords offered twice")
        for line in offered:
            true(re.fullmatch(r"[A-Z0-9][A-Z0-9-]*( [!-~]+)*", line), "not a keyword line: %r" % line)
        reply = client.ask("HELO c.example.com", "250")
        same(len(reply.lines), 1, "lines of the reply to HELO")
        true(reply.lines[0].startswith("250 mx.example.org"), "HELO is answered without the name")
        for verb, keyword in (("AUTH PLAIN AGEAYg==", "AUTH"), ("STARTTLS", "STARTTLS"), ("BDAT 3 LAST", "CHUNKING"),
                              ("ETRN example.org", "ETRN")):
            if not any(line.split()[0] == keyword for line in offered):
                client.ask(verb, "502 5.5.1")


@scenario
def every_command_in_every_state():
    with Server(*REFUSING) as server:
        for i, state in enumerate(STATES):
            for command, heads in BY_STATE:
                with enter(server, state) as client:
                    client.ask(command, heads[i])
                    if heads[i] == "354":
                        client.ask(stuff(MESSAGE), "250 2.0.0")
                        server.stored(MESSAGE)
                        client.ask(SENDER, "250 2.1.0")
                    elif command == "QUIT":
                        client.ended()
                    elif state == "start" and not command.endswith("c.example.com"):
                        client.ask(SENDER, "503 5.5.1")
                    elif command in ("RSET", "EHLO c.example.com", "HELO c.example.com") or heads[i] == "250 2.1.0":
                        client.ask("RSET", "250 2.0.0")
                        client.ask(SENDER, "250 2.1.0")
                    else:
                        client.ask(SENDER, "250 2.1.0" if state == "ready" else "503 5.5.1")


@scenario
def commands_that_change_nothing():
    with Server("--max-errors", "1000", *REFUSING) as server:
        for state in STATES:
            with enter(server, state) as client:
                for command, head in EVERYWHERE:
                    client.ask(command, head)
                if state == "rcpt":
                    client.ask("DATA", "354")
                    client.ask(stuff(MESSAGE), "250 2.0.0")
                    server.stored(MESSAGE)
                elif state == "ready":
                    client.deliver()
                    server.stored(MESSAGE)
                else:
                    client.ask("DATA", "503 5.5.1" if state == "start" else "554 5.5.1")
                client.quit()


@scenario
def case_and_spaces():
    with Server() as server:
        for hello, mail, rcpt, data, rset, quit_ in (
                ("ehlo C.EXAMPLE", "mail from:<a@b.example>", "rcpt to:<c@d.example>", "data", "rset", "quit"),
                ("EhLo [127.0.0.1]", "mAiL FrOm:<a@b.example> size=10 bOdY=8bitMIME", "RcPt tO:<c@d.example>", "dAtA",
                 "RsEt", "qUiT"),
                ("HELO c.example ", "MAIL FROM:<a@b.example> ", "RCPT TO:<c@d.example>  ", "DATA ", "RSET\t ", "QUIT "),
                ("hElO [IPv6:::1]", "MAIL From:<>", "RCPT To:<pOSTmaster>", "Data", "Rset", "Quit")):
            with server.client(hello=None) as client:
                client.ask(hello, "250")
                client.ask(mail, "250 2.1.0")
                client.ask(rcpt, "250 2.1.5")
                client.ask(rset, "250 2.0.0")
                client.ask(mail, "250 2.1.0")
                client.ask(rcpt, "250 2.1.5")
                client.ask(data, "354")
                client.ask(stuff(MESSAGE), "250 2.0.0")
                client.ask(quit_, "221 2.0.0")
                client.ended()
            server.stored(MESSAGE)


@scenario
def paths():
    """Each kind of path arrives as it was; the trace header shows what the server made of it."""
    with Server(raw=False) as server:
        for sender, recipient in (
                ("<>", "<Postmaster>"),
                ("<a@b.example>", "<postMASTER@mx.example.org>"),
                ('<"a b"@c.example>', '<"quoted>bracket"@d.example>'),
                ('<"a\\"b\\\\"@c.example>', '<"@"@d.example>'),
                ("<!#$%&'*+-/=?^_`{|}~@c.example>", "<a@[192.0.2.1]>"),
                ("<a@[IPv6:2001:db8::1]>", "<a+b=c@xn--e1afmkfd.example>"),
                ("<" + "a" * 64 + "@b.example>", "<a@" + ".".join(["b" * 60] * 4)[:180] + ".example>"),
                ("<a@b>", "<a@1.2.3.4>")):
            with server.client() as client:
                client.deliver(sender=("MAIL FROM:" + sender), recipients=["RCPT TO:" + recipient])
                client.quit()
            text = server.take()[0].decode()
            same(text.split("\n")[:2], ["Return-Path: " + sender, "Delivered-To: " + recipient.strip("<>")], "header")
        with server.client() as client:
            client.deliver(sender="MAIL FROM:<@x.example,@y.example:a@b.example>",
                           recipients=["RCPT TO:<@x.example:bob@example.org>"])
        same(server.take()[0].decode().split("\n")[:2],
             ["Return-Path: <a@b.example>", "Delivered-To: bob@example.org"], "source routes are dropped")


@scenario
def parameters():
    with Server("--max-errors", "1000") as server, server.client() as client:
        for text, head in (
                ("SIZE=0", "250 2.1.0"), ("SIZE=67108864", "250 2.1.0"), ("SIZE=67108865", "552 5.3.4"),
                ("SIZE=18446744073709551615", "552 5.3.4"), ("SIZE=18446744073709551616", "552 5.3.4"),
                ("SIZE=99999999999999999999", "552 5.3.4"), ("SIZE=00000000000000000001", "250 2.1.0"),
                ("SIZE=000000000000000000001", "501 5.5.4"), ("SIZE=", "501 5.5.4"), ("SIZE", "501 5.5.4"),
                ("SIZE=-1", "501 5.5.4"), ("SIZE=1a", "501 5.5.4"), ("SIZE=0x10", "501 5.5.4"),
                ("SIZE=1 SIZE=2", "501 5.5.4"), ("SIZE=1 size=1", "501 5.5.4"), ("BODY=7BIT", "250 2.1.0"),
                ("BODY=8BITMIME SIZE=5", "250 2.1.0"), ("BODY=8BIT", "501 5.5.4"), ("BODY", "501 5.5.4"),
                ("FOO", "555 5.5.4"), ("FOO=1", "555 5.5.4"), ("SIZE=1 FOO=1", "555 5.5.4"), ("-A", "501 5.5.4"),
                ("FOO==", "501 5.5.4"), ("SIZE=1  BODY=7BIT", "501 5.5.4"), ("SIZE=1\tBODY=7BIT", "501 5.5.4"),
                ("SIZE=1\1", "501 5.5.4"), ("FOO=\xe9", "501 5.5.4")):
            client.ask(SENDER + " " + text, head)
            client.ask("RSET", "250 2.0.0")
        client.ask(SENDER, "250 2.1.0")
        client.ask(RECIPIENT + " FOO=1", "555 5.5.4")
        client.ask(RECIPIENT + " SIZE=1", "555 5.5.4")
        client.ask("DATA", "554 5.5.1")
        client.ask("HELO c.example.com", "250")
        client.ask(SENDER + " SIZE=1", "555 5.5.4")
        client.ask(SENDER + " BODY=7BIT", "555 5.5.4")
        client.deliver()
        server.stored(MESSAGE)


@scenario
def octets_that_no_command_has():
    with Server("--max-errors", "1000") as server, server.client() as client:
        for line in (b"NOOP\0\r\n", b"\0\r\n", b"NO\0OP\r\n", b"NOOP\rNOOP\r\n", b"NOOP\nNOOP\r\n", b"\nNOOP\r\n",
                     b"\rNOOP\r\n", b"NOOP\r\r\n", b"NOOP a\n\r\n", b"NOOP\n\n\n\r\n", b"MAIL FROM:<a\n@b.example>\r\n",
                     b"RSET\r\0\n\r\n"):
            client.ask(line, "500 5.5.2")
        for line in (b"NOOP \x07\r\n", b"NOOP \xff\r\n", b"HELP \x1b[0m\r\n"):
            reply = client.ask(line, "*")
            true(reply.head in ("250 2.0.0", "501 5.5.4", "500 5.5.2"), repr(reply))
        client.ask("MAIL FROM:<\u00e9@b.example>", "553 5.6.7")
        client.ask("MAIL FROM:<a@\u00e9.example>", "553 5.6.7")
        client.ask(SENDER, "250 2.1.0")
        client.ask("RCPT TO:<\u00e9@b.example>", "553 5.6.7")
        client.send(b"NOOP\n")  # no line yet
        client.send(b"QUIT\n")
        client.ask(b"\r\n", "500 5.5.2")
        client.ask("RSET", "250 2.0.0")


SESSION = [("EHLO c.example.com", "250"), ("NOOP", "250 2.0.0"), (SENDER, "250 2.1.0"), (RECIPIENT, "250 2.1.5"),
           (NOBODY, "550 5.1.1"), ("DATA", "354"), (stuff(b"a: b\r\n\r\n.x\r\n..\r\ny\r\n"), "250 2.0.0"),
           ("FROB", "500 5.5.2"), ("RSET", "250 2.0.0"), ("QUIT", "221 2.0.0")]
SESSION_WIRE = b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line, _ in SESSION)
SESSION_HEADS = [head for _, head in SESSION]
SESSION_MESSAGE = b"a: b\r\n\r\n.x\r\n..\r\ny\r\n"


@scenario
def pipelined_in_batches():
    batches = [[("MAIL FROM:<a@b.example>", "250 2.1.0"), (RECIPIENT, "250 2.1.5"), (NOBODY, "550 5.1.1"),
                ("RSET", "250 2.0.0"), ("NOOP", "250 2.0.0"), ("FROB", "500 5.5.2")] * 5 +
               [(SENDER, "250 2.1.0"), (RECIPIENT, "250 2.1.5"), ("DATA", "354")],
               [(stuff(MESSAGE), "250 2.0.0"), (SENDER, "250 2.1.0"), (RECIPIENT, "250 2.1.5"), ("DATA", "354")],
               [(stuff(b""), "250 2.0.0"), ("NOOP", "250 2.0.0"), ("QUIT", "221 2.0.0")]]
    with Server(*REFUSING) as server, server.client() as client:
        for batch in batches:
            client.send(b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line, _ in batch))
            received = 0
            for _, head in batch:
                while b"\n" not in client.got:
                    client.receive()
                    received += 1
                client.expect(head)
            true(received <= 4, "the replies to a batch came in %d pieces" % received)
        client.ended()
        server.stored(MESSAGE, b"")


@scenario
def the_whole_session_at_once():
    """A client that does not wait for the 354 is answered in order, too."""
    with Server(*REFUSING) as server:
        for _ in range(20):
            with server.client(hello=None) as client:
                client.ask(SESSION_WIRE, *SESSION_HEADS)
                client.ended()
            server.stored(SESSION_MESSAGE)


@scenario
def split_at_every_octet():
    with Server(*REFUSING) as server:
        for at in range(1, len(SESSION_WIRE)):
            with server.client(hello=None) as client:
                client.send(SESSION_WIRE[:at])
                # the replies to the first part are there: so the server has seen it apart from the second
                whole = sum(SESSION_WIRE[:at].startswith(SESSION_WIRE[:end]) for end in command_ends())
                client.expect(*SESSION_HEADS[:whole])
                client.ask(SESSION_WIRE[at:], *SESSION_HEADS[whole:])
                client.ended()
        same(server.take(), [SESSION_MESSAGE] * (len(SESSION_WIRE) - 1), "stored")


def command_ends():
    ends = [0]
    for line, _ in SESSION:
        ends.append(ends[-1] + (len(line) if isinstance(line, bytes) else len(line.encode()) + 2))
    return ends[1:]


@scenario
def an_octet_at_a_time():
    with Server(*REFUSING) as server:
        for pause in (0, 0.001):
            with server.client(hello=None) as client:
                client.trickle(SESSION_WIRE, pause)
                client.expect(*SESSION_HEADS)
                client.ended()
            server.stored(SESSION_MESSAGE)


@scenario
def several_transactions():
    with Server() as server, server.client() as client:
        for i in range(30):
            client.deliver(b"message %d\r\n" % i)
        server.stored(*[b"message %d\r\n" % i for i in range(30)])
        client.begin("RCPT TO:<one@example.org>", "RCPT TO:<two@example.org>", "RCPT TO:<one@example.org>")
        client.ask(stuff(MESSAGE), "250 2.0.0")
        server.stored(MESSAGE)
        for reset in ("RSET", "EHLO again.example", "HELO again.example"):
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT, "250 2.1.5")
            client.ask(reset, "250 2.0.0" if reset == "RSET" else "250")
            client.ask(RECIPIENT, "503 5.5.1")
            client.ask("DATA", "503 5.5.1")
            server.nothing()
            client.deliver()
            server.stored(MESSAGE)
        # a refused EHLO changes nothing
        client.ask(SENDER, "250 2.1.0")
        client.ask(RECIPIENT, "250 2.1.5")
        client.ask("EHLO", "501")
        client.ask(SENDER, "503 5.5.1")
        client.ask("DATA", "354")
        client.ask(stuff(MESSAGE), "250 2.0.0")
        server.stored(MESSAGE)
        client.ask("DATA", "503 5.5.1")
        client.quit()


@scenario
def quit_in_every_state():
    with Server(*REFUSING) as server:
        for state in STATES:
            with enter(server, state) as client:
                client.send("QUIT\r\nNOOP\r\nMAIL FROM:<a@b.example>")
                client.expect("221 2.0.0")
                client.ended()
        server.nothing()
