"""CatBoost growing by loss, plain boosting without sampling or noise: what the others do."""

import os

import numpy as np

from .engine import Engine

OBJECTIVES = {"binary": "Logloss", "multiclass": "MultiClass"}
DEEPEST = 16  # its limit


class CatBoost(Engine):
    module, family = "catboost", "catboost"

    def __init__(self, job):
        super().__init__(job)
        import catboost

        self._package, self._categorical = catboost, []
        self.parameters = {"loss_function": OBJECTIVES[self.objective], "grow_policy": "Lossguide",
                           "max_leaves": self.settings.get("num_leaves", 31), "depth": DEEPEST,
                           "iterations": self.settings.get("rounds", 1), "learning_rate": self.learning_rate,
                           "min_data_in_leaf": self.min_data_in_leaf, "border_count": self.settings["max_bin"] - 1,
                           "boosting_type": "Plain", "bootstrap_type": "No", "random_strength": 0,
                           "leaf_estimation_iterations": 1, "thread_count": self.n_threads, "verbose": False,
                           "allow_writing_files": False}

    @staticmethod
    def version(job):
        import catboost

        return catboost.__version__

    def _rows(self, matrix):
        if not self._categorical:
            return matrix
        import pandas

        frame = pandas.DataFrame(matrix)  # its categories are whole numbers or texts, never floats
        for at in self._categorical:
            frame[at] = np.where(np.isnan(matrix[:, at]), -1, matrix[:, at]).astype(np.int32)
        return frame

    def _pool(self, matrix, label=None):
        return self._package.Pool(self._rows(matrix), label, cat_features=self._categorical or None,
                                  thread_count=self.n_threads)

    def bins(self, part):
        self._categorical = part.categorical
        self._data = self._pool(part.matrix, part.label)
        self._data.quantize(border_count=self.settings["max_bin"] - 1)

    def train(self):
        self._model = self._package.CatBoost(self.parameters)
        self._model.fit(self._data)

    def predict(self, matrix):
        rows = self._pool(matrix) if self._categorical else matrix
        values = self._model.predict(rows, prediction_type="Probability", thread_count=self.n_threads)
        return values if self.n_classes else values[:, 1]

    def save(self, path):
        self._model.save_model(path)

    def load(self, path):
        self._model = self._package.CatBoost()
        self._model.load_model(path)

    def csv_bins(self, path):
        described = os.path.join(self.scratch, "columns.txt")
        with open(described, "w", encoding="ascii") as file:
            file.write("0\tLabel\n")
        self._data = self._package.Pool(path, column_description=described, delimiter=",", has_header=False,
                                        thread_count=self.n_threads)
        self._data.quantize(border_count=self.settings["max_bin"] - 1)

    def csv_train(self, path):
        self.csv_bins(path)
        self.train()
