"""The engines of --accuracy: each trains on one part of a case (cases.py) and predicts the other.

A prediction is a probability (binary, cross_entropy), a value or mean (regression and the other losses of one number),
a rate (cross_entropy_lambda), a score (ranking) or a row of probabilities (multiclass).
To add an engine: a class like these, and its name in accuracy.py.
"""

import importlib.util
import os
import warnings
from importlib import metadata

import numpy as np

from . import catalogue, engines, environment

N_ROUNDS, LEARNING_RATE, N_LEAVES, N_THREADS = 100, 0.1, 31, 1
MOST_LEVELS = 255  # of a categorical feature of scikit-learn's


class Part:
    """Some rows of a data set, in memory and as a CSV file with its side files. weight: None where the data has no
    weights of its own; query: None where it has no queries."""

    def __init__(self, prepared, lines, rows, scratch, name, is_weighted=False):
        self.names, self.text_features = prepared.names, prepared.text_features
        self.path = os.path.join(scratch, name + ".csv")
        with open(self.path, "w", encoding="ascii", newline="\n") as file:
            file.write(lines[0])
            file.writelines(lines[row + 1] for row in rows)
        self.matrix = np.column_stack([column[rows] for column in prepared.columns])
        self.label = prepared.label[rows].astype(np.float64)
        self.levels = [len(np.unique(column[~np.isnan(column)])) for column in prepared.columns]  # of all rows
        self.weight = prepared.weight[rows].astype(np.float64) if is_weighted else None
        self.query = None if prepared.query is None else prepared.query[rows]
        if is_weighted:
            with open(self.path + ".weight", "w", encoding="ascii", newline="\n") as file:
                file.writelines(f"{weight:.9g}\n" for weight in self.weight)
        if self.query is not None:
            catalogue.write_queries(self.path, self.query)


class Contender:
    """Made from the path of Copse's program. predict(case, train, test, scratch) gives the prediction of the test
    part."""

    module = None  # that it needs
    objectives = None  # LightGBM's name of an objective -> its own; None: it has all
    lacking = ""  # what a reader should know of those it has not
    is_copse = False
    is_judged = False  # whether being behind LightGBM is a failure

    @classmethod
    def is_installed(cls):
        return cls.module is None or importlib.util.find_spec(cls.module) is not None

    @classmethod
    def has(cls, objective):
        return cls.objectives is None or objective in cls.objectives


def by_class(found, classes, n_classes):
    """Probabilities of the classes that an engine saw, as columns of all; the second one of two."""
    if not n_classes:
        return found[:, 1]
    result = np.zeros((len(found), n_classes))
    result[:, np.asarray(classes).astype(float).astype(int)] = found
    return result


def _tree_parameters(case):
    found = {"objective": case.objective, "num_threads": N_THREADS, "num_leaves": N_LEAVES,
             "learning_rate": LEARNING_RATE, **case.settings}
    return {**found, "num_class": case.n_classes} if case.n_classes else found


class LightGBM(Contender):
    name, module = "LightGBM", "lightgbm"

    def __init__(self, program):
        import lightgbm

        self._package, self.version = lightgbm, lightgbm.__version__

    def predict(self, case, train, test, scratch):
        # the last two change no result but by rounding: they make it the same every time
        parameters = {**_tree_parameters(case), "verbosity": -1, "deterministic": True, "force_col_wise": True}
        sizes = None if train.query is None else catalogue.sizes_of_queries(train.query)
        data = self._package.Dataset(train.matrix, train.label, weight=train.weight, group=sizes, params=parameters,
                                     categorical_feature=train.text_features)
        return self._package.train(parameters, data, N_ROUNDS).predict(test.matrix)


class Copse(Contender):
    name, is_copse, is_judged = "Copse", True, True

    def __init__(self, program):
        self._program = engines.Copse(program)
        self.version = self._program.version.split()[-1]

    def train_and_predict(self, case, train, test, scratch, settings, n_rounds):
        model = os.path.join(scratch, "model.txt")
        self._program.train(train, settings, True, False, n_rounds, model)
        texts = self._program.predict(model, test.path, "probability", os.path.join(scratch, "predictions.txt"))
        values = np.array([[float(value) for value in text.split("\t")] for text in texts])
        return values if case.n_classes else values[:, 0]

    def predict(self, case, train, test, scratch):
        return self.train_and_predict(case, train, test, scratch, _tree_parameters(case), N_ROUNDS)


class CopseCompat(Copse):
    """LightGBM's own way of counting, drawing and rounding in all that Copse does otherwise by default; that of the
    version beside it."""

    name = "Copse compat=lightgbm"

    def predict(self, case, train, test, scratch):
        compat = environment.compat_of(metadata.version(LightGBM.module))
        return self.train_and_predict(case, train, test, scratch, {**_tree_parameters(case), "compat": compat},
                                      N_ROUNDS)


class CopseAuto(Copse):
    """What --auto chooses beside those rounds, that learning rate and those leaves, all rounds of them."""

    name, is_judged = "Copse --auto", False

    def predict(self, case, train, test, scratch):
        settings = {**_tree_parameters(case), "auto": True, "early_stopping_round": 0, "valid_fraction": 0,
                    "lint": "off"}
        return self.train_and_predict(case, train, test, scratch, settings, N_ROUNDS)


class XGBoost(Contender):
    name, module = "XGBoost", "xgboost"
    objectives = {"binary": "binary:logistic", "regression": "reg:squarederror", "multiclass": "multi:softprob",
                  "cross_entropy": "reg:logistic", "poisson": "count:poisson", "gamma": "reg:gamma",
                  "tweedie": "reg:tweedie", "quantile": "reg:quantileerror", "regression_l1": "reg:absoluteerror",
                  "lambdarank": "rank:ndcg"}
    lacking = "its Huber loss is the pseudo-Huber one, which is another loss"

    def __init__(self, program):
        import xgboost

        self._package, self.version = xgboost, xgboost.__version__

    def matrix(self, part):
        kinds = ["c" if at in part.text_features else "q" for at in range(len(part.names))]
        return self._package.DMatrix(part.matrix, part.label, weight=part.weight, qid=part.query, feature_types=kinds,
                                     enable_categorical=True, nthread=N_THREADS)

    @classmethod
    def parameters(cls, case):
        names = {"alpha": "quantile_alpha"}
        found = {"objective": cls.objectives[case.objective], "nthread": N_THREADS, "verbosity": 0,
                 **{names.get(key, key): value for key, value in case.settings.items()}}
        return {**found, "num_class": case.n_classes} if case.n_classes else found

    def predict(self, case, train, test, scratch):
        parameters = {**self.parameters(case), "tree_method": "hist", "grow_policy": "lossguide",
                      "max_leaves": N_LEAVES, "max_depth": 0, "learning_rate": LEARNING_RATE}
        booster = self._package.train(parameters, self.matrix(train), N_ROUNDS)
        return booster.predict(self.matrix(test)).astype(np.float64)


class ScikitLearn(Contender):
    name, module = "scikit-learn", "sklearn"
    objectives = {"binary": None, "multiclass": None, "regression": "squared_error", "regression_l1": "absolute_error",
                  "quantile": "quantile", "poisson": "poisson", "gamma": "gamma"}  # None: a classifier

    def __init__(self, program):
        import sklearn

        self.version = sklearn.__version__

    def fit_and_predict(self, case, train, test, held_out, **settings):
        """settings: of the estimator; held_out: of its fit."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        categorical = [at for at in train.text_features if train.levels[at] <= MOST_LEVELS]
        loss, kind = self.objectives[case.objective], HistGradientBoostingClassifier
        if loss:
            kind = HistGradientBoostingRegressor
            settings = {"loss": loss, "quantile": case.settings.get("alpha"), **settings}
        model = kind(categorical_features=categorical or None, random_state=0, **settings)
        with threadpool_limits(N_THREADS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(train.matrix, train.label, sample_weight=train.weight, **held_out)
            if loss:
                return model.predict(test.matrix)
            return by_class(model.predict_proba(test.matrix), model.classes_, case.n_classes)

    def predict(self, case, train, test, scratch):
        return self.fit_and_predict(case, train, test, {}, max_iter=N_ROUNDS, learning_rate=LEARNING_RATE,
                                    max_leaf_nodes=N_LEAVES, early_stopping=False)


class CatBoost(Contender):
    name, module = "CatBoost", "catboost"
    objectives = {"binary": "Logloss", "regression": "RMSE", "multiclass": "MultiClass",
                  "multiclassova": "MultiClassOneVsAll", "cross_entropy": "CrossEntropy", "poisson": "Poisson",
                  "tweedie": "Tweedie:variance_power={tweedie_variance_power}", "quantile": "Quantile:alpha={alpha}",
                  "regression_l1": "MAE", "huber": "Huber:delta={alpha}", "mape": "MAPE",
                  "lambdarank": "LambdaMart:metric=NDCG"}
    DEEPEST = 16  # its limit

    def __init__(self, program):
        import catboost

        self._package, self.version = catboost, catboost.__version__

    def _pool(self, part):
        rows = part.matrix
        if part.text_features:  # its categories are texts or whole numbers, never floats
            columns = [[str(value) for value in column] if at in part.text_features else column
                       for at, column in enumerate(rows.T.tolist())]
            rows = [list(row) for row in zip(*columns)]
        return self._package.Pool(rows, part.label, weight=part.weight, group_id=part.query,
                                  cat_features=part.text_features)

    def fit_and_predict(self, case, train, test, held_out, **settings):
        """settings: of the model; held_out: of its fit."""
        loss = self.objectives[case.objective].format(**case.settings)
        model = self._package.CatBoost({"loss_function": loss, "thread_count": N_THREADS, "random_seed": 0,
                                        "allow_writing_files": False, "verbose": False, **settings})
        pool = self._pool(train)
        if case.objective in ("poisson", "tweedie"):  # the score is a logarithm; from its start at 0 they may diverge
            start = np.log(np.average(train.label, weights=train.weight))
            pool.set_baseline(np.full(len(train.label), start))
            model.fit(pool, **held_out)
            return np.exp(start + np.asarray(model.predict(self._pool(test), prediction_type="RawFormulaVal")))
        model.fit(pool, **held_out)
        if case.n_classes or case.objective in ("binary", "cross_entropy"):
            found = np.asarray(model.predict(self._pool(test), prediction_type="Probability"))
            return by_class(found, model.classes_, case.n_classes)
        return np.asarray(model.predict(self._pool(test)))

    def predict(self, case, train, test, scratch):
        return self.fit_and_predict(case, train, test, {}, iterations=N_ROUNDS, learning_rate=LEARNING_RATE,
                                    grow_policy="Lossguide", max_leaves=N_LEAVES, depth=self.DEEPEST)
