"""Small generated problems and LightGBM models of them, for the tests of the judge."""

import os
import tempfile

import numpy as np

from peers import arbiter, catalogue, engines, model_text, settings

SCRATCH = tempfile.TemporaryDirectory(prefix="copse-bench-test-")  # removed at the end of the tests


def _label(objective, signal):
    if objective in ("regression", "regression_l1", "huber", "quantile", "fair", "mape"):
        return np.round(signal, 3)
    if objective in ("gamma", "tweedie"):
        return np.round(np.exp(signal / 4) - (0.5 if objective == "tweedie" else 0.0), 3).clip(min=0.0)
    if objective == "poisson":
        return np.floor(np.exp(signal / 4))
    if objective in ("cross_entropy", "cross_entropy_lambda"):
        return np.round(1 / (1 + np.exp(-signal)), 3)
    if objective == "binary":
        return (signal > np.median(signal)).astype(np.float64)
    return np.searchsorted(np.quantile(signal, [0.2, 0.7]), signal).astype(np.float64)  # three classes


def make_problem(seed, objective, changed, n_rows=600, weighted=False, with_category=True, rare=0.0):
    """(Problem, Prepared) of five features: dense, with zeros, with gaps, few values, a category."""
    random = np.random.RandomState(seed)
    dense = np.round(random.randn(n_rows), 3)
    zeros = np.where(random.rand(n_rows) < 0.6, 0.0, np.round(random.randn(n_rows), 2))
    gaps = np.where(random.rand(n_rows) < 0.2, np.nan, np.round(random.rand(n_rows) * 5, 1))
    few = random.randint(-2, 3, n_rows).astype(np.float64)
    category = np.where(random.rand(n_rows) < 0.05, np.nan, random.randint(0, 12, n_rows)).astype(np.float64)
    category = np.where(random.rand(n_rows) < rare, 40.0, category)
    signal = dense + np.nan_to_num(gaps) - zeros + np.where(np.nan_to_num(category) % 3 == 1, 1.5, 0.0)
    signal += random.randn(n_rows)
    label = _label(objective, signal)
    weight = np.round(0.5 + 2 * random.rand(n_rows), 2)
    query = catalogue.numbers_of_queries((np.arange(n_rows) // 17).tolist()) if objective == "lambdarank" else None
    columns = [dense, zeros, gaps, few, category]
    prepared = _write(columns, label, weight, [4] if with_category else [], query)
    chosen = {**settings.DEFAULTS, "objective": objective, "min_data_per_group": 10, "cat_smooth": 1.0, **changed}
    problem = arbiter.Problem(columns, prepared.label, prepared.weight if weighted else None,
                              prepared.text_features, chosen, query)
    return problem, prepared


def _write(columns, label, weight, text_features, query=None):
    names = [f"f{i}" for i in range(len(columns))]
    path = os.path.join(tempfile.mkdtemp(dir=SCRATCH.name), "sample.csv")
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join([catalogue.LABEL] + names) + "\n")
        for row in zip(label, *columns):
            file.write(",".join("nan" if value != value else repr(float(value)) for value in row) + "\n")
    weighted_path = catalogue.link_with_weights(path, [repr(float(value)) for value in weight])
    if query is not None:
        for file_path in (path, weighted_path):
            catalogue.write_queries(file_path, query)
    return catalogue.Prepared(path, weighted_path, names, text_features, columns, label.astype(np.float32),
                              weight.astype(np.float32), query)


def train(problem, prepared, n_rounds=3):
    """LightGBM's model text of the problem."""
    path = prepared.path + ".model"
    engines.LightGBM().train(prepared, {**settings.COMPARATOR, **problem.settings}, bool(problem.categorical),
                             problem.weight is not None, n_rounds, path)
    with open(path, encoding="utf-8") as file:
        return file.read()


def edit(text, tree, field, change):
    """The text with change(list of tokens) applied to one field of one tree."""
    lines, current = text.split("\n"), None
    for i, line in enumerate(lines):
        if line.startswith("Tree="):
            current = int(line[5:])
        if current == tree and line.startswith(field + "="):
            tokens = line.partition("=")[2].split()
            change(tokens)
            lines[i] = field + "=" + " ".join(tokens)
    return "\n".join(lines)


def parse(text):
    return model_text.parse(text)
