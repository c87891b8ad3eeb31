#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""serve.py BUILD [WORD]...: tries to break examples/serve and examples/check from outside, in many scenarios side by
side. With WORDs, only those scenarios that have one of them in their name. Needs Python's standard library alone."""

import sys

sys.dont_write_bytecode = True

from scenarios import runner  # noqa: E402 (no bytecode for it either)

MODULES = ("bodies", "commands", "limits", "options", "serve_auth", "serve_bdat", "serve_lmtp", "serve_params",
           "serve_peers", "serve_tls", "storage", "tool_check", "trouble")

if __name__ == "__main__":
    sys.exit(runner.main(__doc__, MODULES, workers=8, limit=110))
