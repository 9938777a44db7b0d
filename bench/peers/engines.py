"""Training and prediction by both engines from the same files, with the same words for the same settings."""

import os
import re
import subprocess
import time

from .catalogue import LABEL


class EngineError(Exception):
    """An engine refused or crashed; the text holds its last words."""


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


class LightGBM:
    name = "LightGBM"

    def __init__(self):
        import lightgbm

        self._package = lightgbm
        self.version = lightgbm.__version__

    def train(self, prepared, settings, with_categories, with_weight, n_rounds, model_path):
        parameters = dict(settings, verbosity=-1, header=True, label_column=f"name:{LABEL}")
        path = prepared.weighted_path if with_weight else prepared.path
        categorical = prepared.text_features if with_categories else []
        try:
            data = self._package.Dataset(path, params=parameters, categorical_feature=categorical)
            booster = self._package.Booster(parameters, data)
            for _ in range(n_rounds):
                if booster.update():  # nothing left to split: its command line ends here too
                    break
        except self._package.basic.LightGBMError as error:
            raise EngineError(f"LightGBM: {error}") from error
        booster.save_model(model_path)

    def predict(self, model_path, matrix, kind):
        """One text per row: %.17g, tab between columns."""
        booster = self._package.Booster(model_file=model_path, params={"verbosity": -1})
        values = booster.predict(matrix, raw_score=kind == "raw", pred_leaf=kind == "leaf", num_threads=1)
        form = "{:.0f}" if kind == "leaf" else "{:.17g}"
        return ["\t".join(map(form.format, row)) for row in values.reshape(len(matrix), -1).tolist()]


class Copse:
    name = "Copse"

    def __init__(self, program):
        self.program = os.path.abspath(program)
        if not os.access(self.program, os.X_OK):
            raise EngineError(f"{program}: no such program; build it first or name it with --program")
        self.version = self.run(["version"])[0].splitlines()[0].replace("copse:", "Copse")

    def run(self, arguments):
        """(stdout, stderr, seconds)"""
        start = time.perf_counter()
        with subprocess.Popen([self.program] + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace") as process:
            out, err = process.communicate()
        seconds = time.perf_counter() - start
        if process.returncode != 0:
            raise EngineError(f"copse {' '.join(arguments)}: exit {process.returncode}: {err.strip()[-2000:]}")
        return out, err, seconds

    def train(self, prepared, settings, with_categories, with_weight, n_rounds, model_path, extra=None):
        parameters = dict(settings, header=True, label_column=f"name:{LABEL}")
        if with_categories and prepared.text_features:
            names = ",".join(prepared.names[i] for i in prepared.text_features)
            parameters["categorical_feature"] = f"name:{names}"
        path = prepared.weighted_path if with_weight else prepared.path
        parameters.update(data=path, num_iterations=n_rounds, output_model=model_path, **(extra or {}))
        return self.run(["train"] + [f"{key}={_text(value)}" for key, value in parameters.items()])

    def predict(self, model_path, csv_path, kind, result_path, compat=False):
        """compat: raw scores of a random forest are sums, as LightGBM's, not means."""
        words = {"raw": ["predict_raw_score=true"] + ["compat=lightgbm"] * compat, "leaf": ["predict_leaf_index=true"], "probability": []}[kind]
        self.run(["predict", f"data={csv_path}", "header=true", f"input_model={model_path}",
                  f"output_result={result_path}"] + words)
        with open(result_path, encoding="ascii") as file:
            return file.read().splitlines()


def summary_of(text):
    """The lines "name: number" of Copse's end-of-run summary as a dictionary."""
    found = re.findall(r"^.*?(\w+): ([0-9]+(?:\.[0-9]+)?)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}
