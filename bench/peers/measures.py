"""Held-out measures: label and prediction (probability, value, or a row of probabilities) to one number."""

import numpy as np

EPSILON = 1e-15  # probabilities are kept so far from 0 and 1


class Measure:
    def __init__(self, name, title, value, higher_is_better):
        self.name, self.title, self.value, self.higher_is_better = name, title, value, higher_is_better


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


OF_OBJECTIVE = {
    "binary": [Measure("auc", "AUC", auc, True), Measure("binary_logloss", "log loss", log_loss, False)],
    "regression": [Measure("rmse", "RMSE", rmse, False)],
    "multiclass": [Measure("multi_logloss", "log loss", multi_log_loss, False),
                   Measure("accuracy", "accuracy", multi_accuracy, True)],
}
