# SPDX-License-Identifier: ISC
"""A server that follows a script in extensions of SMTP, too: BDAT, STARTTLS, AUTH, LMTP."""

import os
import ssl
import tempfile

from . import sasl
from .scripted import Gone, Mx, offering

PIPELINED = ("PIPELINING", "SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES")
IN_TURN = ("ENHANCEDSTATUSCODES",)


class Cancelled(Exception):
    """The client has ended the exchange by a star."""


class Esmtp(Mx):
    """`chunk` is the reply to BDAT without LAST, `starttls` and `auth` those to these commands: a str and so on as for
    Mx; `auth` may also be a function of the server, the peer, the mechanism and the initial response that returns the
    last reply. `context` makes TLS. `lhlo`: it is LMTP; `end` is then for each recipient."""

    def __init__(self, chunk=None, starttls="220 2.0.0 go", auth="535 5.7.8 no", context=None, implicit=False,
                 lhlo=None,
                 others=None, **more):
        self.chunk, self.starttls_reply, self.auth_script = chunk, starttls, auth
        self.context, self.implicit = context, implicit
        self.chunks, self.logins, self.lines, self.accumulated = [], [], [], bytearray()
        if lhlo:
            more["ehlo"] = lhlo
        super().__init__(**more)
        self.replies.update(STARTTLS=None, AUTH=None, BDAT=None, **(others or {}))
        if lhlo:
            self.replies["LHLO"] = self.replies.pop("EHLO")
            del self.replies["HELO"]
        self.lmtp = bool(lhlo)

    def serve(self, peer):
        self.lines.append("CONNECT")
        if self.implicit:
            self.handshake(peer)
        super().serve(peer)

    def note_rest(self, peer):
        if self.context or (self.verbs and self.verbs[-1] == "BDAT"):  # records of TLS, or chunks under way
            peer.got.clear()
        super().note_rest(peer)

    def handshake(self, peer):
        try:
            peer.socket = self.context.wrap_socket(peer.socket, server_side=True)
            self.log.append("  (TLS)")
        except OSError as error:
            self.log.append("  (no handshake: %s)" % error)
            raise Gone from None

    def hello(self, peer, verb):
        reply = self.replies[verb]
        if isinstance(reply, list):
            reply = reply.pop(0) if len(reply) > 1 else reply[0]
        if isinstance(reply, str):
            self.offered = {line[4:].split(" ")[0].upper() for line in reply.split("\n")[1:]}
        if self.answer(peer, reply) == "2":
            self.offers = self.offered

    def ehlo(self, peer, line):
        self.hello(peer, "EHLO")

    def lhlo(self, peer, line):
        self.hello(peer, "LHLO")

    def mail(self, peer, line):
        self.accumulated = bytearray()
        self.lines.append(line)
        super().mail(peer, line)

    def rcpt(self, peer, line):
        self.lines.append(line)
        super().rcpt(peer, line)

    def starttls(self, peer, line):
        if line != "STARTTLS":
            self.fault("not a STARTTLS command: %r" % line)
        if self.answer(peer, self.starttls_reply) == "2" and self.context:
            peer.flush()
            self.handshake(peer)
            self.offers, self.open = set(), None

    def auth(self, peer, line):
        mechanism, _, initial = line.partition(" ")[2].partition(" ")
        self.logins.append(mechanism)
        script = self.auth_script
        try:
            if callable(script):
                script = script(self, peer, mechanism, initial or None)
        except Cancelled:
            script = "501 5.7.0 cancelled"
        self.answer(peer, script)

    def challenge(self, peer, text):
        """Says 334 with this text, which should be base64; returns the client's line."""
        peer.say(b"334 " + text.encode() + b"\r\n")
        line = peer.line()
        if line is None:
            raise Gone
        if line == b"*\r\n":
            raise Cancelled
        return line.decode("latin-1").rstrip("\r\n")

    def bdat(self, peer, line):
        words = line.split(" ")
        if words[2:] not in ([], ["LAST"]) or not words[1].isdigit():
            self.fault("not a BDAT command: %r" % line)
        size, last = int(words[1]), len(words) > 2
        while len(peer.got) < size:
            if not peer.receive():
                self.verbs.append("~")
                return "end"
        self.accumulated += peer.got[:size]
        del peer.got[:size]
        self.chunks.append((size, last))
        if "PIPELINING" not in self.offers and peer.early():
            self.fault("the client does not wait for the reply to BDAT: %r" % bytes(peer.got[:100]))
        reply = self.chunk
        if not (self.open and self.accepted):
            reply = "503 5.5.1 MAIL first" if not self.open else "554 5.5.1 no valid recipients"
        elif last:
            self.contents.append(bytes(self.accumulated))
            if self.sized not in (None, len(self.accumulated)):
                self.fault("SIZE=%d declared for %d octets" % (self.sized, len(self.accumulated)))
            self.end(peer)
            return None
        if self.answer(peer, reply or "250 2.0.0 chunk") in ("4", "5"):
            self.open = None
        return None

    def end(self, peer):
        self.open = None
        for path in self.accepted if self.lmtp else [""]:
            self.answer(peer, self.replies["END"], path.strip("<>"))

    def data(self, peer, line):
        if not self.lmtp:
            return super().data(peer, line)
        if not (self.open and self.accepted):
            self.answer(peer, "503 5.5.1 no valid recipients")
            return None
        self.answer(peer, self.replies["DATA"] or "354 go on")
        self.verbs.append("~")
        if self.take_content(peer) is None:
            return "end"
        self.end(peer)
        return None


def secret_file(password):
    """The path of a file with a password."""
    descriptor, path = tempfile.mkstemp(prefix="secret.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    return path


def hello(*keywords, pipelining=True):
    return offering(*(PIPELINED if pipelining else IN_TURN), *keywords)


# what a sound server does in AUTH

USER, PASSWORD = "alice", "wonder land"
DONE, REFUSED = "235 2.7.0 welcome", "535 5.7.8 wrong"


def verdict(right):
    return DONE if right else REFUSED


def auth_plain(mx, peer, initial):
    return verdict((initial or mx.challenge(peer, "")) in (sasl.plain(USER, PASSWORD),
                                                           sasl.plain(USER, PASSWORD, USER)))


def auth_login(mx, peer, initial):
    user = initial or mx.challenge(peer, sasl.b64("Username:"))
    return verdict((user, mx.challenge(peer, sasl.b64("Password:"))) == (sasl.b64(USER), sasl.b64(PASSWORD)))


def auth_cram(mx, peer, initial):
    if initial:
        mx.fault("CRAM-MD5 with an initial response")
    challenge = b"<1896.697170952@mx.example.org>"
    return verdict(mx.challenge(peer, sasl.b64(challenge)) == sasl.cram(challenge, USER, PASSWORD))


def auth_scram(mechanism, binding=None, change=None, early=None, with_success=False):
    def run(mx, peer, initial):
        server = sasl.ScramServer(mechanism, PASSWORD, binding(peer) if binding else None, change)
        initial = initial or mx.challenge(peer, "")
        if early == 1:
            return DONE
        final = server.final(mx.challenge(peer, server.first(initial)))
        if final is None or server.user != USER:
            return REFUSED
        if early == 2:
            return DONE
        if with_success:
            return "235 " + final
        if mx.challenge(peer, final) != "":
            mx.fault("more to say behind the server's signature")
        return DONE
    return run


def auth_xoauth2(mx, peer, initial):
    right = "user=%s\1auth=Bearer %s\1\1" % (USER, PASSWORD.replace(" ", "-"))
    if sasl.unb64(initial or mx.challenge(peer, "")).decode() == right:
        return DONE
    mx.challenge(peer, sasl.b64('{"status":"401"}'))
    return REFUSED


def auth_bearer(mx, peer, initial):
    said = sasl.unb64(initial or mx.challenge(peer, "")).decode()
    if said.startswith("n,a=%s,\1" % USER) and "\1auth=Bearer %s\1" % PASSWORD.replace(" ", "-") in said and \
            said.endswith("\1\1"):
        return DONE
    mx.challenge(peer, sasl.b64('{"status":"invalid_token"}'))
    return REFUSED


def auth_anonymous(mx, peer, initial):
    return verdict((initial or mx.challenge(peer, "")) is not None)


def auth_external(mx, peer, initial):
    certificate = peer.socket.getpeercert() if isinstance(peer.socket, ssl.SSLSocket) else None
    return verdict(certificate and (initial or mx.challenge(peer, "")) in ("=", "", sasl.b64(USER)))


SOUND = {"PLAIN": auth_plain, "LOGIN": auth_login, "CRAM-MD5": auth_cram, "XOAUTH2": auth_xoauth2,
         "OAUTHBEARER": auth_bearer, "ANONYMOUS": auth_anonymous, "EXTERNAL": auth_external,
         "SCRAM-SHA-1": auth_scram("SCRAM-SHA-1"), "SCRAM-SHA-256": auth_scram("SCRAM-SHA-256")}


def sound(mx, peer, mechanism, initial):
    if mechanism not in SOUND:
        return "504 5.5.4 unknown"
    return SOUND[mechanism](mx, peer, initial)
