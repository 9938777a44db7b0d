"""The engines of --accuracy: each trains on one part of a data set and predicts the other.

A prediction is a probability (binary), a value (regression) or a row of probabilities (multiclass).
To add an engine: a class like these, and its name in accuracy.py.
"""

import importlib.util
import os
import warnings

import numpy as np

from . import engines

N_ROUNDS, LEARNING_RATE, N_LEAVES, N_THREADS = 100, 0.1, 31, 1
MOST_LEVELS = 255  # of a categorical feature of scikit-learn's


class Part:
    """Some rows of a data set, in memory and as a CSV file."""

    def __init__(self, prepared, lines, rows, scratch, name):
        self.names, self.text_features = prepared.names, prepared.text_features
        self.path = os.path.join(scratch, name + ".csv")
        with open(self.path, "w", encoding="ascii", newline="\n") as file:
            file.write(lines[0])
            file.writelines(lines[row + 1] for row in rows)
        self.matrix = np.column_stack([column[rows] for column in prepared.columns])
        self.label = prepared.label[rows].astype(np.float64)
        self.levels = [len(np.unique(column[~np.isnan(column)])) for column in prepared.columns]  # of all rows


class Contender:
    """Made from the path of Copse's program. predict(data_set, train, test, scratch) gives the prediction of the
    test part."""

    module = None  # that it needs

    @classmethod
    def is_installed(cls):
        return cls.module is None or importlib.util.find_spec(cls.module) is not None


def by_class(found, classes, n_classes):
    """Probabilities of the classes that an engine saw, as columns of all; the second one of two."""
    if not n_classes:
        return found[:, 1]
    result = np.zeros((len(found), n_classes))
    result[:, np.asarray(classes).astype(float).astype(int)] = found
    return result


def _tree_parameters(data_set):
    found = {"objective": data_set.objective, "num_threads": N_THREADS, "num_leaves": N_LEAVES,
             "learning_rate": LEARNING_RATE}
    return {**found, "num_class": data_set.n_classes} if data_set.n_classes else found


class LightGBM(Contender):
    name, module = "LightGBM", "lightgbm"

    def __init__(self, program):
        import lightgbm

        self._package, self.version = lightgbm, lightgbm.__version__

    def predict(self, data_set, train, test, scratch):
        # the last two change no result but by rounding: they make it the same every time
        parameters = {**_tree_parameters(data_set), "verbosity": -1, "deterministic": True,
                      "force_col_wise": True}
        data = self._package.Dataset(train.matrix, train.label, params=parameters,
                                     categorical_feature=train.text_features)
        return self._package.train(parameters, data, N_ROUNDS).predict(test.matrix)


class Copse(Contender):
    name = "Copse"

    def __init__(self, program):
        self._program = engines.Copse(program)
        self.version = self._program.version.split()[-1]

    def train_and_predict(self, data_set, train, test, scratch, settings, n_rounds):
        model = os.path.join(scratch, "model.txt")
        self._program.train(train, settings, True, False, n_rounds, model)
        texts = self._program.predict(model, test.path, "probability", os.path.join(scratch, "predictions.txt"))
        values = np.array([[float(value) for value in text.split("\t")] for text in texts])
        return values if data_set.n_classes else values[:, 0]

    def predict(self, data_set, train, test, scratch):
        return self.train_and_predict(data_set, train, test, scratch, _tree_parameters(data_set), N_ROUNDS)


class XGBoost(Contender):
    name, module = "XGBoost", "xgboost"

    def __init__(self, program):
        import xgboost

        self._package, self.version = xgboost, xgboost.__version__

    def matrix(self, part):
        kinds = ["c" if at in part.text_features else "q" for at in range(len(part.names))]
        return self._package.DMatrix(part.matrix, part.label, feature_types=kinds, enable_categorical=True,
                                     nthread=N_THREADS)

    @staticmethod
    def parameters(data_set):
        objective = {"binary": "binary:logistic", "regression": "reg:squarederror", "multiclass": "multi:softprob"}
        found = {"objective": objective[data_set.objective], "nthread": N_THREADS, "verbosity": 0}
        return {**found, "num_class": data_set.n_classes} if data_set.n_classes else found

    def predict(self, data_set, train, test, scratch):
        parameters = {**self.parameters(data_set), "tree_method": "hist", "grow_policy": "lossguide",
                      "max_leaves": N_LEAVES, "max_depth": 0, "learning_rate": LEARNING_RATE}
        booster = self._package.train(parameters, self.matrix(train), N_ROUNDS)
        return booster.predict(self.matrix(test)).astype(np.float64)


class ScikitLearn(Contender):
    name, module = "scikit-learn", "sklearn"

    def __init__(self, program):
        import sklearn

        self.version = sklearn.__version__

    def fit_and_predict(self, data_set, train, test, held_out, **settings):
        """settings: of the estimator; held_out: of its fit."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        is_class = data_set.objective != "regression"
        categorical = [at for at in train.text_features if train.levels[at] <= MOST_LEVELS]
        kind = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
        model = kind(categorical_features=categorical or None, random_state=0, **settings)
        with threadpool_limits(N_THREADS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(train.matrix, train.label, **held_out)
            if not is_class:
                return model.predict(test.matrix)
            return by_class(model.predict_proba(test.matrix), model.classes_, data_set.n_classes)

    def predict(self, data_set, train, test, scratch):
        return self.fit_and_predict(data_set, train, test, {}, max_iter=N_ROUNDS, learning_rate=LEARNING_RATE,
                                    max_leaf_nodes=N_LEAVES, early_stopping=False)
