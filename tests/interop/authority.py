# SPDX-License-Identifier: ISC
"""A certificate authority that lives as long as the tests, by the openssl command; and who may log in where."""

import os
import subprocess

from common import SENDER, execute, harness

USER, PASSWORD = "alice", "it=is,secret"
NAME = "mx.example.org"  # and localhost, and 127.0.0.1


def has_tls():
    """Whether the programs are built with TLS=openssl."""
    return b"\n  --tls-cert" in execute(os.path.join(harness.PROGRAMS, "serve"), "--help").stdout


class Authority:
    """PEM files in FOLDER: .authority, .stranger (another authority), .certificate and .key of the server, .both, and
    .client of who is SENDER, with its key."""

    def __init__(self, folder):
        self.folder = folder
        self.authority, self.authority_key = self.root("authority")
        self.stranger, _ = self.root("stranger")
        self.certificate, self.key = self.leaf("server", NAME, "DNS:%s,DNS:localhost,IP:127.0.0.1" % NAME)
        self.client = self.join(*self.leaf("client", "alice", "email:" + SENDER))
        self.both = self.join(self.certificate, self.key)

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def openssl(*arguments):
        return subprocess.run(("openssl",) + arguments, check=True, capture_output=True, timeout=60).stdout

    def root(self, name):
        certificate, key = self.path(name + ".pem"), self.path(name + ".key")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=" + name, "-keyout", key, "-out", certificate)
        return certificate, key

    def leaf(self, name, subject, names):
        certificate, key, request = (self.path(name + end) for end in (".pem", ".key", ".csr"))
        with open(self.path(name + ".ext"), "w") as file:
            file.write("subjectAltName=%s\nbasicConstraints=CA:FALSE\n" % names)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + subject,
                     "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", self.authority_key, "-set_serial",
                     str(len(name)), "-days", "2", "-extfile", self.path(name + ".ext"), "-out", certificate)
        return certificate, key

    def join(self, certificate, key):
        path = certificate[:-4] + ".both.pem"
        with open(path, "w") as out:
            for name in (key, certificate):
                with open(name) as file:
                    out.write(file.read())
        return path
