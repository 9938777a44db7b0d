"""bench/compare --folds: the lead-scoring case over five folds, accuracy and AUC of both engines."""

import os
import sys
import tempfile

import numpy as np

from . import catalogue, environment, report
from .engines import Copse, LightGBM
from .measures import auc

N_FOLDS, SEED, N_ROUNDS = 5, 42, 200
MARGIN = 0.0005  # Copse's mean may be below LightGBM's by this much
FILE = next(data_set for data_set in catalogue.IN_TURN if data_set.name == "leads")
CASE = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 20, "max_bin": 255,
        "seed": SEED}
METRICS = ("accuracy", "AUC")


def _part(prepared, rows, scratch, name):
    """Some rows of the prepared file as a file of its own."""
    path = os.path.join(scratch, name + ".csv")
    with open(prepared.path, encoding="ascii") as file:
        header, *lines = file.readlines()
    with open(path, "w", encoding="ascii") as file:
        file.write(header)
        file.writelines(lines[row] for row in rows)
    columns = [column[rows] for column in prepared.columns]
    return catalogue.Prepared(path, "", prepared.names, prepared.text_features, columns, prepared.label[rows],
                              prepared.weight[rows])


def _measures(label, raw):
    return {"accuracy": float(np.mean((raw > 0) == (label > 0))), "AUC": auc(label, raw)}


def _run_fold(engines, prepared, fold, rows, options, scratch):
    lightgbm, copse = engines
    train = _part(prepared, rows[0], scratch, f"train-{fold}")
    test = _part(prepared, rows[1], scratch, f"test-{fold}")
    settings = {**CASE, "num_threads": options.threads}
    paths = [os.path.join(scratch, f"{name}-{fold}.txt") for name in ("lightgbm", "copse")]
    lightgbm.train(train, settings, True, False, N_ROUNDS, paths[0])
    copse.train(train, settings, True, False, N_ROUNDS, paths[1])
    matrix = np.column_stack(test.columns)
    scores = (lightgbm.predict(paths[0], matrix, "raw"),
              copse.predict(paths[1], test.path, "raw", os.path.join(scratch, "scores.txt")))
    return [_measures(test.label, np.array([float(score) for score in side])) for side in scores]


def main(options):
    if not options.data or not os.path.exists(os.path.join(options.data, FILE.path)):
        sys.exit(f"--folds needs {FILE.path}: set COPSE_DATA or give --data")
    from sklearn.model_selection import StratifiedKFold

    engines = LightGBM(), Copse(options.program)
    results = []
    with tempfile.TemporaryDirectory(prefix="copse-folds-") as scratch:
        prepared = catalogue.prepare(options.data, FILE, scratch)
        folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED).split(prepared.label, prepared.label > 0)
        for fold, rows in enumerate(folds):
            results.append(_run_fold(engines, prepared, fold, rows, options, scratch))
            print(f"fold {fold + 1}: {results[-1]}", file=sys.stderr)
    return _report(engines, results, options)


def _report(engines, results, options):
    rows, failed, summary = [], [], {}
    for i, result in enumerate(results):
        rows.append([i + 1] + [f"{side[metric]:.6f}" for metric in METRICS for side in result])
    spread = ["mean ± sd"]
    for metric in METRICS:
        values = np.array([[side[metric] for side in result] for result in results])
        means, deviations = values.mean(axis=0), values.std(axis=0, ddof=1)
        spread += [f"{mean:.6f} ± {deviation:.6f}" for mean, deviation in zip(means, deviations)]
        summary[metric] = {"LightGBM": means[0], "Copse": means[1], "sd": deviations.tolist()}
        if means[1] < means[0] - MARGIN:
            failed.append(f"{metric}: Copse is below LightGBM by {means[0] - means[1]:.6f} (allowed {MARGIN})")
    header = ["fold"] + [f"{metric} {engine.name}" for metric in METRICS for engine in engines]
    lines = [f"# Lead scoring, five folds: {engines[1].version} and LightGBM {engines[0].version}", "",
             f"145,276 cleaned leads, stratified folds with seed {SEED}, {N_ROUNDS} rounds, 31 leaves, learning rate "
             "0.1; the texts are categories in both, city_tier and referred_lead numbers in both.", "",
             report.table(header, rows + [spread]), "", *(f"FAIL {line}" for line in failed)]
    report.write(options.out, "folds", "\n".join(lines),
                 {"machine": environment.machine(), "folds": results, "summary": summary, "failures": failed})
    return 1 if failed else 0
