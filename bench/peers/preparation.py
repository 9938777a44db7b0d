"""bench/compare --prep: the data pipeline of the lead-scoring case, `copse prep run` beside pandas and sqlite3.

Generated raw leads, each side in turn, then the tables of both databases are compared row by row. The data pipeline
ends with model_input; --encoded adds the first step of the training pipeline, two tables more.
"""

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile

from . import environment, process, report
from .race import load, verdict

DATA = ("loaded_data", "city_tier_mapped", "categorical_variables_mapped", "interactions_mapped", "model_input")
ENCODED = DATA + ("target", "features")
AT_LEAST = 10  # times as fast
SEED = 1


def _plain(value):
    """SQLite keeps 1 and 1.0 apart, the case does not."""
    return float(value) if isinstance(value, (int, float)) else value


def _rows(database, table):
    found = [tuple(map(_plain, row)) for row in database.execute(f'SELECT * FROM "{table}"')]
    return found if table == "interactions_mapped" else sorted(found, key=repr)


def _recipe(path, folder, encoded):
    """The case's recipe, or the part of it that is the data pipeline."""
    if encoded:
        return path
    with open(path, encoding="utf-8") as file:
        text = file.read()
    shorter = os.path.join(folder, "data.recipe")
    with open(shorter, "w", encoding="utf-8") as file:
        file.write(text[:text.index("[select target]")])
    return shorter


def differences(paths, tables):
    """A line for each table that is not the same in both databases. Only interactions_mapped has an order."""
    sides, found = [sqlite3.connect(path) for path in paths], []
    for table in tables:
        names = [[row[1] for row in side.execute(f'PRAGMA table_info("{table}")')] for side in sides]
        rows = [_rows(side, table) for side in sides]
        if names[0] != names[1]:
            found.append(f"{table}: columns {sorted(set(names[0]) ^ set(names[1]))} on one side only, or another order")
        elif rows[0] != rows[1]:
            at = next((i for i, pair in enumerate(zip(*rows)) if pair[0] != pair[1]), min(map(len, rows)))
            found.append(f"{table}: {len(rows[0])} and {len(rows[1])} rows; row {at + 1} differs: "
                         f"{[side[at] if at < len(side) else None for side in rows]}")
    for side in sides:
        side.close()
    return found


def main(options):
    leads = os.path.join(options.root, "datasets", "leads")
    script = os.path.join(os.path.dirname(__file__), "leads_pandas.py")
    turns, others = [], []
    with tempfile.TemporaryDirectory(prefix="copse-prep-") as scratch:
        raw = os.path.join(scratch, "leads.csv")
        databases = [os.path.join(scratch, name + ".db") for name in ("copse", "pandas")]
        subprocess.run([options.datasets_tool, "leads", f"rows={options.leads}", f"seed={SEED}", f"out={raw}"],
                       check=True)
        recipe = _recipe(os.path.join(leads, "leads.recipe"), scratch, options.encoded)
        commands = {"Copse": [options.program, "prep", "run", recipe, f"input={raw}", f"db={databases[0]}",
                              f"maps={leads}"],
                    "pandas and sqlite3": [sys.executable, script, raw, databases[1], leads,
                                           "encoded" if options.encoded else "data"]}
        for _ in range(options.pairs):
            before, turn = load.reading(), {}
            for path in databases:
                if os.path.exists(path):
                    os.remove(path)
            for name, command in commands.items():
                seconds, peak, _ = process.run(command)
                turn[name] = {"seconds": seconds, "peak_mb": peak}
            turns.append(turn)
            others.append(load.cores_of_others(before, load.reading()))
        different = differences(databases, ENCODED if options.encoded else DATA)
        size = os.path.getsize(raw)
    return _report(options, turns, others, different, size)


def _report(options, turns, others, different, size):
    names = list(turns[0])
    ratio = statistics.median(turn[names[1]]["seconds"] / turn[names[0]]["seconds"] for turn in turns)
    medians = {name: {key: statistics.median(turn[name][key] for turn in turns) for key in turns[0][name]}
               for name in names}
    failed = different + ["the machine was busy"] * verdict.busy(others)
    if ratio < AT_LEAST:
        failed.append(f"{ratio:.1f} times as fast, wanted {AT_LEAST}")
    if medians[names[0]]["peak_mb"] >= medians[names[1]]["peak_mb"]:
        failed.append("more memory than pandas")
    lines = ["# Preparing raw leads", "",
             f"{options.leads:,} generated leads ({size / 1e6:.0f} MB of CSV) to the "
             f"{'seven tables of the case' if options.encoded else 'five tables of the data pipeline'}, "
             f"{options.pairs} turns; other work had {', '.join(f'{cores:.2f}' for cores in others)} cores.", "",
             report.table(["", "s", "peak MB"], [[name, f"{found['seconds']:.2f}", f"{found['peak_mb']:.0f}"]
                                                for name, found in medians.items()]), "",
             f"pandas / Copse: {ratio:.1f} (wanted {AT_LEAST}). "
             + ("The tables are the same." if not different else "The tables differ."), "",
             *(f"FAIL {line}" for line in failed)]
    report.write(options.out, "prep", "\n".join(lines), {"turns": turns, "ratio": ratio, "failures": failed,
                                                        "machine": environment.machine()})
    return 1 if failed else 0
