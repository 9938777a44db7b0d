"""bench/compare --folds: the lead-scoring case over five folds, accuracy and AUC of both engines, with texts as
categories and with the case's one-hot columns."""

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
ONE_HOT = ("city_tier", "first_platform_c", "first_utm_medium_c", "first_utm_source_c")


def _one_hot(prepared, path):
    """The same rows with a column of 0 and 1 for each value of those columns."""
    names, columns = [], []
    for name, column in zip(prepared.names, prepared.columns):
        if not name.endswith(ONE_HOT):
            names.append(name)
            columns.append(column)
            continue
        for value in np.unique(column[~np.isnan(column)]):
            names.append(f"{name}_{value:g}")
            columns.append((column == value).astype(np.float64))
    cells = np.column_stack([prepared.label] + columns)
    np.savetxt(path, cells, fmt="%.17g", delimiter=",", header=",".join([catalogue.LABEL] + names), comments="")
    return catalogue.Prepared(path, "", names, [], columns, prepared.label, prepared.weight)


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
    results = {}
    with tempfile.TemporaryDirectory(prefix="copse-folds-") as scratch:
        prepared = catalogue.prepare(options.data, FILE, scratch)
        split = StratifiedKFold(N_FOLDS, shuffle=True, random_state=SEED)
        folds = list(split.split(prepared.label, prepared.label > 0))
        encodings = {"texts as categories": prepared,
                     "one-hot": _one_hot(prepared, os.path.join(scratch, "one-hot.csv"))}
        for name, encoded in encodings.items():
            results[name] = [_run_fold(engines, encoded, fold, rows, options, scratch)
                             for fold, rows in enumerate(folds)]
    return _report(engines, results, options)


def _encoding(name, engines, result, failed):
    """(lines of the report, means) of one encoding."""
    rows = [[i + 1] + [f"{side[metric]:.6f}" for metric in METRICS for side in fold] for i, fold in enumerate(result)]
    spread, summary = ["mean ± sd"], {}
    for metric in METRICS:
        values = np.array([[side[metric] for side in fold] for fold in result])
        means, deviations = values.mean(axis=0), values.std(axis=0, ddof=1)
        spread += [f"{mean:.6f} ± {deviation:.6f}" for mean, deviation in zip(means, deviations)]
        summary[metric] = {"LightGBM": means[0], "Copse": means[1], "sd": deviations.tolist()}
        if means[1] < means[0] - MARGIN:
            failed.append(f"{name}, {metric}: Copse is below LightGBM by {means[0] - means[1]:.6f} (allowed {MARGIN})")
    header = ["fold"] + [f"{metric} {engine.name}" for metric in METRICS for engine in engines]
    return [f"## {name}", "", report.table(header, rows + [spread]), ""], summary


def _report(engines, results, options):
    failed, summary = [], {}
    lines = [f"# Lead scoring, five folds: {engines[1].version} and LightGBM {engines[0].version}", "",
             f"145,276 cleaned leads, stratified folds with seed {SEED}, {N_ROUNDS} rounds, 31 leaves, learning rate "
             "0.1. Texts as categories: city_tier and referred_lead are numbers. One-hot: columns of 0 and 1 for "
             "city_tier and the texts.", ""]
    for name, result in results.items():
        found, summary[name] = _encoding(name, engines, result, failed)
        lines += found
    report.write(options.out, "folds", "\n".join(lines + [f"FAIL {line}" for line in failed]),
                 {"machine": environment.machine(), "folds": results, "summary": summary, "failures": failed})
    return 1 if failed else 0
