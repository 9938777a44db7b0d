"""Real data sets as CSV files of numbers: label first, then the features, with a header; weights beside them.

Texts become integers in sorted order, missing cells the text "nan". To add a data set: one row of the table.
Where a file is absent the data set is left out with a line; the files are not part of the repository.
"""

import csv
import gzip
import os
import re

import numpy as np

from .settings import Draw

MISSING = {"", "?", "NA", "na", "NaN", "nan", "null"}
MAX_ROWS = 200000
LABEL = "label"


class DataSet:
    """path: below the folder of data; label: column name or index; positive: the text of the positive class
    (binary); drop: columns that are identifiers or leaks; header False: columns are called c0, c1 ..."""

    def __init__(self, name, path, objective, label, positive=None, drop=(), delimiter=",", header=True,
                 max_rows=MAX_ROWS):
        self.name, self.path, self.objective = name, path, objective
        self.label, self.positive, self.drop = label, positive, set(drop)
        self.delimiter, self.header, self.max_rows = delimiter, header, max_rows


DATA_SETS = [
    DataSet("adult", "adult/adult-train.csv.gz", "binary", "c14", ">50K", header=False),
    DataSet("california", "california_housing/housing.csv.gz", "regression", "median_house_value"),
    DataSet("bank", "bank_marketing/bank-additional-full.csv.gz", "binary", "y", "yes", {"duration"}, ";"),
    DataSet("diamonds", "diamonds/diamonds.csv.gz", "regression", "price"),
    DataSet("telco", "telco_churn/telco-customer-churn-by-IBM.csv.gz", "binary", "Churn", "Yes", {"customerID"}),
    DataSet("bike", "bike_sharing/hour.csv.gz", "regression", "cnt", None,
            {"instant", "dteday", "casual", "registered"}),
    DataSet("credit", "give_me_some_credit/cs-training.csv.gz", "binary", "SeriousDlqin2yrs", "1", {""}),
    DataSet("ames", "ames/ames.csv.gz", "regression", "Sale_Price"),
    DataSet("leads", "codepro_leads/cleaned_union_145k_labelled.csv.gz", "binary", "app_complete_flag", "1",
            {"row"}),
    DataSet("flights", "nycflights13/flights.csv.gz", "regression", "arr_delay", None,
            {"dep_time", "dep_delay", "arr_time", "air_time", "hour", "minute", "tailnum", "year"},
            max_rows=60000),
    DataSet("titanic", "titanic/titanic.csv", "binary", "survived", "1", {"alive"}),
    DataSet("claims", "freMTPL2/freMTPL2freq.csv.gz", "regression", "ClaimNb", None, {"IDpol"}, max_rows=100000),
    DataSet("raw-leads", "codepro_leads/leadscoring_25k_labelled.csv.gz", "binary", "app_complete_flag", "1",
            {"", "created_date"}),
]


class Prepared:
    """path of the CSV of numbers; weighted_path: the same file under a name that has a side file of weights;
    names of the features; which of them hold codes of texts; the same numbers in memory."""

    def __init__(self, path, weighted_path, names, text_features, columns, label, weight):
        self.path, self.weighted_path = path, weighted_path
        self.names, self.text_features = names, text_features
        self.columns, self.label, self.weight = columns, label, weight


def available(folder):
    found = [data_set for data_set in DATA_SETS if os.path.exists(os.path.join(folder, data_set.path))]
    for data_set in DATA_SETS:
        if data_set not in found:
            print(f"skipped: {data_set.name}: no file {data_set.path}")
    return found


def _read(folder, data_set):
    path = os.path.join(folder, data_set.path)
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=data_set.delimiter)
        names = next(rows) if data_set.header else None
        cells = []
        for row in rows:
            if row and len(cells) < data_set.max_rows:
                cells.append([cell.strip() for cell in row])
    return names or [f"c{i}" for i in range(len(cells[0]))], cells


def _is_number(token):
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", token) is not None


def _as_numbers(tokens):
    """(texts of numbers, True when they are codes of texts)"""
    present = {token for token in tokens if token not in MISSING}
    if all(_is_number(token) for token in present):
        return ["nan" if token in MISSING else token for token in tokens], False
    code = {token: str(i) for i, token in enumerate(sorted(present))}
    return [code.get(token, "nan") for token in tokens], True


def prepare(folder, data_set, scratch):
    """Writes <scratch>/<name>.csv and returns it as Prepared. The weights are drawn, with two decimals."""
    names, cells = _read(folder, data_set)
    label_at = names.index(data_set.label)
    cells = [row for row in cells if row[label_at] not in MISSING]
    labels = [row[label_at] for row in cells]
    if data_set.objective == "binary":
        labels = ["1" if token == data_set.positive else "0" for token in labels]
    draw = Draw(data_set.name)
    weights = [f"{draw.between(0.25, 3.0):.2f}" for _ in cells]
    features, header, text_features = [], [], []
    for at, name in enumerate(names):
        if at == label_at or name in data_set.drop:
            continue
        tokens, is_text = _as_numbers([row[at] for row in cells])
        if is_text:
            text_features.append(len(features))
        features.append(tokens)
        header.append(f"f{at}_" + re.sub(r"[^A-Za-z0-9]+", "_", name))
    path = os.path.join(scratch, f"{data_set.name}.csv")
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(",".join([LABEL] + header) + "\n")
        file.writelines(",".join(row) + "\n" for row in zip(labels, *features))
    weighted_path = link_with_weights(path, weights)
    columns = [np.array([float(token) for token in tokens]) for tokens in features]
    return Prepared(path, weighted_path, header, text_features, columns,
                    np.array(labels, dtype=np.float64).astype(np.float32),
                    np.array(weights, dtype=np.float64).astype(np.float32))


def link_with_weights(path, weights):
    weighted_path = path.removesuffix(".csv") + "-weighted.csv"
    if not os.path.lexists(weighted_path):
        os.symlink(os.path.basename(path), weighted_path)
    with open(weighted_path + ".weight", "w", encoding="ascii", newline="\n") as file:
        file.writelines(weight + "\n" for weight in weights)
    return weighted_path
