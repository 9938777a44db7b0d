"""bench/compare --auto: `copse train --auto` beside the peers as they come, all stopping early on the same rows.

Every data set of --accuracy is split ten times by the same seeds into 80 % and 20 %; a part of the training rows, the
same for all engines, is what they validate on. The peers have their defaults, 2,000 rounds at most, a patience of 50
rounds, one thread and the same limit of time; Copse has --auto and that limit. Each engine is ranked on every set by
its mean over the splits.
"""

import sys
import tempfile
import time

import numpy as np

from . import accuracy, catalogue, contenders, environment, report, trials
from .cases import COMMON
from .contenders import Part

VALID_SHARE = 0.15  # of the training rows
MOST_ROUNDS, PATIENCE = 2000, 50


class LightGBM(contenders.LightGBM):
    def predict(self, case, train, valid, test, scratch):
        parameters = {"objective": case.objective, "num_threads": 1, "verbosity": -1}
        if case.n_classes:
            parameters["num_class"] = case.n_classes
        data = self._package.Dataset(train.matrix, train.label, params=parameters,
                                     categorical_feature=train.text_features)
        held = data.create_valid(valid.matrix, valid.label)
        end = time.perf_counter() + self.limit

        def stop_in_time(state):
            if time.perf_counter() > end:
                raise self._package.callback.EarlyStopException(state.iteration, state.evaluation_result_list)

        stop = [self._package.early_stopping(PATIENCE, verbose=False), stop_in_time]
        booster = self._package.train(parameters, data, MOST_ROUNDS, valid_sets=[held], callbacks=stop)
        return booster.predict(test.matrix)


class Copse(contenders.Copse):
    def predict(self, case, train, valid, test, scratch):
        settings = {"objective": case.objective, "auto": True, "valid": valid.path, "num_threads": 1, "lint": "off",
                    "time_limit": self.limit}
        if case.n_classes:
            settings["num_class"] = case.n_classes
        return self.train_and_predict(case, train, test, scratch, settings, MOST_ROUNDS)


class XGBoost(contenders.XGBoost):
    def predict(self, case, train, valid, test, scratch):
        end = time.perf_counter() + self.limit

        class StopInTime(self._package.callback.TrainingCallback):
            def after_iteration(self, model, epoch, evals_log):
                return time.perf_counter() > end

        booster = self._package.train(self.parameters(case), self.matrix(train), MOST_ROUNDS,
                                      evals=[(self.matrix(valid), "v")], early_stopping_rounds=PATIENCE,
                                      verbose_eval=False, callbacks=[StopInTime()])
        best = booster.best_iteration + 1
        return booster.predict(self.matrix(test), iteration_range=(0, best)).astype(np.float64)


class CatBoost(contenders.CatBoost):
    def predict(self, case, train, valid, test, scratch):
        end = time.perf_counter() + self.limit

        class StopInTime:
            def after_iteration(self, info):
                return time.perf_counter() <= end

        return self.fit_and_predict(case, train, test, {"eval_set": self._pool(valid), "callbacks": [StopInTime()]},
                                    iterations=MOST_ROUNDS, od_type="Iter", od_wait=PATIENCE, use_best_model=True)


class ScikitLearn(contenders.ScikitLearn):
    def predict(self, case, train, valid, test, scratch):
        return self.fit_and_predict(case, train, test, {"X_val": valid.matrix, "y_val": valid.label},
                                    max_iter=MOST_ROUNDS, early_stopping=True, n_iter_no_change=PATIENCE)


KINDS = [LightGBM, Copse, XGBoost, CatBoost, ScikitLearn]


class Trial(trials.Trial):
    def __init__(self, case, size, engines):
        super().__init__(case, size, engines)
        self.seconds = {engine.name: [] for engine in engines}

    @property
    def primary(self):
        """What it is ranked by: the loss that is trained."""
        wanted = {"binary": "binary_logloss", "regression": "rmse", "multiclass": "multi_logloss"}
        return next(m for m in self.measures if m.name == wanted[self.case.objective])

    def ranks(self, engines):
        means = {engine.name: self.mean(engine.name, self.primary) for engine in engines}
        return {name: 1 + sum(other < mean for other in means.values()) for name, mean in means.items()}


def _run(case, options):
    engines = [kind(options.program) for kind in KINDS if kind.is_installed()]
    for engine in engines:
        engine.limit = options.limit  # seconds of a training; scikit-learn knows none
    with tempfile.TemporaryDirectory(prefix="copse-auto-") as scratch:
        prepared = catalogue.prepare(options.data, case.data_set, scratch, sample=accuracy.MAX_ROWS)
        trial, start = Trial(case, accuracy.size_of(case.data_set, prepared), engines), time.perf_counter()
        with open(prepared.path, encoding="ascii") as file:
            lines = file.readlines()
        for seed in accuracy.SPLIT_SEEDS[:options.splits]:
            rows, test_rows = accuracy.split(len(prepared.label), seed)
            kept, held = accuracy.split(len(rows), f"held out {seed}", VALID_SHARE)
            train, valid, test = (Part(prepared, lines, part, scratch, part_name) for part, part_name in
                                  ((rows[kept], "train"), (rows[held], "valid"), (test_rows, "test")))
            for engine in engines:
                begun = time.perf_counter()
                prediction = engine.predict(case, train, valid, test, scratch)
                trial.seconds[engine.name].append(time.perf_counter() - begun)
                trial.add(engine, test, prediction)
    print(f"{case.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return trial


def main(options):
    found = accuracy.run_longest_first(_run, accuracy.cases_of(options, COMMON), options)
    return _report(found, [kind(options.program) for kind in KINDS if kind.is_installed()], options)


def _row_of(trial, engines):
    row, ranks = [trial.case.data_set.name, trial.primary.title], trial.ranks(engines)
    row += [f"{trial.mean(engine.name, trial.primary):.6g} ({ranks[engine.name]})" for engine in engines]
    return row + [f"{np.mean(trial.seconds[engine.name]):.1f}" for engine in engines]


def _report(found, engines, options):
    ranks = {engine.name: float(np.mean([trial.ranks(engines)[engine.name] for trial in found])) for engine in engines}
    behind = [name for name, rank in ranks.items() if rank < ranks[Copse.name]]
    machine = environment.machine(environment.AUTO)
    lines = [f"# Without tuning, {time.strftime('%Y-%m-%d')}", "",
             ", ".join(f"{engine.name} {engine.version}" for engine in engines) + ".", "",
             f"{len(found)} real data sets, {options.splits} random splits of each into 80 % and 20 % (seeds "
             f"{accuracy.SPLIT_SEEDS[0]} to {accuracy.SPLIT_SEEDS[options.splits - 1]}), {100 * VALID_SHARE:g} % of the "
             "training rows to validate on, the same for all. Copse: `--auto`; the others: their defaults, at most "
             f"{MOST_ROUNDS} rounds, patience {PATIENCE}. One thread, at most {options.limit} s each (scikit-learn, which knows no limit, as long as it takes).", "",
             "Mean of the splits (rank), and mean seconds of a training and prediction:", "",
             report.table(["data", "measure"] + [engine.name for engine in engines] + [f"s {e.name}" for e in engines],
                          [_row_of(trial, engines) for trial in found]), "",
             report.table(["", ""] + [engine.name for engine in engines],
                          [["mean rank", ""] + [f"{ranks[engine.name]:.2f}" for engine in engines]]), "",
             f"- FAIL: {', '.join(behind)} ranked before Copse" if behind else "No engine is ranked before Copse.", "",
             report.facts(machine)]
    report.write(options.out, "auto", "\n".join(lines), {
        "machine": machine, "engines": {engine.name: engine.version for engine in engines}, "ranks": ranks,
        "split seeds": accuracy.SPLIT_SEEDS[:options.splits],
        "data": [{"name": trial.case.data_set.name, "scores": trial.scores, "seconds": trial.seconds} for trial in found]})
    return 1 if behind else 0
