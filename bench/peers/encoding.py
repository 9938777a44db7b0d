"""bench/compare --amazon: categories of many levels, encoded by statistics of the label.

Amazon's employee access file: nine columns of codes, up to 7,518 levels, 94 % of the labels 1. CatBoost and LightGBM
get the columns as categories in their own way, Copse with cat_encoding=ordered and as LightGBM has them. Two budgets,
the same for all: a fixed number of rounds, and early stopping on the same part of the training rows. Everything else
is each engine's default; CatBoost's for long runs (combinations of up to four columns). The file's terms speak against
publishing results: the report stays in --out.
"""

import concurrent.futures
import importlib.util
import multiprocessing
import os
import sys
import tempfile

import numpy as np

from . import accuracy, catalogue, engines, environment, report
from .contenders import Part
from .measures import log_loss

FILE = next(data_set for data_set in catalogue.DATA_SETS if data_set.name == "amazon")
ABOVE_CATBOOST, BELOW_LIGHTGBM = 1.05, 0.92  # Copse's mean log loss, as shares of theirs
VALID_SHARE = 0.125  # of the training rows, where training stops early
ENGINES = ("CatBoost", "LightGBM", "Copse", "Copse, native")


class Budget:
    def __init__(self, name, n_rounds, learning_rate, patience):
        self.name, self.n_rounds, self.learning_rate, self.patience = name, n_rounds, learning_rate, patience


BUDGETS = (Budget("100 rounds, learning rate 0.1", 100, 0.1, 0),
           Budget("at most 1,000 rounds, learning rate 0.05, 50 rounds of patience", 1000, 0.05, 50))


def _catboost(budget, train, valid, test, options, scratch):
    import catboost

    codes = list(range(train.matrix.shape[1]))
    # Left to itself it combines no columns in so few rounds as 100, and is a weaker opponent.
    model = catboost.CatBoostClassifier(iterations=budget.n_rounds, learning_rate=budget.learning_rate,
                                        max_ctr_complexity=4, thread_count=1, random_seed=0, verbose=False,
                                        allow_writing_files=False)
    stop = {}
    if valid:
        stop = {"eval_set": (valid.matrix.astype(int), valid.label), "early_stopping_rounds": budget.patience}
    model.fit(train.matrix.astype(int), train.label, cat_features=codes, **stop)
    return model.predict_proba(test.matrix.astype(int))[:, 1]


def _lightgbm(budget, train, valid, test, options, scratch):
    import lightgbm

    parameters = {"objective": "binary", "learning_rate": budget.learning_rate, "num_threads": 1, "verbosity": -1,
                  "deterministic": True, "force_col_wise": True}
    data = lightgbm.Dataset(train.matrix, train.label, params=parameters, categorical_feature=train.text_features)
    stop = {}
    if valid:
        stop = {"valid_sets": [data.create_valid(valid.matrix, valid.label)],
                "callbacks": [lightgbm.early_stopping(budget.patience, verbose=False)]}
    return lightgbm.train(parameters, data, budget.n_rounds, **stop).predict(test.matrix)


def _copse(budget, train, valid, test, options, scratch, encoding="ordered"):
    program, model = engines.Copse(options.program), os.path.join(scratch, "model.txt")
    settings = {"objective": "binary", "learning_rate": budget.learning_rate, "num_threads": 1,
                "cat_encoding": encoding}
    if valid:
        settings.update(valid=valid.path, early_stopping_round=budget.patience)
    program.train(train, settings, True, False, budget.n_rounds, model)
    lines = program.predict(model, test.path, "probability", os.path.join(scratch, "predictions.txt"))
    return np.array([float(line) for line in lines])


def _copse_native(*arguments):
    return _copse(*arguments, encoding="native")


RUN = dict(zip(ENGINES, (_catboost, _lightgbm, _copse, _copse_native)))


def _parts(prepared, lines, seed, budget, scratch):
    """Training, validation (None where training does not stop early) and test part."""
    rows, test = accuracy.split(len(prepared.label), seed)
    valid = None
    if budget.patience:
        n_valid = round(len(rows) * VALID_SHARE)
        drawn = np.random.RandomState(seed).permutation(len(rows))
        valid = Part(prepared, lines, np.sort(rows[drawn[:n_valid]]), scratch, "valid")
        rows = np.sort(rows[drawn[n_valid:]])
    return Part(prepared, lines, rows, scratch, "train"), valid, Part(prepared, lines, test, scratch, "test")


def _run_split(seed, names, options):
    """{budget: {engine: log loss}} of one split; runs in a process of its own."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="copse-amazon-") as scratch:
        prepared = catalogue.prepare(options.data, FILE, scratch)
        prepared.text_features = list(range(len(prepared.names)))
        with open(prepared.path, encoding="ascii") as file:
            lines = file.readlines()
        for budget in BUDGETS:
            train, valid, test = _parts(prepared, lines, seed, budget, scratch)
            found[budget.name] = {name: log_loss(test.label, RUN[name](budget, train, valid, test, options, scratch))
                                  for name in names}
    for budget, losses in found.items():
        said = ", ".join(f"{name} {loss:.5f}" for name, loss in losses.items())
        print(f"split {seed}: {budget}: {said}", file=sys.stderr, flush=True)
    return found


def main(options):
    if not options.data or not os.path.exists(os.path.join(options.data, FILE.path)):
        sys.exit(f"--amazon needs {FILE.path}: set COPSE_DATA or give --data")
    if not 2 <= options.splits <= len(accuracy.SPLIT_SEEDS):
        sys.exit(f"--splits: expected 2 to {len(accuracy.SPLIT_SEEDS)}, found {options.splits}")
    names = [name for name in ENGINES if name != "CatBoost" or importlib.util.find_spec("catboost")]
    seeds = accuracy.SPLIT_SEEDS[:options.splits]
    with concurrent.futures.ProcessPoolExecutor(options.threads, multiprocessing.get_context("spawn")) as pool:
        pending = [pool.submit(_run_split, seed, names, options) for seed in seeds]
        results = [job.result() for job in pending]
    return _report(seeds, names, results, options)


def _failures(budget, means):
    limits = {"CatBoost": ABOVE_CATBOOST, "LightGBM": BELOW_LIGHTGBM}
    return [f"FAIL {budget}: log loss is {means['Copse'] / means[name]:.3f} of {name}'s, wanted at most {limit}"
            for name, limit in limits.items() if name in means and means["Copse"] > limit * means[name]]


def _report(seeds, names, results, options):
    machine, failures = environment.machine(environment.CATBOOST), []
    lines = ["# Categories of many levels: held-out log loss", "",
             f"{FILE.path}, {len(seeds)} random splits into 80 % and 20 %; one thread each.", ""]
    for budget in BUDGETS:
        of_budget = [result[budget.name] for result in results]
        means = {name: float(np.mean([split[name] for split in of_budget])) for name in names}
        rows = [[seed] + [f"{split[name]:.5f}" for name in names] for seed, split in zip(seeds, of_budget)]
        rows += [["mean"] + [f"{means[name]:.5f}" for name in names],
                 ["Copse / it"] + [f"{means['Copse'] / means[name]:.3f}" for name in names]]
        lines += [f"## {budget.name}", "", report.table(["split"] + names, rows), ""]
        failures += _failures(budget.name, means)
    if "CatBoost" not in names:
        failures.append("FAIL CatBoost is not installed: there is nothing to compare with")
    report.write(options.out, "amazon", "\n".join(lines + failures + ["", report.facts(machine)]),
                 {"machine": machine, "seeds": seeds, "results": results, "failures": failures})
    return 1 if failures else 0
