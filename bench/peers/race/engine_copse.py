"""Copse: libcopse.so through the public header for what begins in memory, the program for what begins at a file
(its reader is not in the library)."""

import subprocess

from .. import engines as programs
from . import row_loop
from .copse_library import CopseError, Library
from .engine import Engine, Refused


class Copse(Engine):
    family = "lightgbm"

    def __init__(self, job):
        super().__init__(job)
        self._library = Library(job["library"])

    @staticmethod
    def version(job):
        return Library(job["library"]).version()

    def _words(self):
        words = {"objective": self.objective, "num_leaves": self.settings.get("num_leaves", 31),
                 "learning_rate": self.learning_rate, "max_bin": self.settings["max_bin"],
                 "min_data_in_leaf": self.min_data_in_leaf, "num_threads": self.n_threads, **self.variant}
        return {**words, "num_class": self.n_classes} if self.n_classes else words

    def _params(self):
        try:
            return self._library.params(self._words())
        except CopseError as error:
            raise Refused(str(error)) from error

    def bins(self, part):
        self._used = self._params()
        self._dataset = self._library.dataset(part.matrix, part.label, set(part.categorical), self._used)

    def train(self):
        booster = self._library.booster(self._dataset, self._used)
        self._library.free_dataset(self._dataset)  # the booster's alone now, it need not be copied
        for _ in range(self.settings["rounds"]):
            if self._library.step(booster):
                break
        self._booster = booster
        self.phases = self._library.phases(booster)

    def predict(self, matrix):
        if not hasattr(self, "_predictor"):
            self._predictor = self._library.predictor(self._library.model_of(self._booster))
        values = self._library.run(self._predictor, matrix, self.n_threads)
        return values if values.shape[1] > 1 else values[:, 0]

    def load(self, path):
        self._predictor = self._library.predictor(self._library.model_from(path))

    def row_microseconds(self, matrix, repeats):
        run = row_loop.Loop(self.scratch)
        return run.copse(self._library.dll.copse_predictor_row, self._predictor, matrix, repeats)

    # ---- from a file

    def _program(self, path, n_rounds):
        words = {**self._words(), "header": False, "label_column": 0, "data": path, "num_iterations": n_rounds,
                 "output_model": f"{self.scratch}/copse.txt", "metric": "none"}
        command = [self.job["program"], "train"] + [f"{key}={programs._text(value)}" for key, value in words.items()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise programs.EngineError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
        return programs.summary_of(done.stderr)

    def csv_bins(self, path):
        summary = self._program(path, 1)
        return summary["seconds_read"] + summary["seconds_bins"]

    def csv_train(self, path):
        return self._program(path, self.settings["rounds"])["process_peak_mb"]
