"""LightGBM from its Python package; one row at a time through its C interface."""

from . import row_loop
from .engine import Engine


class LightGBM(Engine):
    module, family = "lightgbm", "lightgbm"

    def __init__(self, job):
        super().__init__(job)
        import lightgbm

        self._package = lightgbm
        self.parameters = {"objective": self.objective, "num_leaves": self.settings.get("num_leaves", 31),
                           "learning_rate": self.learning_rate, "max_bin": self.settings["max_bin"],
                           "min_data_in_leaf": self.min_data_in_leaf, "num_threads": self.n_threads, "verbosity": -1,
                           "metric": "none", **self.variant}
        if self.n_classes:
            self.parameters["num_class"] = self.n_classes

    @staticmethod
    def version(job):
        import lightgbm

        return lightgbm.__version__

    def bins(self, part):
        self._data = self._package.Dataset(part.matrix, part.label, params=self.parameters,
                                           categorical_feature=part.categorical).construct()

    def train(self):
        self._booster = self._package.Booster(self.parameters, self._data)
        for _ in range(self.settings["rounds"]):
            if self._booster.update():
                break

    def predict(self, matrix):
        return self._booster.predict(matrix, num_threads=self.n_threads)

    def save(self, path):
        self._booster.save_model(path)

    def load(self, path):
        self._booster = self._package.Booster(model_file=path, params={"num_threads": self.n_threads, "verbosity": -1})

    def row_microseconds(self, matrix, repeats):
        library, handle = self._package.basic._LIB, self._booster._handle
        return row_loop.Loop(self.scratch).lightgbm(library, handle, matrix, repeats)

    def csv_bins(self, path):
        parameters = {**self.parameters, "header": False, "label_column": "0"}
        self._data = self._package.Dataset(path, params=parameters).construct()

    def csv_train(self, path):
        self.csv_bins(path)
        self.train()
