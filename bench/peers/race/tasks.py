"""What a worker does and measures. A task takes (engine, job) and gives a dictionary of measures.

Seconds are wall clock and, with _cpu, of all threads of the process. Loading the generated arrays never counts.
Peak memory is that of the worker's whole process until training ended; base is what it had with the data loaded.
"""

import os
import statistics
import time

from .. import measures
from . import gap, generated

LEAST_SECONDS, LEAST_REPEATS = 1.0, 3  # of timing a prediction
ROWS_ALONE = 2000  # predicted one at a time


class Clock:
    def __enter__(self):
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu


def memory_peak():
    """MB. VmHWM and not getrusage's, which a process inherits from the one that started it."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM:"))


def accuracy(job, part, prediction):
    """Measures of the held-out part, and of its blocks."""
    return {"accuracy": {measure.title: measure.of(part, prediction)
                         for measure in measures.of_objective(job["objective"], {})},
            "blocks": gap.blocks(job, part, prediction)}


def _train(engine, job):
    part = generated.load(job["folder"], "train")
    if "share" in job["settings"]:
        part = part.first(round(len(part.label) * job["settings"]["share"]))
    base = memory_peak()
    with Clock() as bins:
        engine.bins(part)
    with Clock() as train:
        late = engine.train() or 0.0
    peak = memory_peak()
    test = generated.load(job["folder"], "test")
    return {"bins_s": bins.wall + late, "train_s": train.wall - late, "train_cpu_s": train.cpu, "peak_mb": peak,
            "base_mb": base, **accuracy(job, test, engine.predict(test.matrix)), "phases": getattr(engine, "phases", None)}


def _bins(engine, job):
    part = generated.load(job["folder"], "train")
    base = memory_peak()
    with Clock() as bins:
        engine.bins(part)
    return {"bins_s": bins.wall, "bins_cpu_s": bins.cpu, "peak_mb": memory_peak(), "base_mb": base}


def _csv(engine, job):
    base = memory_peak()
    with Clock() as clock:
        own = engine.csv_bins(job["csv"])
    return {"csv_s": clock.wall if own is None else own, "peak_mb": memory_peak(), "base_mb": base}


def _memory(engine, job):
    base = memory_peak()
    own = engine.csv_train(job["csv"])
    return {"peak_mb": memory_peak(), "base_mb": base} if own is None else {"peak_mb": own, "base_mb": 0.0}


def _model(engine, job):
    """Trains a model for the prediction tasks and writes it."""
    engine.bins(generated.load(job["folder"], "train"))
    engine.train()
    engine.save(job["model"])
    return {}


def _predict(engine, job):
    test = generated.load(job["folder"], "test")
    engine.load(job["model"])
    engine.predict(test.matrix[:1000])
    seconds, cpu = [], []
    while len(seconds) < LEAST_REPEATS or sum(seconds) < LEAST_SECONDS:
        with Clock() as clock:
            prediction = engine.predict(test.matrix)
        seconds.append(clock.wall)
        cpu.append(clock.cpu)
    return {"predict_s": statistics.median(seconds), "predict_cpu_s": statistics.median(cpu),
            "peak_mb": memory_peak(), **accuracy(job, test, prediction)}


def _predict_row(engine, job):
    test = generated.load(job["folder"], "test").first(ROWS_ALONE)
    engine.load(job["model"])
    repeats = max(1, round(100 * min(1.0, job["scale"] * 10)))
    wall, cpu, prediction = engine.row_microseconds(test.matrix, repeats)
    return {"row_us": wall, "row_cpu_us": cpu, **accuracy(job, test, prediction)}


TASKS = {"train": _train, "bins": _bins, "csv": _csv, "memory": _memory, "model": _model, "predict": _predict,
         "predict_row": _predict_row}


def run(engine, job):
    os.makedirs(job["scratch"], exist_ok=True)
    return TASKS[job["task"]](engine, job)
