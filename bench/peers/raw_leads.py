"""bench/compare --raw: AUC over five folds of the lead-scoring case's 25,000 raw rows: datasets/leads/raw.recipe
beside the case's own six features. A fold's recipe is fitted on its training rows alone, and its test rows are
prepared by what the model holds."""

import gzip
import os
import sys
import tempfile

import numpy as np

from . import environment, report
from .engines import Copse
from .folds import CASE, N_FOLDS, N_ROUNDS, SEED
from .measures import auc

FOLDER, FILE, LABEL = "codepro_leads", "leadscoring_25k_labelled.csv.gz", "app_complete_flag"
OTHER_SEED = 7  # folds that nothing was chosen on
BEST = {"objective": "binary", "num_leaves": 15, "learning_rate": 0.03, "min_data_in_leaf": 30, "cat_smooth": 50,
        "seed": SEED}
CONTENDERS = (("the case's features", "case_features.recipe", CASE, N_ROUNDS),
              ("the same, parameters of raw.recipe", "case_features.recipe", BEST, 400),
              ("raw.recipe", "raw.recipe", BEST, 400))


def _write(path, header, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines([header, *lines])


def _fold(copse, contender, maps, paths, options):
    """Scores of a fold's test rows."""
    _, recipe, settings, n_rounds = contender
    parameters = {**settings, "num_iterations": n_rounds, "num_threads": options.threads, "categorical_feature": "auto",
                  "label_column": f"name:{LABEL}", "recipe": os.path.join(options.root, "datasets", "leads", recipe),
                  "maps": maps, "data": paths["train"], "output_model": paths["model"], "lint": "off"}
    copse.run(["train"] + [f"{key}={value}" for key, value in parameters.items()])
    copse.run(["predict", f"input_model={paths['model']}", f"data={paths['test']}", f"output_result={paths['scores']}"])
    return np.loadtxt(paths["scores"])


def _run(copse, maps, seed, options, scratch):
    """[contender][fold] AUC."""
    from sklearn.model_selection import StratifiedKFold

    with gzip.open(os.path.join(maps, FILE), "rt", encoding="utf-8") as file:
        header, *lines = file.readlines()
    label = np.array([int(line.rsplit(",", 1)[1]) for line in lines])
    paths = {name: os.path.join(scratch, name) for name in ("train", "test", "model", "scores")}
    found = [[] for _ in CONTENDERS]
    for rows in StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed).split(label, label):
        _write(paths["train"], header, (lines[row] for row in rows[0]))
        _write(paths["test"], header, (lines[row] for row in rows[1]))
        for result, contender in zip(found, CONTENDERS):
            result.append(auc(label[rows[1]], _fold(copse, contender, maps, paths, options)))
    return found


def main(options):
    maps = os.path.join(options.data or "", FOLDER)
    if not os.path.exists(os.path.join(maps, FILE)):
        sys.exit(f"--raw needs {FOLDER}/{FILE}: set COPSE_DATA or give --data")
    copse, names, results, lines = Copse(options.program), [contender[0] for contender in CONTENDERS], {}, []
    with tempfile.TemporaryDirectory(prefix="copse-raw-") as scratch:
        for seed in (SEED, OTHER_SEED):
            results[seed] = found = _run(copse, maps, seed, options, scratch)
            rows = [[i + 1] + [f"{result[i]:.4f}" for result in found] for i in range(N_FOLDS)]
            rows.append(["mean ± sd"] + [f"{np.mean(result):.4f} ± {np.std(result, ddof=1):.4f}" for result in found])
            lines += [f"## Folds of seed {seed}" + ("" if seed == SEED else ", on which nothing was chosen"), "",
                      report.table(["fold"] + names, rows), ""]
    lines = [f"# Raw leads, five folds: AUC of {copse.version}", "",
             f"24,991 raw rows. The case's features: its parameters, {N_ROUNDS} rounds. raw.recipe: "
             + ", ".join(f"{key} {value}" for key, value in BEST.items()) + f", {CONTENDERS[-1][3]} rounds.", "", *lines]
    behind = [seed for seed, found in results.items() if np.mean(found[-1]) <= max(map(np.mean, found[:-1]))]
    lines += [f"FAIL folds of seed {seed}: raw.recipe is not ahead of the case's features" for seed in behind]
    report.write(options.out, "raw", "\n".join(lines), {"machine": environment.machine(), "auc": results})
    return 1 if behind else 0
