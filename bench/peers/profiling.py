"""bench/compare --profile: `copse profile` beside ydata-profiling in its minimal mode, on the same generated raw leads.

Copse's page has more in it: the target, leakage, pairs, what is missing together. ydata-profiling has an environment of
its own, since it wants older versions of what the other peers use.
"""

import os
import statistics
import subprocess
import sys
import tempfile

from . import environment, process, report
from .race import load, verdict

AT_LEAST = 30  # times as fast
SEED = 1
SCRIPT = os.path.join(os.path.dirname(__file__), "profile_ydata.py")
PACKAGES = ["ydata-profiling", "setuptools<81"]  # it imports pkg_resources, which newer ones have not


def _peer():
    """(its interpreter, its version), installed if need be."""
    folder = os.path.join(environment.home(), f"ydata-python{sys.version_info.major}.{sys.version_info.minor}")
    python = os.path.join(folder, "bin", "python")
    asks = [python, "-c", "from importlib import metadata; print(metadata.version('ydata-profiling'))"]
    if not os.path.exists(python) or subprocess.run(asks, capture_output=True, check=False).returncode != 0:
        print(f"making {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES],
                       stdout=sys.stderr, check=True)
    return python, subprocess.run(asks, capture_output=True, check=True, text=True).stdout.strip()


def main(options):
    python, version = _peer()
    turns, others = [], []
    with tempfile.TemporaryDirectory(prefix="copse-profile-") as scratch:
        raw, pages = os.path.join(scratch, "leads.csv"), [os.path.join(scratch, name) for name in ("a.html", "b.html")]
        subprocess.run([options.datasets_tool, "leads", f"rows={options.leads}", f"seed={SEED}", f"out={raw}"],
                       check=True)
        for _ in range(options.pairs):
            before = load.reading()
            seconds, peak, _ = process.run([options.program, "profile", raw, "target=app_complete_flag",
                                            f"out={pages[0]}"])
            _, peer_peak, said = process.run([python, SCRIPT, raw, pages[1]], capture=True)
            turns.append({"Copse": {"seconds": seconds, "peak_mb": peak},
                          "ydata-profiling": {"seconds": float(said.split()[-1]), "peak_mb": peer_peak}})
            others.append(load.cores_of_others(before, load.reading()))
        sizes = {name: os.path.getsize(page) for name, page in zip(turns[0], pages)}
    return _report(options, turns, others, sizes, version)


def _report(options, turns, others, sizes, version):
    ours, theirs = turns[0]
    ratio = statistics.median(turn[theirs]["seconds"] / turn[ours]["seconds"] for turn in turns)
    medians = {name: {key: statistics.median(turn[name][key] for turn in turns) for key in turns[0][name]}
               for name in turns[0]}
    failed = ["the machine was busy"] * verdict.busy(others)
    if ratio < AT_LEAST:
        failed.append(f"{ratio:.1f} times as fast, wanted {AT_LEAST}")
    if medians[ours]["peak_mb"] >= medians[theirs]["peak_mb"]:
        failed.append("more memory than ydata-profiling")
    lines = ["# Profile of raw leads", "",
             f"{options.leads:,} generated leads x 46 columns, {options.pairs} turns; other work had "
             f"{', '.join(f'{cores:.2f}' for cores in others)} cores. Copse: whole process, with the target. "
             f"ydata-profiling {version}, minimal, without one: from the file to the page, imports left out.", "",
             report.table(["", "s", "peak MB", "page kB"],
                          [[name, f"{found['seconds']:.2f}", f"{found['peak_mb']:.0f}", f"{sizes[name] / 1e3:.0f}"]
                           for name, found in medians.items()]), "",
             f"ydata-profiling / Copse: {ratio:.1f} (wanted {AT_LEAST}).", "", *(f"FAIL {line}" for line in failed)]
    report.write(options.out, "profile", "\n".join(lines), {"turns": turns, "ratio": ratio, "failures": failed,
                                                           "machine": environment.machine()})
    return 1 if failed else 0
