"""The table of speed as Markdown, from the records of its rows (run.py)."""

from .. import report
from . import gap, goals, run, shapes, verdict

UNITS = {"_s": "s", "_us": "µs", "_mb": "MB"}
EXTRA = {"train": ("train_cpu_s", "bins_s", "peak_mb", "base_mb"),
         "growth": ("small_train_s", "train_cpu_s", "peak_mb"), "threads": ("one_train_s", "train_cpu_s"),
         "bins": ("bins_cpu_s", "peak_mb", "base_mb"), "csv": (), "memory": ("base_mb",),
         "predict": ("predict_cpu_s", "peak_mb"), "predict_row": ("row_cpu_us",)}
TITLES = {"train_s": "train", "train_cpu_s": "CPU", "bins_s": "bins", "bins_cpu_s": "CPU", "csv_s": "CSV to bins",
          "predict_s": "predict", "predict_cpu_s": "CPU", "row_us": "one row", "row_cpu_us": "CPU", "peak_mb": "peak", "base_mb": "base",
          "small_train_s": "train on the first eighth", "one_train_s": "train, one thread"}


def number(value):
    """Three digits that count, whole from 100 on."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}".rstrip(".")


def _title(measure):
    unit = next(unit for ending, unit in UNITS.items() if measure.endswith(ending))
    return f"{TITLES[measure]} {unit}"


def _compared(measure):
    """CPU time has its ratio too: what a busy machine changes less."""
    return "_cpu_" in measure


def _own_column(row):
    """(title, pairs above and below, scale) of what a row of growth or threads compares within an engine."""
    if row.task == "growth":
        return "share of linear", ("train_s", "small_train_s"), goals.SMALL_SHARE
    if row.task == "threads":
        return "one thread / two", ("one_train_s", "train_s"), 1.0
    return None


def _accuracy(turns, name):
    for turn in turns:
        if turn.get(name, {}).get("accuracy"):
            return turn[name]["accuracy"]
    return {}


def _worse(row, record):
    """What the held-out rows say beside LightGBM where the row has it: the summary's last column."""
    peers = [contestant.name for contestant in row.contestants if contestant.engine == "lightgbm"]
    gains = [gap.of_turns(row, record["turns"], goals.OURS, name) for name in peers]
    if not any(gains):
        return ""
    behind = {title: gain for one in gains for title, gain in one.items() if gap.is_behind(*gain)}
    return "; ".join(f"{title} behind on this set: {gap.text(*gain)}" for title, gain in behind.items()) or "not worse"


def section(row, record):
    turns, main = record["turns"], run.MAIN_MEASURE[row.task]
    names = [contestant.name for contestant in row.contestants if verdict.values_of(turns, contestant.name, main)]
    shown, own = (main,) + EXTRA[row.task], _own_column(row)
    titles = sorted({title for name in names for title in _accuracy(turns, name)})
    header = ["engine", _title(main), "/ Copse"]
    for measure in shown[1:]:
        header += [_title(measure)] + ["/ Copse"] * _compared(measure)
    gains = {name: gap.of_turns(row, turns, goals.OURS, name) for name in names if name != goals.OURS}
    compared = [title for title in titles if any(title in gain for gain in gains.values())]
    header += ([own[0]] if own else []) + titles + [f"{title}: gain of Copse" for title in compared]
    lines = []
    for name in names:
        line = [name]
        for measure in shown:
            line.append(number(verdict.median_of(turns, name, measure)))
            if measure == main or _compared(measure):
                ratio = verdict.figure(verdict.ratios(turns, goals.OURS, [name], measure))
                line.append("" if name == goals.OURS else number(ratio))
        if own:
            above, below = ((name, measure) for measure in own[1])
            line.append(number(verdict.figure(verdict.within_turn(turns, above, below, own[2]))))
        accuracy = _accuracy(turns, name)
        line += [f"{accuracy[title]:.5f}" if title in accuracy else "" for title in titles]
        of_copse = gains.get(name, {})
        lines.append(line + [gap.text(*of_copse[title]) if title in of_copse else "" for title in compared])
    settings = ", ".join(f"{key}={value}" for key, value in record["settings"].items())
    out = [f"## {row.name}: {row.title}", "",
           f"{record['n_rows']} rows; {settings}; {len(turns)} turns; {record['date']}; library build "
           f"{record['build']}; load at the end {record['load']:.1f}; other work had "
           + ", ".join(f"{cores:.2f}" for cores in record["others"]) + " cores in the turns"
           + (f". Here: {row.note}" if row.note else "") + ".", ""]
    if record["busy"]:
        out += ["**Not a measurement: the machine was busy.**", ""]
    if lines:
        out += [report.table(header, lines), ""]
    missing = {**record["absent"], **_left_out(row, record)}
    out += [f"- {name}: no figure: {reason}" for name, reason in missing.items()]
    return out + ([""] if missing else [])


def _left_out(row, record):
    """Those of the row that did not run at all: --engines named others."""
    ran = {name for turn in record["turns"] for name in turn}
    return {contestant.name: "left out of this run (--engines)" for contestant in row.contestants
            if contestant.name not in ran and contestant.name not in record["absent"]}


def _summary(row, record):
    if record is None:
        return [[row.name, row.title, "", "", "", "", "not run", ""]]
    lines = []
    for goal in goals.judged(row, record) or [None]:
        if goal is None:
            lines.append([row.name, row.title, "", "", "", "", "shown only", _worse(row, record)])
            continue
        bound = "at most" if goal["less"] else "at least"
        said = goal["verdict"] + (" (busy machine)" if record["busy"] else "")
        if goal["verdict"] == verdict.NO_FIGURE:
            said += _why(row, record)
        lines.append([row.name, row.title, goal["what"], f"{bound} {goal['at_least']:g}", f"{goal['aim']:g}",
                      number(goal["figure"]), said, _worse(row, record)])
    return lines


def _why(row, record):
    return next((f": {record['absent'][name]}" for name in [goals.OURS] + [contestant.name for contestant in
                 row.contestants] if name in record["absent"]), "")


def _versions(records):
    found = {}
    for record in records.values():
        for name, version in record["versions"].items():
            found.setdefault(name, set()).add(version)
    return [f"- {name}: {', '.join(sorted(versions))}" for name, versions in found.items()]


def _machines(records):
    found = {", ".join([of["processor"], of["threads available"] + " threads", of["memory"], of["system"]])
             for of in (record["machine"] for record in records.values())}
    return [f"- machine: {text}" for text in sorted(found)]


def markdown(records, trial):
    """records: {name of the row: its record}; rows without one are named as not run."""
    lines = ["# Speed of Copse and its peers" + (" (a trial on small data: no figures)" if trial else ""), "",
             "Made by `bench/compare --table`; see [README.md](README.md). A figure is the median of the ratios of "
             "one turn each; seconds are medians of wall clock. Training seconds leave out loading and finding bins "
             "on every side. Each run is a process of its own with the same rows in memory as float64. Same "
             "learning rate 0.1, leaves, rounds, bins, threads; XGBoost and CatBoost grow by loss. Gain of Copse: how "
             "much better than that engine on the held-out rows, ± its standard error over ten blocks of them; behind is what is "
             "behind by more than two. One generated set cannot tell a better engine from a luckier one; "
             "`bench/compare --table-accuracy` takes ten others.", "",
             report.table(["row", "what", "figure is", "wanted", "aim", "found", "verdict",
                           "AUC, accuracy, loss beside LightGBM"],
                          [line for row in shapes.ROWS for line in _summary(row, records.get(row.name))]), "",
             "## Versions and machine", "", *_versions(records), *_machines(records), ""]
    for row in shapes.ROWS:
        if row.name in records:
            lines += section(row, records[row.name])
    return "\n".join(lines)
