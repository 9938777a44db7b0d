"""scikit-learn's HistGradientBoostingClassifier. fit() bins and trains; what it prints tells the two apart."""

import contextlib
import io
import pickle
import re
import warnings

import numpy as np

from .engine import Engine, Refused

MOST_LEVELS = 255  # of a categorical feature


class ScikitLearn(Engine):
    module, family = "sklearn", "sklearn"

    @staticmethod
    def version(job):
        import sklearn

        return sklearn.__version__

    def bins(self, part):
        if not isinstance(part.matrix, np.ndarray):
            raise Refused("takes no sparse matrix")
        self._part = part

    def train(self):
        from sklearn.ensemble import HistGradientBoostingClassifier

        categorical = [at for at in self._part.categorical if self._levels(at) <= MOST_LEVELS]
        self._model = HistGradientBoostingClassifier(
            max_iter=self.settings["rounds"], learning_rate=self.learning_rate,
            max_leaf_nodes=self.settings["num_leaves"], max_bins=self.settings["max_bin"],
            min_samples_leaf=self.min_data_in_leaf, early_stopping=False, categorical_features=categorical or None,
            random_state=0, verbose=1)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._model.fit(self._part.matrix, self._part.label)
        found = re.search(r"Binning .*?: ([0-9.]+) s", printed.getvalue())
        return float(found.group(1)) if found else None

    def _levels(self, at):
        column = self._part.matrix[:, at]
        return len(np.unique(column[~np.isnan(column)]))

    def predict(self, matrix):
        values = self._model.predict_proba(matrix)
        return values if self.n_classes else values[:, 1]

    def save(self, path):
        with open(path, "wb") as file:
            pickle.dump(self._model, file)

    def load(self, path):
        with open(path, "rb") as file:
            self._model = pickle.load(file)  # written by save() in this run's own folder

    def csv_train(self, path):
        from .generated import Part

        cells = np.loadtxt(path, delimiter=",")
        self._part = Part(cells[:, 1:], cells[:, 0], [])
        self.train()
