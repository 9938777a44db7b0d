"""The rows of the table of speed. To add one: a line in ROWS (a shape of data in DATA, if it needs a new one).

A row is a task (tasks.py) on a shape of data, with the same settings for every contestant, run in turn. What it
is held to are its goals: a figure (goals.py has the kinds), the least it should be and the aim.
"""

import dataclasses
import fnmatch

from .verdict import Target

LIGHTGBM = ("LightGBM row-wise", "LightGBM col-wise")  # one engine: the faster of a turn counts


@dataclasses.dataclass(frozen=True)
class Data:
    """generator and its options; `joined`: a second generator whose columns (without its label) follow."""
    generator: str
    n_rows: int
    options: tuple = ()
    objective: str = "binary"
    n_classes: int = 0
    sparse: bool = False
    joined: tuple = ()  # generator, options ...
    held_out: float = 0.1  # share of n_rows that comes on top
    seed: int = 1


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    engine: str  # key of engines.ENGINES
    variant: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Goal:
    kind: str  # key of goals.KINDS
    against: str
    target: Target
    measure: str = "train_s"
    avx512: Target = None  # on processors that have it, where more is wanted of them

    def target_of(self, version):
        return self.avx512 if self.avx512 and "avx512" in version else self.target


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    task: str
    data: str
    contestants: tuple
    settings: dict
    goals: tuple = ()
    note: str = ""
    busy_core: bool = False  # another process takes one core meanwhile


DATA = {
    "dense": Data("higgs", 1000000),
    "dense x8": Data("higgs", 8000000, held_out=0.0125),
    "wide": Data("wide", 100000, ("features=500",)),
    "onehot": Data("onehot", 500000, sparse=True),
    "categorical": Data("categorical", 500000),
    "multiclass": Data("multiclass", 100000, ("classes=10",), "multiclass", 10, joined=("wide", "features=30")),
    "small": Data("higgs", 5000, held_out=1.0),
    "score": Data("higgs", 200000, held_out=1.0),  # the held-out part is what is predicted
}

COPSE = Contestant("Copse", "copse")
BOTH_LAYOUTS = (Contestant(LIGHTGBM[0], "lightgbm", {"force_row_wise": True}),
                Contestant(LIGHTGBM[1], "lightgbm", {"force_col_wise": True}))
OTHERS = (Contestant("XGBoost", "xgboost"), Contestant("CatBoost", "catboost"),
          Contestant("scikit-learn", "sklearn"))
TRAINERS = (COPSE,) + BOTH_LAYOUTS
PLAIN_LIGHTGBM = Contestant("LightGBM", "lightgbm")


def _with(contestants, **variant):
    return tuple(Contestant(contestant.name, contestant.engine, {**contestant.variant, **variant})
                 for contestant in contestants)


PREDICTORS = (COPSE, PLAIN_LIGHTGBM, Contestant("lleaves", "lleaves"), Contestant("TL2cgen", "tl2cgen"),
              Contestant("Treelite GTIL", "treelite")) + OTHERS


def _against(names, at_least, aim, measure="train_s", less=False):
    return Goal("ratio", names, Target(at_least, aim, less), measure)


def _training(name, title, data, leaves, rounds, at_least, aim, contestants=TRAINERS, **more):
    """The row at one thread and at two, beside LightGBM."""
    settings = {"num_leaves": leaves, "rounds": rounds, "max_bin": more.pop("max_bin", 255)}
    goal = _against("LightGBM", at_least, aim)
    return [Row(f"{name}-t{threads}", f"{title}, {threads} thread{'s' * (threads > 1)}", "train", data, contestants,
                {**settings, "threads": threads}, (goal,), **more) for threads in (1, 2)]


def _others(name, title, data, leaves, rounds, max_bin=255):
    """The shape of a training row beside every other engine: fewer rounds, as their distance is large."""
    return Row(f"others-{name}", f"{title}, {rounds} rounds, 2 threads", "train", data, (COPSE,) + OTHERS,
               {"num_leaves": leaves, "rounds": rounds, "max_bin": max_bin, "threads": 2},
               (Goal("fastest other", "", Target(1, 3)),))


def _prediction(leaves, avx2, avx512):
    goals = (Goal("ratio", "LightGBM", Target(*avx2), "predict_s", Target(*avx512)),
             Goal("fastest other", "", Target(3, 8), "predict_s"))
    return [Row(f"predict-{leaves}-t{threads}", f"batch of 200,000 rows in memory, 100 trees of {leaves} leaves, "
                f"{threads} thread{'s' * (threads > 1)}", "predict", "score", PREDICTORS,
                {"num_leaves": leaves, "rounds": 100, "max_bin": 255, "threads": threads}, goals)
            for threads in (1, 2)]


_DENSE = {"num_leaves": 255, "rounds": 100, "max_bin": 255}
ROWS = [
    *_training("dense", "1,000,000 x 28 dense, 255 leaves, 100 rounds", "dense", 255, 100, 2.7, 3.3),
    *_training("packed", "the same on quantised gradients", "dense", 255, 100, 3.0, 4.0,
               _with(TRAINERS, use_quantized_grad=True),
               note="use_quantized_grad=true on both sides, each with its default levels: Copse 65,534, LightGBM 4"),
    *_training("packed-4", "the same on quantised gradients of 4 levels on both sides", "dense", 255, 100, 3.0, 4.0,
               _with(TRAINERS, use_quantized_grad=True, num_grad_quant_bins=4),
               note="use_quantized_grad=true num_grad_quant_bins=4 on both sides"),
    *_training("dense-31", "1,000,000 x 28 dense, 31 leaves, 100 rounds", "dense", 31, 100, 2.7, 3.3),
    *_training("dense-63bins", "1,000,000 x 28 dense, 255 leaves, 63 bins, 100 rounds", "dense", 255, 100, 2.7, 3.3,
               max_bin=63),
    *_training("wide", "100,000 x 500 dense, 255 leaves, 30 rounds", "wide", 255, 30, 2.5, 4.0),
    *_training("onehot", "500,000 rows, 1,000 one-hot columns (sparse), 255 leaves, 50 rounds", "onehot", 255, 50,
               2.0, 3.0),
    *_training("categorical", "500,000 rows, 10 numbers and 8 categories, 255 leaves, 50 rounds", "categorical", 255,
               50, 2.0, 3.0),
    *_training("multiclass", "100,000 x 50, 10 classes, 31 leaves, 30 rounds", "multiclass", 31, 30, 2.5, 4.0,
               note="20 columns that tell the class, 30 that do not"),
    *_training("small", "5,000 x 28, 31 leaves, 1,000 rounds", "small", 31, 1000, 2.0, 4.0),
    _others("dense", "1,000,000 x 28 dense, 255 leaves", "dense", 255, 20),
    _others("dense-31", "1,000,000 x 28 dense, 31 leaves", "dense", 31, 30),
    _others("dense-63bins", "1,000,000 x 28 dense, 255 leaves, 63 bins", "dense", 255, 20, max_bin=63),
    _others("wide", "100,000 x 500 dense, 255 leaves", "wide", 255, 10),
    _others("onehot", "500,000 rows, 1,000 one-hot columns (sparse), 255 leaves", "onehot", 255, 20),
    _others("categorical", "500,000 rows, 10 numbers and 8 categories, 255 leaves", "categorical", 255, 20),
    _others("multiclass", "100,000 x 50, 10 classes, 31 leaves", "multiclass", 31, 10),
    _others("small", "5,000 x 28, 31 leaves", "small", 31, 300),
    Row("bins", "bins from memory, 1,000,000 x 28, 2 threads", "bins", "dense",
        (COPSE, PLAIN_LIGHTGBM) + OTHERS[:2], {"max_bin": 255, "threads": 2},
        (_against("LightGBM", 6, 8, "bins_s"),),
        "each finds cut points as it does by default: Copse on all rows, LightGBM on 200,000 drawn ones"),
    Row("bins-drawn", "the same, cut points from 200,000 drawn rows on both sides", "bins", "dense",
        _with((COPSE, PLAIN_LIGHTGBM), bin_construct_sample_cnt=200000), {"max_bin": 255, "threads": 2},
        (_against("LightGBM", 6, 8, "bins_s"),)),
    Row("csv", "CSV to bins, 1,000,000 x 28, 2 threads", "csv", "dense", (COPSE, PLAIN_LIGHTGBM) + OTHERS[:2],
        {"max_bin": 255, "threads": 2}, (_against("LightGBM", 3, 4, "csv_s"),),
        "Copse's program, by its own figures of reading and binning; XGBoost only parses here (its cut points wait for "
        "the first round)"),
    *_prediction(255, (12, 15), (20, 27)),
    *_prediction(31, (20, 28), (30, 40)),
    Row("row", "one row at a time, 100 trees of 255 leaves", "predict_row", "score", (COPSE, PLAIN_LIGHTGBM),
        {"num_leaves": 255, "rounds": 100, "max_bin": 255, "threads": 1},
        (_against("LightGBM", 5, 7, "row_us"),),
        "from one compiled loop through function pointers; LightGBM by its FastConfig call"),
    Row("memory", "peak resident memory of training from CSV, 1,000,000 x 28, 255 leaves, 10 rounds", "memory",
        "dense", (COPSE, PLAIN_LIGHTGBM) + OTHERS,
        {"num_leaves": 255, "rounds": 10, "max_bin": 255, "threads": 2},
        (Goal("share", "LightGBM", Target(0.6, 0.35, less=True), "peak_mb"),),
        "whole process; Python's own share is the base. NumPy reads for scikit-learn"),
    Row("rows-scaling", "1 to 8 million rows, 255 leaves, 20 rounds, 2 threads", "growth", "dense x8",
        TRAINERS, {"num_leaves": 255, "rounds": 20, "max_bin": 255, "threads": 2},
        (Goal("growth", "Copse", Target(1.35, 1.15, less=True)),),
        "seconds at 8 million rows over eight times the seconds at the first million of them"),
    Row("threads", "1 to 2 threads, 1,000,000 x 28 dense, 255 leaves, 50 rounds", "threads", "dense", TRAINERS,
        {**_DENSE, "rounds": 50, "threads": 2}, (Goal("threads", "Copse", Target(1.7, 1.85)),),
        "seconds of one thread over seconds of two"),
    Row("busy-core", "the same while another process takes one of two cores, 10 rounds", "threads", "dense", TRAINERS,
        {**_DENSE, "rounds": 10, "threads": 2}, (Goal("loss", "Copse", Target(1.3, 1.0, less=True)),),
        "seconds of two threads over seconds of one, in the worst turn", busy_core=True),
]


def chosen(patterns):
    """Rows whose names match one of the comma-separated patterns (dense-*, row); in the table's order."""
    found = {row.name: row for pattern in patterns.split(",") for row in ROWS
             if fnmatch.fnmatchcase(row.name, pattern.strip())}
    return [row for row in ROWS if row.name in found]
