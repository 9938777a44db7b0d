"""One run of a program: its seconds and its largest resident memory."""

import os
import subprocess
import sys
import time


def run(command, capture=False):
    """(seconds, peak MB, what it printed to standard output where captured) of a process; ends the comparison where it
    fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE if capture else subprocess.DEVNULL)
    printed = process.stdout.read().decode() if capture else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"failed (exit {process.returncode}): {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, printed
