"""bench/compare --speed: paired training runs on generated dense data, LightGBM then Copse, in turn.

Train seconds leave out reading the file and finding cut points on both sides. Every run is its own process.
Other work on the machine does not slow both sides alike (threads that spin at barriers suffer most), so a busy
machine is named in the report and fails the run.
"""

import json
import os
import subprocess
import sys

import numpy as np

from . import environment, report
from .engines import Copse, EngineError, summary_of
from .measures import auc

SEED = 1
HELD_OUT = 0.1


def _generate(options, folder):
    """(training file, held-out file), made once and kept."""
    os.makedirs(folder, exist_ok=True)
    rows = round(options.rows / (1 - HELD_OUT))
    train, valid = (os.path.join(folder, f"higgs-{options.rows}-{SEED}-{part}.csv") for part in ("train", "valid"))
    if not (os.path.exists(train) and os.path.exists(valid)):
        tool = os.path.abspath(options.datasets_tool)
        command = [tool, "higgs", f"rows={rows}", f"seed={SEED}", f"out={train}", f"valid={valid}",
                   f"fraction={HELD_OUT}"]
        if subprocess.run(command, check=False).returncode != 0:
            raise EngineError(f"{tool} failed")
    return train, valid


def _parameters(options):
    return {"objective": "binary", "num_leaves": options.leaves, "learning_rate": 0.1,
            "num_threads": options.threads, "header": True, "label_column": "name:label"}


def run_lightgbm(options, data, model):
    job = {"data": data, "parameters": {**_parameters(options), "verbosity": -1}, "rounds": options.rounds,
           "model": model}
    worker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lightgbm_worker.py")
    done = subprocess.run([sys.executable, worker], input=json.dumps(job), capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise EngineError(f"LightGBM's worker: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def run_copse(copse, options, data, model):
    words = {**_parameters(options), "header": "true", "num_iterations": options.rounds, "data": data,
             "output_model": model}
    _, err, _ = copse.run(["train"] + [f"{key}={value}" for key, value in words.items()])
    summary = summary_of(err)
    try:
        return {"load_s": summary["seconds_read"] + summary["seconds_bins"], "train_s": summary["seconds_train"],
                "peak_mb": summary["process_peak_mb"],
                "phases": {key: value for key, value in summary.items() if key.startswith("seconds_")}}
    except KeyError as missing:
        raise EngineError(f"copse train: no line {missing} in its summary:\n{err[-2000:]}") from missing


def _auc_of_both(copse, folder, valid, models):
    import lightgbm

    held_out = np.loadtxt(valid, delimiter=",", skiprows=1)
    label, matrix = held_out[:, 0], held_out[:, 1:]
    reference = lightgbm.Booster(model_file=models[0]).predict(matrix, raw_score=True)
    scores = copse.predict(models[1], valid, "raw", os.path.join(folder, "scores.txt"))
    return auc(label, reference), auc(label, np.array([float(score) for score in scores]))


def _busy_machine(loads, n_threads):
    """Lines of warning when more ran here than the one engine at a time: before the first run nothing should,
    and after each at most its own threads."""
    if loads[0] <= 0.5 and max(loads[1:]) <= n_threads + 0.5:
        return []
    return ["**Not a measurement: the machine was busy** (one-minute load before and after each pair: "
            + ", ".join(f"{load:.1f}" for load in loads) + f"; {n_threads} threads are ours).", ""]


def main(options):
    copse = Copse(options.program)
    folder = os.path.join(environment.home(), "speed")
    machine = environment.machine()
    train, valid = _generate(options, folder)
    models = [os.path.join(folder, f"{name}.txt") for name in ("lightgbm", "copse")]
    pairs, busy = [], [os.getloadavg()[0]]
    for pair in range(options.pairs):
        pairs.append((run_lightgbm(options, train, models[0]), run_copse(copse, options, train, models[1])))
        busy.append(os.getloadavg()[0])
        print(f"pair {pair + 1}: LightGBM {pairs[-1][0]['train_s']:.2f} s, Copse {pairs[-1][1]['train_s']:.2f} s",
              file=sys.stderr)
    aucs = _auc_of_both(copse, folder, valid, models)
    ratios = [ours["train_s"] / theirs["train_s"] for theirs, ours in pairs]
    median = report.median(ratios)
    columns = ["pair", "LightGBM train s", "Copse train s", "Copse / LightGBM", "LightGBM load s", "Copse load s",
               "LightGBM peak MB", "Copse peak MB"]
    rows = [[i + 1, f"{theirs['train_s']:.2f}", f"{ours['train_s']:.2f}", f"{ratio:.3f}", f"{theirs['load_s']:.2f}",
             f"{ours['load_s']:.2f}", f"{theirs['peak_mb']:.0f}", f"{ours['peak_mb']:.0f}"]
            for i, ((theirs, ours), ratio) in enumerate(zip(pairs, ratios))]
    medians = [report.median([pair[side]["train_s"] for pair in pairs]) for side in (0, 1)]
    rows.append(["median", f"{medians[0]:.2f}", f"{medians[1]:.2f}", f"{median:.3f}", "", "", "", ""])
    quiet_problem = _busy_machine(busy, options.threads)
    lines = [f"# Training speed: {copse.version} and LightGBM {machine['lightgbm']}", "",
             f"{options.rows} rows x 28 features, {options.leaves} leaves, {options.rounds} rounds, "
             f"{options.threads} threads, paired runs in turn.", "", report.table(columns, rows), "", *quiet_problem,
             f"Held-out AUC: LightGBM {aucs[0]:.6f}, Copse {aucs[1]:.6f}. LightGBM's memory includes Python "
             f"({pairs[0][0]['base_mb']:.0f} MB before the data).", "",
             "Copse's phases in its last run: " + ", ".join(f"{key.removeprefix('seconds_')} {value:.2f} s" for
                                                          key, value in pairs[-1][1]["phases"].items()), "",
             report.facts(machine)]
    report.write(options.out, "speed", "\n".join(lines),
                 {"machine": machine, "rows": options.rows, "leaves": options.leaves, "rounds": options.rounds,
                  "threads": options.threads, "pairs": pairs, "ratios": ratios, "median ratio": median, "load averages": busy,
                  "auc": {"LightGBM": aucs[0], "Copse": aucs[1]}})
    return 0 if median <= 1.0 and not quiet_problem else 1
