"""How far one held-out part, and several generated sets, tell which engine predicts better; on numbers made up here."""

import contextlib
import io
import math
import tempfile
import unittest

import numpy as np

from peers import measures, table_accuracy
from peers.race import gap, generated, shapes, table, tasks

N_ROWS = 5000


def _row(name="dense-t1"):
    return next(row for row in shapes.ROWS if row.name == name)


def _predictions(seed, better):
    """(held-out part, our prediction, theirs): the same noisy view of the truth, ours with `better` less noise."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=N_ROWS)
    label = (truth + random.normal(size=N_ROWS) > 0).astype(np.float64)
    noise, own, other = (random.normal(size=N_ROWS) for _ in range(3))
    ours, theirs = (truth + noise + size * view for size, view in ((0.3 - better, own), (0.3, other)))
    return generated.Part(None, label, []), 1 / (1 + np.exp(-ours)), 1 / (1 + np.exp(-theirs))


def _turns(part, ours, theirs):
    job = {"objective": "binary"}
    return [{"Copse": tasks.accuracy(job, part, ours), "LightGBM row-wise": tasks.accuracy(job, part, theirs)}]


def _gain(part, ours, theirs):
    return gap.of_turns(_row(), _turns(part, ours, theirs), "Copse", "LightGBM row-wise")


class Blocks(unittest.TestCase):
    def test_every_row_is_in_one_block(self):
        part, ours, _ = _predictions(1, 0.0)
        found = tasks.accuracy({"objective": "binary"}, part, ours)
        self.assertEqual(len(found["blocks"]["log loss"]), gap.N_BLOCKS)
        self.assertAlmostEqual(np.mean(found["blocks"]["log loss"]), found["accuracy"]["log loss"])
        self.assertAlmostEqual(found["blocks"]["AUC"][3], measures.auc(part.label[3::10], ours[3::10]))

    def test_classes(self):
        part = generated.Part(None, np.arange(40) % 2.0, [])
        sure = np.eye(2)[np.arange(40) % 2]
        self.assertEqual(tasks.accuracy({"objective": "multiclass"}, part, sure)["blocks"]["accuracy"], [1.0] * 10)

    def test_more_auc_and_less_loss_are_gains(self):
        gains = _gain(*_predictions(1, 0.2))
        self.assertGreater(gains["AUC"][0], 0)
        self.assertGreater(gains["log loss"][0], 0)

    def test_worse_by_more_than_two_errors_is_behind_and_chance_is_not(self):
        part, ours, theirs = _predictions(1, 0.2)
        self.assertTrue(gap.is_behind(*_gain(part, theirs, ours)["AUC"]))
        self.assertFalse(gap.is_behind(*_gain(part, ours, theirs)["AUC"]))
        self.assertFalse(gap.is_behind(*_gain(part, ours, ours)["AUC"]))

    def test_the_error_is_the_spread_over_other_rows(self):
        """Engines that are equally good: their differences on many sets spread as the error of one set says."""
        found = [_gain(*_predictions(seed, 0.0))["AUC"] for seed in range(60)]
        spread = math.sqrt(np.mean([gain ** 2 for gain, _ in found]))
        said = math.sqrt(np.mean([error ** 2 for _, error in found]))
        self.assertLess(abs(math.log(spread / said)), 0.3)

    def test_rows_stored_without_blocks_have_no_gain(self):
        turns = [{name: {"accuracy": {"AUC": 0.8, "log loss": 0.5}} for name in ("Copse", "LightGBM row-wise")}]
        self.assertEqual(gap.of_turns(_row(), turns, "Copse", "LightGBM row-wise"), {})


class Shown(unittest.TestCase):
    RECORD = {"name": "dense-t1", "settings": {"threads": 1}, "n_rows": 1, "absent": {}, "versions": {}, "others": [0.0],
              "load": 1.0, "busy": False, "build": "0123", "date": "2026-01-01 00:00 UTC",
              "machine": {"processor": "p", "threads available": "2", "memory": "m", "system": "s"}}

    def _text(self, part, ours, theirs):
        turns = _turns(part, ours, theirs)
        for measured in turns[0].values():
            measured["train_s"] = 1.0
        return table.markdown({"dense-t1": {**self.RECORD, "turns": turns}}, False)

    def test_summary_and_section(self):
        part, ours, theirs = _predictions(1, 0.2)
        ahead, behind = self._text(part, ours, theirs), self._text(part, theirs, ours)
        self.assertIn("| not worse |", ahead)
        self.assertIn("| AUC: gain of Copse |", ahead)
        self.assertRegex(ahead, r"\| LightGBM row-wise \|.*\| \+0\.\d{5} ± 0\.\d{5} \|")
        self.assertRegex(behind, r"\| AUC behind on this set: -0\.\d{5} ± 0\.\d{5}; log loss behind on")


class Seeds(unittest.TestCase):
    def _answers(self, store, row, differences):
        for seed, difference in enumerate(differences, 2):
            for key, auc in (("lightgbm", 0.8), ("copse", 0.8 + difference)):
                store.keep(row, seed, key, {"AUC": auc, "log loss": 0.5})

    def _lines(self, differences):
        row = _row()
        with tempfile.TemporaryDirectory() as folder:
            store = table_accuracy.Store(folder, "0123", "4.7.0")
            self._answers(store, row, differences)
            return table_accuracy.lines_of(row, range(2, 2 + len(differences)), ["lightgbm", "copse"], store)

    def test_mean_and_error_of_paired_differences(self):
        lines, behind = self._lines([0.001, 0.003])
        self.assertEqual(lines[0][-2:], ["+0.00200 ± 0.00100", ""])
        self.assertEqual((lines[1][-2:], behind), (["0", ""], []))

    def test_behind(self):
        lines, behind = self._lines([-0.001, -0.0012, -0.0011])
        self.assertEqual((lines[0][-1], lines[1][-1], behind), ("BEHIND", "", ["dense-t1: AUC"]))
        self.assertEqual(self._lines([-0.001, 0.0004, -0.0002])[1], [])

    def test_results_of_another_build_or_version_are_left_out(self):
        row = _row()
        with tempfile.TemporaryDirectory() as folder:
            self._answers(table_accuracy.Store(folder, "0123", "4.7.0"), row, [0.001, 0.003])
            other = table_accuracy.Store(folder, "4567", "4.7.0")
            self.assertEqual(list(other.find(row, 2)), ["lightgbm"])
            self.assertEqual(list(table_accuracy.Store(folder, "0123", "4.8.0").find(row, 2)), ["copse"])
            lines, behind = table_accuracy.lines_of(row, range(2, 4), ["lightgbm", "copse"], other)
            self.assertEqual((lines[0][2:4], behind), ([0, "not run"], []))

    def test_rows_are_the_training_ones_and_keep_their_shape(self):
        names = [row.name for row in table_accuracy.rows_of("*")]
        self.assertEqual(names, ["dense-t1", "packed-t1", "packed-4-t1", "dense-31-t1", "dense-63bins-t1", "wide-t1",
                                 "onehot-t1", "categorical-t1", "multiclass-t1", "small-t1"])
        for row in table_accuracy.rows_of("*"):
            data = table_accuracy.data_of(row, 2)
            self.assertEqual(round(data.n_rows * data.held_out), table_accuracy.TEST_ROWS)
            self.assertLessEqual(data.n_rows, shapes.DATA[row.data].n_rows)
            self.assertEqual(data.options, shapes.DATA[row.data].options)

    def test_every_seed_has_a_folder_of_its_own(self):
        folders = {generated.folder_of("home", table_accuracy.data_of(_row(), seed), 1.0) for seed in (1, 2, 3)}
        self.assertEqual(len(folders), 3)

    def test_unknown_names_are_refused(self):
        class Options:
            row, seeds, engines = "dense-t1", 2, "copse,nobody"
        for change in ({"engines": "copse,nobody"}, {"row": "nothing"}, {"seeds": 1}):
            options = type("Changed", (Options,), change)
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as refused:
                table_accuracy.main(options)
            self.assertIn(str(next(iter(change.values()))).rsplit(",", maxsplit=1)[-1], str(refused.exception))


if __name__ == "__main__":
    unittest.main()
