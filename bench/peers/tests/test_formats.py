"""Reading models and summaries, routing rows, probe rows, medians."""

import math
import os
import tempfile
import unittest

import numpy as np

from peers import engines, model_text, probe_rows, report, settings
from peers.tests import sample


class Routing(unittest.TestCase):
    def test_predictions_are_lightgbms_bits(self):
        for number, changed in enumerate(({}, {"zero_as_missing": True}, {"use_missing": False})):
            problem, prepared = sample.make_problem(number, "binary", changed)
            text = sample.train(problem, prepared)
            model = sample.parse(text)
            matrix = probe_rows.make(problem.columns, problem.categorical, [model])
            columns = list(matrix.T)
            raw = sum((tree.predict(columns, len(matrix)) for tree in model.trees), np.zeros(len(matrix)))
            leaves = np.column_stack([tree.leaf_of_rows(columns, len(matrix)) for tree in model.trees])
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "model.txt")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                lightgbm = engines.LightGBM()
                self.assertEqual(lightgbm.predict(path, matrix, "raw"), [f"{value:.17g}" for value in raw])
                self.assertEqual(lightgbm.predict(path, matrix, "leaf"),
                                 ["\t".join(map(str, row)) for row in leaves.tolist()])

    def test_bad_models_are_refused(self):
        for text in ("", "tree\nversion=v4\n", "tree\nTree=0\nnum_leaves=3\nend of trees\n"):
            with self.assertRaises(model_text.ModelError):
                model_text.parse(text)

    def test_same_bits_tells_zeros_apart(self):
        self.assertFalse(model_text.same_bits(0.0, -0.0))
        self.assertTrue(model_text.same_bits(0.1, 0.1))
        self.assertFalse(model_text.same_bits(0.1, math.nextafter(0.1, 1)))


class Texts(unittest.TestCase):
    def test_summary(self):
        text = "[Copse] [Info] seconds_train: 1.250\nseconds_train_histogram: 0.75\nbest: none\n"
        self.assertEqual(engines.summary_of(text), {"seconds_train": 1.25, "seconds_train_histogram": 0.75})

    def test_median_and_table(self):
        self.assertEqual(report.median([3, 1, 2]), 2)
        self.assertEqual(report.median([4, 1, 2, 3]), 2.5)
        self.assertEqual(report.table(["a"], [["x|y"]]), "| a |\n| --- |\n| x\\|y |")

    def test_configurations_are_fixed(self):
        class Fake:
            objective = "binary"
        first, again = (settings.configurations([Fake], 20, settings.SEED) for _ in range(2))
        self.assertEqual([c.changed for c in first], [c.changed for c in again])
        self.assertGreater(len({c.changed for c in first}), 18)


if __name__ == "__main__":
    unittest.main()
