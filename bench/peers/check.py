"""bench/compare --check: Copse with compat=lightgbm against the real LightGBM, node by node, and both models
through both predictors."""

import os
import sys
import tempfile
import time

from . import arbiter, catalogue, environment, model_text, probe_rows, report, settings, trees
from .engines import Copse, EngineError, LightGBM

KINDS = ("raw", "leaf", "probability")
MIN_DATA_SETS = 8


class Row:
    """One configuration's line of the table."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.outcome = trees.Outcome()
        self.n_predictions = 0
        self.seconds = 0.0

    @property
    def verdict(self):
        if not self.outcome.passed:
            return "FAIL"
        return "tie" if self.outcome.ties else "equal"

    def cells(self):
        outcome, configuration = self.outcome, self.configuration
        return [configuration.number, configuration.data_set.name, configuration.objective, self.verdict,
                f"{outcome.n_nodes}/{outcome.n_total}", len(outcome.same_rows), len(outcome.ties),
                f"{outcome.value_difference:.1e}", self.n_predictions, configuration.changed]

    def facts(self):
        return {"configuration": self.configuration.number, "data": self.configuration.data_set.name,
                "objective": self.configuration.objective,
                "settings": self.configuration.changed, "verdict": self.verdict, "nodes": self.outcome.n_nodes,
                "nodes of reference": self.outcome.n_total, "same rows": self.outcome.same_rows,
                "ties": self.outcome.ties, "failures": self.outcome.failures,
                "largest leaf value difference": self.outcome.value_difference,
                "predictions compared": self.n_predictions, "seconds": self.seconds}


class Checker:
    def __init__(self, program, folder, scratch):
        self.copse, self.lightgbm = Copse(program), LightGBM()
        self.folder, self.scratch = folder, scratch
        self._prepared = {}

    def _data(self, data_set):
        if data_set.name not in self._prepared:
            self._prepared[data_set.name] = catalogue.prepare(self.folder, data_set, self.scratch)
        return self._prepared[data_set.name]

    def run(self, configuration):
        row, start = Row(configuration), time.perf_counter()
        try:
            self._run(configuration, row)
        except (EngineError, model_text.ModelError) as error:
            row.outcome.failures.append(str(error))
        row.seconds = time.perf_counter() - start
        return row

    def _run(self, configuration, row):
        prepared = self._data(configuration.data_set)
        paths = [os.path.join(self.scratch, f"{configuration.number}-{name}.txt") for name in ("reference", "copse")]
        arguments = (configuration.with_categories, configuration.with_weight, settings.N_ROUNDS)
        self.lightgbm.train(prepared, {**settings.COMPARATOR, **configuration.settings}, *arguments, paths[0])
        self.copse.train(prepared, {**configuration.settings, **self._sampling_off()}, *arguments, paths[1])
        models = [model_text.read(path) for path in paths]
        categorical = prepared.text_features if configuration.with_categories else []
        problem = arbiter.Problem(prepared.columns, prepared.label,
                                  prepared.weight if configuration.with_weight else None, categorical,
                                  configuration.settings, prepared.query)
        row.outcome = trees.compare_models(problem, *models)
        self._predict(configuration, prepared, categorical, models, paths, row)

    def _sampling_off(self):
        return {"compat": environment.compat_of(self.lightgbm.version),
                "bin_construct_sample_cnt": settings.COMPARATOR["bin_construct_sample_cnt"]}

    def _predict(self, configuration, prepared, categorical, models, paths, row):
        matrix = probe_rows.make(prepared.columns, set(categorical), models)
        csv_path = os.path.join(self.scratch, f"{configuration.number}-rows.csv")
        probe_rows.write_csv(csv_path, prepared.names, matrix)
        for path in paths:
            for kind in KINDS:
                ours = self.copse.predict(path, csv_path, kind, os.path.join(self.scratch, "predictions.txt"), True)
                theirs = self.lightgbm.predict(path, matrix, kind)
                row.n_predictions += len(theirs)
                _compare_predictions(os.path.basename(path), kind, ours, theirs, row.outcome.failures)


def _compare_predictions(model, kind, ours, theirs, failures):
    if len(ours) != len(theirs):
        failures.append(f"{model}: {kind}: {len(ours)} rows, LightGBM {len(theirs)}")
        return
    wrong = [i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]]
    if wrong:
        at = wrong[0]
        failures.append(f"{model}: {kind}: {len(wrong)} of {len(ours)} rows differ, first row {at}: "
                        f"Copse {ours[at][:60]}, LightGBM {theirs[at][:60]}")


HEADER = ["#", "data", "objective", "verdict", "nodes equal", "same rows", "ties", "leaf value diff",
          "predictions", "settings"]


def _chosen(options):
    in_turn = catalogue.available(options.data, catalogue.IN_TURN)
    if len(in_turn) < MIN_DATA_SETS:
        sys.exit(f"--check needs at least {MIN_DATA_SETS} data sets, found {len(in_turn)} in {options.data}")
    everything = in_turn + catalogue.available(options.data, catalogue.OTHERS)
    chosen = settings.configurations(in_turn, options.configurations, options.seed)
    chosen += settings.objective_configurations(everything, options.seed)
    if options.objective is not None:
        chosen = [configuration for configuration in chosen if configuration.objective == options.objective]
    if options.only is not None:
        chosen = [configuration for configuration in chosen if configuration.number == options.only]
    if not chosen:
        sys.exit("--check: no configuration is left by --objective, --only and the data that are there")
    return chosen


def main(options):
    if not options.data:
        sys.exit("--check needs the real data: set COPSE_DATA or give --data")
    chosen = _chosen(options)
    with tempfile.TemporaryDirectory(prefix="copse-check-") as scratch:
        checker = Checker(options.program, options.data, options.scratch or scratch)
        rows = []
        for configuration in chosen:
            rows.append(checker.run(configuration))
            print(f"{configuration.number} {configuration.objective} {configuration.data_set.name}: {rows[-1].verdict} "
                  f"{rows[-1].seconds:.1f} s", file=sys.stderr)
    failed = [row for row in rows if row.verdict == "FAIL"]
    lines = [f"# Node-by-node comparison: {checker.copse.version} and LightGBM {checker.lightgbm.version}", "",
             f"{len(rows)} configurations, seed {options.seed}, {settings.N_ROUNDS} rounds, "
             f"{len({row.configuration.data_set.name for row in rows})} data sets: {len(failed)} failed, "
             f"{sum(row.verdict == 'tie' for row in rows)} ended at a tie.", "",
             report.table(HEADER, [row.cells() for row in rows])]
    for row in rows:
        notes = row.outcome.failures + row.outcome.ties + row.outcome.same_rows[:2]
        lines += ["", *(f"- {row.configuration.number}: {note}" for note in notes)] if notes else []
    report.write(options.out, "check", "\n".join(lines),
                 {"machine": environment.machine(), "rows": [row.facts() for row in rows]})
    return 1 if failed else 0
