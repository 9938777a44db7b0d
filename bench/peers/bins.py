"""Cut points as LightGBM finds them when every row is in its sample; for the arbiter's row-count estimates.

LightGBM estimates the rows of a candidate side bin by bin from hessians, so the estimate needs the bins.
"""

import math

import numpy as np

from .model_text import MISSING_NAN, MISSING_NONE, MISSING_ZERO, ZERO


def _up(value):
    return math.nextafter(value, math.inf)


def _distinct(values, n_zero):
    """Representatives and counts; neighbours one step of double apart merge into the larger."""
    unique, counts = np.unique(values, return_counts=True)
    if len(unique) > 1:
        starts = np.concatenate(([True], unique[1:] > np.nextafter(unique[:-1], math.inf)))
        counts = np.add.reduceat(counts, np.flatnonzero(starts))
        unique = unique[np.concatenate((starts[1:], [True]))]
    at = int(np.searchsorted(unique, 0.0))
    inside = 0 < at < len(unique)
    if inside or n_zero > 0 or len(unique) == 0:
        unique, counts = np.insert(unique, at, 0.0), np.insert(counts, at, n_zero)
    return unique.tolist(), counts.tolist()


def _greedy(values, counts, max_bins, total, min_data_in_bin):
    bounds, n = [], len(values)
    if n <= max_bins:
        running = 0
        for i in range(n - 1):
            running += counts[i]
            if running >= min_data_in_bin:
                bound = _up((values[i] + values[i + 1]) / 2.0)
                if not bounds or bound > _up(bounds[-1]):
                    bounds.append(bound)
                    running = 0
        return bounds + [math.inf]
    if min_data_in_bin > 0:
        max_bins = max(1, min(max_bins, total // min_data_in_bin))
    mean = total / max_bins
    big = [count >= mean for count in counts]
    rest_bins = max_bins - sum(big)
    rest = total - sum(count for count, is_big in zip(counts, big) if is_big)

    def share():
        return rest / rest_bins if rest_bins else (math.nan if rest == 0 else math.inf)

    mean, current, edges = share(), 0, []
    for i in range(n - 1):
        if not big[i]:
            rest -= counts[i]
        current += counts[i]
        if big[i] or current >= mean or (big[i + 1] and current >= max(1.0, mean * 0.5)):
            edges.append((values[i], values[i + 1]))
            if len(edges) >= max_bins - 1:
                break
            current = 0
            if not big[i]:
                rest_bins -= 1
                mean = share()
    for upper, lower in edges:
        bound = _up((upper + lower) / 2.0)
        if not bounds or bound > _up(bounds[-1]):
            bounds.append(bound)
    return bounds + [math.inf]


def _zero_as_one_bin(values, counts, budget, total, min_data_in_bin):
    left = [i for i, value in enumerate(values) if value <= -ZERO]
    right = [i for i, value in enumerate(values) if value > ZERO]
    n_left, n_right = sum(counts[i] for i in left), sum(counts[i] for i in right)
    n_zero = sum(counts) - n_left - n_right
    bounds = []
    if left and budget > 1:
        share = max(1, int(n_left / (total - n_zero) * (budget - 1)))
        bounds = _greedy([values[i] for i in left], [counts[i] for i in left], share, n_left, min_data_in_bin)
        bounds[-1] = -ZERO
    right_bins = budget - 1 - len(bounds)
    if right and right_bins > 0:
        bounds.append(ZERO)
        bounds += _greedy([values[i] for i in right], [counts[i] for i in right], right_bins, n_right,
                          min_data_in_bin)
    else:
        bounds.append(math.inf)
    return bounds


class NumericBins:
    is_categorical = False

    def __init__(self, column, settings):
        use_missing, zero_missing = settings["use_missing"], settings["zero_as_missing"]
        nan = np.isnan(column)
        if not use_missing:
            self.missing_type = MISSING_NONE
        elif zero_missing:
            self.missing_type = MISSING_ZERO
        else:
            self.missing_type = MISSING_NAN if nan.any() else MISSING_NONE
        is_nan_type = self.missing_type == MISSING_NAN
        total = len(column) - (int(nan.sum()) if is_nan_type else 0)
        kept = column[~nan & (np.abs(np.where(nan, 0.0, column)) > ZERO)]
        values, counts = _distinct(kept, total - len(kept))
        self.bounds = _zero_as_one_bin(values, counts, settings["max_bin"] - is_nan_type, total,
                                       settings["min_data_in_bin"])
        if self.missing_type == MISSING_ZERO and len(self.bounds) == 2:
            self.missing_type = MISSING_NONE
        self.n_bins = len(self.bounds) + is_nan_type
        self.default_bin = int(np.searchsorted(self.bounds, 0.0))
        self.bins = self.bins_of(column)
        sizes = np.bincount(self.bins, minlength=self.n_bins)
        self.most_frequent = int(sizes.argmax())
        if self.most_frequent != self.default_bin and sizes.max() / len(column) < 0.7:
            self.most_frequent = self.default_bin

    def bins_of(self, column):
        nan = np.isnan(column)
        bins = np.searchsorted(self.bounds, np.where(nan, 0.0, column))  # first bound >= value
        return np.where(nan, self.n_bins - 1, bins) if self.missing_type == MISSING_NAN else bins


class CategoricalBins:
    is_categorical = True

    def __init__(self, column, settings):
        nan = np.isnan(column)
        codes = np.trunc(np.where(nan, -1.0, column))
        counted = codes
        if not settings["use_missing"] or settings["zero_as_missing"]:
            counted = np.where(nan, 0.0, codes)  # LightGBM counts NaN as category 0 here, yet bins it as missing
        seen, counts = np.unique(counted[counted >= 0], return_counts=True)
        order = sorted(range(len(seen)), key=lambda i: (-counts[i], seen[i]))
        n_known = int(counts.sum())
        cut = int(float(np.float32(n_known) * np.float32(0.99)) + 0.5)
        budget = min(settings["max_bin"], len(seen) + (1 if n_known < len(column) else 0))
        self.bin_of, used = {}, 0
        for taken, i in enumerate(order):
            if not (used < cut or taken + 1 < budget):
                break
            if counts[i] < settings["min_data_in_bin"] and taken > 1:
                break
            self.bin_of[int(seen[i])] = taken + 1
            used += int(counts[i])
        complete = len(self.bin_of) == len(seen) and n_known == len(column)
        self.missing_type = MISSING_NONE if complete else MISSING_NAN
        self.n_bins = len(self.bin_of) + 1
        known = np.array(sorted(self.bin_of), dtype=np.float64)
        at = np.minimum(np.searchsorted(known, codes), max(len(known) - 1, 0))
        bins = np.array([self.bin_of[int(code)] for code in known] or [0])
        self.bins = np.where(known[at] == codes, bins[at], 0) if len(known) else np.zeros(len(column), int)


def find(column, settings, is_categorical):
    return (CategoricalBins if is_categorical else NumericBins)(column, settings)
