"""bench/compare --table-accuracy: whether Copse predicts as well as LightGBM on the training rows of the table of speed.

The table trains on one generated set and tests on one more, which cannot tell a better engine from a luckier one. Here
every shape is generated anew from ten seeds and tested on 100,000 held-out rows, and what counts is the mean over the
seeds of the difference on one seed, with that mean's standard error.
"""

import dataclasses
import json
import math
import os
import shutil
import statistics
import sys

from . import environment, report
from .engines import EngineError
from .race import gap, generated, run, shapes

MOST_ROWS = 400000  # more change neither engine's splits much, and twice as many as LightGBM finds cut points in
TEST_ROWS = 100000
REFERENCE, OURS, NOT_RUN = "lightgbm", "copse", "not run"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A contestant: title, key of race/engines.py, parameters on top of the row's."""
    title: str
    engine: str
    variant: dict = dataclasses.field(default_factory=dict)


def kinds(version):
    """By the name that --engines has; version: LightGBM's. Those after the third find out why a row differs."""
    return {REFERENCE: Kind("LightGBM", "lightgbm"), OURS: Kind("Copse", "copse"),
            "copse-compat": Kind("Copse compat", "copse", {"compat": environment.compat_of(version)}),
            "copse-hessian": Kind("Copse leaf_counts=hessian", "copse", {"leaf_counts": "hessian"}),
            "copse-drawn": Kind("Copse bin_construct_sample_cnt=200000", "copse",
                                {"bin_construct_sample_cnt": 200000})}


DEFAULT = (REFERENCE, OURS, "copse-compat")


def rows_of(patterns):
    """The training rows at one thread; threads change nothing in Copse's trees."""
    return [row for row in shapes.chosen(patterns) if row.task == "train" and row.name.endswith("-t1")]


def data_of(row, seed):
    data = shapes.DATA[row.data]
    n_rows = min(data.n_rows, MOST_ROWS)
    return dataclasses.replace(data, n_rows=n_rows, held_out=TEST_ROWS / n_rows, seed=seed)


def gain(scores, name, title, sign):
    """(mean, its standard error) of how much better than the reference; scores: a dictionary of every seed; sign: 1
    where more is better, else -1."""
    gains = [sign * (score[name][title] - score[REFERENCE][title]) for score in scores]
    return statistics.fmean(gains), statistics.stdev(gains) / math.sqrt(len(gains))


class Store:
    """What every contestant scored, a file for each row and seed. A result counts for the same version of LightGBM
    (Copse: the same build of the library) and as many rows."""

    def __init__(self, folder, build, lightgbm):
        self.folder, self._build, self._lightgbm = os.path.join(folder, "table-accuracy"), build, lightgbm

    def _path(self, row, seed):
        return os.path.join(self.folder, f"{row.name}-{seed}.json")

    def _key(self, row, seed, name):
        version = self._lightgbm if name == REFERENCE else self._build
        return f"{version} {data_of(row, seed).n_rows}+{TEST_ROWS}"

    def _read(self, row, seed):
        try:
            with open(self._path(row, seed), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def find(self, row, seed):
        """{contestant: {title of a measure: value}}"""
        return {name: one["scores"] for name, one in self._read(row, seed).items()
                if one["key"] == self._key(row, seed, name)}

    def keep(self, row, seed, name, scores):
        found = {**self._read(row, seed), name: {"key": self._key(row, seed, name), "scores": scores}}
        os.makedirs(self.folder, exist_ok=True)
        with open(self._path(row, seed) + ".tmp", "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
        os.replace(self._path(row, seed) + ".tmp", self._path(row, seed))


def _train(rows, seeds, named, place, store, resume):
    """The rows that share their data are done together, which is generated once for each seed and then removed."""
    for data_name in dict.fromkeys(row.data for row in rows):
        alike = [row for row in rows if row.data == data_name]
        for seed in seeds:
            todo = [(row, key) for row in alike for key in named if not resume or key not in store.find(row, seed)]
            if not todo:
                continue
            folder = generated.make(place.tool, place.home, data_of(alike[0], seed), 1.0)
            for row, key in todo:
                _one(row, seed, key, named[key], folder, place, store)
            shutil.rmtree(folder)


def _one(row, seed, key, kind, folder, place, store):
    theirs = next(contestant for contestant in row.contestants if contestant.engine == kind.engine)
    contestant = shapes.Contestant(kind.title, kind.engine, {**theirs.variant, **kind.variant})
    worker = run.Worker(dataclasses.replace(row, data=data_of(row, seed)), place, folder)
    answer = worker.run(contestant, "train", row.settings)
    if "refused" in answer:
        raise EngineError(f"{row.name}, seed {seed}, {kind.title}: {answer['refused']}")
    store.keep(row, seed, key, answer["measures"]["accuracy"])
    print(f"{row.name}, seed {seed}, {kind.title}: {answer['measures']['accuracy']}", file=sys.stderr, flush=True)


def lines_of(row, seeds, named, store):
    """The table's lines of a row, of the seeds that all contestants have."""
    scores = [one for one in (store.find(row, seed) for seed in seeds) if all(key in one for key in named)]
    n_rows = f"{data_of(row, seeds[0]).n_rows:,}"
    if len(scores) < 2:
        return [[row.name, n_rows, len(scores), NOT_RUN, *[""] * (2 * len(named))]], []
    lines, behind = [], []
    for title, sign in sorted(gap.directions(row).items()):
        gains = {key: gain(scores, key, title, sign) for key in named if key != REFERENCE}
        is_behind = gap.is_behind(*gains[OURS])
        behind += [f"{row.name}: {title}"] * is_behind
        lines.append([row.name, n_rows, len(scores), title,
                      *(f"{statistics.fmean(score[key][title] for score in scores):.5f}" for key in named),
                      *(gap.text(*one) for one in gains.values()), "BEHIND" * is_behind])
    return lines, behind


def _report(rows, seeds, named, place, store, out):
    lines, behind, machine = [], [], environment.machine()
    for row in rows:
        shown, worse = lines_of(row, seeds, list(named), store)
        lines, behind = lines + shown, behind + worse
    n_idle = sum(line[3] == NOT_RUN for line in lines)
    verdict = ("In no row that was run is Copse behind LightGBM by more than two standard errors." if not behind else
               "Copse is behind LightGBM by more than two standard errors: " + ", ".join(behind) + ".")
    titles = [kind.title for kind in named.values()]
    text = ["# Held-out accuracy on the training rows of the table of speed", "",
            "Made by `bench/compare --table-accuracy`; see [README.md](README.md). The rows of `--table` by their names, "
            f"one thread, with their settings, but at most {MOST_ROWS:,} training rows; generated anew from each seed "
            f"(from 2 on), tested on {TEST_ROWS:,} held-out rows. Means over the seeds, and gain over LightGBM: mean of the "
            "paired differences ± its standard error, above 0 where better than LightGBM.", "",
            report.table(["row", "training rows", "seeds", "measure", *titles,
                          *(f"gain of {title}" for title in titles if title != named[REFERENCE].title), ""], lines), "",
            verdict, "", f"Library build {place.build()}; LightGBM {machine['lightgbm']}."]
    report.write(out, "ACCURACY_SPEED_ROWS", "\n".join(text), {
        "machine": machine, "build": place.build(),
        "scores": {row.name: {seed: store.find(row, seed) for seed in seeds} for row in rows}})
    return 1 if behind or n_idle else 0


def main(options):
    rows = rows_of(options.row)
    if not rows:
        sys.exit(f"--row {options.row}: no such row; rows: {', '.join(row.name for row in rows_of('*'))}")
    if options.seeds < 2:
        sys.exit(f"--seeds {options.seeds}: a standard error takes at least 2")
    lightgbm = environment.machine()["lightgbm"]
    known = kinds(lightgbm)
    keys = list(dict.fromkeys([REFERENCE, OURS, *(options.engines.split(",") if options.engines else DEFAULT)]))
    for key in keys:
        if key not in known:
            sys.exit(f"--engines: {key}: expected some of {','.join(known)}")
    named = {key: known[key] for key in keys}
    seeds = range(2, 2 + options.seeds)  # 1 is the table's own
    place = run.Place(options.program, options.datasets_tool, environment.home(), timeout_s=options.timeout)
    store = Store(options.out, place.build(), lightgbm)
    if not options.render:
        _train(rows, seeds, named, place, store, options.resume)
    return _report(rows, seeds, named, place, store, options.out)
