# SPDX-License-Identifier: ISC
"""send, and what it is told: options, files, hosts."""

import os
import socket
import subprocess
import tempfile
import time

from . import tls
from .harness import each, program, same, scenario, shorten, stuff, true
from .send_hello import own_name
from .scripted import MESSAGE, SENDER, TO, Mx, arguments, canonical, deliver, outcomes, run

ALL = "EHLO MAIL RCPT DATA . QUIT"
FROM = ("--from", "alice@example.com")
TO_BOB = ("--to", "bob@example.org")


@each([
    ("nothing", ()),
    ("no --from", TO_BOB),
    ("no --to", FROM),
    ("unknown option", (*FROM, *TO_BOB, "--no-such-option")),
    ("unknown option first", ("--wat", *FROM, *TO_BOB)),
    ("option by its beginning", (*FROM, *TO_BOB, "--trac")),
    ("option with more", (*FROM, *TO_BOB, "--traced")),
    ("--from without a value", (*TO_BOB, "--from")),
    ("--to without a value", (*FROM, "--to")),
    ("--host without a value", (*FROM, *TO_BOB, "--host")),
    ("--timeout without a value", (*FROM, *TO_BOB, "--timeout")),
    ("--trace with a value", (*FROM, *TO_BOB, "--trace=yes")),
    ("port of letters", (*FROM, *TO_BOB, "--port", "smtp?")),
    ("port too large", (*FROM, *TO_BOB, "--port", "65536")),
    ("negative port", (*FROM, *TO_BOB, "--port", "-1")),
    ("empty port", (*FROM, *TO_BOB, "--port", "")),
    ("port and more", (*FROM, *TO_BOB, "--port", "25x")),
    ("timeout of letters", (*FROM, *TO_BOB, "--timeout", "soon")),
    ("negative timeout", (*FROM, *TO_BOB, "--timeout", "-1")),
    ("empty timeout", (*FROM, *TO_BOB, "--timeout", "")),
    ("unknown rule", (*FROM, *TO_BOB, "--allow", "everything")),
] + [("--" + words.split(" ")[0], (*FROM, *TO_BOB, *("--" + words).split(" "))) for words in (
    "tls sometimes", "tls", "ca x", "tls-cert x", "tls-key x", "user x", "password-file x", "auth-in-clear",
    "lmtp=1", "bdat=1")])
def usage(words):
    """Nothing is sent, nothing is printed but why."""
    mx = Mx()
    code, out, errors = program("send", "--host", "127.0.0.1", *([] if "--port" in words else
                                                                ["--port", str(mx.port)]), *words, given=MESSAGE)
    mx.finish()
    same((code, out, mx.connections), (64, b"", 0), "exit code, stdout, connections; " + errors)
    true(errors.endswith("\n") and len(errors) < 2000, "stderr: %r" % errors)


@scenario
def not_in_this_build():
    """It says what is missing, not that there is no such option."""
    if tls.is_built():
        return
    for option in ("--tls=starttls", "--ca=x", "--tls-cert=x", "--tls-key=x"):
        code, _, errors = program("send", *FROM, *TO_BOB, option)
        same(code, 64, "exit code")
        true("TLS" in errors and "build" in errors, "%s: %r" % (option, errors))


@scenario
def help_is_given():
    code, out, errors = program("send", "--help")
    same((code, errors), (0, ""), "exit code and stderr")
    for option in ("host", "port", "from", "to", "helo", "timeout", "no-pipelining", "8bitmime", "8bit-anyway", "allow",
                   "trace", "help", "lmtp", "tls", "ca", "auth", "user", "password-file", "auth-in-clear", "bdat",
                   "binary",
                   "smtputf8", "ret", "envid", "notify", "orcpt", "mail-param", "rcpt-param", "command"):
        true("--" + option in out.decode(), "--%s in %s" % (option, out.decode()))
    true(all(len(line) <= 120 for line in out.decode().split("\n")), "long lines")


@scenario
def options_with_equals():
    mx = Mx()
    code, out, errors = program("send", "--host=127.0.0.1", "--port=%d" % mx.port, "--from=alice@example.com",
                                "--to=bob@example.org", "--helo=c.example.com", "--timeout=10", given=MESSAGE)
    mx.finish()
    same((code, " ".join(mx.verbs)), (0, ALL), "exit code and commands; %s %s" % (out, errors))


@scenario
def no_such_file():
    with tempfile.TemporaryDirectory() as folder:
        good = os.path.join(folder, "good")
        with open(good, "wb") as file:
            file.write(MESSAGE)
        for files in ([os.path.join(folder, "none")], [folder], [good, folder], [folder, good],
                      [os.path.join(good, "below")], [""]):
            mx = Mx()
            ran = run(arguments(mx, files, TO, SENDER, "c.example.com", 15), mx)
            mx.finish()
            same(ran[0], 65, "exit code; " + ran[2])
            true(ran[2], "nothing on stderr")
            true(set(mx.contents) <= {stuff(canonical(MESSAGE))}, "messages")
            true("~" not in mx.verbs, "a message without an end: %s" % mx.verbs)


@scenario
def no_input():
    """A standard input that is a directory."""
    with tempfile.TemporaryDirectory() as folder:
        mx = Mx()
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            ran = run(arguments(mx, (), TO, SENDER, "c.example.com", 15), mx, given=descriptor)
        finally:
            os.close(descriptor)
        mx.finish()
        same((ran[0], mx.contents), (65, []), "exit code and messages; " + ran[2])


@scenario
def standard_input_is_a_file():
    with tempfile.TemporaryFile() as file:
        file.write(MESSAGE)
        file.seek(0)
        deliver(Mx(), 0, "250 2.0.0", ALL, given=file)


@scenario
def trace():
    plain = deliver(Mx(), 0, "250 2.0.0", ALL)
    traced = deliver(Mx(), 0, "250 2.0.0", ALL, options=("--trace",))
    same(traced[1], plain[1], "stdout")
    for text in ("220 mx.example.org", "EHLO c.example.com", "8BITMIME", "MAIL FROM:<alice@example.com>",
                 "RCPT TO:<bob@example.org>", "DATA", "354 go on", "250 2.0.0 taken", "QUIT", "221 2.0.0 bye"):
        true(text in traced[2], "%r is not in the trace: %s" % (text, shorten(traced[2])))


@scenario
def trace_of_trouble():
    """What a server says does not get at the terminal as it is."""
    mx = Mx(greeting=b"220 \x1b[2J\xff\r\n")
    ran = run(arguments(mx, ("--trace",), TO, SENDER, "c.example.com", 15), mx, MESSAGE)
    mx.finish()
    true("\x1b" not in ran[1] + ran[2], "an escape sequence: %r" % (ran[1] + ran[2]))


@scenario
def nothing_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        words = ("--host", "127.0.0.1", "--port", str(taken.getsockname()[1]), *FROM, *TO_BOB, "--to", "c@d.example")
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in "ab"]
            for name in names:
                with open(name, "wb") as file:
                    file.write(MESSAGE)
            for files in ([], names):
                begin = time.monotonic()
                code, out, errors = program("send", *words, *files, given=MESSAGE)
                same(code, 75, "exit code; " + errors)
                for outcome in outcomes(out.decode(), ["bob@example.org", "c@d.example"] * max(1, len(files))):
                    true(outcome.fits("-"), "outcome %s" % outcome)
                true(time.monotonic() - begin < 5, "promptness")


@scenario
def bad_sender_and_nothing_listens():
    """65 comes before 75: the address will not be better the next time."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(taken.getsockname()[1]), "--from",
                                    "alice", *TO_BOB, given=MESSAGE)
        same(code, 65, "exit code; %s %s" % (out, errors))


@scenario(slow=True)
def nothing_accepts():
    """A listener whose queue is full: no answer at all, or a connection and no greeting."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            fillers.append(socket.socket())
            fillers[-1].setblocking(False)
            fillers[-1].connect_ex(listener.getsockname())
        begin = time.monotonic()
        code, out, errors = program("send", "--host", "127.0.0.1", "--port", str(listener.getsockname()[1]), *FROM,
                                    *TO_BOB, "--timeout", "1", given=MESSAGE)
        seconds = time.monotonic() - begin
        for filler in fillers:
            filler.close()
    same(code, 75, "exit code; " + errors)
    true(outcomes(out.decode(), ["bob@example.org"])[0].fits("-"), out)
    true(0.8 < seconds < 4.5, "it took %.1f s" % seconds)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


@scenario
def ipv6():
    if not has_ipv6():
        return
    mx = Mx(host="::1")
    deliver(mx, 0, "250 2.0.0", ALL, helo=None)
    true("  C: 'EHLO %s\\r\\n'" % own_name("[IPv6:::1]") in mx.log, "\n".join(mx.log))


@scenario
def host_by_name():
    """localhost may have addresses of both kinds; where nothing listens the next one is tried."""
    for host in ("127.0.0.1", "::1") if has_ipv6() else ("127.0.0.1",):
        mx = Mx(host=host)
        if host in {found[4][0] for found in socket.getaddrinfo("localhost", mx.port, type=socket.SOCK_STREAM)}:
            mx.host = "localhost"
        deliver(mx, 0, "250 2.0.0", ALL)


@scenario
def stdout_is_closed():
    """The mail has gone, but nobody can be told: no crash, and it ends."""
    mx = Mx()
    words = arguments(mx, (), TO, SENDER, "c.example.com", 15)
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(words, input=MESSAGE, stdout=full, stderr=subprocess.PIPE, timeout=20, check=False)
    mx.finish()
    same(" ".join(mx.verbs), ALL, "commands")
    true(ran.returncode >= 0, "killed by signal %d" % -ran.returncode)
