#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""serve.py BUILD [WORD]...: tries to break examples/serve and examples/check from outside, in many scenarios side by
side. With WORDs, only those scenarios that have one of them in their name. Needs Python's standard library alone."""

import concurrent.futures
import faulthandler
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

MODULES = ("bodies", "commands", "limits", "options", "storage", "tool_check", "trouble")
WORKERS = 8
LIMIT = 110  # seconds for all


def run(scenario):
    begin = time.monotonic()
    try:
        scenario()
        failure = None
    except Exception:  # whatever it is, it is a scenario that failed
        failure = traceback.format_exc()
    return scenario, failure, time.monotonic() - begin


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    harness = importlib.import_module("scenarios.harness")

    tempfile.tempdir = tempfile.mkdtemp(prefix="serve.")

    def give_up(*_):
        faulthandler.dump_traceback()
        with harness.STARTING:  # and never let go: no server starts any more
            for server in list(harness.SERVERS):
                server.process.kill()
                server.process.wait()
            for _ in range(100):  # scenarios may still add to it
                shutil.rmtree(tempfile.tempdir, ignore_errors=True)
                if not os.path.exists(tempfile.tempdir):
                    break
            print("given up", flush=True)
            os._exit(1)

    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGINT, give_up)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT)
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    for module in MODULES:
        importlib.import_module("scenarios." + module)
    chosen = [s for s in harness.SCENARIOS
              if len(sys.argv) == 2 or any(word in harness.name_of(s) for word in sys.argv[2:])]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        # the slow ones sleep most of the time: they come first
        chosen.sort(key=lambda scenario: not scenario.slow)
        for scenario, failure, seconds in pool.map(run, chosen):
            failed += failure is not None
            print("%-7s %5.1f s  %s" % ("FAILED" if failure else "ok", seconds, harness.name_of(scenario)), flush=True)
            if failure:
                print("    " + failure.rstrip().replace("\n", "\n    "), flush=True)
    shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    print("%d passed, %d failed" % (len(chosen) - failed, failed))
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
