"""Results of --accuracy and --auto on one case, and their store: so that a long run can be taken up again."""

import hashlib
import json
import math
import os
import re

import numpy as np

from . import measures
from .contenders import LightGBM

ALLOWED = 2.0  # standard errors that Copse may be behind LightGBM


class Trial:
    """One case: scores[engine][measure] is a list over the splits, of the engines that have the objective; size: what
    the report says about the data."""

    def __init__(self, case, size, engines):
        self.case, self.size = case, size
        self.scores = {engine.name: {measure.name: [] for measure in self.measures} for engine in engines
                       if engine.has(case.objective)}

    @property
    def measures(self):  # not kept: they hold functions that do not pass from process to process
        return measures.of_objective(self.case.objective, self.case.settings)

    def add(self, engine, test, prediction):
        for measure in self.measures:
            self.scores[engine.name][measure.name].append(measure.of(test, prediction))

    def mean(self, engine, measure):
        return float(np.mean(self.scores[engine][measure.name]))

    def gain(self, engine, measure):
        """(mean, its standard error) of how much better than LightGBM, over the splits."""
        sign = 1.0 if measure.higher_is_better else -1.0
        ours, theirs = (np.array(self.scores[name][measure.name]) for name in (engine, LightGBM.name))
        gains = sign * (ours - theirs)
        return float(gains.mean()), float(gains.std(ddof=1) / math.sqrt(len(gains)))

    @property
    def loss(self):
        """The measure that is trained for."""
        return next(measure for measure in self.measures if measure.name not in ("auc", "accuracy"))

    def ranks(self, engines, measure):
        """The rank of each engine by its mean, the best 1, equal ones the same; None where one has no figure."""
        if any(engine.name not in self.scores for engine in engines):
            return None
        sign = -1.0 if measure.higher_is_better else 1.0
        means = [sign * self.mean(engine.name, measure) for engine in engines]
        return [1 + sum(other < mean for other in means) for mean in means]

    def is_behind(self, engine, measure):
        """Whether that form of Copse is behind LightGBM by more than what is allowed."""
        gain, error = self.gain(engine, measure)
        return gain < -ALLOWED * error


class Store:
    """A file for each case below a folder, with the results of each engine. A result counts for the same version of
    the engine (Copse: the same program) and the same number of splits."""

    def __init__(self, folder, program, n_splits):
        self._folder, self._n_splits = folder, n_splits
        with open(program, "rb") as file:
            self._build = hashlib.sha256(file.read()).hexdigest()

    def _key(self, engine):
        return f"{self._build if engine.is_copse else engine.version} {self._n_splits}"

    def _path(self, case):
        return os.path.join(self._folder, re.sub(r"[^A-Za-z0-9.-]+", "_", case.name) + ".json")

    def _read(self, case):
        try:
            with open(self._path(case), encoding="utf-8") as file:
                return json.load(file)
        except OSError:
            return {}

    def find(self, case, engines):
        """(what the report says about the data, {name of an engine: its scores}) of what is stored."""
        stored = self._read(case)
        return stored.get("size"), {engine.name: stored[engine.name]["scores"] for engine in engines
                                    if engine.name in stored and stored[engine.name]["key"] == self._key(engine)}

    def keep(self, trial, engine):
        of_engine = {"key": self._key(engine), "scores": trial.scores[engine.name]}
        stored = {**self._read(trial.case), "size": trial.size, engine.name: of_engine}
        os.makedirs(self._folder, exist_ok=True)
        path = self._path(trial.case)
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            json.dump(stored, file)
        os.replace(path + ".tmp", path)
