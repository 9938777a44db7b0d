"""bench/compare --table: the rows of race/shapes.py, each stored as it is done, and the table of all that are stored.

A whole run takes hours; --row chooses some, --resume leaves out those that this build of the library has. Rows of a
trial (--quick) are stored apart.
"""

import json
import os
import sys

from . import environment, report
from .race import goals, run, shapes, table, verdict

LEAST_TURNS = 3


def _store(options):
    return os.path.join(options.out, "rows-trial" if options.quick else "rows")


def _read(folder):
    records = {}
    for row in shapes.ROWS:
        path = os.path.join(folder, row.name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                records[row.name] = json.load(file)
    return records


def _write(folder, record):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, record["name"] + ".json")
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
    os.replace(path + ".tmp", path)


def reached(rows, records):
    """Whether every goal of these rows is reached on a quiet machine."""
    for row in rows:
        record = records.get(row.name)
        if record is None or (record["busy"] and row.goals):
            return False
        if any(goal["verdict"] not in (verdict.REACHED, verdict.REACHED_AIM)
               for goal in goals.judged(row, record)):
            return False
    return True


def main(options):
    rows = shapes.chosen(options.row)
    if not rows:
        sys.exit(f"--row {options.row}: no such row; rows: {', '.join(row.name for row in shapes.ROWS)}")
    if options.turns < LEAST_TURNS and not options.quick:
        sys.exit(f"--turns {options.turns}: a figure takes at least {LEAST_TURNS} (fewer only with --quick)")
    wanted = set(options.engines.split(",")) if options.engines else None
    place = run.Place(options.program, options.datasets_tool, environment.home(), options.quick or 1.0,
                      options.turns, options.timeout, wanted)
    folder, machine, build = _store(options), environment.machine(environment.PEERS), place.build()
    records = _read(folder)
    for row in rows if not options.render else []:
        if options.resume and records.get(row.name, {}).get("build") == build:
            continue
        records[row.name] = run.run_row(row, place, machine)
        _write(folder, records[row.name])
    judged = {row.name: goals.judged(row, records[row.name]) for row in shapes.ROWS if row.name in records}
    report.write(options.out, "SPEED-trial" if options.quick else "SPEED",
                 table.markdown(records, bool(options.quick)), {"rows": records, "goals": judged})
    return 0 if options.quick or reached(rows, records) else 1
