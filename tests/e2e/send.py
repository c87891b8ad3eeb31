#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""send.py BUILD [WORD]...: tries to break examples/send by servers that misbehave, in many scenarios side by side.
With WORDs, only those scenarios that have one of them in their name. Needs Python's standard library alone."""

import sys

sys.dont_write_bytecode = True

from scenarios import runner  # noqa: E402 (no bytecode for it either)

MODULES = ("send_auth", "send_bdat", "send_body", "send_content", "send_envelope", "send_extensions", "send_greeting",
           "send_hello", "send_limits", "send_lmtp", "send_order", "send_serve", "send_several", "send_tls",
           "send_transaction", "send_usage")


if __name__ == "__main__":
    sys.exit(runner.main(__doc__, MODULES, workers=12, limit=110))
