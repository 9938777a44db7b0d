"""Files that are no plain table: each reader, called with the folder of data and a path in it, gives (names of
columns, rows of texts), as reading a CSV file does. To add one: a function, or a class that can be called."""

import csv
import gzip
import os


def _lines(folder, path):
    full = os.path.join(folder, path)
    with (gzip.open if full.endswith(".gz") else open)(full, "rt", encoding="utf-8-sig", newline="") as file:
        yield from file


def _sparse_row(line, n_features, first):
    """Label, query id (when the line has one) and every feature of a LibSVM line; what it leaves out is 0."""
    label, *cells = line.split("#")[0].split()
    queries = [cells.pop(0)[4:]] if cells and cells[0].startswith("qid:") else []
    values = ["0"] * n_features
    for cell in cells:
        at, _, value = cell.partition(":")
        values[int(at) - first] = value
    return [label] + queries + values


class Sparse:
    """LibSVM rows; first: the lowest number of a feature. A file of queries beside it is used where it is."""

    def __init__(self, n_features, first=1):
        self.n_features, self.first = n_features, first

    def __call__(self, folder, path):
        rows = [_sparse_row(line, self.n_features, self.first) for line in _lines(folder, path) if line.strip()]
        side = os.path.join(folder, path.removesuffix(".gz") + ".query")
        if os.path.exists(side):
            with open(side, encoding="ascii") as file:
                sizes = [int(line) for line in file if line.strip()]
            queries = [str(query) for query, size in enumerate(sizes) for _ in range(size)]
            rows = [[row[0], query] + row[1:] for row, query in zip(rows, queries, strict=True)]
        has_query = len(rows[0]) == self.n_features + 2
        return ["label"] + ["query"] * has_query + [f"c{self.first + at}" for at in range(self.n_features)], rows


class Several:
    """The rows of several files, one behind the other; names: of the others, in the folder of the first."""

    def __init__(self, read, names):
        self.read, self.names = read, names

    def __call__(self, folder, path):
        header, rows = self.read(folder, path)
        for name in self.names:
            rows += self.read(folder, os.path.join(os.path.dirname(path), name))[1]
        return header, rows


def _table(folder, path):
    rows = csv.reader(_lines(folder, path))
    return next(rows), list(rows)


def _claims(folder, path):
    """The policies with their columns, and {policy: amounts of its claims}."""
    names, policies = _table(folder, path)
    amounts = {}
    for policy, amount in _table(folder, path.replace("freq", "sev"))[1]:
        amounts.setdefault(float(policy), []).append(amount)  # 1e+05 in one file is 100000 in the other
    return names, policies, amounts


def claim_amounts(folder, path):
    """One row per claim: the columns of its policy and ClaimAmount. Claims of no known policy are left out."""
    names, policies, amounts = _claims(folder, path)
    rows = [row + [amount] for row in policies for amount in amounts.get(float(row[0]), [])]
    return names + ["ClaimAmount"], rows


def claims_of_policies(folder, path):
    """One row per policy: its columns, ClaimTotal (sum of the amounts) and HasClaim (0 or 1)."""
    names, policies, amounts = _claims(folder, path)
    totals = [sum(map(float, amounts.get(float(row[0]), []))) for row in policies]
    rows = [row + [f"{total:.2f}", str(int(int(row[1]) > 0))] for row, total in zip(policies, totals)]
    return names + ["ClaimTotal", "HasClaim"], rows
