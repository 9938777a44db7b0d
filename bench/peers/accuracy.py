"""bench/compare --accuracy: held-out measures of five engines at LightGBM's default parameters, for every objective.

Every data set is split ten times by committed seeds. All engines get the same rows and columns; LightGBM and Copse
the same codes as categories, the others their own natural way. Each difference from LightGBM is paired: the mean
over the splits of the difference on one split, with that mean's standard error.

As many cases (cases.py) run at once as there are threads, each engine on one thread: that is the quickest for small
data, and a busy machine changes nothing.
"""

import concurrent.futures
import fnmatch
import multiprocessing
import os
import sys
import tempfile
import time

import numpy as np

from . import catalogue, environment, report
from .cases import CASES, Case
from .contenders import CatBoost, Copse, CopseAuto, CopseCompat, LightGBM, Part, ScikitLearn, XGBoost
from .settings import Draw
from .trials import ALLOWED, Store, Trial

SPLIT_SEEDS = (101, 102, 103, 104, 105, 106, 107, 108, 109, 110)
TEST_SHARE = 0.2
MAX_ROWS = 20000  # drawn from larger files
MIN_DATA_SETS = 12


def split(n_rows, seed, share=TEST_SHARE):
    """(training rows, test rows), both ascending; deterministic."""
    draw = Draw(seed)
    keys = [(draw.between(0.0, 1.0), row) for row in range(n_rows)]
    order = [row for _, row in sorted(keys)]
    n_test = round(n_rows * share)
    return np.array(sorted(order[n_test:])), np.array(sorted(order[:n_test]))


def split_of(prepared, seed):
    """split() of the rows; whole queries where the data has them."""
    if prepared.query is None:
        return split(len(prepared.label), seed)
    parts = split(int(prepared.query[-1]) + 1, seed)
    return tuple(np.flatnonzero(np.isin(prepared.query, part)) for part in parts)


def _run(case, options):
    """The Trial of one case; runs in a process of its own."""
    engines = [engine for engine in _engines(options) if engine.has(case.objective)]
    store = Store(os.path.join(options.out, "accuracy-cases"), options.program, options.splits)
    size, stored = store.find(case, engines) if options.resume else (None, {})
    wanted = [engine for engine in engines if engine.name not in stored]
    trial = Trial(case, size, engines)
    if wanted:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="copse-accuracy-") as scratch:
            prepared = catalogue.prepare(options.data, case.data_set, scratch, sample=MAX_ROWS)
            trial.size = size_of(case.data_set, prepared)
            _run_splits(trial, prepared, wanted, options, scratch)
        for engine in wanted:
            store.keep(trial, engine)
        print(f"{case.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    trial.scores.update(stored)
    return trial


def _run_splits(trial, prepared, engines, options, scratch):
    case = trial.case
    with open(prepared.path, encoding="ascii") as file:
        lines = file.readlines()
    for seed in SPLIT_SEEDS[:options.splits]:
        train, test = (Part(prepared, lines, rows, scratch, name, case.data_set.weight is not None)
                       for rows, name in zip(split_of(prepared, seed), ("train", "test")))
        for engine in engines:
            trial.add(engine, test, engine.predict(case, train, test, scratch))


KINDS = {"lightgbm": LightGBM, "copse": Copse, "copse-compat": CopseCompat, "copse-auto": CopseAuto,
         "xgboost": XGBoost, "catboost": CatBoost, "sklearn": ScikitLearn}


def _engines(options):
    """The installed ones of those that are wanted; LightGBM and Copse always."""
    wanted = options.engines.split(",") if options.engines else list(KINDS)
    for key in wanted:
        if key not in KINDS:
            sys.exit(f"--engines: {key}: expected some of {','.join(KINDS)}")
    return [kind(options.program) for key, kind in KINDS.items()
            if kind.is_installed() and key in [*wanted, "lightgbm", "copse"]]


def cases_of(options, cases):
    """Those whose data are there, in the order of the report."""
    if not options.data:
        sys.exit(f"--{options.mode} needs the real data: set COPSE_DATA or give --data")
    if not 2 <= options.splits <= len(SPLIT_SEEDS):
        sys.exit(f"--splits: expected 2 to {len(SPLIT_SEEDS)}, found {options.splits}")
    wanted = list({case.data_set: None for case in cases})
    if options.private:
        private = [data_set for data_set in catalogue.DATA_SETS if data_set.private]
        wanted, cases = wanted + private, cases + [Case(data_set) for data_set in private]
    found = catalogue.available(options.data, wanted)
    if len(found) < MIN_DATA_SETS:
        sys.exit(f"--{options.mode} needs at least {MIN_DATA_SETS} data sets, found {len(found)} in {options.data}")
    return [case for case in cases if case.data_set in found]


def main(options):
    cases = cases_of(options, CASES)
    patterns = options.row.split(",")
    cases = [case for case in cases if any(fnmatch.fnmatch(case.name, pattern) for pattern in patterns)]
    if not cases:
        sys.exit(f"--accuracy: no case is called {options.row}; there are {', '.join(case.name for case in CASES)}")
    trials = _stored(cases, options) if options.render else run_longest_first(_run, cases, options)
    return _report(trials, _engines(options), options)


def _stored(cases, options):
    """The Trials of the cases whose results are stored, at least LightGBM's and Copse's."""
    store, found = Store(os.path.join(options.out, "accuracy-cases"), options.program, options.splits), []
    for case in cases:
        size, scores = store.find(case, _engines(options))
        if LightGBM.name in scores and Copse.name in scores:
            trial = Trial(case, size, [])
            trial.scores = scores
            found.append(trial)
    if not found:
        sys.exit(f"--accuracy --render: nothing is stored in {options.out}")
    return found


def run_longest_first(run, cases, options):
    """run(case, options) of every case, each in a process of its own; the results in the order of the cases."""
    order = sorted(cases, key=lambda case: -case.n_classes)
    with concurrent.futures.ProcessPoolExecutor(options.threads, multiprocessing.get_context("spawn")) as pool:
        pending = {case.name: pool.submit(run, case, options) for case in order}
        return [pending[case.name].result() for case in cases]


# ---- the report


SIZE = ["data", "file", "rows", "features", "categorical", "most levels", "missing cells", "weights", "queries"]


def size_of(data_set, prepared):
    columns = prepared.columns
    missing = sum(int(np.isnan(column).sum()) for column in columns)
    levels = max([len(np.unique(columns[at][~np.isnan(columns[at])])) for at in prepared.text_features], default=0)
    queries = "" if prepared.query is None else int(prepared.query[-1]) + 1
    return [data_set.name, data_set.path, len(prepared.label), len(columns), len(prepared.text_features), levels,
            missing, data_set.weight or "", queries]


def _not_run(trial, engine):
    return engine.has(trial.case.objective) and engine.name not in trial.scores


def _rows_of(trial, engines):
    rows, case = [], trial.case
    for measure in trial.measures:
        row = [case.data_set.name, f"{case.task} {case.n_classes or ''}".rstrip(), measure.title]
        blank = {engine.name: "not run" if _not_run(trial, engine) else "-" for engine in engines
                 if engine.name not in trial.scores}
        row += [blank.get(engine.name) or f"{trial.mean(engine.name, measure):.6g}" for engine in engines]
        row += [blank.get(engine.name) or _gain_text(*trial.gain(engine.name, measure)) for engine in engines[1:]]
        rows.append(row + [", ".join(f"{name} BEHIND" for name in _behind(trial, engines, measure))])
    return rows


def _behind(trial, engines, measure):
    """The names of those that are judged and behind LightGBM."""
    return [engine.name for engine in engines
            if engine.is_judged and engine.name in trial.scores and trial.is_behind(engine.name, measure)]


def _gain_text(gain, error):
    return f"{gain:+.2g} ± {error:.1g}" if gain or error else "0"


def mean_ranks(trials, engines, of_losses):
    """(mean rank of each engine, rows) over the rows where all have a figure; of_losses: one row a case."""
    rows = [trial.ranks(engines, measure) for trial in trials
            for measure in ([trial.loss] if of_losses else trial.measures)]
    rows = [row for row in rows if row]
    return (np.mean(rows, axis=0).tolist() if rows else []), len(rows)


def _rank_lines(trials, engines):
    """Mean ranks, with Copse as it comes and with --auto, each beside the same other engines."""
    for ours in (engine for engine in engines if engine.is_copse):
        field = [engine for engine in engines if engine is ours or not engine.is_copse]
        for of_losses, rows_are in ((False, "rows"), (True, "cases, of each the loss that is trained")):
            means, n_rows = mean_ranks(trials, field, of_losses)
            if n_rows:
                ranks = ", ".join(f"{engine.name} {mean:.2f}"
                                  for mean, engine in sorted(zip(means, field), key=lambda pair: pair[0]))
                yield f"- Mean rank over the {n_rows} {rows_are}, where all {len(field)} have a figure: {ranks}."


def _without(engines, trials):
    """A sentence for each engine that lacks objectives of the table."""
    for engine in engines:
        names = dict.fromkeys(trial.case.objective for trial in trials if not engine.has(trial.case.objective))
        if names:
            note = f" ({engine.lacking})" if "huber" in names and engine.lacking else ""
            yield f"{engine.name} has no objective for {', '.join(names)}{note}: -."


def _report(trials, engines, options):
    behind = [(trial, measure, name) for trial in trials for measure in trial.measures
              for name in _behind(trial, engines, measure)]
    missing = [kind.name for kind in (XGBoost, CatBoost, ScikitLearn) if not kind.is_installed()]
    machine = environment.machine(environment.AUTO)
    sizes = list({trial.case.data_set.name: trial.size for trial in trials}.values())
    lines = [f"# Held-out accuracy at default parameters, {time.strftime('%Y-%m-%d')}", "",
             "Made by `bench/compare --accuracy`: "
             + ", ".join(f"{engine.name} {engine.version}" for engine in engines)
             + "".join(f"; {name} is not installed and has no column" for name in missing) + ".", "",
             f"{len(sizes)} real data sets from {len({size[1] for size in sizes})} files, "
             f"{len({trial.case.objective for trial in trials})} objectives, {options.splits} random splits of each "
             f"into 80 % and 20 % (seeds {SPLIT_SEEDS[0]} to {SPLIT_SEEDS[options.splits - 1]}; ranking: of the "
             f"queries); files of more than {MAX_ROWS} rows are cut to as many drawn ones. 100 rounds, learning rate "
             "0.1, 31 leaves, else each engine's own defaults (XGBoost: `grow_policy=lossguide max_depth=0`; CatBoost: "
             "`grow_policy=Lossguide depth=16`; scikit-learn: HistGradientBoosting without early stopping; "
             "Copse compat=lightgbm: counts, draws and rounds as that version of LightGBM does; Copse --auto: what "
             "`copse train --auto` chooses beside these three, all rounds) and what the column \"objective\" says. Same "
             "rows, columns and weights for all; texts are coded as integers and told to each engine as its kind of "
             "category, to scikit-learn as numbers above 255 levels.", "",
             report.table(SIZE, sizes), "",
             "claim-rate is ClaimNb / Exposure, premium the sum of the claims / Exposure, both weighted by Exposure; "
             "has-claim is whether there was one, with Exposure as the weight of cross_entropy_lambda; house-share is "
             "california's value moved into 0 to 1; a9a is adult with one column per level; digits: whether it is an "
             "8.", "",
             "Mean over the splits, and gain over LightGBM: mean of the paired differences ± its standard error, "
             "above 0 where better than LightGBM. The measure is the loss of the objective, with its weights; ranking: "
             "NDCG, 1 for a query without a relevant document.", "",
             report.table(["data", "objective", "measure"] + [engine.name for engine in engines]
                          + [f"gain of {engine.name}" for engine in engines[1:]] + [""],
                          [row for trial in trials for row in _rows_of(trial, engines)]), "",
             *(["not run: the table was written (`--render`) before the engine had its turn at this row.", ""]
               if any(_not_run(trial, engine) for trial in trials for engine in engines) else []),
             *(line for sentence in _without(engines, trials) for line in (sentence, "")),
             *_rank_lines(trials, engines), "",
             *(_verdict(engine.name, behind) for engine in engines if engine.is_judged), "", report.facts(machine)]
    report.write(options.out, "accuracy", "\n".join(lines), {
        "machine": machine, "engines": {engine.name: engine.version for engine in engines}, "missing": missing,
        "split seeds": SPLIT_SEEDS[:options.splits],
        "data": [{"name": trial.case.data_set.name, "objective": trial.case.task, "size": dict(zip(SIZE, trial.size)),
                  "scores": trial.scores,
                  "behind": [f"{name}: {measure.name}" for other, measure, name in behind if other is trial]}
                 for trial in trials]})
    return 1 if behind else 0


def _verdict(engine, behind):
    rows = [f"{trial.case.name}: {measure.title}" for trial, measure, name in behind if name == engine]
    if not rows:
        return f"- In no row is {engine} behind LightGBM by more than {ALLOWED:g} standard errors."
    return "\n".join(f"- FAIL {row}: {engine} is behind LightGBM by more than {ALLOWED:g} standard errors"
                     for row in rows)
