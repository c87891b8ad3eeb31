# SPDX-License-Identifier: ISC
"""What the two directions share: messages, addresses, and the results of cases."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from scenarios import harness  # noqa: E402 (its place is known only now)
from scenarios.harness import same, true  # noqa: E402

SENDER = "alice@example.com"
TO = ["bob@example.org", "carol@example.org"]
REFUSED = "nobody@example.org"
HEADER = ("From: Alice <alice@example.com>\r\nTo: bob@example.org, carol@example.org\r\n"
          "Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
          "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n").encode()
BODY = (".dot\r\n..two\r\n.\r\n\r\n.\r\nGr\u00fc\u00dfe \u65e5\u672c\u8a9e\r\nFrom me\r\n" + "x" * 998 +
        "\r\n.\r\n").encode()
MESSAGE = HEADER + BODY
LIMIT = 60  # seconds for one program


class Results:
    """A line for each case, and their number."""

    def __init__(self):
        self.passed = self.failed = 0
        print("%-12s %-46s %s" % ("PEER", "CASE", "RESULT"), flush=True)

    def case(self, peer, name, function, *arguments):
        try:
            function(*arguments)
            verdict, why = "ok", None
            self.passed += 1
        except Exception as error:  # one of these programs is no reason not to try the others
            verdict, why = "FAILED", "%s: %s" % (type(error).__name__, error)
            self.failed += 1
        print("%-12s %-46s %s" % (peer, name, verdict), flush=True)
        if why:
            print("    " + why.replace("\n", "\n    "), flush=True)

    def close(self):
        """The exit code."""
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0


def equal(got, wanted):
    at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
    true(got == wanted, "differs at octet %d: got %r (%d), expected %r (%d)" %
         (at, got[max(0, at - 30):at + 30], len(got), wanted[max(0, at - 30):at + 30], len(wanted)))


def real_messages(folder):
    """name, octets"""
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(r"msg_\d+\.txt", name))
    true(len(names) > 30, "no messages in %s" % folder)
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            yield name, file.read()


def execute(*arguments, given=b"", codes=(0,), env=None):
    ran = subprocess.run(arguments, input=given, capture_output=True, timeout=LIMIT, check=False,
                         env=dict(os.environ, HOME=tempfile.gettempdir(), LC_ALL="C.UTF-8", **(env or {})))
    true(ran.returncode in codes, "exit code %d: %s" %
         (ran.returncode, (ran.stdout + ran.stderr).decode("utf-8", "replace")[-1500:]))
    return ran


def in_file(data):
    fd, path = tempfile.mkstemp()
    with open(fd, "wb") as file:
        file.write(data)
    return path


def shows(trace, *texts):
    """These are in it, where octets behind ASCII stand as \\xNN."""
    for text in texts:
        text = "".join(chr(octet) if octet < 128 else "\\x%02X" % octet for octet in text.encode())
        true(text in trace, "no %r in the trace: %s" % (text, trace[-2000:]))


def canonical(data):
    """With CRLF line ends, and one at the end."""
    data = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
    return data if not data or data.endswith(b"\r\n") else data + b"\r\n"
