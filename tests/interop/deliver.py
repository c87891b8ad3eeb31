# SPDX-License-Identifier: ISC
"""deliver.py BUILD MESSAGES ROOTS [quick]: has examples/send deliver to real servers, and compares what they stored
with the source, octet by octet. MESSAGES is a folder of real messages; ROOTS has a folder a package, made by `unpack`,
and npm's. Called by `run`, as root where it can."""

import os
import signal
import sys

import servers
from common import (BODY, HEADER, MESSAGE, REFUSED, SENDER, TO, Results, canonical, equal, execute, harness, in_file,
                    real_messages, same, shows)

TINY = b"A:b\r\n\r\nc\r\n"
ASCII = b"From: alice@example.com\r\nSubject: hello\r\n\r\n.dot\r\n..two\r\n.\r\n\r\nend\r\n"
DOTS = HEADER + BODY * 3
LONE_LF = MESSAGE.replace(b"\r\n", b"\n") + b"no line end"
LONE_CR = b"Subject: old\r\r.one\rtwo\r\n.\r.three\n\n\r.\nend\r"
MANY = ["r%d@example.org" % i for i in range(50)]
SOME = [TO[0], REFUSED, TO[1]]


def large(size):
    line = b"." * 3 + b"y" * 70 + b"\r\n"
    text = HEADER + line * ((size - len(HEADER)) // len(line) - 1)
    return text + b"z" * (size - len(text) - 2) + b"\r\n"


def hole(size):
    """A file of that many NUL, which takes no time to make."""
    path = in_file(b"")
    os.truncate(path, size)
    return path


class Delivery(Results):
    def __init__(self):
        super().__init__()
        self.skipped = []

    def server(self, name, peer, cases, *arguments):
        """The cases of a server that is there."""
        try:
            with peer:
                cases(self, name, peer, *arguments)
        except servers.Missing as missing:
            print("%-12s skipped: %s" % (name, missing), flush=True)
            self.skipped.append(name)
        except Exception as error:  # the others are to have their turn
            self.case(name, "start and end", self.fail, error, peer)

    @staticmethod
    def fail(error, peer):
        raise AssertionError("%s: %s\nthe server said: %s" % (type(error).__name__, error, peer.said()))

    def close(self, optional):
        """Where nothing may be skipped, just those that are OPTIONAL may."""
        if self.skipped:
            print("skipped: " + ", ".join(self.skipped))
        strict = os.environ.get("CI") == "true"
        return super().close() or (1 if strict and set(self.skipped) - set(optional) else 0)


def send(peer, paths, recipients, *options, given=b"", code=0, sender=SENDER):
    """Its trace, and what it says of each: recipient, code."""
    words = [word for to in recipients for word in ("--to", to)]
    if "--port" not in options:
        words += ["--port", str(peer.port)]
    ran = execute(os.path.join(harness.PROGRAMS, "send"), "--host", "127.0.0.1", "--helo", "client.example", "--from",
                  sender, *words, "--trace", *options, *paths, given=given, codes=(code,))
    lines = [line.split(" ") for line in ran.stdout.decode().splitlines()]
    return ran.stderr.decode("utf-8", "replace"), [(line[0].strip("<>"), line[1]) for line in lines]


def compare(peer, wanted):
    """What it has stored is that: recipient, octets."""
    got = peer.take(len(wanted))
    if got and got[0][0] is None:
        wanted = [(None, message) for message in dict.fromkeys(message for _, message in wanted)]
    same(sorted(to or "" for to, _ in got), sorted(to or "" for to, _ in wanted), "for whom it is stored")
    for to, message in wanted:
        stored = [peer.plain(data, message) for whom, data in got if whom == to]
        if message not in stored:
            equal(max(stored, key=lambda data: len(os.path.commonprefix([data, message]))), message)


def deliver(peer, messages, recipients=TO[:1], options=(), stdin=False, code=0, reply=None, kept=False, traced=(),
            exact=False, sender=SENDER):
    """All that are not refused are to have each message; or, with REPLY, none (if it is not KEPT nevertheless), and
    that code is to be told for all. TRACED is what send's trace has to have in it; EXACT: no octet may change."""
    peer.take(0)
    paths = [] if stdin else [in_file(message) for message in messages]
    trace, told = send(peer, paths, recipients, *options, given=messages[0] if stdin else b"", code=code,
                       sender=sender)
    for path in paths:
        os.unlink(path)
    try:
        same(told, [(to, reply or ("550" if to == REFUSED else "250")) for _ in messages for to in recipients], "told")
        taken = [to for to in recipients if to != REFUSED and (kept or not reply)]
        compare(peer, [(to, message if exact else canonical(message)) for message in messages for to in taken])
        shows(trace, *traced)
    except AssertionError as error:
        raise AssertionError("%s\nsend's trace: %s\nthe server said: %s" %
                             (error, trace[-3000:], peer.said())) from None


def too_large(peer):
    peer.take(0)
    path = hole(servers.LIMIT + 1)
    _, told = send(peer, [path], TO[:1], code=65)
    os.unlink(path)
    same(told, [(TO[0], "-")], "told")
    same(peer.take(0), [], "stored")


def common_cases(x, name, peer, messages, quick):
    def case(what, *arguments, **more):
        x.case(name, what, lambda: deliver(peer, *arguments, **more))
    case("10 octets", [TINY])
    case("3 kB of dots and 8-bit text", [DOTS])
    case("3 kB from stdin", [DOTS], stdin=True)
    case("3 kB, --no-pipelining", [DOTS], TO, ["--no-pipelining"])
    case("50 recipients", [DOTS], MANY)
    case("lone LF, no line end at the end", [LONE_LF])
    case("lone CR", [LONE_CR])
    if peer.refuses:
        case("one of three recipients refused", [DOTS], SOME, code=69)
        case("the only recipient refused, twice", [DOTS, TINY], [REFUSED], code=69)
        case("two messages, one of three recipients refused", [DOTS, TINY], SOME, code=69)
    if peer.sizes:
        x.case(name, "over the server's SIZE", too_large, peer)
    messages = [message for message in messages if peer.leaves(canonical(message))]
    case("%d real messages" % len(messages), messages)
    if isinstance(peer, servers.OpenSmtpd):
        case("a message that is refused at its end", [b"no header\r\n"], TO, code=69, reply="550")
    case("1 MiB", [large(1 << 20)])
    if not quick:
        case("real messages, each to two", messages, TO, ["--no-pipelining"])
        case("a line of 10 MiB", [HEADER + b"z" * (10 << 20) + b"\r\n"], **peer.long_line)
        case("50 MiB", [large(50 << 20)])


# what smtp-sink offers and does, a message, options of send, its exit code, the code it tells (None: it is stored)
SINKS = (
    (["-p"], DOTS, [], 0, None),
    (["-E"], DOTS, [], 0, None),
    (["-e"], ASCII, [], 0, None),
    (["-e"], DOTS, [], 65, "-"),
    (["-e"], DOTS, ["--8bit-anyway"], 0, None),
    (["-8"], DOTS, [], 65, "-"),
    (["-8"], DOTS, ["--8bit-anyway"], 0, None),
    (["-8"], ASCII, [], 0, None),
    (["-8"], ASCII, ["--8bitmime"], 65, "-"),
    (["-f", "CONNECT"], ASCII, [], 69, "500"),
    (["-f", "EHLO"], ASCII, [], 0, None),
    (["-f", "EHLO,HELO"], ASCII, [], 69, "500"),
    (["-f", "MAIL"], ASCII, [], 69, "500"),
    (["-f", "RCPT"], ASCII, [], 69, "500"),
    (["-f", "DATA"], ASCII, [], 69, "500"),
    (["-f", "."], ASCII, [], 69, "500"),
    (["-f", "QUIT"], ASCII, [], 0, None),
    (["-r", "CONNECT"], ASCII, [], 75, "450"),
    (["-r", "EHLO"], ASCII, [], 75, "450"),
    (["-r", "MAIL"], ASCII, [], 75, "450"),
    (["-r", "RCPT"], ASCII, [], 75, "450"),
    (["-r", "DATA"], ASCII, [], 75, "450"),
    (["-r", "."], ASCII, [], 75, "450"),
    (["-Q", "CONNECT"], ASCII, [], 75, "421"),
    (["-Q", "EHLO"], ASCII, [], 75, "421"),
    (["-Q", "MAIL"], ASCII, [], 75, "421"),
    (["-Q", "RCPT"], ASCII, [], 75, "421"),
    (["-Q", "DATA"], ASCII, [], 75, "421"),
    (["-Q", "."], ASCII, [], 75, "421"),
    (["-Q", "QUIT"], ASCII, [], 0, None),
    (["-q", "CONNECT"], ASCII, [], 75, "-"),
    (["-q", "EHLO"], ASCII, [], 75, "-"),
    (["-q", "MAIL"], ASCII, [], 75, "-"),
    (["-q", "RCPT"], ASCII, [], 75, "-"),
    (["-q", "DATA"], ASCII, [], 75, "-"),
    (["-q", "."], ASCII, [], 75, "-"),
    (["-q", "QUIT"], ASCII, [], 0, None),
)


def sink_case(x, name, peer, options, message, more, code, reply):
    kept = options[-1] == "."  # it has written it when it replies
    what = " ".join(options + (["8-bit"] if message is DOTS else []) + more)
    x.case(name, what, lambda: deliver(peer, [message], TO, more, code=code, reply=reply, kept=kept))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    quick = sys.argv[4:] == ["quick"]
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit(1))  # not without ending what runs
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    messages = [data for _, data in real_messages(sys.argv[2])]
    servers.ROOTS = sys.argv[3]
    x = Delivery()
    for name, peer in (("serve", servers.Serve), ("aiosmtpd", servers.Aiosmtpd), ("smtp-server", servers.SmtpServer),
                       ("smtp-sink", servers.SmtpSink), ("Postfix", servers.Postfix), ("Exim", servers.Exim),
                       ("OpenSMTPD", servers.OpenSmtpd)):
        x.server(name, peer(), common_cases, messages, quick)
    if "smtp-sink" not in x.skipped:
        for row in SINKS:
            x.server("smtp-sink", servers.SmtpSink(*row[0]), sink_case, *row)
    return x.close(["smtp-server"] if quick else [])


if __name__ == "__main__":
    sys.exit(main())
