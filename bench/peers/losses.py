"""Gradients, hessians and start scores of every objective as LightGBM computes them.

Independent of both engines: written from the description of the losses, so that it can judge either side. The
formulas are in double and rounded once to float32; where LightGBM multiplies two float32 numbers, so does this.
"""

import math

import numpy as np

from . import environment, losses_rank

EPSILON = float(np.float32(1e-15))


def target(problem):
    """Labels of float32; with reg_sqrt their signed roots."""
    if not problem.settings["reg_sqrt"]:
        return problem.label
    return np.sign(problem.label) * np.sqrt(np.abs(problem.label))


def gradients(problem, scores, output):
    """(g, h) as float32 for one output; scores: an array of float64 per output."""
    return _GRADIENTS[problem.settings["objective"]](problem, scores, output)


def start(problem, output):
    """The raw score that boosting begins with."""
    if not problem.settings["boost_from_average"]:
        return 0.0
    value = float(_STARTS[problem.settings["objective"]](problem, output))
    return value if abs(value) > EPSILON else 0.0


# ---- gradients


def _float32(problem, g, h):
    """Weighted in double, then rounded."""
    weight = 1.0 if problem.weight is None else problem.weight.astype(np.float64)
    return (g * weight).astype(np.float32), (h * weight).astype(np.float32)


def _unit_hessian(problem, g):
    """g rounded, then weighted in float32; the hessian is the weight."""
    g = g.astype(np.float32)
    if problem.weight is None:
        return g, np.ones(problem.n_rows, dtype=np.float32)
    return g * problem.weight, problem.weight.copy()


def _difference(problem, scores):
    return scores[0] - target(problem).astype(np.float64)


def _squared(problem, scores, _):
    return _unit_hessian(problem, _difference(problem, scores))


def _absolute(problem, scores, _):
    return _unit_hessian(problem, np.sign(_difference(problem, scores)))


def _quantile(problem, scores, _):
    alpha = np.float32(problem.settings["alpha"])
    above = _difference(problem, scores).astype(np.float32) >= 0
    return _unit_hessian(problem, np.where(above, np.float32(1) - alpha, -alpha))


def _huber(problem, scores, _):
    alpha = problem.settings["alpha"]
    return _float32(problem, np.clip(_difference(problem, scores), -alpha, alpha), np.ones(problem.n_rows))


def _poisson(problem, scores, _):
    rate = np.exp(scores[0])
    step = math.exp(problem.settings["poisson_max_delta_step"])
    return _float32(problem, rate - problem.label.astype(np.float64), rate * step)


def _fair(problem, scores, _):
    c, d = problem.settings["fair_c"], _difference(problem, scores)
    size = np.abs(d) + c
    return _float32(problem, c * d / size, c * c / (size * size))


def _relative_weight(problem):
    """Of mape, in float32: 1 / max(1, |label|), times the row's weight."""
    scale = np.float32(1.0) / np.maximum(np.float32(1.0), np.abs(target(problem)))
    return scale if problem.weight is None else scale * problem.weight


def _mape(problem, scores, _):
    """Without weights: with them, LightGBM takes the first row's hessian for every row's, in histograms alone."""
    g = (np.sign(_difference(problem, scores)) * _relative_weight(problem)).astype(np.float32)
    return g, np.ones(problem.n_rows, dtype=np.float32)


def _gamma(problem, scores, _):
    share = problem.label.astype(np.float64) * np.exp(-scores[0])
    return _float32(problem, 1.0 - share, share)


def _tweedie(problem, scores, _):
    label, power = problem.label.astype(np.float64), problem.settings["tweedie_variance_power"]
    a, b = np.exp((1.0 - power) * scores[0]), np.exp((2.0 - power) * scores[0])
    return _float32(problem, -label * a + b, -label * (1.0 - power) * a + (2.0 - power) * b)


def _cross_entropy_lambda(problem, scores, _):
    label = problem.label.astype(np.float64)
    if problem.weight is None:
        z = 1.0 / (1.0 + np.exp(-scores[0]))
        return (z - label).astype(np.float32), (z * (1.0 - z)).astype(np.float32)
    w, e = problem.weight.astype(np.float64), np.exp(scores[0])  # the weight is an exposure
    z = 1.0 - np.exp(-w * np.log1p(e))
    c = 1.0 / (1.0 - z)
    curve = c / ((c - 1.0) * (c - 1.0)) * (1.0 + w * e - c)
    h = w * e / ((1.0 + e) * (1.0 + e)) * (1.0 + label * curve)
    return ((1.0 - label / z) * w / (1.0 + 1.0 / e)).astype(np.float32), h.astype(np.float32)


def _cross_entropy(problem, scores, _):
    score, label = scores[0], problem.label.astype(np.float64)
    tail = score <= -37.0
    t = np.exp(np.where(tail, score, -score))
    rest = (np.float32(1.0) - problem.label).astype(np.float64)
    g = np.where(tail, t - label, (rest - label * t) / (1.0 + t))
    return _float32(problem, g, np.where(tail, t, t / ((1.0 + t) * (1.0 + t))))


def _logistic(problem, score, positive):
    sigmoid = problem.settings["sigmoid"]
    class_weight = np.where(positive, *_class_weights(problem, positive))
    sign = np.where(positive, 1.0, -1.0)
    response = -sign * sigmoid / (1.0 + np.exp(sign * sigmoid * score))
    size = np.abs(response)
    return _float32(problem, response * class_weight, size * (sigmoid - size) * class_weight)


def _class_weights(problem, positive):
    """(of positives, of negatives)"""
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    weights = [1.0, 1.0]
    if problem.settings["is_unbalance"] and n_positive and n_negative:
        if n_positive > n_negative:
            weights[1] = n_positive / n_negative
        else:
            weights[0] = n_negative / n_positive
    weights[0] *= problem.settings["scale_pos_weight"]
    return weights


def _binary(problem, scores, _):
    return _logistic(problem, scores[0], problem.label > 0)


def _one_against_rest(problem, scores, output):
    return _logistic(problem, scores[output], problem.label == output)


def _softmax(problem, scores, output):
    n = problem.n_outputs
    largest = np.max(scores, axis=0)
    exps = [np.exp(score - largest) for score in scores]
    total = exps[0].copy()
    for values in exps[1:]:
        total += values
    p = exps[output] / total
    return _float32(problem, p - (problem.label == output), n / (n - 1) * p * (1.0 - p))


_GRADIENTS = {"regression": _squared, "regression_l1": _absolute, "quantile": _quantile, "huber": _huber,
              "poisson": _poisson, "cross_entropy": _cross_entropy, "binary": _binary, "multiclass": _softmax,
              "multiclassova": _one_against_rest, "fair": _fair, "mape": _mape, "gamma": _gamma, "tweedie": _tweedie,
              "cross_entropy_lambda": _cross_entropy_lambda, "lambdarank": losses_rank.lambdarank}

# ---- start scores


def _mean(problem, values):
    """Rows in order, in double."""
    weight = np.ones(problem.n_rows) if problem.weight is None else problem.weight.astype(np.float64)
    return float(np.cumsum(values.astype(np.float64) * weight)[-1]) / float(np.cumsum(weight)[-1])


def _mean_target(problem, _):
    return _mean(problem, target(problem))


def _log_mean(problem, _):
    return math.log(_mean(problem, problem.label))


def _log_odds(problem, share):
    share = min(max(share, EPSILON), 1.0 - EPSILON)
    return math.log(share / (1.0 - share)) / problem.settings["sigmoid"]


def _percentile(problem, level):
    """Of the labels, in float32."""
    values, n = target(problem), problem.n_rows
    if n == 1:
        return values[0]
    if problem.weight is not None:
        return _weighted_percentile(values, problem.weight, level)
    values = np.sort(values)[::-1]
    place = (n - 1) * (1.0 - level)
    at = int(place) + 1
    if at >= n:
        return values[-1]
    return np.float32(float(values[at - 1]) - float(values[at - 1] - values[at]) * (place - (at - 1)))


def _weighted_percentile(values, weight, level):
    order = np.argsort(values, kind="stable")
    values, reached = values[order], np.cumsum(weight[order].astype(np.float64))
    threshold, last = level * reached[-1], len(values) - 1
    at = min(int(np.searchsorted(reached, threshold, side="right")), last)
    if at in (0, last):
        return values[at]
    if percentile_goes_below():
        low, high, otherwise = reached[at], reached[at + 1], values[at]
    else:
        low, high, otherwise = reached[at - 1], reached[at], values[at - 1]
    if high - low < 1.0:
        return otherwise
    return np.float32((threshold - low) / (high - low) * float(values[at] - values[at - 1]) + float(values[at - 1]))


def percentile_goes_below():
    """Up to 4.6, LightGBM's weighted percentile takes the weight after the wanted place for the one at it."""
    import lightgbm

    return environment.compat_of(lightgbm.__version__) == "lightgbm"


_STARTS = {
    "regression": _mean_target,
    "huber": _mean_target,
    "regression_l1": lambda problem, _: _percentile(problem, 0.5),
    "quantile": lambda problem, _: _percentile(problem, float(np.float32(problem.settings["alpha"]))),
    "poisson": _log_mean,
    "cross_entropy": lambda problem, _: _log_odds(problem, _mean(problem, problem.label)),
    "binary": lambda problem, _: _log_odds(problem, _mean(problem, problem.label > 0)),
    "multiclass": lambda problem, k: math.log(max(EPSILON, _mean(problem, problem.label == k))),
    "multiclassova": lambda problem, k: _log_odds(problem, _mean(problem, problem.label == k)),
    "fair": _mean_target,
    "mape": lambda problem, _: _weighted_percentile(target(problem), _relative_weight(problem), 0.5),
    "gamma": _log_mean,
    "tweedie": _log_mean,
    "cross_entropy_lambda": lambda problem, _: math.log(math.expm1(_mean(problem, problem.label))),
    "lambdarank": lambda *_: 0.0,
}
