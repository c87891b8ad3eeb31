# SPDX-License-Identifier: ISC
"""What is written: maildir and mbox with trace headers, and what happens when it cannot be written."""

import concurrent.futures
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time

from . import harness
from .harness import MESSAGE, RECIPIENT, SENDER, Server, same, scenario, stuff, true

BODY = (b"Subject: x\r\n\r\n.dot\r\n..\r\n.\r\nFrom me\r\n>From you\r\n>>From all\r\n From\r\nFromage\r\n\r\nFrom \r\n"
        b"\xff\0\x80 8-bit\r\n\r\n")

DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} " \
       r"\d\d:\d\d:\d\d [+-]\d{4}"


def header_and_body(stored, fields):
    """The trace header, unfolded, as lines; and what stands behind it."""
    true(b"\r" not in stored, "a CR in what is stored")
    lines = stored.split(b"\n")
    header, at = [], 0
    while len(header) < fields or lines[at][:1] in (b" ", b"\t"):
        if lines[at][:1] in (b" ", b"\t"):
            header[-1] += " " + lines[at].decode().strip()
        else:
            header.append(lines[at].decode())
        true(len(lines[at]) <= 998, "a header line over 998 octets")
        at += 1
    return header, b"\n".join(lines[at:])


def received(line):
    match = re.fullmatch(r"Received: from (?P<hello>\S+)( \((?P<client>[^()]*)\))? by (?P<by>\S+) with (?P<with>\S+)"
                         r"( id (?P<id>\S+?))?( for (?P<for><.*>))? ?; (?P<date>.*)", re.sub(r"\s+", " ", line))
    true(match, "not a Received field: %r" % line)
    true(re.fullmatch(DATE, match["date"]), "not a date: %r" % match["date"])
    return match


@scenario
def trace_header():
    with Server(raw=False) as server:
        with server.client() as client:
            name = client.deliver(BODY).lines[-1]
            header, body = header_and_body(server.take()[0], 3)
            same(header[:2], ["Return-Path: <alice@example.com>", "Delivered-To: bob@example.org"], "header")
            field = received(header[2])
            same((field["hello"], field["by"], field["with"], field["for"]),
                 ("c.example.com", "mx.example.org", "ESMTP", "<bob@example.org>"), "Received")
            true("[127.0.0.1]" in (field["client"] or ""), "no address literal: %r" % header[2])
            true(field["id"], "no id: %r" % header[2])
            same(body, BODY.replace(b"\r\n", b"\n"), "body")
            first = field["id"]

            client.deliver(BODY, sender="MAIL FROM:<>", recipients=[RECIPIENT, "RCPT TO:<Postmaster>",
                                                                   'RCPT TO:<"c d"@example.org>'])
            header, body = header_and_body(server.take()[0], 5)
            same(header[:4], ["Return-Path: <>", "Delivered-To: bob@example.org", "Delivered-To: Postmaster",
                              'Delivered-To: "c d"@example.org'], "header")
            field = received(header[4])
            same(field["for"], None, "a recipient is named to the others")
            true(field["id"] not in (None, first), "the same id twice: %s" % name)
            same(body, BODY.replace(b"\r\n", b"\n"), "body")

            client.ask("HELO [192.0.2.7]", "250")
            client.deliver(b"")
            header, body = header_and_body(server.take()[0], 3)
            field = received(header[2])
            same((field["hello"], field["with"]), ("[192.0.2.7]", "SMTP"), "Received after HELO")
            same(body, b"", "body")
            long = "RCPT TO:<" + "l" * 64 + "@" + "d" * 60 + "." + "e" * 60 + ".example>"
            client.ask("EHLO " + "h" * 63 + "." + "i" * 63 + ".example", "250")
            client.deliver(recipients=[long])
            header, body = header_and_body(server.take()[0], 3)
            same(received(header[2])["for"], long[8:], "Received for a long path")
            same(body, MESSAGE.replace(b"\r\n", b"\n"), "body")
    with Server("--bare-newline", "keep", raw=False) as server, server.client() as client:
        client.deliver(b"a\rb\nc\r\r\nd\n\r\n")
        stored = server.take()[0]
        true(stored.endswith(b"\na\rb\nc\r\nd\n\n"), "bare CR and LF are kept as they are: %r" % stored[-30:])


@scenario
def trace_header_over_pipes():
    """Without a socket there is no address, and none is made up."""
    folder = tempfile.mkdtemp(prefix="serve.")
    try:
        script = b"EHLO c.example\r\n%s\r\n%s\r\nDATA\r\n%sQUIT\r\n" % (SENDER.encode(), RECIPIENT.encode(),
                                                                       stuff(MESSAGE))
        ran = subprocess.run([os.path.join(harness.PROGRAMS, "serve"), "--stdio", "--maildir", folder + "/mail",
                              "--hostname", "mx.example.org"], input=script, capture_output=True, check=False)
        same(ran.returncode, 0, "exit code")
        (name,) = os.listdir(folder + "/mail/new")
        with open(os.path.join(folder, "mail/new", name), "rb") as file:
            header, body = header_and_body(file.read(), 3)
        same(received(header[2])["hello"], "c.example", "Received")
        true("127.0.0.1" not in header[2] and "0.0.0.0" not in header[2], header[2])
        same(body, MESSAGE.replace(b"\r\n", b"\n"), "body")
    finally:
        shutil.rmtree(folder)


@scenario
def names():
    """Each name once, no ':' or '/' in it, and the private bits of the file's mode set for its owner alone."""
    with Server() as server:
        with server.client() as client:
            replies = [client.deliver().lines[-1] for _ in range(20)]
        found = server.names("new")
        same(len(found), 20, "messages")
        for name in found:
            true(":" not in name and not name.startswith("."), name)
            true(sum(name in reply for reply in replies) == 1, "no reply names %s" % name)
            mode = os.stat(os.path.join(server.at, "new", name)).st_mode & 0o777
            same(mode & 0o077, 0, "others may read it: %o" % mode)
        server.take()


def parse_mbox(data):
    """Messages of an mboxrd file: [(From_ line, content)]."""
    true(data == b"" or data.startswith(b"From "), "it does not begin with From_: %r" % data[:50])
    true(data == b"" or data.endswith(b"\n\n"), "it does not end with an empty line: %r" % data[-50:])
    parts = re.split(rb"(?:\A|(?<=\n\n))From ", data)[1:]
    found = []
    for part in parts:
        first, content = part.split(b"\n", 1)
        same(content[-1:], b"\n", "the empty line behind it")
        content = content[:-1]
        true(not re.search(rb"^From ", content, re.M), "an unquoted From_ line: %r" % content)
        found.append((b"From " + first, re.sub(rb"^>(>*From )", rb"\1", content, flags=re.M)))
    return found


def read(path):
    with open(path, "rb") as file:
        return file.read()


@scenario
def mbox():
    bodies = [BODY, b"", b"From \r\n", b"\r\nFrom x\r\n\r\n", b">From\r\n>From \r\n", b"x", b"\r\n\r\n",
              b"a\r\n\r\nFrom mallory@example.com Sun Nov 22 00:00:00 2026\r\nSubject: forged\r\n\r\n",
              b"x" * 70000 + b"\r\nFrom " + b"y" * 70000 + b"\r\n", b".From \r\n..From \r\n"]
    with Server(store="mbox", raw=False, serves=False) as server:
        with server.client() as client:
            for body in bodies:
                client.deliver(body)
            for sender in ("<>", '<"a b"@c.example>', "<Postmaster@example.com>"):
                client.deliver(sender="MAIL FROM:" + sender)
            # the same in small pieces: a From_ line must be known however it comes
            client.begin()
            client.trickle(b"From a\r\n>From b\r\nFro\r\n", 0.001)
            client.ask(b".\r\n", "250 2.0.0")
            client.quit()
        found = parse_mbox(read(server.at))
        wanted = bodies + [MESSAGE] * 3 + [b"From a\r\n>From b\r\nFro\r\n"]
        same(len(found), len(wanted), "messages")
        for (first, content), body in zip(found, wanted):
            true(re.fullmatch(rb"From \S+ (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d \d{4}",
                              first), "From_ line: %r" % first)
            header, rest = header_and_body(content, 3)
            received(header[2])
            wanted_body = body.replace(b"\r\n", b"\n")
            same(rest, wanted_body if not body or body.endswith(b"\r\n") else wanted_body + b"\n", "content")
        senders = [first.split()[1] for first, _ in found]
        same(senders[0], b"alice@example.com", "sender")
        same(senders[len(bodies)], b"MAILER-DAEMON", "sender of a bounce")


@scenario
def mbox_concurrent():
    def one(server, i):
        with server.client() as client:
            for j in range(5):
                client.deliver(b"Subject: %d\r\n\r\nFrom %d\r\n" % (i, j) + b"%d\r\n" % i * 3000)

    with Server(store="mbox", raw=False, serves=False) as server:
        with server.client() as client:
            client.begin()
            client.send(b"a client that is stalled\r\n")
            with concurrent.futures.ThreadPoolExecutor(10) as pool:
                list(pool.map(lambda i: one(server, i), range(10)))
            client.ask(b".\r\n", "250 2.0.0")
        contents = sorted(header_and_body(content, 3)[1] for _, content in parse_mbox(read(server.at)))
        wanted = [b"Subject: %d\n\nFrom %d\n" % (i, j) + b"%d\n" % i * 3000 for i in range(10) for j in range(5)]
        same(contents, sorted(wanted + [b"a client that is stalled\n"]), "messages")


@scenario
def mbox_moved_away():
    """A reader locks the file, moves it away and lets go: what was waiting belongs into the new one, or nowhere."""
    with Server(store="mbox", raw=False, serves=False) as server:
        with open(server.at, "ab") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            with server.client() as client, server.client() as lost:
                for each in (client, lost):
                    each.begin()
                    each.send(stuff(MESSAGE))
                time.sleep(0.3)
                lost.reset()
                os.rename(server.at, server.at + ".read")
                fcntl.lockf(held, fcntl.LOCK_UN)
                client.expect("250 2.0.0")
                client.quit()
        same(len(parse_mbox(read(server.at))), 1, "messages")
        same(read(server.at + ".read"), b"", "the file that was moved away")
        os.unlink(server.at + ".read")


@scenario
def mbox_that_was_there():
    """What others left in the file stays; a torn end gets its empty line."""
    for left in (b"", b"From x Sun Nov 22 00:00:00 2026\nSubject: x\n\nold\n\n",
                 b"From x Sun Nov 22 00:00:00 2026\nSubject: x\n\nold\n", b"From x Sun Nov 22 00:00:00 2026\n\nold"):
        folder = tempfile.mkdtemp(prefix="serve.")
        path = os.path.join(folder, "mbox")
        with open(path, "wb") as file:
            file.write(left)
        try:
            with Server(store="mbox", raw=False, serves=False, at=path) as server, server.client() as client:
                client.deliver()
            data = read(path)
            true(data.startswith(left), "what was there has changed")
            same(len(parse_mbox(data)), 2 if left else 1, "messages")
        finally:
            shutil.rmtree(folder)


@scenario
def concurrent_maildir():
    """Twenty clients, five messages each, of up to 200 kB: all there, none mixed with another."""
    def one(server, i):
        with server.client() as client:
            for j in range(5):
                client.deliver(b"%d %d\r\n" % (i, j) * (i * 1000 + 1))

    with Server() as server:
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda i: one(server, i), range(20)))
        server.stored(*[b"%d %d\r\n" % (i, j) * (i * 1000 + 1) for i in range(20) for j in range(5)])


def refuse_what_does_not_fit(server):
    """A store with room for some kilobytes: big ones are refused, small ones taken before, between and behind."""
    with server.client() as client:
        for size in (1 << 20, 100000, 3 << 20):
            client.deliver()
            server.stored(MESSAGE)
            client.deliver((b"x" * 70 + b"\r\n") * (size // 72), end="452 4.3.1")
            server.nothing()
        client.deliver()
        server.stored(MESSAGE)
        client.quit()


@scenario
def file_size_limit():
    with Server(wrap=("bash", "-c", 'ulimit -f 8; exec "$@"', "bash")) as server:
        refuse_what_does_not_fit(server)


@scenario
def mbox_size_limit():
    """What was half written to the mbox is taken away again."""
    big = (b"x" * 70 + b"\r\n") * 60
    with Server(store="mbox", raw=False, serves=False, wrap=("bash", "-c", 'ulimit -f 8; exec "$@"', "bash")) as server:
        with server.client() as client:
            client.deliver(big)
            client.deliver(big, end="452 4.3.1")
            client.deliver(b"x" * 20000, end="452 4.3.1")
            client.deliver()
        found = [header_and_body(content, 3)[1] for _, content in parse_mbox(read(server.at))]
        same(found, [big.replace(b"\r\n", b"\n"), MESSAGE.replace(b"\r\n", b"\n")], "messages")


@scenario
def full_disk():
    folder = tempfile.mkdtemp(prefix="serve.")
    mounted = False
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False,
                                 capture_output=True).returncode == 0 if os.geteuid() == 0 else False
        if not mounted:
            print("skipped: cannot mount a tmpfs", flush=True)
            return
        with Server(at=os.path.join(folder, "mail")) as server:
            refuse_what_does_not_fit(server)
            clients = [server.client() for _ in range(10)]  # together they are too many
            for client in clients:
                client.begin()
            for client in clients:
                client.send(stuff(b"y" * 9000))
            codes = sorted(client.expect("*").head for client in clients)
            stored = server.take()
            same(len(stored), codes.count("250 2.0.0"), "messages; %s" % codes)
            true(set(codes) <= {"250 2.0.0", "452 4.3.1"} and len(set(codes)) == 2, "%s" % codes)
            true(all(message == b"y" * 9000 + b"\r\n" for message in stored), "a part of a message is stored")
            server.nothing()
            for client in clients:
                client.close()
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@scenario
def maildir_goes_away():
    for what in ("new", "tmp", "all"):
        with Server(serves=False) as server, server.client() as client:
            client.deliver()
            client.begin()
            client.send(b"the beginning\r\n" * 10000)
            time.sleep(0.02)
            if what == "all":
                shutil.rmtree(server.at)
            else:
                for name in server.names(what):
                    os.unlink(os.path.join(server.at, what, name))
                os.rmdir(os.path.join(server.at, what))
            reply = client.ask(b".\r\n", "*")
            true(reply.head in ("451 4.3.0", "452 4.3.1"), "without %s: %r" % (what, reply))
            client.ask(SENDER, "250 2.1.0")
            client.ask(RECIPIENT, "250 2.1.5")
            reply = client.ask("DATA", "*")
            if reply.code == 354:
                reply = client.ask(stuff(MESSAGE), "*")
            true(reply.head in ("451 4.3.0", "452 4.3.1"), "without %s: %r" % (what, reply))
            if what == "new":
                same(server.names("tmp"), [], "left in tmp")
            client.quit()


@scenario
def left_from_before():
    """Old files in tmp are removed at the start, young ones and new messages are not."""
    folder = tempfile.mkdtemp(prefix="serve.")
    try:
        at = os.path.join(folder, "mail")
        for name in ("", "tmp", "new", "cur"):
            os.mkdir(os.path.join(at, name))
        for name in ("tmp/young", "tmp/old", "new/message", "cur/message:2,S"):
            with open(os.path.join(at, name), "wb") as file:
                file.write(b"x")
        then = time.time() - 40 * 3600
        for name in ("tmp/old", "new/message"):
            os.utime(os.path.join(at, name), (then, then))
        with Server(at=at, serves=False) as server:
            same(server.names("tmp"), ["young"], "in tmp")
            os.unlink(os.path.join(at, "tmp/young"))
            server.still_serves()
            same((len(server.names("new")), server.names("cur")), (2, ["message:2,S"]), "in new and cur")
    finally:
        shutil.rmtree(folder)


@scenario
def killed():
    """What was answered 250 outlives SIGKILL; what was not leaves nothing that a reader would see."""
    folder = tempfile.mkdtemp(prefix="serve.")
    at = os.path.join(folder, "mail")
    try:
        server = Server(at=at, serves=False)
        try:
            with server.client() as client, server.client() as other:
                client.deliver()
                other.begin()
                other.send(b"half of it\r\n" * 30000)
                time.sleep(0.05)
                server.process.kill()
                server.process.wait()
                same(server.messages(), [MESSAGE], "stored")
        finally:
            server.tear_down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
