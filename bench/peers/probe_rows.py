"""Rows to predict in both directions: rows of the data, and rows made to hurt.

The hurtful ones hold missing values, values exactly at a model's thresholds and one step beside them, zeros of
every kind, huge values, and categories that are unseen, negative or not whole.
"""

import math

import numpy as np

from .settings import Draw

N_PLAIN, N_HURTFUL = 2000, 500
NUMBERS = [math.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 1e300, -1e300, 0.5, -1.0]
CATEGORIES = [math.nan, 0.0, -1.0, -0.5, 2.7, 31.0, 32.0, 63.99, 9999.0, 1e9]


def thresholds_of(models, n_features):
    found = [set() for _ in range(n_features)]
    for model in models:
        for tree in model.trees:
            for node in range(tree.n_nodes):
                if not tree.is_categorical(node):
                    found[tree.split_feature[node]].add(tree.threshold[node])
    return [sorted(values) for values in found]


def make(columns, categorical, models):
    """A matrix of rows; deterministic."""
    n_rows, n_features = len(columns[0]), len(columns)
    step = max(1, n_rows // N_PLAIN)
    plain = np.column_stack([column[::step][:N_PLAIN] for column in columns])
    draw, thresholds = Draw(1), thresholds_of(models, n_features)
    hurtful = plain[[draw.integer(0, len(plain) - 1) for _ in range(N_HURTFUL)]].copy()
    for row in hurtful:
        for feature in range(n_features):
            if draw.chance(0.4):
                row[feature] = _hurtful_value(draw, feature in categorical, thresholds[feature])
    hurtful[0] = math.nan
    return np.vstack([plain, hurtful])


def _hurtful_value(draw, is_categorical, thresholds):
    if is_categorical:
        return draw.one_of(CATEGORIES)
    if thresholds and draw.chance(0.7):
        value = draw.one_of(thresholds)
        return draw.one_of([value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf)])
    return draw.one_of(NUMBERS)


def write_csv(path, names, matrix):
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(",".join(names) + "\n")
        file.writelines(",".join("nan" if value != value else f"{value:.17g}" for value in row) + "\n"
                        for row in matrix.tolist())
