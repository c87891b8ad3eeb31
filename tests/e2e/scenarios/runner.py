# SPDX-License-Identifier: ISC
"""Runs the scenarios of some modules side by side, and tells of each how it went."""

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

from . import harness, tls


def run(scenario):
    begin = time.monotonic()
    try:
        scenario()
        failure = None
    except Exception:  # whatever it is, it is a scenario that failed
        failure = traceback.format_exc()
    return scenario, failure, time.monotonic() - begin


def give_up(*_):
    faulthandler.dump_traceback()
    with harness.STARTING:  # and never let go: no program starts any more
        for running in list(harness.SERVERS):
            running.process.kill()
            running.process.wait()
        for _ in range(100):  # scenarios may still add to it
            shutil.rmtree(tempfile.tempdir, ignore_errors=True)
            if not os.path.exists(tempfile.tempdir):
                break
        print("given up", flush=True)
        os._exit(1)


def main(usage, modules, workers, limit):
    """All scenarios of the modules, or those that have one of the command line's words in their name. `limit` is in
    seconds, for all. Returns the exit code."""
    if len(sys.argv) < 2:
        sys.exit(usage)
    words = sys.argv[2:]
    tempfile.tempdir = tempfile.mkdtemp(prefix="scenarios.")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, give_up)
    signal.alarm(limit)
    harness.PROGRAMS = os.path.join(os.path.abspath(sys.argv[1]), "examples")
    for module in modules:
        importlib.import_module("scenarios." + module)
    chosen = [s for s in harness.SCENARIOS if not words or any(word in harness.name_of(s) for word in words)]
    absent = [] if tls.is_built() else [s for s in chosen if s.tls]
    chosen = [s for s in chosen if s not in absent]
    # the slow ones sleep most of the time: they come first
    chosen.sort(key=lambda scenario: not scenario.slow)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for scenario, failure, seconds in pool.map(run, chosen):
            failed += failure is not None
            print("%-7s %5.1f s  %s" % ("FAILED" if failure else "ok", seconds, harness.name_of(scenario)), flush=True)
            if failure:
                print("    " + failure.rstrip().replace("\n", "\n    "), flush=True)
    shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    print("%d passed, %d failed" % (len(chosen) - failed, failed) +
          (", %d skipped: this build has no TLS" % len(absent) if absent else ""))
    return 1 if failed or not (chosen or absent) else 0
