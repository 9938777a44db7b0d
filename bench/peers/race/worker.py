"""One job in one process: a JSON object on standard input, the measures as one on standard output.

The answer is {"measures": {...}} or {"refused": reason}; a crash is the exit code and standard error.
"""

import json
import os
import sys

from . import engines, tasks
from .engine import Refused


def main():
    job = json.load(sys.stdin)
    out = os.dup(1)
    os.dup2(2, 1)  # whatever an engine prints is no part of the answer
    kind = engines.ENGINES[job["engine"]]
    try:
        reason = kind.missing()
        if reason:
            raise Refused(reason)
        answer = {"measures": tasks.run(kind(job), job), "version": kind.version(job)}
    except Refused as refused:
        answer = {"refused": str(refused)}
    with os.fdopen(out, "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
