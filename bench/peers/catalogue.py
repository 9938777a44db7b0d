"""Real data sets as CSV files of numbers: label first, then the features, with a header; weights beside them.

Texts become integers in sorted order, missing cells the text "nan". To add a data set: one row of a table.
Where a file is absent the data set is left out with a line; the files are not part of the repository.
"""

import csv
import gzip
import math
import os
import re

import numpy as np

from . import readers
from .settings import Draw

MISSING = {"", "?", "NA", "na", "NaN", "nan", "null"}
MAX_ROWS = 200000
LABEL = "label"


class DataSet:
    """path: below the folder of data; objective: the one that suits the label; label: column name; positive: the
    text of the positive class (binary); drop: columns that are identifiers or leaks; header False: columns are
    called c0, c1 ...; n_classes: of a multiclass label; share: the label is moved into [0, 1]; private: terms of
    use or no licence, so that no result of it is published; weight: the column that is the rows' weight; is_rate: the
    label is divided by it; query: the column that names a row's query (rows of one stand together); read: gives names
    and rows of a file that is no plain table."""

    def __init__(self, name, path, objective, label, positive=None, drop=(), delimiter=",", header=True,
                 max_rows=MAX_ROWS, n_classes=0, share=False, private=False, weight=None, is_rate=False, query=None,
                 read=None):
        self.name, self.path, self.objective = name, path, objective
        self.label, self.positive, self.drop = label, positive, set(drop) | ({weight, query} - {None})
        self.delimiter, self.header, self.max_rows = delimiter, header, max_rows
        self.n_classes, self.share, self.private = n_classes, share, private
        self.weight, self.is_rate, self.query, self.read = weight, is_rate, query, read


# --check's first configurations take these in turn: what is added here changes them all.
IN_TURN = [
    DataSet("adult", "adult/adult-train.csv.gz", "binary", "c14", ">50K", header=False),
    DataSet("california", "california_housing/housing.csv.gz", "regression", "median_house_value"),
    DataSet("bank", "bank_marketing/bank-additional-full.csv.gz", "binary", "y", "yes", {"duration"}, ";"),
    DataSet("diamonds", "diamonds/diamonds.csv.gz", "regression", "price"),
    DataSet("telco", "telco_churn/telco-customer-churn-by-IBM.csv.gz", "binary", "Churn", "Yes", {"customerID"}),
    DataSet("bike", "bike_sharing/hour.csv.gz", "regression", "cnt", None,
            {"instant", "dteday", "casual", "registered"}),
    DataSet("credit", "give_me_some_credit/cs-training.csv.gz", "binary", "SeriousDlqin2yrs", "1", {""}, private=True),
    DataSet("ames", "ames/ames.csv.gz", "regression", "Sale_Price"),
    DataSet("leads", "codepro_leads/cleaned_union_145k_labelled.csv.gz", "binary", "app_complete_flag", "1",
            {"row"}, private=True),
    DataSet("flights", "nycflights13/flights.csv.gz", "regression", "arr_delay", None,
            {"dep_time", "dep_delay", "arr_time", "air_time", "hour", "minute", "tailnum", "year"},
            max_rows=60000),
    DataSet("titanic", "titanic/titanic.csv", "binary", "survived", "1", {"alive"}),
    DataSet("claims", "freMTPL2/freMTPL2freq.csv.gz", "regression", "ClaimNb", None, {"IDpol"}, max_rows=100000),
    DataSet("raw-leads", "codepro_leads/leadscoring_25k_labelled.csv.gz", "binary", "app_complete_flag", "1",
            {"", "created_date"}, private=True),
]

_POLICIES = "freMTPL2/freMTPL2freq.csv.gz"
_DIABETES, _PATIENT = "diabetes130/diabetic_data.csv.gz", {"encounter_id", "patient_nbr"}
OTHERS = [
    DataSet("readmitted", _DIABETES, "multiclass", "readmitted", drop=_PATIENT, max_rows=30000, n_classes=3),
    DataSet("stays", _DIABETES, "regression", "time_in_hospital", drop=_PATIENT, max_rows=30000),
    DataSet("cover", "covtype_20k/covtype.20k.data.gz", "multiclass", "c54", header=False, n_classes=7),
    DataSet("letter", "letter/LetterRecognition.csv.gz", "multiclass", "lettr", n_classes=26),
    DataSet("cuts", "diamonds/diamonds.csv.gz", "multiclass", "cut", max_rows=30000, n_classes=5),
    DataSet("attacks", "kddcup99_10pct/kddcup.data_10_percent.gz", "multiclass", "c41", header=False,
            max_rows=50000, n_classes=18),
    DataSet("house-share", "california_housing/housing.csv.gz", "regression", "median_house_value", share=True),
    DataSet("german", "credit_german/german.csv", "binary", "c20", "1", header=False),
    DataSet("higgs", "lightgbm_examples/binary_classification/binary.train.gz", "binary", "c0", "1",
            delimiter="\t", header=False),
    DataSet("amazon", "amazon_access/train.csv.gz", "binary", "ACTION", "1", private=True),
    DataSet("x-leads", "x_education_leads/Leads.csv.gz", "binary", "Converted", "1",
            {"Prospect ID", "Lead Number", "Tags", "Lead Quality", "Lead Profile", "Asymmetrique Activity Index",
             "Asymmetrique Profile Index", "Asymmetrique Activity Score", "Asymmetrique Profile Score", ""},
            private=True),
    DataSet("a9a", "a9a/a9a.gz", "binary", "label", "+1", read=readers.Sparse(123)),
    DataSet("intrusions", "kddcup99_10pct/kddcup.data_10_percent.gz", "binary", "c41", "normal.", header=False),
    DataSet("digits", "mnist_10k/test.csv.gz", "binary", "c784", "8", header=False, max_rows=5000),
    DataSet("claim-rate", _POLICIES, "poisson", "ClaimNb", drop={"IDpol"}, max_rows=100000, weight="Exposure",
            is_rate=True),
    DataSet("claim-size", _POLICIES, "gamma", "ClaimAmount", drop={"IDpol", "ClaimNb", "Exposure"},
            read=readers.claim_amounts),
    DataSet("premium", _POLICIES, "tweedie", "ClaimTotal", drop={"IDpol", "ClaimNb", "HasClaim"}, max_rows=100000,
            weight="Exposure", is_rate=True, read=readers.claims_of_policies),
    DataSet("has-claim", _POLICIES, "cross_entropy_lambda", "HasClaim", drop={"IDpol", "ClaimNb", "ClaimTotal"},
            max_rows=100000, weight="Exposure", read=readers.claims_of_policies),
    DataSet("mq2008", "mq2008/S1.txt.gz", "lambdarank", "label", query="query",
            read=readers.Several(readers.Sparse(46), [f"S{at}.txt.gz" for at in range(2, 6)])),
    DataSet("searches", "lightgbm_examples/lambdarank/rank.train.gz", "lambdarank", "label", query="query",
            read=readers.Sparse(300)),
]
DATA_SETS = IN_TURN + OTHERS


class Prepared:
    """path of the CSV of numbers; weighted_path: the same file under a name that has a side file of weights;
    names of the features; which of them hold codes of texts; the same numbers in memory; query: of each row, the
    number of its query, ascending; None where the data has none."""

    def __init__(self, path, weighted_path, names, text_features, columns, label, weight, query=None):
        self.path, self.weighted_path = path, weighted_path
        self.names, self.text_features = names, text_features
        self.columns, self.label, self.weight, self.query = columns, label, weight, query


def available(folder, data_sets):
    found = [data_set for data_set in data_sets if os.path.exists(os.path.join(folder, data_set.path))]
    for data_set in data_sets:
        if data_set not in found:
            print(f"skipped: {data_set.name}: no file {data_set.path}")
    return found


def _read(folder, data_set, max_rows):
    if data_set.read:
        names, cells = data_set.read(folder, data_set.path)
        return names, cells[:None if max_rows == math.inf else max_rows]
    path = os.path.join(folder, data_set.path)
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=data_set.delimiter)
        names = next(rows) if data_set.header else None
        cells = []
        for row in rows:
            if row and len(cells) < max_rows:
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


def _labels(data_set, tokens):
    if data_set.objective == "binary":
        return ["1" if token == data_set.positive else "0" for token in tokens]
    if data_set.objective == "multiclass":
        is_number = all(_is_number(token) for token in tokens)
        code = {token: str(i) for i, token in enumerate(sorted(set(tokens), key=float if is_number else None))}
        if len(code) != data_set.n_classes:
            raise ValueError(f"{data_set.name}: {len(code)} classes, expected {data_set.n_classes}")
        return [code[token] for token in tokens]
    if data_set.share:
        values = [float(token) for token in tokens]
        low, high = min(values), max(values)
        return [f"{(value - low) / (high - low):.4f}" for value in values]
    return tokens


def _sampled(cells, n_rows, seed):
    """n_rows of them at random, in their order; deterministic."""
    draw = Draw(seed)
    keys = [(draw.between(0.0, 1.0), at) for at in range(len(cells))]
    return [cells[at] for at in sorted(at for _, at in sorted(keys)[:n_rows])]


def prepare(folder, data_set, scratch, sample=None):
    """Writes <scratch>/<name>.csv and returns it as Prepared. sample: so many rows drawn from the whole file (fewer
    where max_rows is less), in place of the first max_rows. Weights that the data does not have are drawn, with two
    decimals."""
    names, cells = _read(folder, data_set, data_set.max_rows if sample is None else math.inf)
    label_at = names.index(data_set.label)
    cells = [row for row in cells if row[label_at] not in MISSING]
    if sample is not None:
        cells = _sampled(cells, min(sample, data_set.max_rows), data_set.name)
    labels = _labels(data_set, [row[label_at] for row in cells])
    if data_set.weight:
        weights = [row[names.index(data_set.weight)] for row in cells]
    else:
        draw = Draw(data_set.name)
        weights = [f"{draw.between(0.25, 3.0):.2f}" for _ in cells]
    if data_set.is_rate:
        labels = [f"{float(label) / float(weight):.9g}" for label, weight in zip(labels, weights)]
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
    query = None
    if data_set.query:
        query = numbers_of_queries([row[names.index(data_set.query)] for row in cells])
        for file_path in (path, weighted_path):
            write_queries(file_path, query)
    columns = [np.array([float(token) for token in tokens]) for tokens in features]
    return Prepared(path, weighted_path, header, text_features, columns,
                    np.array(labels, dtype=np.float64).astype(np.float32),
                    np.array(weights, dtype=np.float64).astype(np.float32), query)


def numbers_of_queries(names):
    """0, 1, ... for each run of equal names."""
    starts = [at == 0 or names[at - 1] != name for at, name in enumerate(names)]
    return np.cumsum(starts) - 1


def sizes_of_queries(query):
    """Rows of each query that occurs, in turn."""
    return np.unique(query, return_counts=True)[1]


def write_queries(path, query):
    """The side file that both engines find by its name."""
    with open(path + ".query", "w", encoding="ascii", newline="\n") as file:
        file.writelines(f"{size}\n" for size in sizes_of_queries(query))


def link_with_weights(path, weights):
    weighted_path = path.removesuffix(".csv") + "-weighted.csv"
    if not os.path.lexists(weighted_path):
        os.symlink(os.path.basename(path), weighted_path)
    with open(weighted_path + ".weight", "w", encoding="ascii", newline="\n") as file:
        file.writelines(weight + "\n" for weight in weights)
    return weighted_path
