"""Held-out measures: label and prediction (probability, value, or a row of probabilities) to one number."""

import numpy as np

from .catalogue import sizes_of_queries

EPSILON = 1e-15  # probabilities are kept so far from 0 and 1
N_BEST = 10  # of NDCG


class Measure:
    """of(part, prediction): the number; part has label, weight (None: all alike) and query."""

    def __init__(self, name, title, of, higher_is_better):
        self.name, self.title, self.of, self.higher_is_better = name, title, of, higher_is_better


def auc(label, score):
    """Ties count one half."""
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - 0.5 * (counts - 1))[inverse]  # mean rank of each group of equal scores
    positive = label > 0
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    return float((rank[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def log_loss(label, probability):
    p = np.clip(np.where(label > 0, probability, 1.0 - probability), EPSILON, 1.0)
    return float(-np.log(p).mean())


def rmse(label, value):
    return float(np.sqrt(np.mean((value - label) ** 2)))


def multi_log_loss(label, probabilities):
    """Rows are scaled to sum to 1."""
    p = probabilities / probabilities.sum(axis=1, keepdims=True)
    return float(-np.log(np.clip(p[np.arange(len(label)), label.astype(int)], EPSILON, 1.0)).mean())


def multi_accuracy(label, probabilities):
    return float(np.mean(probabilities.argmax(axis=1) == label))


def mean_of(losses, weight=None):
    return float(np.average(losses, weights=weight))


def absolute(label, value):
    return np.abs(value - label)


def relative(label, value):
    """Of the label, or of 1 where it is smaller."""
    return np.abs(value - label) / np.maximum(1.0, np.abs(label))


def pinball(label, value, level):
    below = label - value
    return np.where(below >= 0, level * below, (level - 1.0) * below)


def huber(label, value, alpha):
    size = np.abs(value - label)
    return np.where(size <= alpha, 0.5 * size * size, alpha * (size - 0.5 * alpha))


def fair(label, value, c):
    size = np.abs(value - label)
    return c * size - c * c * np.log1p(size / c)


def _times_log(label, ratio):
    return np.where(label > 0, label * np.log(np.where(label > 0, ratio, 1.0)), 0.0)


def poisson_deviance(label, mean):
    return 2.0 * (_times_log(label, label / mean) - (label - mean))


def gamma_deviance(label, mean):
    return 2.0 * (np.log(mean / label) + label / mean - 1.0)


def tweedie_deviance(label, mean, power):
    """1 < power < 2."""
    return 2.0 * (label ** (2.0 - power) / ((1.0 - power) * (2.0 - power))
                  - label * mean ** (1.0 - power) / (1.0 - power) + mean ** (2.0 - power) / (2.0 - power))


def cross_entropy(label, probability):
    """Labels from 0 to 1."""
    p = np.clip(probability, EPSILON, 1.0 - EPSILON)
    return -(label * np.log(p) + (1.0 - label) * np.log1p(-p))


def ndcg(label, score, query, n_best=N_BEST):
    """Mean over the queries, equal scores in the order of the rows; 1 for a query without a relevant document."""
    found, start = [], 0
    for size in sizes_of_queries(query):
        rows = slice(start, start + size)
        gain, start = 2.0 ** label[rows] - 1.0, start + size
        discount = 1.0 / np.log2(2.0 + np.arange(min(n_best, size)))
        best = np.sort(gain)[::-1][:n_best] @ discount
        reached = gain[np.argsort(-score[rows], kind="stable")][:n_best] @ discount
        found.append(reached / best if best > 0 else 1.0)
    return float(np.mean(found))


# ---- which measures an objective has


def _plain(name, title, function, higher_is_better=False):
    return Measure(name, title, lambda part, prediction: function(part.label, prediction), higher_is_better)


def _mean(name, title, losses, **parameters):
    return Measure(name, title,
                   lambda part, prediction: mean_of(losses(part.label, prediction, **parameters), part.weight), False)


def _lambda_entropy(part, rate):
    """The prediction is a rate; a row's probability comes of the rate times its weight."""
    exposure = 1.0 if part.weight is None else part.weight
    return mean_of(cross_entropy(part.label, -np.expm1(-exposure * rate)))


_MULTI = [_plain("multi_logloss", "log loss", multi_log_loss), _plain("accuracy", "accuracy", multi_accuracy, True)]
_NDCG = [Measure("ndcg", f"NDCG@{N_BEST}", lambda part, score: ndcg(part.label, score, part.query), True)]
_OF_OBJECTIVE = {
    "binary": lambda _: [_plain("auc", "AUC", auc, True), _plain("binary_logloss", "log loss", log_loss)],
    "regression": lambda _: [_plain("rmse", "RMSE", rmse)],
    "multiclass": lambda _: _MULTI,
    "multiclassova": lambda _: _MULTI,
    "regression_l1": lambda _: [_mean("l1", "absolute error", absolute)],
    "mape": lambda _: [_mean("mape", "relative error", relative)],
    "quantile": lambda settings: [_mean("pinball", "pinball loss", pinball, level=settings["alpha"])],
    "huber": lambda settings: [_mean("huber", "Huber loss", huber, alpha=settings["alpha"])],
    "fair": lambda settings: [_mean("fair", "fair loss", fair, c=settings["fair_c"])],
    "poisson": lambda _: [_mean("poisson", "deviance", poisson_deviance)],
    "gamma": lambda _: [_mean("gamma", "deviance", gamma_deviance)],
    "tweedie": lambda settings: [_mean("tweedie", "deviance", tweedie_deviance,
                                       power=settings["tweedie_variance_power"])],
    "cross_entropy": lambda _: [_mean("cross_entropy", "log loss", cross_entropy)],
    "cross_entropy_lambda": lambda _: [Measure("cross_entropy_lambda", "log loss", _lambda_entropy, False)],
    "lambdarank": lambda _: _NDCG,
    "rank_xendcg": lambda _: _NDCG,
}
OBJECTIVES = list(_OF_OBJECTIVE)


def of_objective(objective, settings):
    """settings: those parameters of the objective that its loss has."""
    return _OF_OBJECTIVE[objective](settings)
