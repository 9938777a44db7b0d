"""XGBoost's histogram method, growing by loss."""

import warnings

from .engine import Engine

OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob"}


class XGBoost(Engine):
    module, family = "xgboost", "xgboost"

    def __init__(self, job):
        super().__init__(job)
        import xgboost

        self._package, self._kinds = xgboost, None
        self.parameters = {"objective": OBJECTIVES[self.objective], "tree_method": "hist",
                           "grow_policy": "lossguide", "max_leaves": self.settings.get("num_leaves", 31),
                           "max_depth": 0, "max_bin": self.settings["max_bin"], "learning_rate": self.learning_rate,
                           "nthread": self.n_threads, "verbosity": 0}
        if self.n_classes:
            self.parameters["num_class"] = self.n_classes

    @staticmethod
    def version(job):
        import xgboost

        return xgboost.__version__

    def bins(self, part):
        if part.categorical:
            self._kinds = ["c" if at in part.categorical else "q" for at in range(part.matrix.shape[1])]
        self._data = self._package.QuantileDMatrix(
            part.matrix, part.label, max_bin=self.settings["max_bin"], nthread=self.n_threads,
            feature_types=self._kinds, enable_categorical=self._kinds is not None)

    def train(self):
        self._booster = self._package.train(self.parameters, self._data, self.settings["rounds"])

    def predict(self, matrix):
        if self._kinds is None:
            return self._booster.inplace_predict(matrix)
        return self._booster.predict(self._package.DMatrix(matrix, feature_types=self._kinds, nthread=self.n_threads,
                                                           enable_categorical=True))

    def save(self, path):
        self._booster.save_model(path)

    def load(self, path):
        self._booster = self._package.Booster({"nthread": self.n_threads}, model_file=path)

    def csv_bins(self, path):
        """Only the text is parsed here: the cut points of such a matrix are found in the first round."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that reading text is deprecated
            self._data = self._package.DMatrix(f"{path}?format=csv&label_column=0", nthread=self.n_threads)

    def csv_train(self, path):
        self.csv_bins(path)
        self.train()
