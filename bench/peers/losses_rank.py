"""Gradients of lambdarank as LightGBM computes them, query by query; see losses.py."""

import math

import numpy as np

from .catalogue import sizes_of_queries

N_CELLS = 1 << 20  # of the table that stands for the logistic function
REACH = 50.0  # it covers scores that differ by less than this / sigmoid / 2
TRUNCATION = 30
SOFTENING = float(np.float32(0.01))


class _Table:
    """1 / (1 + exp(sigmoid * x)) at the left edge of the cell of x."""

    def __init__(self, sigmoid):
        self._sigmoid, self._low = sigmoid, -REACH / sigmoid / 2.0
        self._factor = N_CELLS / (-2.0 * self._low)

    def at(self, x):
        cell = 0 if x <= self._low else N_CELLS - 1 if x >= -self._low else int((x - self._low) * self._factor)
        return 1.0 / (1.0 + math.exp((cell / self._factor + self._low) * self._sigmoid))


def _discount(rank):
    return 1.0 / math.log2(2.0 + rank)


def _query(label, score, sigmoid, norm, table):
    """(g, h) of the documents of one query, float32."""
    n = len(label)
    g, h = np.zeros(n, np.float32), np.zeros(n, np.float32)
    gain = [2.0 ** grade - 1.0 for grade in label.tolist()]
    best = sum(value * _discount(rank) for rank, value in enumerate(sorted(gain, reverse=True)[:TRUNCATION]))
    if best <= 0.0:
        return g, h
    order = np.argsort(-score, kind="stable").tolist()
    differ = score[order[0]] != score[order[-1]]
    total = 0.0
    for i in range(min(TRUNCATION, n - 1)):
        for j in range(i + 1, n):
            if label[order[i]] == label[order[j]]:
                continue
            high, low = (order[i], order[j]) if label[order[i]] > label[order[j]] else (order[j], order[i])
            distance = float(score[high] - score[low])
            delta = (gain[high] - gain[low]) * abs(_discount(i) - _discount(j)) / best
            if norm and differ:
                delta /= SOFTENING + abs(distance)
            q = table.at(distance)
            step, curve = np.float32(-sigmoid * delta * q), np.float32(sigmoid * sigmoid * delta * q * (1.0 - q))
            g[low] -= step
            g[high] += step
            h[low] += curve
            h[high] += curve
            total += 2.0 * sigmoid * delta * q
    if norm and total > 0.0:
        factor = math.log2(1.0 + total) / total
        g, h = ((values.astype(np.float64) * factor).astype(np.float32) for values in (g, h))
    return g, h


def lambdarank(problem, scores, _):
    sigmoid, start, parts = problem.settings["sigmoid"], 0, []
    table = _Table(sigmoid)
    for size in sizes_of_queries(problem.query).tolist():
        rows = slice(start, start + size)
        parts.append(_query(problem.label[rows], scores[0][rows], sigmoid, problem.settings["lambdarank_norm"], table))
        start += size
    g, h = (np.concatenate(values) for values in zip(*parts))
    return (g, h) if problem.weight is None else (g * problem.weight, h * problem.weight)
