# SPDX-License-Identifier: ISC
"""What the scenarios share: a server in a folder of its own, a client that shows all it does, the ends of messages."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

PROGRAMS = ""  # the folder of the examples; the runner sets it
SCENARIOS = []
SERVERS = []  # what runs: all that has a process, so that the runner can end it
STARTING = threading.Lock()
PATIENCE = 20  # seconds for what should happen at once, on a machine that has much to do

SENDER = "MAIL FROM:<alice@example.com>"
RECIPIENT = "RCPT TO:<bob@example.org>"
MESSAGE = b"Subject: hello\r\n\r\nHello.\r\n"


def scenario(function=None, slow=False, tls=False):
    """Registers a scenario: a function that raises when something is wrong. One with `tls` is skipped when the build
    has no TLS."""
    def register(function):
        function.slow, function.tls = slow, tls
        SCENARIOS.append(function)
        return function
    return register(function) if function else register


def each(table, slow=False, tls=False):
    """Registers a scenario for each row: its name, and what the function is called with."""
    def register(function):
        for name, *fields in table:
            def run(fields=fields):
                function(*fields)
            run.__name__ = "%s: %s" % (function.__name__, name)
            run.__module__ = function.__module__
            scenario(run, slow=slow, tls=tls)
        return function
    return register


def name_of(function):
    return function.__module__.split(".")[-1] + "." + function.__name__


class Wrong(AssertionError):
    pass


def same(got, expected, what=""):
    if got != expected:
        raise Wrong("%s: got %s, expected %s" % (what, shorten(got), shorten(expected)))


def true(condition, what):
    if not condition:
        raise Wrong(what)


def shorten(value, most=2000):
    text = repr(value)
    return text if len(text) < most else "%s ... %s (%d)" % (text[:most // 2], text[-most // 3:], len(value))


def until(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Wrong("waited in vain: " + what)
        time.sleep(0.02)


def stuff(body):
    """The octets behind 354 for a message: canonical, dots doubled, the final dot behind it."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    return (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def split_end(wire):
    """(content with its dots, what follows) of the octets behind 354; content None when no end is there."""
    if wire.startswith(b".\r\n"):
        return b"", wire[3:]
    at = wire.find(b"\r\n.\r\n")
    return (None, wire) if at < 0 else (wire[:at + 2], wire[at + 5:])


def decode(content, policy):
    """The message of a content with its dots under a --bare-newline policy, None when it is to be refused."""
    lines = content.split(b"\r\n")
    plain = b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)
    if policy == "reject" and any(b"\r" in line or b"\n" in line for line in lines):
        return None
    return re.sub(rb"\r\n|\r|\n", b"\r\n", plain) if policy == "normalize" else plain


class Reply:
    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3])
        for line in lines:
            true(re.match(r"[2-5][0-9][0-9][ -]", line), "not a reply line: %r" % line)
            true(len(line) <= 510, "a reply line over 512 octets")
        same([line[3] for line in lines], ["-"] * (len(lines) - 1) + [" "], "separators")
        same({line[:3] for line in lines}, {lines[0][:3]}, "codes")
        status = re.match(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)", lines[-1][4:])
        self.status = status.group() if status else ""
        # "250 2.1.0": what scenarios compare
        self.head = (lines[-1][:3] + " " + self.status).rstrip()

    def __repr__(self):
        return " / ".join(self.lines)


class Client:
    """One connection, over a socket or over pipes. All that was sent and received is told when something is wrong."""

    def __init__(self, server=None, greet=True, hello=None, buffer=None, pipes=None):
        self.log = []
        self.got = b""
        self.pipes = pipes
        if pipes is None:
            self.socket = socket.socket()
            if buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.settimeout(PATIENCE)
            self.socket.connect(("127.0.0.1", server.port))
        if greet or hello:
            self.expect("220")
        if hello:
            self.ask(hello, "250")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.pipes is None:
            self.socket.close()
        else:
            self.pipes.stdin.close()

    def wrong(self, text):
        raise Wrong(text + "\n" + "\n".join(self.log[-40:]))

    def send(self, data):
        """Octets, or a line of text that gets its CRLF."""
        if isinstance(data, str):
            data = data.encode() + b"\r\n"
        self.log.append("  C: " + shorten(data, 300)[1:])
        try:
            if self.pipes is None:
                self.socket.sendall(data)
            else:
                self.pipes.stdin.write(data)
                self.pipes.stdin.flush()
        except OSError as error:
            self.wrong("cannot send: %s" % error)

    def trickle(self, data, pause=0):
        for i in range(len(data)):
            self.send(data[i:i + 1])
            if pause:
                time.sleep(pause)

    def receive(self):
        """More octets; none at the end of the connection."""
        try:
            data = self.socket.recv(65536) if self.pipes is None else os.read(self.pipes.stdout.fileno(), 65536)
        except OSError as error:
            self.wrong("cannot receive: %s" % (error or type(error).__name__))
        self.got += data
        return data

    def line(self):
        while b"\n" not in self.got:
            if not self.receive():
                self.wrong("the connection was closed%s" % (" behind %r" % self.got if self.got else ""))
        line, self.got = self.got.split(b"\n", 1)
        self.log.append("  S: " + repr(line)[1:])
        if not line.endswith(b"\r") or b"\r" in line[:-1] or b"\0" in line:
            self.wrong("not a line with CRLF: %r" % line)
        return line[:-1].decode()

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        try:
            return Reply(lines)
        except Wrong as wrong:
            self.wrong(str(wrong))

    def expect(self, *heads):
        """The next replies: "250 2.1.0", or "354" for one without an enhanced code, or "501 *" for any, or "*"."""
        reply = None
        for head in heads:
            reply = self.reply()
            if head not in (reply.head, "%d *" % reply.code, "*"):
                self.wrong("got %r, expected %s" % (reply, head))
        return reply

    def ask(self, data, *heads):
        self.send(data)
        return self.expect(*heads)

    def begin(self, *recipients, sender=SENDER):
        """A transaction up to the 354."""
        self.ask(sender, "250 2.1.0")
        for recipient in recipients or [RECIPIENT]:
            self.ask(recipient, "250 2.1.5")
        self.ask("DATA", "354")

    def deliver(self, body=MESSAGE, end="250 2.0.0", recipients=(), sender=SENDER):
        self.begin(*recipients, sender=sender)
        return self.ask(stuff(body), end)

    def ended(self):
        """The server has closed, and said no more."""
        if self.got or self.receive():
            self.wrong("the server went on: %r" % self.got)

    def quit(self):
        self.ask("QUIT", "221 2.0.0")
        self.ended()
        self.close()

    def reset(self):
        """Closes with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def secure(self, context, name="mx.example.org"):
        """The TLS handshake."""
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name)
        except OSError as error:
            self.wrong("no handshake: %s" % error)
        self.log.append("  (TLS)")

    def start_tls(self, context, hello="EHLO c.example.com"):
        """STARTTLS, the handshake, and EHLO again; returns the reply to it."""
        self.ask("STARTTLS", "220 2.0.0")
        self.secure(context)
        return self.ask(hello, "250")

    def gone(self):
        """The server has closed or reset the connection, whatever it said before; returns that."""
        try:
            while data := self.socket.recv(65536):
                self.got += data
        except ConnectionError:
            pass
        except OSError as error:
            self.wrong("the connection is still there: %s" % error)
        return self.got


class Server:
    """serve on a free port, with a folder of its own. Its end checks that it still served, and left nothing behind."""

    def __init__(self, *options, store="maildir", raw=True, hello="EHLO c.example.com", wrap=(), serves=True, at=None):
        self.serves, self.hello, self.store = serves, hello, store
        self.folder = tempfile.mkdtemp(prefix="serve.")
        self.at = at or os.path.join(self.folder, "mail")
        arguments = [*wrap, os.path.join(PROGRAMS, "serve"), "--listen", "127.0.0.1:0", "--hostname", "mx.example.org"]
        arguments += ["--discard"] if store == "discard" else ["--" + store, self.at]
        arguments += ["--raw"] if raw else []
        self.errors = open(os.path.join(self.folder, "errors"), "w+b")
        with STARTING:
            self.process = subprocess.Popen(arguments + list(options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=self.errors)
            SERVERS.append(self)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on 127.0.0.1:"):
            said = self.said()
            self.tear_down()
            raise Wrong("serve %s: %r %s" % (" ".join(options), line, said))
        self.port = int(line.rsplit(":", 1)[1])

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "backslashreplace")

    def client(self, **more):
        more.setdefault("hello", self.hello)
        return Client(self, **more)

    def names(self, which):
        return sorted(os.listdir(os.path.join(self.at, which)))

    def messages(self):
        """What was stored, in the order of the names."""
        found = []
        for name in self.names("new"):
            with open(os.path.join(self.at, "new", name), "rb") as file:
                found.append(file.read())
        return found

    def take(self):
        """What was stored since; takes it away."""
        found = self.messages()
        for name in self.names("new"):
            os.unlink(os.path.join(self.at, "new", name))
        return found

    def stored(self, *expected, what="stored"):
        same(sorted(self.take()), sorted(expected), what)

    def nothing(self, what="something was stored"):
        """No message, and no part of one."""
        self.stored(what=what)
        until(lambda: not self.names("tmp"), "tmp is empty")

    def memory(self):
        """Octets of memory that it has in use."""
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024

    def still_serves(self):
        before = set(self.names("new")) if self.store == "maildir" else set()
        with self.client() as client:
            client.deliver()
            client.quit()
        if self.store == "maildir":
            new = [m for n, m in zip(self.names("new"), self.messages()) if n not in before]
            same(len(new), 1, "messages stored at the end")
            true(new[0].replace(b"\r\n", b"\n").endswith(MESSAGE.replace(b"\r\n", b"\n")), "stored: %r" % new[0])

    def stop(self, seconds=8):
        """Ends it by SIGTERM; returns after how many seconds it was gone."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Wrong("SIGTERM does not end it") from None
        same(code, 0, "exit code")
        return time.monotonic() - begin

    def tear_down(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        SERVERS.remove(self)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None and self.serves:
                same(self.process.poll(), None, "it ended by itself")
                self.still_serves()
            if kind is None:
                if self.process.poll() is None:
                    self.stop()
                same(self.process.stdout.read(), b"", "more on stdout")
                if self.store == "maildir" and os.path.isdir(os.path.join(self.at, "tmp")):
                    same(self.names("tmp"), [], "left in tmp")
                true("Sanitizer" not in self.said() and "runtime error" not in self.said(), self.said())
            elif self.said():
                print("    serve said: " + shorten(self.said()), flush=True)
        finally:
            self.tear_down()


def keywords(reply):
    """Of an EHLO response: the keywords with their arguments."""
    return {line[4:].split(" ")[0]: line[4:].partition(" ")[2] for line in reply.lines[1:]}


def program(name, *arguments, given=b"", seconds=PATIENCE):
    """Runs an example; returns exit code, stdout, stderr."""
    ran = subprocess.run([os.path.join(PROGRAMS, name), *arguments], input=given, capture_output=True, timeout=seconds,
                         check=False)
    return ran.returncode, ran.stdout, ran.stderr.decode("utf-8", "backslashreplace")
