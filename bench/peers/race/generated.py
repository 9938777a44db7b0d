"""The data of the table of speed: generated once, kept below the cache folder, read by every worker alike.

A folder holds the rows as NumPy arrays (dense float64 rows or CSR, label, which columns are categories) and, on
demand, the training part as a CSV file without header, for the rows of the table that begin at a file.
"""

import csv
import dataclasses
import json
import os
import shutil
import subprocess

import numpy as np

from ..engines import EngineError

CHUNK = 250000  # rows parsed at a time


@dataclasses.dataclass
class Part:
    """matrix: dense [rows, columns] float64 or scipy's CSR; label float64; categorical: indices of columns of codes,
    whole numbers from 0, NaN where missing or unseen."""
    matrix: object
    label: np.ndarray
    categorical: list

    def first(self, n):
        return Part(self.matrix[:n], self.label[:n], self.categorical)


def folder_of(home, data, scale):
    words = [data.generator, *data.options, *data.joined, f"{scaled(data, scale)}+{_held_out(data, scale)}"]
    words += [f"seed{data.seed}"] if data.seed != 1 else []
    return os.path.join(home, "table", "-".join(words).replace("=", ""))


def scaled(data, scale):
    return max(1000, round(data.n_rows * scale))


def _held_out(data, scale):
    return max(500, round(scaled(data, scale) * data.held_out))


def make(tool, home, data, scale):
    """The folder, made if need be: complete once meta.json is there."""
    folder = folder_of(home, data, scale)
    if os.path.exists(os.path.join(folder, "meta.json")):
        return folder
    making = folder + ".making"
    shutil.rmtree(making, ignore_errors=True)
    os.makedirs(making)
    n_train, n_test = scaled(data, scale), _held_out(data, scale)
    matrix, label, categorical = _parse(tool, making, data, n_train + n_test)
    for name, rows in (("train", slice(0, n_train)), ("test", slice(n_train, None))):
        _store(os.path.join(making, name), matrix[rows], label[rows])
    with open(os.path.join(making, "meta.json"), "w", encoding="ascii") as file:
        json.dump({"categorical": categorical, "sparse": data.sparse}, file)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(making, folder)
    return folder


def csv_of(tool, folder, data, scale):
    """The training part as a CSV file without header, label first."""
    path = os.path.join(folder, "train.csv")
    if not os.path.exists(path):
        _generate(tool, data.seed, data.generator, data.options, scaled(data, scale), path + ".making")
        os.rename(path + ".making", path)
    return path


def load(folder, name):
    with open(os.path.join(folder, "meta.json"), encoding="ascii") as file:
        meta = json.load(file)
    base = os.path.join(folder, name)
    label = np.load(base + "-label.npy")
    if not meta["sparse"]:
        return Part(np.load(base + ".npy"), label, meta["categorical"])
    import scipy.sparse

    return Part(scipy.sparse.load_npz(base + ".npz"), label, meta["categorical"])


def _store(base, matrix, label):
    np.save(base + "-label.npy", label)
    if isinstance(matrix, np.ndarray):
        np.save(base + ".npy", np.ascontiguousarray(matrix))
        return
    import scipy.sparse

    scipy.sparse.save_npz(base + ".npz", matrix, compressed=False)


def _generate(tool, seed, generator, options, n_rows, path):
    command = [os.path.abspath(tool), generator, f"rows={n_rows}", f"seed={seed}", f"out={path}", *options]
    if generator != "onehot":
        command.append("header=false")
    if subprocess.run(command, check=False).returncode != 0:
        raise EngineError(f"{' '.join(command)} failed")


def _parse(tool, folder, data, n_rows):
    path = os.path.join(folder, "rows.txt")
    _generate(tool, data.seed, data.generator, data.options, n_rows, path)
    categorical = []
    if data.sparse:
        from sklearn.datasets import load_svmlight_file

        matrix, label = load_svmlight_file(path, n_features=1000, zero_based=False)
    elif data.generator == "categorical":
        matrix, label, categorical = _texts(path)
    else:
        cells = _numbers(path, n_rows)
        matrix, label = cells[:, 1:], cells[:, 0].copy()
    if data.joined:
        _generate(tool, data.seed, data.joined[0], data.joined[1:], n_rows, path)
        matrix = np.hstack([matrix, _numbers(path, n_rows)[:, 1:]])
    os.remove(path)
    return matrix, label, categorical


def _numbers(path, n_rows):
    out, at = None, 0
    with open(path, encoding="ascii") as file:
        while at < n_rows:
            block = np.loadtxt(file, delimiter=",", max_rows=CHUNK, ndmin=2)
            out = np.empty((n_rows, block.shape[1])) if out is None else out
            out[at:at + len(block)] = block
            at += len(block)
    return out


def _texts(path):
    """A column with a text is categories: codes in the order of the levels' texts."""
    with open(path, encoding="utf-8", newline="") as file:
        columns = list(zip(*csv.reader(file)))
    out, categorical = [], []
    for at, column in enumerate(columns):
        try:
            out.append(np.array([float(cell or "nan") for cell in column]))
        except ValueError:
            code = {text: i for i, text in enumerate(sorted(set(column) - {""}))}
            out.append(np.array([code.get(cell, np.nan) for cell in column], dtype=np.float64))
            categorical.append(at - 1)  # the label is not counted
    return np.column_stack(out[1:]), out[0], categorical
