"""bench/compare --speed: a training row of one's own size, Copse beside both layouts of LightGBM, in turn.

The runs are those of --table (race/run.py). A busy machine is named in the report and fails the run: other work does
not slow both sides alike (threads that spin at barriers suffer most).
"""

from . import environment, report
from .race import goals, run, shapes, table, verdict


def main(options):
    data = shapes.Data("higgs", options.rows)
    row = shapes.Row("speed", f"{options.rows} x 28 dense, {options.leaves} leaves, {options.rounds} rounds, "
                     f"{options.threads} threads", "train", data, (shapes.COPSE,) + shapes.BOTH_LAYOUTS,
                     {"num_leaves": options.leaves, "rounds": options.rounds, "max_bin": 255,
                      "threads": options.threads}, (shapes.Goal("share", "LightGBM", verdict.Target(1, 1, True)),))
    place = run.Place(options.program, options.datasets_tool, environment.home(), 1.0, options.pairs)
    record = run.run_row(row, place, environment.machine())
    goal = goals.judged(row, record)[0]
    lines = ["# Training speed", "", *table.section(row, record),
             f"Copse / the faster LightGBM: {table.number(goal['figure'])}.", ""]
    phases = record["turns"][-1].get(goals.OURS, {}).get("phases")
    if phases:
        lines += ["Copse's phases in its last run: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in
                                                               phases.items()), ""]
    report.write(options.out, "speed", "\n".join(lines + [report.facts(record["machine"])]),
                 {**record, "median ratio": goal["figure"]})
    return 0 if goal["figure"] is not None and goal["figure"] <= 1 and not record["busy"] else 1
