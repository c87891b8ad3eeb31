# SPDX-License-Identifier: ISC
"""Both sides of the SASL mechanisms, written from their RFCs, and able to lie."""

import base64
import hashlib
import hmac
import os

from .harness import same, true


def b64(octets):
    return base64.b64encode(octets if isinstance(octets, bytes) else octets.encode()).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def plain(user, password, authzid=""):
    return b64("%s\0%s\0%s" % (authzid, user, password))


def cram(challenge, user, password):
    return b64("%s %s" % (user, hmac.new(password.encode(), challenge, "md5").hexdigest()))


def fields(message):
    """Of "r=abc,s=def": {"r": "abc", "s": "def"}."""
    return dict((word[0], word[2:]) for word in message.split(","))


def mixed(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


class Keys:
    def __init__(self, hash_name, password, salt, iterations):
        self.hash_name = hash_name
        salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), salt, iterations)
        self.client = self.mac(salted, "Client Key")
        self.stored = hashlib.new(hash_name, self.client).digest()
        self.server = self.mac(salted, "Server Key")

    def mac(self, key, text):
        return hmac.new(key, text.encode(), self.hash_name).digest()


class ScramClient:
    """`binding` is (name, octets) of a channel, and asks for -PLUS. `change` maps the name of a message to a function
    that spoils it."""

    def __init__(self, mechanism, user, password, binding=None, authzid="", change=None, flag=None):
        self.hash_name = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}[mechanism.replace("-PLUS", "")]
        self.password, self.change = password, change or {}
        flag = flag or ("p=" + binding[0] if binding else "n")
        self.gs2 = "%s,%s," % (flag, "a=" + authzid if authzid else "")
        self.binding = binding[1] if binding else b""
        self.nonce = b64(os.urandom(18))
        self.bare = "n=%s,r=%s" % (user.replace("=", "=3D").replace(",", "=2C"), self.nonce)

    def spoil(self, name, text):
        return self.change.get(name, lambda text: text)(text)

    def first(self):
        return b64(self.spoil("first", self.gs2 + self.bare))

    def final(self, challenge):
        server_first = unb64(challenge).decode()
        got = fields(server_first)
        true(got["r"].startswith(self.nonce) and len(got["r"]) > len(self.nonce) + 15, "nonce: " + server_first)
        true(int(got["i"]) >= 4096 and len(unb64(got["s"])) >= 8, "salt and iterations: " + server_first)
        keys = Keys(self.hash_name, self.password, unb64(got["s"]), int(got["i"]))
        front = "c=%s,r=%s" % (self.spoil("binding", b64(self.gs2.encode() + self.binding)),
                               self.spoil("nonce", got["r"]))
        said = ",".join((self.bare, server_first, front))
        self.signature = keys.mac(keys.server, said)
        proof = b64(mixed(keys.client, keys.mac(keys.stored, said)))
        return b64(self.spoil("final", front + ",p=" + self.spoil("proof", proof)))

    def check(self, challenge):
        same(unb64(challenge).decode(), "v=" + b64(self.signature), "the server's signature")


class ScramServer:
    """Answers a client; `change` as above."""

    def __init__(self, mechanism, password, binding=None, change=None, iterations=4096):
        self.hash_name = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}[mechanism.replace("-PLUS", "")]
        self.binding, self.change, self.iterations = binding, change or {}, iterations
        self.password, self.salt, self.user, self.gs2 = password, b"0123456789abcdef", None, None

    def spoil(self, name, text):
        return self.change.get(name, lambda text: text)(text)

    def first(self, response):
        flag, authzid, self.bare = unb64(response).decode().split(",", 2)
        self.gs2 = "%s,%s," % (flag, authzid)
        got = fields(self.bare)
        self.user, self.nonce = got["n"], got["r"]
        self.said = "r=%s,s=%s,i=%d" % (self.spoil("nonce", self.nonce + "server"), b64(self.salt), self.iterations)
        self.said = self.spoil("first", self.said)
        return b64(self.said)

    def final(self, response):
        """The server's last message, or None when the client has not proven itself."""
        message = unb64(response).decode()
        front, _, proof = message.rpartition(",p=")
        keys = Keys(self.hash_name, self.password, self.salt, self.iterations)
        said = ",".join((self.bare, self.said, front))
        wanted = "c=%s,r=%s" % (b64(self.gs2.encode() + (self.binding or b"")), self.nonce + "server")
        if front != wanted or unb64(proof) != mixed(keys.client, keys.mac(keys.stored, said)):
            return None
        return b64(self.spoil("final", "v=" + b64(keys.mac(keys.server, said))))
