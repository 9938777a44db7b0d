"""Decides whether two engines' different splits are a tie: the gains of both candidates, recomputed exactly.

Given the first node where two trees differ, the arbiter takes the rows that reach each candidate's leaf (both
trees agree on everything before), computes gradients and hessians as LightGBM does from the common previous
trees (losses.py), adds them up as exact rationals, and evaluates both gains with the
documented formulas, also as rationals. No rounding takes part, so a difference between the gains is real.

Verdicts
  same rows   both candidates part the rows of the same leaf alike (another threshold inside an empty gap, the
              side of missing values where none are): a tie, and the trees stay comparable
  tie         the gains agree to 1e-9 relative; or both candidates gain nothing at all (each gain below 1e-12 of
              the sums it is the difference of), so that rounding noise chose; or the better split's feature had
              nothing to gain in a leaf above: LightGBM then leaves it out in the whole subtree, or does not, as
              rounding has it
  different   anything else: a failure
  unjudged    the arbiter's gain does not reproduce the reference's stored gain, so it must not judge: a failure

One quantity is rounded as LightGBM rounds it: the estimate of rows on each side (round of hessian share, per
bin). It enters the gain only with path_smooth, and is otherwise used for remarks on broken limits.
"""

from fractions import Fraction

import numpy as np

from . import bins, losses

EPSILON = Fraction(losses.EPSILON)
AGREEMENT = Fraction(1, 10**9)
NOTHING = Fraction(1, 10**12)
BLOCKED = Fraction(1, 10**11)  # sums of a large leaf, found by subtraction, are less exact
STORED_DIGITS = Fraction(2, 10**5)  # the model text holds six digits of a float32
STORED_NOISE = Fraction(1, 10**9)  # ... of a difference of sums in double

SAME_ROWS, TIE, DIFFERENT, UNJUDGED = "same rows", "tie", "different", "unjudged"


def exact_sum(values):
    """The sum of float32 values as a Fraction, exactly: integer mantissas summed per exponent."""
    mantissa, exponent = np.frexp(values.astype(np.float64))
    integers = (mantissa * 2.0**24).astype(np.int64)
    total = Fraction(0)
    for power in np.unique(exponent).tolist():
        total += int(integers[exponent == power].sum()) * Fraction(2) ** (power - 24)
    return total


class Problem:
    """What was trained on: columns of float64 (one per feature), label and weight of float32, the categorical
    features' indices, every setting that enters a gain or a limit, and the number of each row's query."""

    def __init__(self, columns, label, weight, categorical, settings, query=None):
        self.columns = columns
        self.label = label
        self.weight = weight
        self.query = query
        self.categorical = frozenset(categorical)
        self.settings = settings
        self._bins = {}

    @property
    def n_rows(self):
        return len(self.label)

    @property
    def n_outputs(self):
        return self.settings["num_class"]  # trees per round

    def bins_of(self, feature):
        if feature not in self._bins:
            self._bins[feature] = bins.find(self.columns[feature], self.settings, feature in self.categorical)
        return self._bins[feature]


class Gains:
    """The formulas of LightGBM's gains and outputs, on rationals."""

    def __init__(self, settings):
        self.l1 = Fraction(settings["lambda_l1"])
        self.l2 = Fraction(settings["lambda_l2"])
        self.cat_l2 = Fraction(settings["cat_l2"])
        self.max_step = Fraction(settings["max_delta_step"])
        self.smooth = Fraction(settings["path_smooth"])
        self.is_smooth = self.smooth > EPSILON

    def shrunk(self, g):
        size = max(Fraction(0), abs(g) - self.l1)
        return size if g > 0 else -size

    def output(self, g, h, n, l2, parent_output):
        w = Fraction(0) if h + l2 == 0 else -self.shrunk(g) / (h + l2)
        if self.max_step > 0 and abs(w) > self.max_step:
            w = self.max_step if w > 0 else -self.max_step
        if self.is_smooth:
            share = Fraction(n) / self.smooth
            w = w * share / (share + 1) + parent_output / (share + 1)
        return w

    def gain_at(self, g, h, l2, output):
        return -(2 * self.shrunk(g) * output + (h + l2) * output * output)

    def gain(self, g, h, n, l2, parent_output):
        if self.max_step <= 0 and not self.is_smooth:
            return Fraction(0) if h + l2 == 0 else self.shrunk(g) ** 2 / (h + l2)
        return self.gain_at(g, h, l2, self.output(g, h, n, l2, parent_output))


class Side:
    def __init__(self, g, h, n_rows, n_estimated):
        self.g, self.h, self.n_rows, self.n_estimated = g, h, n_rows, n_estimated


class Split:
    """One node of a tree with its exact sums, gain, and the rows of its leaf."""

    def __init__(self, rows, left_mask, left, right, output, gain, total):
        self.rows, self.left_mask = rows, left_mask
        self.left, self.right = left, right
        self.output = output  # what the leaf itself would give
        self.gain = gain  # of the split, before min_gain_to_split is taken off
        self.total = total  # size of the sums that the gain is the difference of


def _rounded(values):
    return np.floor(np.asarray(values) + 0.5).astype(np.int64)


class Arbiter:
    def __init__(self, problem, previous_trees, output=0):
        """previous_trees: those of all rounds before the tree in question, of the reference engine; output: which
        of the round's trees it is."""
        self.problem = problem
        self.formulas = Gains(problem.settings)
        n = problem.n_outputs
        scores = [np.full(problem.n_rows, losses.start(problem, k)) for k in range(n)]
        is_forest = problem.settings["boosting"] == "rf"  # every tree then begins at the start
        for index, tree in enumerate([] if is_forest else previous_trees):
            values = tree.predict(problem.columns, problem.n_rows)
            scores[index % n] = values if index < n else scores[index % n] + values  # first trees hold the start
        self.g, self.h = losses.gradients(problem, scores, output)

    def split(self, tree, node):
        """The Split that `node` of `tree` is, evaluated along its path from the root."""
        *_, (step, rows, parent_output) = self._leaves_to(tree, node)
        return self._evaluate(tree, step, rows, parent_output)

    def _leaves_to(self, tree, node):
        """(node, rows, output of its parent) from the root to `node`."""
        rows = np.arange(self.problem.n_rows)
        parent_output = self._root_output(exact_sum(self.g), exact_sum(self.h))
        for step, _ in tree.path(node):
            yield step, rows, parent_output
            evaluated = self._evaluate(tree, step, rows, parent_output)
            parent_output = self._child_output(tree, step, node, evaluated, parent_output)
            rows = rows[evaluated.left_mask if dict(tree.path(node))[step] == "L" else ~evaluated.left_mask]
        yield node, rows, parent_output

    def blocked_by_rounding(self, tree, node):
        """Text when a leaf above has nothing to gain from the feature of this split, so that rounding decides
        whether LightGBM tries the feature again below it; else None. Numeric features only."""
        feature = tree.split_feature[node]
        if tree.is_categorical(node):
            return None
        limit = Fraction(self.problem.settings["min_gain_to_split"])
        for step, rows, parent_output in self._leaves_to(tree, node):
            if step == node:
                return None
            allowed = [split for split in self._numeric_splits(tree, step, rows, parent_output, feature)
                       if self.keeps_limits(split)]
            best = max(allowed, key=lambda split: split.gain, default=None)
            if best and abs(best.gain - limit) <= BLOCKED * best.total:
                return (f"feature {feature} gains {float(best.gain):.3g} of {float(best.total):.6g} in node {step}: "
                        "rounding decided whether it is tried below")

    def _numeric_splits(self, tree, node, rows, parent_output, feature):
        found = self.problem.bins_of(feature)
        sides = [True] if found.n_bins <= 2 or found.missing_type == bins.MISSING_NONE else [True, False]
        for threshold in found.bounds[:-1]:
            for default_left in sides:
                other = tree.with_split(node, feature, threshold, default_left, found.missing_type)
                yield self._evaluate(other, node, rows, parent_output)

    def _root_output(self, g, h):
        plain = Gains({**self.problem.settings, "path_smooth": 0.0})
        return plain.output(g, h + 2 * EPSILON, 0, plain.l2, Fraction(0))

    def _l2_of(self, tree, node):
        feature = tree.split_feature[node]
        if not tree.is_categorical(node) or self._is_onehot(feature):
            return self.formulas.l2
        return self.formulas.l2 + self.formulas.cat_l2

    def _is_onehot(self, feature):
        return self.problem.bins_of(feature).n_bins <= self.problem.settings["max_cat_to_onehot"]

    def _child_output(self, tree, step, node, evaluated, parent_output):
        side_taken = dict(tree.path(node))[step]
        side = evaluated.left if side_taken == "L" else evaluated.right
        return self.formulas.output(side.g, side.h, side.n_estimated, self._l2_of(tree, step), parent_output)

    def _evaluate(self, tree, node, rows, parent_output):
        formulas, problem = self.formulas, self.problem
        left_mask = tree.goes_left(node, problem.columns[tree.split_feature[node]][rows])
        n_left, n_right = self._estimated_rows(tree, node, rows)
        left = self._side(rows[left_mask], n_left)
        right = self._side(rows[~left_mask], n_right)
        g, h, n = left.g + right.g, left.h + right.h, len(rows)
        l2 = self._l2_of(tree, node)
        parts = formulas.gain(left.g, left.h, n_left, l2, parent_output) + formulas.gain(
            right.g, right.h, n_right, l2, parent_output)
        if tree.is_categorical(node) and formulas.is_smooth:
            whole = formulas.gain_at(g, h, formulas.l2, parent_output)
        else:
            whole = formulas.gain(g, h, n, formulas.l2, parent_output)
        return Split(rows, left_mask, left, right, parent_output, parts - whole, abs(parts) + abs(whole))

    def _side(self, rows, n_estimated):
        return Side(exact_sum(self.g[rows]), exact_sum(self.h[rows]) + EPSILON, len(rows), n_estimated)

    def _estimated_rows(self, tree, node, rows):
        """Rows left and right as LightGBM estimates them: round(hessian of a bin * rows / hessian), summed over
        the bins of the side that its scan adds up; the other side is the rest."""
        found = self.problem.bins_of(tree.split_feature[node])
        cells = np.bincount(found.bins[rows], weights=self.h[rows].astype(np.float64), minlength=found.n_bins)
        estimate = _rounded(cells * (len(rows) / (cells.sum() + 2 * float(EPSILON))))
        n = len(rows)
        if found.is_categorical:
            wanted = [found.bin_of[c] for c in tree.categories(node) if c in found.bin_of]
            n_left = int(estimate[wanted].sum())
            return n_left, n - n_left
        threshold = int(np.searchsorted(found.bounds, tree.threshold[node]))
        scanned = np.ones(found.n_bins, dtype=bool)
        two_scans = found.n_bins > 2
        if two_scans and found.missing_type == bins.MISSING_ZERO:
            scanned[found.default_bin] = False
        if two_scans and found.missing_type == bins.MISSING_NAN:
            scanned[found.n_bins - 1] = False
        at = np.arange(found.n_bins)
        if two_scans and found.missing_type != bins.MISSING_NONE and not tree.default_left(node):
            if found.missing_type == bins.MISSING_NAN and found.most_frequent == 0:
                n_left = n - int(estimate[at > threshold].sum())  # bin 0 is not stored: the rest of the leaf
            else:
                n_left = int(estimate[scanned & (at <= threshold)].sum())
            return n_left, n - n_left
        n_right = int(estimate[scanned & (at > threshold)].sum())
        return n - n_right, n_right

    def reproduces(self, tree, node, split):
        """Whether the exact gain is the one that the reference stored."""
        stored = Fraction(tree.split_gain[node])
        return abs(split.gain - stored) <= STORED_DIGITS * abs(stored) + STORED_NOISE * split.total

    def keeps_limits(self, split):
        settings = self.problem.settings
        return all(side.n_estimated >= settings["min_data_in_leaf"]
                   and side.h >= Fraction(settings["min_sum_hessian_in_leaf"]) for side in (split.left, split.right))

    def broken_limits(self, split):
        """Remarks on limits that the candidate does not keep, for whoever reads a failure."""
        settings, remarks = self.problem.settings, []
        for name, side in (("left", split.left), ("right", split.right)):
            if side.n_estimated < settings["min_data_in_leaf"]:
                remarks.append(f"{name}: {side.n_estimated} estimated rows ({side.n_rows} real) < min_data_in_leaf")
            if side.h < Fraction(settings["min_sum_hessian_in_leaf"]):
                remarks.append(f"{name}: hessian {float(side.h):.17g} < min_sum_hessian_in_leaf")
        if split.gain <= Fraction(settings["min_gain_to_split"]):
            remarks.append(f"gain {float(split.gain):.17g} <= min_gain_to_split")
        return remarks

    def judge(self, reference, candidate, node):
        """(verdict, explanation) for the first difference, at `node`, of two trees that agree before it. Either
        tree may end before `node`."""
        a = self.split(reference, node) if node < reference.n_nodes else None
        b = self.split(candidate, node) if node < candidate.n_nodes else None
        if a and not self.reproduces(reference, node, a):
            return UNJUDGED, (f"the arbiter finds gain {float(a.gain):.17g}, the reference stored "
                              f"{reference.split_gain[node]:.6g}")
        if a is None or b is None:
            return self._judge_end(reference if a else candidate, node, a or b, "reference" if a else "candidate")
        if np.array_equal(a.rows, b.rows) and np.array_equal(a.left_mask, b.left_mask):
            return SAME_ROWS, f"both part the same {len(a.rows)} rows alike, gain {float(a.gain):.6g}"
        text = f"gains {float(a.gain):.17g} (reference) and {float(b.gain):.17g}"
        if abs(a.gain - b.gain) <= AGREEMENT * max(abs(a.gain), abs(b.gain)):
            return TIE, text
        if abs(a.gain) <= NOTHING * a.total and abs(b.gain) <= NOTHING * b.total:
            return TIE, text + ": nothing to gain, rounding chose"
        blocked = self.blocked_by_rounding(reference if a.gain > b.gain else candidate, node)
        if blocked:
            return TIE, f"{text}: {blocked}"
        return DIFFERENT, "; ".join([text] + ["candidate " + remark for remark in self.broken_limits(b)])

    def _judge_end(self, tree, node, split, who):
        """One tree splits on, the other stops: a tie when the gain is the limit."""
        limit = Fraction(self.problem.settings["min_gain_to_split"])
        text = f"only the {who} splits on, gain {float(split.gain):.17g}, limit {float(limit):.6g}"
        if abs(split.gain - limit) <= AGREEMENT * limit or abs(split.gain - limit) <= NOTHING * split.total:
            return TIE, text
        blocked = self.blocked_by_rounding(tree, node)
        if blocked:
            return TIE, f"{text}: {blocked}"
        return DIFFERENT, "; ".join([text] + self.broken_limits(split))
