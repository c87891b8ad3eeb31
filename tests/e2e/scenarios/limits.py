# SPDX-License-Identifier: ISC
"""Bounds: what is just within passes, what is just over is refused with the right code, and the session goes on."""

from .harness import MESSAGE, RECIPIENT, SENDER, Server, program, same, scenario, stuff, true
from .serve_params import LIMITED, added_by, without_but


def line_of(command, size):
    """A command line of so many octets, CRLF included."""
    return command.encode() + b"x" * (size - 2 - len(command)) + b"\r\n"


@scenario
def command_lines():
    longest = 512 + added_by(LIMITED)["MAIL"]
    with Server("--max-errors", "1000") as server, server.client() as client:
        for size in (6, 510, 511, 512):
            client.ask(line_of("NOOP ", size) if size > 6 else b"NOOP\r\n", "250 2.0.0")
        for size in (513, 514, 1000, 4095, 4096, 4097, 8192, 100000, 1 << 20):
            client.ask(line_of("NOOP ", size), "500 5.5.2")
            client.ask("NOOP", "250 2.0.0")
            client.ask(line_of("", size), "500 5.5.2")
            client.ask(line_of("MAIL FROM:<", size), "501 *" if size <= longest else "500 5.5.2")
        client.ask(b"x" * 5000 + b"\rRSET\nRSET\r\nNOOP\r\n", "500 5.5.2", "250 2.0.0")
        client.ask(b"\0" * 5000 + b"\r\nNOOP\r\n", "500 5.5.2", "250 2.0.0")
        # lines of which each may be as long as it is allowed to be, in one batch
        client.ask(line_of("NOOP ", 512) * 50, *["250 2.0.0"] * 50)
        client.ask((line_of("NOOP ", 512) + line_of("NOOP ", 513)) * 50, *["250 2.0.0", "500 5.5.2"] * 50)


@scenario
def mail_lines():
    """SIZE adds 26 octets to the line of MAIL, 8BITMIME 17; without them there are 512."""
    def mail(size):
        start = "MAIL FROM:<alice@example.com> BODY=8BITMIME SIZE="
        return start.encode() + b"9" * 5 + b" X=" + b"y" * (size - 2 - len(start) - 8) + b"\r\n"

    with Server(*without_but("SIZE", "8BITMIME")) as server, server.client() as client:
        client.ask(mail(555), "555 5.5.4")
        client.ask(mail(556), "500 5.5.2")
    with Server(*without_but()) as server, server.client() as client:
        client.ask(mail(512), "555 5.5.4")
        client.ask(mail(513), "500 5.5.2")


def path(local, domain):
    """A path with so many octets in its local-part and in its domain."""
    labels = []
    while domain > 63:
        labels.append("d" * min(63, domain - 2))
        domain -= len(labels[-1]) + 1
    labels.append("d" * domain)
    return "<" + "l" * local + "@" + ".".join(labels) + ">"


@scenario
def paths():
    with Server("--max-errors", "1000") as server, server.client() as client:
        for local, domain, fits in ((64, 10, True), (65, 10, False), (1, 189, True), (1, 252, True), (1, 253, False),
                                    (64, 189, True), (64, 190, False), (1, 255, False), (1, 256, False),
                                    (1, 300, False), (200, 10, False)):
            text = path(local, domain)
            true(len(text) == local + domain + 3, "the test itself")
            client.ask("MAIL FROM:" + text, "250 2.1.0" if fits else "501 5.1.7")
            client.ask("RSET", "250 2.0.0")
            client.ask(SENDER, "250 2.1.0")
            client.ask("RCPT TO:" + text, "250 2.1.5" if fits else "501 5.1.3")
            client.ask("RSET", "250 2.0.0")
        client.ask("MAIL FROM:<a@" + "d" * 63 + ".example>", "250 2.1.0")
        client.ask("RCPT TO:<a@" + "d" * 64 + ".example>", "501 5.1.3")
        client.ask("RCPT TO:<\"" + "q" * 62 + "\"@d.example>", "250 2.1.5")
        client.ask("RCPT TO:<\"" + "q" * 63 + "\"@d.example>", "501 5.1.3")


@scenario
def recipients():
    with Server("--max-rcpt", "100", raw=False) as server, server.client() as client:
        for pipelined in (False, True):
            client.ask(SENDER, "250 2.1.0")
            lines = ["RCPT TO:<r%d@example.org>" % i for i in range(103)]
            heads = ["250 2.1.5"] * 100 + ["452 4.5.3"] * 3
            if pipelined:
                client.ask("\r\n".join(lines), *heads)
            else:
                for line, head in zip(lines, heads):
                    client.ask(line, head)
            client.ask("DATA", "354")
            client.ask(stuff(MESSAGE), "250 2.0.0")
            stored = server.take()
            same(len(stored), 1, "messages")
            same(stored[0].count(b"\nDelivered-To: r"), 100, "recipients")
            true(b" r99@example.org\n" in stored[0] and b" r100@example.org\n" not in stored[0], "the wrong recipients")
        client.deliver()
    with Server() as server, server.client() as client:
        client.ask(SENDER, "250 2.1.0")
        client.ask("\r\n".join(["RCPT TO:<r%d@example.org>" % i for i in range(1001)]),
                   *["250 2.1.5"] * 1000, "452 4.5.3")
        client.ask("DATA", "354")
        client.ask(stuff(MESSAGE), "250 2.0.0")
        server.stored(MESSAGE)


@scenario
def message_size():
    with Server("--max-size", "1000") as server, server.client() as client:
        exact = [b"x" * 998 + b"\r\n", b".\r\n" * 332 + b"12\r\n", b"." * 998 + b"\r\n", b"\r\n" * 500]
        for body in exact:
            same(len(body), 1000, "the test itself")
            client.deliver(body, sender=SENDER + " SIZE=1000")
            server.stored(body)
        client.ask(SENDER + " SIZE=1001", "552 5.3.4")
        client.ask(RECIPIENT, "503 5.5.1")
        for body in [b"x" + body for body in exact] + [b"\r\n" * 501, b"x" * 100000, b"y\r\n" * 1000000]:
            client.deliver(body, end="552 5.3.4")
            server.nothing()
            client.ask("NOOP", "250 2.0.0")
        client.deliver(b"y\r\n" * 500, end="552 5.3.4", sender=SENDER + " SIZE=3")
        server.nothing()
        client.deliver(b"x\r\n", sender=SENDER + " SIZE=1000")  # what was declared is no promise
        server.stored(b"x\r\n")
        for body in (b"x" * 2000 + b"\n.\n\r\n", b"\n" + b"x" * 2000 + b"\r\n"):
            client.begin()
            true(client.ask(stuff(body), "*").head in ("552 5.3.4", "550 5.6.0"), "too big, and a bare LF")
        server.nothing()
    with Server("--max-size", "0") as server, server.client(hello=None) as client:
        reply = client.ask("EHLO c.example.com", "250")
        true(any(line[4:] in ("SIZE", "SIZE 0") for line in reply.lines), "no bound, and SIZE says one")
        client.ask(SENDER + " SIZE=1000000000000", "250 2.1.0")
        client.ask("RSET", "250 2.0.0")
        client.ask(SENDER + " SIZE=99999999999999999999", "552 5.3.4")


@scenario
def errors():
    with Server("--max-errors", "5") as server:
        for line, head in (("FROB", "500 5.5.2"), ("RCPT TO:<bob@example.org>", "503 5.5.1"), ("QUIT x", "501 5.5.4"),
                           ("MAIL FROM:<a", "501 5.1.7"), ("AUTH PLAIN", "502 5.5.1"), ("x" * 600, "500 5.5.2")):
            with server.client() as client:
                client.ask("NOOP", "250 2.0.0")
                for _ in range(5):
                    client.ask(line, head)
                client.ask("NOOP", "250 2.0.0")
                client.ask(line, "421 4.7.0")
                client.ended()
        with server.client() as client:
            client.send("FROB\r\n" * 100)
            client.expect(*["500 5.5.2"] * 5 + ["421 4.7.0"])
            client.ended()
        with server.client() as client:  # lines of a message are no commands
            client.deliver(b"FROB\r\n" * 100)
        server.stored(b"FROB\r\n" * 100)


@scenario
def commands_without_progress():
    with Server() as server:
        for line in ("NOOP", "RSET", "EHLO c.example.com", "VRFY bob"):
            with server.client() as client:
                client.send((line + "\r\n") * 5000)
                replies = 0
                while client.expect("*").code != 421:
                    replies += 1
                client.ended()
                true(1000 < replies < 3000, "%d times %s is taken" % (replies, line))


@scenario
def configuration():
    base = ("--listen", "127.0.0.1:0", "--discard", "--hostname", "mx.example.org")
    for options in (("--max-rcpt", "99"), ("--max-rcpt", "0"), ("--max-rcpt", "x"), ("--max-rcpt", ""),
                    ("--max-size", "-1"), ("--max-errors", "1x"), ("--timeout", "0"), ("--bare-newline", "maybe"),
                    ("--hostname", ""), ("--hostname", "a b"), ("--hostname", "x" * 64 + ".example"), ("--max-rcpt",)):
        code, out, errors_ = program("serve", *base, *options)
        same((code, out), (64, b""), "exit code and stdout of %s" % (options,))
        true(errors_.startswith("serve: "), "it does not say why: %r" % errors_)
