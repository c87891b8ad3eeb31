# SPDX-License-Identifier: ISC
"""What the scenarios of send share: a server that follows a script and writes down all it is told, a run of send
against it, and what both must agree on."""

import os
import re
import select
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from . import harness
from .harness import PATIENCE, SERVERS, STARTING, Wrong, same, shorten, stuff, true

MESSAGE = b"Subject: hello\r\n\r\nHello.\r\n.\r\n..dots\r\n"
SENDER = "alice@example.com"
TO = ("bob@example.org",)
SETTLE = 0.004  # seconds for which a server looks whether a client says more than it may


def canonical(message):
    """The message of a source: each line end a CRLF, the last line completed."""
    if not message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n"):
        message = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    return message + b"\r\n" if message and not message.endswith(b"\r\n") else message


def offering(*keywords):
    """The reply to EHLO that offers these."""
    lines = ["mx.example.org hello", *keywords]
    return "\n".join("250" + "- "[line is lines[-1]] + line for line in lines)


FULL = offering("PIPELINING", "SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES")
PLAIN = offering("ENHANCEDSTATUSCODES")
BOTH = (FULL, PLAIN)
LONE_DOT = b".\r\n"
ANY = object()  # as contents: as often as it comes


def brief(octets):
    """For the log."""
    octets = bytes(octets[:200]) if len(octets) > 2000 else bytes(octets)
    return shorten(octets, 300)[1:] + (" ..." if len(octets) == 200 else "")


class Gone(Exception):
    """The client has closed the connection."""


class Over(Exception):
    """The script has ended the connection."""


class Peer:
    """The server's end of one connection. A `hold`ing one answers a batch in one go, a `trickling` one octet by octet;
    one with a `limit` is lost behind so many octets."""

    def __init__(self, connection, log, hold=False, trickle=0, limit=None, loss=None):
        self.socket, self.log = connection, log
        self.hold, self.trickle, self.limit, self.loss = hold, trickle, limit, loss
        self.got, self.held = bytearray(), b""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE)

    def receive(self):
        """More octets, or none when the client has closed."""
        try:
            data = self.socket.recv(1 << 20)
        except (ConnectionError, ssl.SSLError):
            data = b""
        self.got += data
        return data

    def line(self, flush=True):
        """The next command without its line end; None at the end."""
        if flush:
            self.flush()
        while b"\n" not in self.got:
            if not self.receive():
                if self.got:
                    self.log.append("  C: %r, and no more" % bytes(self.got))
                return None
        line, _, self.got = self.got.partition(b"\n")
        self.log.append("  C: " + brief(line + b"\n"))
        return bytes(line) + b"\n"

    def content(self):
        """The octets behind 354 with their end; None when the client closes before it."""
        self.flush()
        begin = 0
        while True:
            end = self.got.find(b"\r\n.\r\n", begin) + 5
            if self.got.startswith(b".\r\n"):
                end = 3
            if end >= 3 and end != 4:
                wire, self.got = bytes(self.got[:end]), self.got[end:]
                self.log.append("  C: %s" % brief(wire))
                return wire
            begin = max(0, len(self.got) - 4)
            if not self.receive():
                self.log.append("  C: %s, and no more" % brief(self.got))
                return None

    def early(self, wait=SETTLE):
        """Has the client said more than was taken?"""
        waits = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        if not self.got and (waits or select.select([self.socket], [], [], wait)[0]):
            self.receive()
        return bool(self.got)

    def say(self, data):
        self.log.append("  S: " + brief(data))
        if self.hold:
            self.held += data
        else:
            self.put(data)

    def flush(self):
        held, self.held = self.held, b""
        if held:
            self.put(held)

    def put(self, data):
        lost = self.limit is not None and len(data) >= self.limit
        if self.limit is not None:
            data = data[:self.limit]
            self.limit -= len(data)
        try:
            for i in range(0, len(data), 1 if self.trickle else len(data) or 1):
                self.socket.sendall(data[i:i + 1] if self.trickle else data)
                time.sleep(self.trickle)
        except (ConnectionError, ssl.SSLError):
            self.log.append("  (the client has closed)")
            raise Gone from None
        if lost:
            self.loss(self)

    def rest(self):
        """All that the client still says until it closes."""
        while self.receive():
            pass


# what can stand in a reply beside its octets


def close(peer):
    """Says no more, but listens to the end."""
    peer.flush()
    peer.log.append("  S closes")
    try:
        peer.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    raise Over


def drop(peer):
    """Closes, whatever the client has said that was not read."""
    peer.flush()
    peer.log.append("  S is gone")
    peer.socket.close()
    raise Over


def reset(peer):
    peer.flush()
    peer.log.append("  S resets")
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.socket.close()
    raise Over


def silence(peer):
    """Never says a word again."""
    peer.flush()
    peer.log.append("  S is silent")
    raise Over


def pause(seconds):
    def wait(peer):
        peer.flush()
        time.sleep(seconds)
    return wait


PARAMETERS = r"((?: [A-Za-z0-9][A-Za-z0-9-]*(?:=[^ ]+)?)*)"
# keywords of parameters that stand for another extension than the one of their name
BROUGHT_BY = {"RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN", "BY": "DELIVERBY", "TRANSID": "CHECKPOINT",
              "SOLICIT": "NO-SOLICITING", "HOLDFOR": "FUTURERELEASE", "HOLDUNTIL": "FUTURERELEASE",
              "BODY": "8BITMIME", "BODY=BINARYMIME": "BINARYMIME"}


class Mx:
    """A server for one connection, or for so many `sessions`. Each reply is a str (its LFs become CRLFs, one stands
    behind it), bytes as they are, a function of the peer, or a tuple of these; a list has one for each time, a dict one
    for each address. None is what a sound server says. Afterwards `verbs` tells the commands in order, "." for the end
    of a message, and "~" for one without an end; `contents` the octets of each message up to its end."""

    def __init__(self, greeting="220 mx.example.org", ehlo=FULL, helo="250 mx.example.org", mail=None, rcpt=None,
                 data=None, end="250 2.0.0 taken", rset="250 2.0.0 reset", quit="221 2.0.0 bye", offers=None,
                 host="127.0.0.1", line_max=512, buffer=None, sessions=1, **peer):
        self.replies = dict(GREETING=greeting, EHLO=ehlo, HELO=helo, MAIL=mail, RCPT=rcpt, DATA=data, END=end,
                            RSET=rset, QUIT=quit)
        self.offered = set() if offers is None else set(offers)
        if offers is None and isinstance(ehlo, str):
            self.offered = {line[4:].split(" ")[0].upper() for line in ehlo.split("\n")[1:]}
        self.offers = set()  # in force: not before EHLO was answered
        self.peer_options, self.line_max = peer, line_max + 43  # SIZE and BODY add so much
        self.verbs, self.contents, self.log, self.faults, self.senders = [], [], [], [], []
        self.paths, self.accepted = [], []  # of all RCPT; of those in the transaction at hand that were accepted
        self.said, self.rest = "", b""
        self.size_optional = False
        self.open = self.sized = None  # a transaction, and its SIZE
        self.rcpt_params = []  # of all RCPT
        self.sessions, self.connections, self.failure, self.stopped = sessions, 0, None, False
        self.process = None  # the client; set when it runs
        self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.listener.bind((host, 0))
        self.listener.listen(5)
        self.listener.settimeout(0.1)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while self.connections < self.sessions:
                try:
                    connection = self.listener.accept()[0]
                except TimeoutError:
                    if self.stopped:
                        return
                    continue
                self.connections += 1
                self.open, self.offers = None, set()
                self.attend(Peer(connection, self.log, **self.peer_options))
        except Exception as error:  # told by finish, where it is a failure of the scenario
            self.failure = error

    def attend(self, peer):
        try:
            self.serve(peer)
        except (Over, Gone):
            if peer.socket.fileno() >= 0:
                peer.hold = False
                peer.rest()
                self.note_rest(peer)
        finally:
            peer.socket.close()

    def note_rest(self, peer):
        """What came when nobody answered any more."""
        if self.verbs and self.verbs[-1] == "~" and self.take_content(peer) is None:
            return
        while (line := peer.line(flush=False)) is not None:
            self.note(line)

    def fault(self, text):
        self.faults.append(text)
        self.log.append("  !! " + text)

    def note(self, line):
        """Writes a command down; returns its verb."""
        if not re.fullmatch(rb"[ -\xff]+\r\n", line):
            self.fault("not a command line: %r" % line)
        if len(line) > self.line_max:
            self.fault("a command line of %d octets" % len(line))
        verb = line.split(b" ")[0].strip().decode("latin-1")
        self.verbs.append(verb)
        return verb

    def answer(self, peer, reply, key=""):
        """Says a reply; returns the first digit of what was said."""
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if isinstance(reply, dict):
            reply = reply[key if key in reply else ""]
        self.said = ""
        for part in reply if isinstance(reply, tuple) else (reply,):
            if callable(part):
                part(peer)
                continue
            octets = part if isinstance(part, bytes) else part.replace("\n", "\r\n").encode("latin-1") + b"\r\n"
            self.said = self.said or octets[:1].decode("latin-1")
            peer.say(octets)
        return self.said

    def serve(self, peer):
        if peer.early():
            self.fault("the client speaks first: %r" % bytes(peer.got))
        self.answer(peer, self.replies["GREETING"])
        while True:
            verb = self.verbs[-1] if self.verbs else ""
            if (line := peer.line(flush=verb not in ("MAIL", "RCPT", "RSET"))) is None:
                return
            verb = self.note(line)
            batch = "PIPELINING" in self.offers and verb in ("MAIL", "RCPT", "RSET")
            if not batch and verb != "BDAT" and peer.early():
                self.fault("the client does not wait for the reply to %s: %r" % (verb, bytes(peer.got[:100])))
            if verb not in self.replies:
                self.fault("unexpected: %r" % line)
                self.answer(peer, "502 5.5.1 what?")
            elif getattr(self, verb.lower(), self.other)(peer, line.decode("latin-1").rstrip("\r\n")) == "end":
                return

    def other(self, peer, line):
        self.answer(peer, self.replies[line.split(" ")[0]])

    def ehlo(self, peer, line):
        if self.answer(peer, self.replies["EHLO"]) == "2":
            self.offers = self.offered

    def helo(self, peer, line):
        self.answer(peer, self.replies["HELO"])

    def mail(self, peer, line):
        match = re.fullmatch(r"MAIL FROM:(<.*?>)" + PARAMETERS, line)
        if not match:
            self.fault("not a MAIL command: %r" % line)
            match = re.fullmatch(r"(.*)()", line)
        if self.open:
            self.fault("MAIL in a transaction")
        self.senders.append((match.group(1), tuple(sorted(match.group(2).split()))))
        self.sized = None
        for parameter in match.group(2).split():
            key, _, value = parameter.partition("=")
            self.check_offered(parameter)
            if key == "SIZE":
                self.sized = int(value)
        if "SIZE" in self.offers and self.sized is None and not self.size_optional:
            self.fault("no SIZE declared")
        reply = self.replies["MAIL"]
        self.open = self.answer(peer, "250 2.1.0 ok" if reply is None else reply) == "2"
        self.accepted = []

    def check_offered(self, parameter):
        key = parameter.partition("=")[0]
        if BROUGHT_BY.get(parameter, BROUGHT_BY.get(key, key)) not in self.offers:
            self.fault("a parameter that was not offered: %s" % parameter)

    def rcpt(self, peer, line):
        match = re.fullmatch(r"RCPT TO:(<.*?>)" + PARAMETERS, line)
        if not match:
            self.fault("not a RCPT command: %r" % line)
        path = match.group(1) if match else line
        self.rcpt_params.append(tuple(sorted(match.group(2).split())) if match else ())
        for parameter in self.rcpt_params[-1]:
            self.check_offered(parameter)
        self.paths.append(path)
        reply = self.replies["RCPT"]
        if reply is None:
            reply = "250 2.1.5 ok" if self.open else "503 5.5.1 need MAIL"
        if self.answer(peer, reply, path.strip("<>")) == "2":
            self.accepted.append(path)

    def data(self, peer, line):
        if line != "DATA":
            self.fault("not a DATA command: %r" % line)
        reply = self.replies["DATA"]
        if reply is None:
            reply = "354 go on" if self.open and self.accepted else "554 5.5.1 no valid recipients"
        try:
            said = self.answer(peer, reply)
        except (Over, Gone):
            if self.said == "3" and (peer.got or peer.socket.fileno() >= 0):
                self.verbs.append("~")
            raise
        if said != "3":
            return None
        self.verbs.append("~")
        wire = self.take_content(peer)
        if wire is None:
            return "end"
        size = len(wire) - 2 - wire.count(b"\r\n.") - wire.startswith(b".")
        if self.sized not in (None, size) and wire != LONE_DOT:
            self.fault("SIZE=%d declared for %d octets" % (self.sized, size))
        if "PIPELINING" not in self.offers and peer.early():
            self.fault("the client does not wait for the last reply: %r" % bytes(peer.got[:100]))
        self.open = None
        self.answer(peer, self.replies["END"])
        return None

    def take_content(self, peer):
        """The octets of a message up to its end; None when it has none."""
        wire = peer.content()
        if wire is not None:
            self.verbs[-1] = "."
            self.contents.append(wire)
        elif peer.got:
            self.rest = bytes(peer.got)
        else:
            self.verbs.pop()
        return wire

    def rset(self, peer, line):
        self.open = None
        self.answer(peer, self.replies["RSET"])

    def quit(self, peer, line):
        if line != "QUIT":
            self.fault("not a QUIT command: %r" % line)
        self.answer(peer, self.replies["QUIT"])
        peer.flush()
        if peer.receive():
            self.fault("more behind QUIT: %r" % bytes(peer.got))
        return "end"

    def finish(self):
        """The client has ended: so must the script."""
        self.stopped = True
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            raise Wrong("the script did not end\n" + "\n".join(self.log))
        self.listener.setblocking(False)
        try:
            self.listener.accept()[0].close()
            self.fault("the client connected again")
        except BlockingIOError:
            pass
        self.listener.close()
        if self.failure is not None:
            raise self.failure


class Outcome:
    """What send printed about a recipient."""

    def __init__(self, line, address):
        address = address[1:-1] if address.startswith("<") else address
        for begin in (address + " ", "<" + address + "> "):
            if line.startswith(begin):
                break
        else:
            raise Wrong("a line about %s: %r" % (address, line))
        self.line = line
        self.code, self.status, self.text = (line[len(begin):].split(" ", 2) + ["", ""])[:3]
        true(re.fullmatch(r"[2-5]\d\d|-", self.code), "a code in %r" % line)
        true(re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}|-", self.status), "an enhanced code in %r" % line)
        true(self.status == "-" or self.status[0] == self.code[0], "both codes in %r" % line)
        true(self.code != "-" or self.text.strip(), "a reason in %r" % line)

    def __repr__(self):
        return repr(self.line)

    def fits(self, expected):
        """Against "550 5.1.1", or "550" for any enhanced code, or "-", or "550 5.1.1 no" to the last letter, or one of
        several: "421|-"."""
        whole = "%s %s %s" % (self.code, self.status, self.text)
        return any(one in (self.code, self.code + " " + self.status, whole) for one in expected.split("|"))


def arguments(mx, options, to, sender, helo, timeout):
    words = [os.path.join(harness.PROGRAMS, "send"), "--host", mx.host, "--port", str(mx.port), "--from", sender]
    for address in to:
        words += ["--to", address]
    words += ["--helo", helo] if helo else []
    return words + ["--timeout", str(timeout), *options]


def start(words, mx, **pipes):
    with STARTING:
        mx.process = subprocess.Popen(words, **pipes)
        SERVERS.append(mx)


def run(words, mx, given=b"", within=12):
    """Runs send against a server; returns exit code, stdout, stderr and the seconds that it took. `given` is for its
    standard input: octets, or a file."""
    begin = time.monotonic()
    data = given if isinstance(given, bytes) else None
    start(words, mx, stdin=given if data is None else subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, errors = mx.process.communicate(data, timeout=PATIENCE + 10)
    except subprocess.TimeoutExpired:
        mx.process.kill()
        mx.process.communicate()
        raise Wrong("it does not end\n" + "\n".join(mx.log)) from None
    finally:
        SERVERS.remove(mx)
    seconds = time.monotonic() - begin
    true("Sanitizer" not in errors.decode("latin-1"), errors.decode("latin-1"))
    true(seconds < within, "it took %.1f s" % seconds)
    return mx.process.returncode, out.decode("utf-8", "surrogateescape"), errors.decode("latin-1"), seconds


def outcomes(out, to):
    lines = out.split("\n")
    same(lines.pop(), "", "what stands behind the last line end")
    same(len(lines), len(to), "lines on stdout: %s" % shorten(out))
    return [Outcome(line, address) for line, address in zip(lines, to)]


def deliver(mx, code, expected, verbs, options=(), to=TO, message=MESSAGE, files=(), sender=SENDER, contents=None,
            helo="c.example.com", timeout=15, within=12, given=None, paths=()):
    """Has send deliver to a server that follows its script. `expected` is a str for all recipients or one for each,
    `verbs` a pattern of what the server sees. `contents` are the messages' octets behind 354, by default the message
    each time. A message that is a file already is one of `paths`. Returns exit code, stdout, stderr and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, source in enumerate(files):
            names.append(os.path.join(folder, "message-%d" % i))
            with open(names[-1], "wb") as file:
                file.write(source)
        words = arguments(mx, options, to, sender, helo, timeout) + names
        try:
            words += paths
            ran = run(words, mx, (b"" if files or paths else message) if given is None else given, within)
            mx.finish()
            judge(mx, ran, code, expected, verbs, list(to) * max(1, len(files)), contents, files or [message])
        except Wrong as wrong:
            raise Wrong("%s\n%s\n%s" % (wrong, " ".join(shorten(word, 80) for word in words[1:][-20:]),
                                        "\n".join(mx.log[-60:]))) from None
    return ran


def judge(mx, ran, code, expected, verbs, addresses, contents, sources):
    said = "stdout %s, stderr %s" % (shorten(ran[1], 600), shorten(ran[2], 600))
    true(ran[0] in (code if isinstance(code, tuple) else (code,)),
         "exit code %d, expected %s; %s" % (ran[0], code, said))
    found = outcomes(ran[1], addresses)
    wanted = [expected] * len(found) if isinstance(expected, str) else list(expected)
    same(len(wanted), len(found), "outcomes")
    for outcome, want in zip(found, wanted):
        true(outcome.fits(want), "outcome %s, expected %s; stderr %s" % (outcome, want, shorten(ran[2], 600)))
    true(not mx.faults, "; ".join(mx.faults))
    seen = " ".join(mx.verbs)
    true(re.fullmatch(verbs.replace(".", r"\."), seen), "commands: %s, expected %s" % (shorten(seen), verbs))
    if contents is ANY:
        contents = [stuff(canonical(sources[0]))] * len(mx.contents)
    if contents is None:
        contents = [stuff(canonical(source)) for source in sources[:seen.count(".")]]
    same(len(mx.contents), len(contents), "messages")
    for i, (got, want) in enumerate(zip(mx.contents, contents)):
        if got != want:
            at = next((at for at, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
            raise Wrong("message %d differs at octet %d: got %r (%d), expected %r (%d)" %
                        (i, at, got[max(0, at - 20):at + 30], len(got), want[max(0, at - 20):at + 30], len(want)))


# what usually comes of a reply: exit code, outcome, and the commands that may follow

DELIVERED = (0, "250 2.0.0", " QUIT")
BROKEN = (76, "-", "( QUIT)?")
LOST = (75, "-", "( QUIT)?")
CLOSING = (75, "421", "( QUIT)?")

BROKEN_REPLIES = [  # what is no reply to anything
    ("garbage", "garbage"),
    ("no code", "hello there, this is a server"),
    ("empty line", ""),
    ("two digits", "25"),
    ("four digits", "2500 ok"),
    ("text at the code", "250ok"),
    ("underscore", "250_ok"),
    ("space first", " 250 ok"),
    ("1yz", "100 wait"),
    ("199", "199 wait"),
    ("600", "600 ok"),
    ("0yz", "050 ok"),
    ("code mismatch", "250-a\n251 b"),
    ("class mismatch", "250-a\n550 b"),
    ("continued by garbage", "250-a\nb"),
    ("bare LF", b"250 ok\n"),
    ("bare LF in a line", b"250 ok\n250 ok\r\n"),
    ("bare CR", b"250 o\rk\r\n"),
    ("CR CR LF", b"250 ok\r\r\n"),
    ("NUL", b"250 o\0k\r\n"),
    ("NUL first", b"\x00250 ok\r\n"),
    ("9000 octets", "250 " + "x" * 9000),
    ("1001 lines", "250-x\n" * 1000 + "250 x"),
    ("10000 lines", "250-x\n" * 9999 + "250 x"),
]
LOST_REPLIES = [
    ("closed", close),
    ("dropped", drop),
    ("reset", reset),
    ("half a code", (b"25", close)),
    ("a code", (b"250", close)),
    ("no line end", (b"250 2.0.0 ok", close)),
    ("half a line end", (b"250 2.0.0 ok\r", close)),
    ("continued", ("250-ok", close)),
    ("half a second line", (b"250-ok\r\n250 o", reset)),
]
SILENT_REPLIES = [  # with --timeout 1
    ("silence", silence),
    ("half a line, then silence", (b"250 o", silence)),
    ("continued, then silence", ("250-ok", silence)),
]
