"""Reads LightGBM's text model (version 4) and routes rows through its trees.

Independent of both engines: written from the description of the format, so that it can judge either side.
"""

import copy
import math

import numpy as np

ZERO = float(np.float32(1e-35))
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2


class ModelError(Exception):
    """The text is not a model that this reader understands."""


class Tree:
    """One tree. Node k is the k-th split made; a child c < 0 is leaf ~c."""

    def __init__(self, fields):
        def numbers(key, kind):
            return [kind(token) for token in fields.get(key, "").split()]

        self.n_leaves = int(fields["num_leaves"])
        self.split_feature = numbers("split_feature", int)
        self.split_gain = numbers("split_gain", float)
        self.threshold = numbers("threshold", float)
        self.decision_type = numbers("decision_type", int)
        self.left_child = numbers("left_child", int)
        self.right_child = numbers("right_child", int)
        self.leaf_value = numbers("leaf_value", float)
        self.leaf_count = numbers("leaf_count", int)
        self.leaf_weight = numbers("leaf_weight", float)
        self.internal_count = numbers("internal_count", int)
        self.shrinkage = float(fields.get("shrinkage", "1"))
        self.cat_boundaries = numbers("cat_boundaries", int)
        self.cat_threshold = numbers("cat_threshold", int)
        self._check()
        self.parent = {0: (-1, "")}
        for node in range(self.n_nodes):
            for side, child in (("L", self.left_child[node]), ("R", self.right_child[node])):
                if child >= 0:
                    self.parent[child] = (node, side)

    @property
    def n_nodes(self):
        return self.n_leaves - 1

    def _check(self):
        for name in ("split_feature", "threshold", "decision_type", "left_child", "right_child"):
            if len(getattr(self, name)) != self.n_nodes:
                raise ModelError(f"{name}: expected {self.n_nodes} values, found {len(getattr(self, name))}")
        if len(self.leaf_value) != self.n_leaves:
            raise ModelError(f"leaf_value: expected {self.n_leaves} values, found {len(self.leaf_value)}")

    def is_categorical(self, node):
        return bool(self.decision_type[node] & 1)

    def default_left(self, node):
        return bool(self.decision_type[node] & 2)

    def missing_type(self, node):
        return self.decision_type[node] >> 2 & 3

    def categories(self, node):
        """The sorted categories that go left."""
        index = int(self.threshold[node])
        words = self.cat_threshold[self.cat_boundaries[index]:self.cat_boundaries[index + 1]]
        return [32 * w + bit for w, word in enumerate(words) for bit in range(32) if word >> bit & 1]

    def goes_left(self, node, values):
        """Mask of the rows of `values` (the split feature's column) that go left at `node`."""
        missing = np.isnan(values)
        if self.is_categorical(node):
            codes = np.where(missing, -1.0, np.trunc(values))
            return np.isin(codes, np.array(self.categories(node), dtype=np.float64)) & (codes >= 0)
        kind = self.missing_type(node)
        if kind != MISSING_NAN:
            values = np.where(missing, 0.0, values)
        values = np.where(np.abs(values) <= ZERO, 0.0, values)  # LightGBM stores no value this small
        left = values <= self.threshold[node]
        if kind == MISSING_ZERO:
            left = np.where(values == 0.0, self.default_left(node), left)
        elif kind == MISSING_NAN:
            left = np.where(missing, self.default_left(node), left)
        return left

    def with_split(self, node, feature, threshold, default_left, missing_type):
        """This tree with another numeric split at `node`, for the rows of that node alone."""
        other = copy.copy(self)
        for name, value in (("split_feature", feature), ("threshold", threshold),
                            ("decision_type", 2 * default_left | missing_type << 2)):
            values = list(getattr(self, name))
            values[node] = value
            setattr(other, name, values)
        return other

    def path(self, node):
        """[(ancestor, side), ...] from the root down to `node`; its identity as a leaf before it was split."""
        steps = []
        while self.parent[node][0] >= 0:
            steps.append(self.parent[node])
            node = self.parent[node][0]
        return steps[::-1]

    def rows_at(self, node, columns, n_rows):
        """Ascending indices of the rows that reach `node`."""
        rows = np.arange(n_rows)
        for ancestor, side in self.path(node):
            left = self.goes_left(ancestor, columns[self.split_feature[ancestor]][rows])
            rows = rows[left if side == "L" else ~left]
        return rows

    def leaf_of_rows(self, columns, n_rows):
        leaves = np.zeros(n_rows, dtype=np.int64)
        if self.n_nodes == 0:
            return leaves
        pending = [(0, np.arange(n_rows))]
        while pending:
            node, rows = pending.pop()
            if node < 0:
                leaves[rows] = ~node
                continue
            left = self.goes_left(node, columns[self.split_feature[node]][rows])
            pending.append((self.left_child[node], rows[left]))
            pending.append((self.right_child[node], rows[~left]))
        return leaves

    def predict(self, columns, n_rows):
        return np.array(self.leaf_value)[self.leaf_of_rows(columns, n_rows)]


class Model:
    def __init__(self, header, trees):
        self.header = header
        self.trees = trees
        self.feature_names = header["feature_names"].split(" ")
        self.n_outputs = int(header["num_tree_per_iteration"])


def parse(text):
    """The Model in `text`."""
    lines = text.split("\n")
    if lines[0] != "tree":
        raise ModelError(f'line 1: expected "tree", found "{lines[0][:40]}"')
    header, trees, fields = {}, [], None
    for line in lines[1:]:
        if line == "end of trees":
            break
        key, _, value = line.partition("=")
        if key == "Tree":
            if fields is not None:
                trees.append(Tree(fields))
            fields = {}
        elif line:
            (header if fields is None else fields)[key] = value
    else:
        raise ModelError('no line "end of trees"')
    if fields is not None:
        trees.append(Tree(fields))
    return Model(header, trees)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return parse(file.read())


def same_bits(a, b):
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)
