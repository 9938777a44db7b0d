"""Runs a row of the table of speed: every contestant once a turn, A B C A B C ..., each run a process of its own."""

import datetime
import hashlib
import json
import os
import subprocess
import sys

from ..engines import EngineError
from . import engines, generated, goals, load, shapes, verdict

MODEL_TASKS = ("predict", "predict_row")
FILE_TASKS = ("csv", "memory")
# Tasks made of several training runs: prefix of the measures, changes of the settings.
PARTS = {"growth": (("small_", {"share": goals.SMALL_SHARE}), ("", {})),
         "threads": (("one_", {"threads": 1}), ("", {}))}
SPIN = "import os\nos.sched_setaffinity(0, {%d})\nwhile True: pass"


class Place:
    """Where things are, and how large a run is to be."""

    def __init__(self, program, datasets_tool, home, scale=1.0, turns=3, timeout_s=3600, engines_wanted=None):
        self.program, self.tool, self.home = os.path.abspath(program), datasets_tool, home
        self.library = os.path.join(os.path.dirname(self.program), "libcopse.so")
        if not os.path.exists(self.library):
            raise EngineError(f"{self.library}: no such library; build it (cmake --build --preset release)")
        self.scale, self.turns, self.timeout_s, self.engines_wanted = scale, turns, timeout_s, engines_wanted
        self.scratch = os.path.join(home, "table", "scratch")

    def settings(self, row):
        found = dict(row.settings)
        if "rounds" in found:
            found["rounds"] = max(5, round(found["rounds"] * min(1.0, self.scale * 5)))
        return found

    def build(self):
        """Tells one build of the library from another."""
        with open(self.library, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:12]


def contestants_of(row, place):
    wanted = place.engines_wanted
    return [contestant for contestant in row.contestants if wanted is None or contestant.engine in wanted]


class Worker:
    """Jobs of one row."""

    def __init__(self, row, place, folder):
        self.row, self.place, self.folder = row, place, folder
        data = shapes.DATA[row.data] if isinstance(row.data, str) else row.data
        self.csv = generated.csv_of(place.tool, folder, data, place.scale) if row.task in FILE_TASKS else None
        self.job = {"objective": data.objective, "n_classes": data.n_classes, "folder": folder, "csv": self.csv,
                    "library": place.library, "program": place.program, "scratch": place.scratch,
                    "scale": place.scale}

    def run(self, contestant, task, settings, model=None):
        """The worker's answer; a crash or a run that takes too long is a refusal too."""
        job = {**self.job, "engine": contestant.engine, "variant": contestant.variant, "task": task,
               "settings": settings, "model": model}
        bench = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        environment = {**os.environ, "PYTHONPATH": bench, "PYTHONDONTWRITEBYTECODE": "1",
                       "OMP_NUM_THREADS": str(settings["threads"])}
        try:
            done = subprocess.run([sys.executable, "-m", "peers.race.worker"], input=json.dumps(job), text=True,
                                  capture_output=True, env=environment, check=False, timeout=self.place.timeout_s)
        except subprocess.TimeoutExpired:
            return {"refused": f"took more than {self.place.timeout_s} s"}
        if done.returncode != 0:
            words = done.stderr.strip().splitlines() or ["no word on standard error"]
            return {"refused": f"failed (exit {done.returncode}): {words[-1][-300:]}"}
        return json.loads(done.stdout)

    def model_of(self, contestant, settings):
        """(path of the model that this contestant predicts with, reason why there is none). Made once and kept."""
        family = engines.ENGINES[contestant.engine].family
        name = f"model-{family}-{settings['num_leaves']}-{settings['rounds']}-{settings['max_bin']}.txt"
        path = os.path.join(self.folder, name if family != "sklearn" else name + ".pickle")
        if not os.path.exists(path):
            maker = shapes.Contestant(family, family)
            answer = self.run(maker, "model", settings, path + ".making.txt")
            if "refused" in answer:
                return None, f"no model of {family}: {answer['refused']}"
            os.replace(path + ".making.txt", path)
        return path, None

    def turn(self, contestant):
        """(measures, version, reason): one contestant's part of a turn."""
        settings, measures, version = self.place.settings(self.row), {}, None
        model = None
        if self.row.task in MODEL_TASKS:
            model, reason = self.model_of(contestant, settings)
            if reason:
                return None, None, reason
        for prefix, changes in PARTS.get(self.row.task, (("", {}),)):
            task = "train" if self.row.task in PARTS else self.row.task
            answer = self.run(contestant, task, {**settings, **changes}, model)
            if "refused" in answer:
                return None, None, answer["refused"]
            measures.update({prefix + key: value for key, value in answer["measures"].items()})
            version = answer["version"]
        return measures, version, None


def run_row(row, place, machine):
    """Everything that is to be known of a row afterwards, as a dictionary for JSON."""
    data = shapes.DATA[row.data] if isinstance(row.data, str) else row.data
    folder = generated.make(place.tool, place.home, data, place.scale)
    worker, turns, absent, versions = Worker(row, place, folder), [], {}, {}
    racing = contestants_of(row, place)
    if row.task in MODEL_TASKS:  # before the first turn, so that no turn waits for a model
        for contestant in racing:
            worker.model_of(contestant, place.settings(row))
    others = []
    for number in range(place.turns):
        spinner, start = None, load.reading()
        if row.busy_core:
            core = min(os.sched_getaffinity(0))
            spinner = subprocess.Popen([sys.executable, "-c", SPIN % core])
        turn = {}
        try:
            for contestant in racing:
                if contestant.name in absent:
                    continue
                measures, version, reason = worker.turn(contestant)
                if reason:
                    absent[contestant.name] = reason
                    continue
                turn[contestant.name], versions[contestant.name] = measures, version
        finally:
            if spinner:
                spinner.kill()
                spinner.wait()
        turns.append(turn)
        others.append(round(load.cores_of_others(start, load.reading()), 3))
        print(f"{row.name}, turn {number + 1}: " + ", ".join(_said(name, measures) for name, measures in turn.items()),
              file=sys.stderr, flush=True)
    return {"name": row.name, "settings": place.settings(row), "scale": place.scale, "n_rows":
            generated.scaled(data, place.scale), "turns": turns, "absent": absent, "versions": versions,
            "others": others, "load": os.getloadavg()[0], "busy": verdict.busy(others), "build": place.build(),
            "machine": machine, "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")}


MAIN_MEASURE = {"train": "train_s", "growth": "train_s", "threads": "train_s", "bins": "bins_s", "csv": "csv_s",
                "memory": "peak_mb", "predict": "predict_s", "predict_row": "row_us"}


def _said(name, measures):
    key = next(key for key in ("train_s", "predict_s", "row_us", "csv_s", "bins_s", "peak_mb") if key in measures)
    return f"{name} {measures[key]:.3f} {key.rpartition('_')[2]}"
