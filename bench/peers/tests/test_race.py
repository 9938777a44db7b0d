"""Medians, ratios, verdicts and the table of speed on numbers made up here."""

import dataclasses
import os
import subprocess
import sys
import unittest

import numpy as np

from peers.race import engines, generated, goals, load, run, shapes, table, tasks, verdict
from peers.race.verdict import Target


def _turns(**measures):
    """Turns from lists by contestant: _turns(Copse=[1, 2], LightGBM=[3, None])."""
    n = max(len(values) for values in measures.values())
    names = {name.replace("_", " ").replace(" wise", "-wise"): values for name, values in measures.items()}
    return [{name: {"train_s": values[i]} for name, values in names.items() if i < len(values)
             and values[i] is not None} for i in range(n)]


def _row(kind, target, task="train", measure="train_s"):
    return shapes.Row("made-up", "made up", task, "dense", shapes.TRAINERS + shapes.OTHERS, {"threads": 2},
                      (shapes.Goal(kind, "LightGBM", target, measure),))


class Ratios(unittest.TestCase):
    def test_median_is_of_the_ratios_and_not_the_ratio_of_medians(self):
        turns = _turns(Copse=[1.0, 2.0, 4.0], LightGBM=[4.0, 6.0, 4.0])
        self.assertEqual(verdict.ratios(turns, "Copse", ["LightGBM"], "train_s"), [4.0, 3.0, 1.0])
        self.assertEqual(verdict.figure(verdict.ratios(turns, "Copse", ["LightGBM"], "train_s")), 3.0)
        self.assertEqual(verdict.median_of(turns, "LightGBM", "train_s")
                         / verdict.median_of(turns, "Copse", "train_s"), 2.0)

    def test_the_faster_layout_of_each_turn_counts(self):
        turns = _turns(Copse=[1.0, 1.0], A=[3.0, 5.0], B=[4.0, 2.0])
        self.assertEqual(verdict.ratios(turns, "Copse", ["A", "B"], "train_s"), [3.0, 2.0])

    def test_turns_without_a_side_are_left_out(self):
        turns = _turns(Copse=[1.0, None, 2.0], LightGBM=[3.0, 9.0, None])
        self.assertEqual(verdict.ratios(turns, "Copse", ["LightGBM"], "train_s"), [3.0])
        self.assertIsNone(verdict.figure(verdict.ratios(turns, "Copse", ["XGBoost"], "train_s")))

    def test_fastest_by_median(self):
        turns = _turns(A=[1.0, 9.0, 9.0], B=[5.0, 5.0, 5.0])
        self.assertEqual(verdict.fastest(turns, ["A", "B", "C"], "train_s"), "B")
        self.assertIsNone(verdict.fastest(turns, ["C"], "train_s"))

    def test_busy(self):
        self.assertFalse(verdict.busy([0.0, 0.1]))
        self.assertTrue(verdict.busy([0.0, 0.11, 0.0]))


class Load(unittest.TestCase):
    def test_idle_and_waiting_do_not_count(self):
        tick = os.sysconf("SC_CLK_TCK")
        self.assertEqual(load._busy_seconds(f"cpu  {tick} {tick} {tick} 900 900 {tick} {tick} {tick} 0 0"), 6.0)

    def test_own_work_is_not_others(self):
        self.assertAlmostEqual(load.cores_of_others((100.0, 50.0, 7.0), (110.0, 71.0, 25.0)), 0.3)
        self.assertEqual(load.cores_of_others((0.0, 0.0, 0.0), (10.0, 5.0, 5.1)), 0.0)

    def test_a_child_that_ended_is_own_work(self):
        before = load.reading()
        spin = "import time\nwhile time.process_time() < 0.3: pass"
        subprocess.run([sys.executable, "-c", spin], check=True)
        self.assertGreater(load.reading()[2] - before[2], 0.25)


class Verdicts(unittest.TestCase):
    def test_more_is_better(self):
        target = Target(2.7, 3.3)
        found = [target.verdict(figure) for figure in (2.69, 2.7, 3.29, 3.3, None)]
        self.assertEqual(found, ["not reached", "reached", "reached", "aim reached", "no figure"])

    def test_less_is_better(self):
        target = Target(0.6, 0.35, less=True)
        found = [target.verdict(figure) for figure in (0.61, 0.6, 0.36, 0.35, None)]
        self.assertEqual(found, ["not reached", "reached", "reached", "aim reached", "no figure"])


def _judged(row, turns, version="0.1.0 (avx2)"):
    return goals.judged(row, {"turns": turns, "versions": {"Copse": version}})[0]


class Goals(unittest.TestCase):
    def test_ratio_against_both_layouts(self):
        turns = _turns(Copse=[1.0], LightGBM_row_wise=[5.0], LightGBM_col_wise=[3.0], XGBoost=[2.0])
        found = _judged(_row("ratio", Target(2.7, 3.3)), turns)
        self.assertEqual((found["figure"], found["verdict"]), (3.0, "reached"))

    def test_no_lightgbm_no_figure(self):
        found = _judged(_row("ratio", Target(2.7, 3.3)), _turns(Copse=[1.0], XGBoost=[9.0]))
        self.assertEqual((found["figure"], found["verdict"]), (None, "no figure"))

    def test_share_is_the_other_way_round(self):
        turns = [{"Copse": {"peak_mb": 100.0}, "LightGBM row-wise": {"peak_mb": 400.0}}]
        found = _judged(_row("share", Target(0.6, 0.35, less=True), "memory", "peak_mb"), turns)
        self.assertEqual((found["figure"], found["verdict"]), (0.25, "aim reached"))

    def test_fastest_other_leaves_lightgbm_out_and_names_its_choice(self):
        turns = _turns(Copse=[1.0], LightGBM_row_wise=[2.0], XGBoost=[4.0], CatBoost=[9.0])
        found = _judged(_row("fastest other", Target(3, 8)), turns)
        self.assertEqual((found["figure"], found["verdict"]), (4.0, "reached"))
        self.assertIn("XGBoost", found["what"])

    def test_growth_is_a_share_of_linear(self):
        turns = [{"Copse": {"small_train_s": 1.0, "train_s": 9.6}}]
        found = _judged(_row("growth", Target(1.35, 1.15, less=True), "growth"), turns)
        self.assertAlmostEqual(found["figure"], 1.2)
        self.assertEqual(found["verdict"], "reached")

    def test_threads(self):
        turns = [{"Copse": {"one_train_s": 3.8, "train_s": 2.0}}]
        found = _judged(_row("threads", Target(1.7, 1.85), "threads"), turns)
        self.assertEqual((round(found["figure"], 9), found["verdict"]), (1.9, "aim reached"))

    def test_loss_is_that_of_the_worst_turn(self):
        turns = [{"Copse": {"one_train_s": 2.0, "train_s": seconds}} for seconds in (2.0, 2.8, 1.8)]
        found = _judged(_row("loss", Target(1.3, 1.0, less=True), "threads"), turns)
        self.assertEqual((found["figure"], found["verdict"]), (1.4, "not reached"))

    def test_more_is_wanted_of_avx512(self):
        goal = shapes.Goal("ratio", "LightGBM", Target(12, 15), "train_s", Target(20, 27))
        row = dataclasses.replace(_row("ratio", Target(1, 1)), goals=(goal,))
        turns = _turns(Copse=[1.0], LightGBM_row_wise=[16.0])
        found = [_judged(row, turns, version)["verdict"] for version in ("0.1.0 (avx2)", "0.1.0 (avx512vbmi)")]
        self.assertEqual(found, ["aim reached", "not reached"])


class Table(unittest.TestCase):
    RECORD = {"name": "dense-t1", "settings": {"threads": 1}, "scale": 1.0, "n_rows": 1000000,
              "turns": _turns(Copse=[2.0, 2.0, 2.0], LightGBM_row_wise=[6.0, 7.0, 8.0]),
              "absent": {"CatBoost": "the package catboost is not installed"},
              "versions": {"Copse": "0.1.0"}, "others": [0.01, 0.0, 0.02], "load": 1.0, "busy": False, "build": "0123",
              "machine": {"processor": "p", "threads available": "2", "memory": "m", "system": "s"},
              "date": "2026-01-01 00:00 UTC"}

    def _line(self, records):
        lines = table.markdown(records, False).splitlines()
        return next(line for line in lines if line.startswith("| dense-t1 |"))

    def test_figure_goal_and_verdict_stand_in_the_summary(self):
        line = self._line({"dense-t1": self.RECORD})
        for words in ("at least 2.7", "3.3", "| 3.50 |", "aim reached"):
            self.assertIn(words, line)

    def test_cpu_time_has_a_ratio_of_its_own(self):
        turns = [{"Copse": {"train_s": 9.0, "train_cpu_s": 2.0}, "XGBoost": {"train_s": 9.0, "train_cpu_s": 8.0}}]
        row = next(row for row in shapes.ROWS if row.name == "others-dense")
        text = "\n".join(table.section(row, {**self.RECORD, "turns": turns}))
        self.assertIn("| engine | train s | / Copse | CPU s | / Copse |", text)
        self.assertIn("| XGBoost | 9.00 | 1.00 | 8.00 | 4.00 |", text)

    def test_what_is_absent_is_named(self):
        text = table.markdown({"dense-t1": self.RECORD}, False)
        self.assertIn("CatBoost: no figure: the package catboost is not installed", text)
        self.assertIn("LightGBM col-wise: no figure: left out of this run (--engines)", text)
        self.assertNotIn("LightGBM row-wise: no figure", text)
        self.assertIn("not run", next(line for line in text.splitlines() if line.startswith("| packed-t1 |")))

    def test_a_busy_machine_stands_in_summary_and_section(self):
        record = {**self.RECORD, "busy": True}
        self.assertIn("busy machine", self._line({"dense-t1": record}))
        self.assertIn("Not a measurement", table.markdown({"dense-t1": record}, False))

    def test_a_refusing_copse_has_its_reason_in_the_summary(self):
        record = {**self.RECORD, "turns": _turns(LightGBM_row_wise=[6.0]), "absent": {"Copse": "use_x is not there"}}
        self.assertIn("no figure: use_x is not there", self._line({"dense-t1": record}))

    def test_numbers(self):
        self.assertEqual([table.number(value) for value in (None, 0.01234, 3.0, 12.34, 100.4, 1234.5)],
                         ["", "0.0123", "3.00", "12.3", "100", "1234"])


class Accuracy(unittest.TestCase):
    def test_objectives_of_the_rows(self):
        part = generated.Part(None, np.repeat([0.0, 1.0], 10), [])
        sure = np.repeat([[0.9, 0.1], [0.2, 0.8]], 10, axis=0)
        self.assertEqual(tasks.accuracy({"objective": "binary"}, part, sure[:, 1])["accuracy"]["AUC"], 1.0)
        self.assertEqual(tasks.accuracy({"objective": "multiclass"}, part, sure)["accuracy"]["accuracy"], 1.0)


class Shapes(unittest.TestCase):
    def test_names_are_unique_and_everything_named_is_there(self):
        names = [row.name for row in shapes.ROWS]
        self.assertEqual(len(names), len(set(names)))
        for row in shapes.ROWS:
            self.assertIn(row.data, shapes.DATA)
            self.assertIn(row.task, run.MAIN_MEASURE)
            for contestant in row.contestants:
                self.assertIn(contestant.engine, engines.ENGINES)
            for goal in row.goals:
                self.assertIn(goal.kind, goals.KINDS)
                better = goal.target.aim < goal.target.at_least if goal.target.less else \
                    goal.target.aim > goal.target.at_least
                self.assertTrue(better, row.name)

    def test_patterns(self):
        self.assertEqual([row.name for row in shapes.chosen("row, dense-t*")], ["dense-t1", "dense-t2", "row"])
        self.assertEqual(shapes.chosen("nothing"), [])
        self.assertEqual(shapes.chosen("*"), list(shapes.ROWS))


if __name__ == "__main__":
    unittest.main()
