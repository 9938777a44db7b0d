"""bench/compare --accuracy: held-out measures of four engines at LightGBM's default parameters.

Every data set is split ten times by committed seeds. All engines get the same rows and columns; LightGBM and Copse
the same codes as categories, the others their own natural way. Each difference from LightGBM is paired: the mean
over the splits of the difference on one split, with that mean's standard error.

As many data sets run at once as there are threads, each engine on one thread: that is the quickest for small data,
and a busy machine changes nothing.
"""

import concurrent.futures
import math
import multiprocessing
import sys
import tempfile
import time

import numpy as np

from . import catalogue, environment, measures, report
from .contenders import Copse, LightGBM, Part, ScikitLearn, XGBoost
from .settings import Draw

SPLIT_SEEDS = (101, 102, 103, 104, 105, 106, 107, 108, 109, 110)
TEST_SHARE = 0.2
MAX_ROWS = 20000  # drawn from larger files
MIN_DATA_SETS = 12
ALLOWED = 2.0  # standard errors that Copse may be behind LightGBM
NAMES = ["titanic", "german", "telco", "higgs", "bank", "adult", "ames", "bike", "california", "claims", "diamonds",
         "flights", "stays", "cover", "cuts", "letter", "readmitted"]


class Trial:
    """One data set: scores[engine][measure] is a list over the splits; size: what the report says about it."""

    def __init__(self, data_set, prepared, engines):
        self.data_set, self.size = data_set, _size_of(data_set, prepared)
        self.scores = {engine.name: {measure.name: [] for measure in self.measures} for engine in engines}

    @property
    def measures(self):
        return measures.OF_OBJECTIVE[self.data_set.objective]

    def add(self, engine, label, prediction):
        for measure in self.measures:
            self.scores[engine.name][measure.name].append(measure.value(label, prediction))

    def mean(self, engine, measure):
        return float(np.mean(self.scores[engine][measure.name]))

    def gain(self, engine, measure):
        """(mean, its standard error) of how much better than LightGBM, over the splits."""
        sign = 1.0 if measure.higher_is_better else -1.0
        ours, theirs = (np.array(self.scores[name][measure.name]) for name in (engine, LightGBM.name))
        gains = sign * (ours - theirs)
        return float(gains.mean()), float(gains.std(ddof=1) / math.sqrt(len(gains)))

    def is_behind(self, measure):
        gain, error = self.gain(Copse.name, measure)
        return gain < -ALLOWED * error


def split(n_rows, seed, share=TEST_SHARE):
    """(training rows, test rows), both ascending; deterministic."""
    draw = Draw(seed)
    keys = [(draw.between(0.0, 1.0), row) for row in range(n_rows)]
    order = [row for _, row in sorted(keys)]
    n_test = round(n_rows * share)
    return np.array(sorted(order[n_test:])), np.array(sorted(order[:n_test]))


def _run(name, options):
    """The Trial of one data set; runs in a process of its own."""
    data_set = next(data_set for data_set in catalogue.DATA_SETS if data_set.name == name)
    with tempfile.TemporaryDirectory(prefix="copse-accuracy-") as scratch:
        return _run_splits(data_set, [kind(options.program) for kind in _installed()], options, scratch)


def _run_splits(data_set, engines, options, scratch):
    prepared = catalogue.prepare(options.data, data_set, scratch, sample=MAX_ROWS)
    trial, start = Trial(data_set, prepared, engines), time.perf_counter()
    with open(prepared.path, encoding="ascii") as file:
        lines = file.readlines()
    for seed in SPLIT_SEEDS[:options.splits]:
        rows = split(len(prepared.label), seed)
        train, test = (Part(prepared, lines, part, scratch, name) for part, name in zip(rows, ("train", "test")))
        for engine in engines:
            trial.add(engine, test.label, engine.predict(data_set, train, test, scratch))
    print(f"{data_set.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return trial


def _installed():
    return [kind for kind in (LightGBM, Copse, XGBoost, ScikitLearn) if kind.is_installed()]


def data_sets_of(options):
    """Those that are there, in the order of the report."""
    if not options.data:
        sys.exit(f"--{options.mode} needs the real data: set COPSE_DATA or give --data")
    if not 2 <= options.splits <= len(SPLIT_SEEDS):
        sys.exit(f"--splits: expected 2 to {len(SPLIT_SEEDS)}, found {options.splits}")
    wanted = [data_set for name in NAMES for data_set in catalogue.DATA_SETS if data_set.name == name]
    if options.private:
        wanted += [data_set for data_set in catalogue.DATA_SETS if data_set.private]
    data_sets = catalogue.available(options.data, wanted)
    if len(data_sets) < MIN_DATA_SETS:
        sys.exit(f"--{options.mode} needs at least {MIN_DATA_SETS} data sets, found {len(data_sets)} in {options.data}")
    return data_sets


def main(options):
    data_sets = data_sets_of(options)
    longest_first = sorted(data_sets, key=lambda data_set: -data_set.n_classes)
    with concurrent.futures.ProcessPoolExecutor(options.threads, multiprocessing.get_context("spawn")) as pool:
        pending = {data_set.name: pool.submit(_run, data_set.name, options) for data_set in longest_first}
        trials = [pending[data_set.name].result() for data_set in data_sets]
    return _report(trials, [kind(options.program) for kind in _installed()], options)


# ---- the report


SIZE = ["data", "task", "rows", "features", "categorical", "most levels", "missing cells"]


def _size_of(data_set, prepared):
    columns = prepared.columns
    missing = sum(int(np.isnan(column).sum()) for column in columns)
    levels = max([len(np.unique(columns[at][~np.isnan(columns[at])])) for at in prepared.text_features], default=0)
    kind = data_set.objective + (f" {data_set.n_classes}" if data_set.n_classes else "")
    return [data_set.name, kind, len(prepared.label), len(columns), len(prepared.text_features), levels, missing]


def _rows_of(trial, engines):
    rows = []
    for measure in trial.measures:
        row = [trial.data_set.name, measure.title]
        row += [f"{trial.mean(engine.name, measure):.6g}" for engine in engines]
        for engine in engines[1:]:
            gain, error = trial.gain(engine.name, measure)
            row.append(f"{gain:+.2g} ± {error:.1g}" if gain or error else "0")
        rows.append(row + ["BEHIND" if trial.is_behind(measure) else ""])
    return rows


def _report(trials, engines, options):
    behind = [(trial, measure) for trial in trials for measure in trial.measures if trial.is_behind(measure)]
    missing = [kind.name for kind in (XGBoost, ScikitLearn) if kind not in _installed()]
    machine = environment.machine(environment.OTHER_LEARNERS)
    lines = [f"# Held-out accuracy at default parameters, {time.strftime('%Y-%m-%d')}", "",
             ", ".join(f"{engine.name} {engine.version}" for engine in engines)
             + "".join(f"; {name} is not installed and has no column" for name in missing) + ".", "",
             f"{len(trials)} real data sets, {options.splits} random splits of each into 80 % and 20 % (seeds "
             f"{SPLIT_SEEDS[0]} to {SPLIT_SEEDS[options.splits - 1]}); files of more than {MAX_ROWS} rows are cut to "
             "as many drawn ones. 100 rounds, learning rate 0.1, 31 leaves, else each engine's own defaults "
             "(XGBoost: `grow_policy=lossguide max_depth=0`; scikit-learn: HistGradientBoosting without early "
             "stopping). Same rows and columns for all; texts are coded as integers and told to each engine as its "
             "kind of category, to scikit-learn as numbers above 255 levels.", "",
             report.table(SIZE, [trial.size for trial in trials]), "",
             "Mean over the splits, and gain over LightGBM: mean of the paired differences ± its standard error, "
             "above 0 where better than LightGBM.", "",
             report.table(["data", "measure"] + [engine.name for engine in engines]
                          + [f"gain of {engine.name}" for engine in engines[1:]] + [""],
                          [row for trial in trials for row in _rows_of(trial, engines)]), "",
             _verdict(behind), "", report.facts(machine)]
    report.write(options.out, "accuracy", "\n".join(lines), {
        "machine": machine, "engines": {engine.name: engine.version for engine in engines}, "missing": missing,
        "split seeds": SPLIT_SEEDS[:options.splits],
        "data": [{"name": trial.data_set.name, "size": dict(zip(SIZE, trial.size)), "scores": trial.scores,
                  "behind": [measure.name for other, measure in behind if other is trial]} for trial in trials]})
    return 1 if behind else 0


def _verdict(behind):
    if not behind:
        return f"On no set is Copse behind LightGBM by more than {ALLOWED:g} standard errors."
    return "\n".join(f"- FAIL {trial.data_set.name}: {measure.title}: Copse is behind LightGBM by more than "
                     f"{ALLOWED:g} standard errors" for trial, measure in behind)
