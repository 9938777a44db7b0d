"""What an engine of the table of speed can do. To add one: a class in a file of its own, and a line in engines.py.

A method that an engine does not have stays the one below, which refuses with a reason: the report names it.
"""

import importlib.util


class Refused(Exception):
    """The engine does not do this; the text says why."""


class Engine:
    """One engine in one worker process. job: see tasks.py; settings of every engine: threads, num_leaves, rounds,
    max_bin, objective, n_classes; variant: this contestant's own."""

    module = None  # that it needs
    family = None  # engines of one family predict with the same model file: that of the engine named
    learning_rate = 0.1
    min_data_in_leaf = 20

    def __init__(self, job):
        self.job, self.settings, self.variant = job, job["settings"], job.get("variant", {})
        self.n_threads = self.settings["threads"]
        self.objective, self.n_classes = job["objective"], job["n_classes"]
        self.scratch = job["scratch"]

    @classmethod
    def missing(cls):
        """Why it cannot run here, or None."""
        if cls.module is None or importlib.util.find_spec(cls.module) is not None:
            return None
        return f"the package {cls.module} is not installed"

    def bins(self, part):
        """Whatever becomes of a generated.Part before the first round; kept for train()."""
        raise Refused("has no public call that only bins")

    def train(self):
        """Rounds on what bins() made. Returns the seconds of it that were binning after all, or None."""
        raise Refused("trains no models")

    def predict(self, matrix):
        """Probability (binary), [rows, classes] (multiclass), of what train() made or load() read."""
        raise Refused("does not predict")

    def save(self, path):
        raise Refused("writes no model")

    def load(self, path):
        raise Refused("reads no model")

    def csv_bins(self, path):
        """From a CSV file to bins. Returns its own figure of the seconds, or None: the worker's clock counts."""
        raise Refused("reads no files")

    def csv_train(self, path):
        """Trains from a CSV file. Returns the peak memory in MB of its own process, or None: the worker's counts."""
        raise Refused("reads no files")

    def row_microseconds(self, matrix, repeats):
        """(wall clock, CPU) of one row's prediction on average, and the predictions."""
        raise Refused("not compared here")
