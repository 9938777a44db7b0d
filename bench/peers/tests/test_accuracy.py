"""Measures against scikit-learn's, splits, the verdict, labels."""

import unittest

import numpy as np

from peers import accuracy, catalogue, contenders, measures


class Measures(unittest.TestCase):
    def setUp(self):
        random = np.random.RandomState(0)
        self.label = random.randint(0, 2, 400).astype(float)
        self.probability = np.round(random.rand(400), 2)  # with ties
        self.classes = random.randint(0, 4, 400).astype(float)
        self.rows = random.dirichlet(np.ones(4), 400)

    def test_are_scikit_learns(self):
        from sklearn import metrics

        inside = np.clip(self.probability, 0.01, 0.99)
        for ours, theirs in (
                (measures.auc(self.label, self.probability), metrics.roc_auc_score(self.label, self.probability)),
                (measures.log_loss(self.label, inside), metrics.log_loss(self.label, inside)),
                (measures.rmse(self.label, inside) ** 2, metrics.mean_squared_error(self.label, inside)),
                (measures.multi_log_loss(self.classes, self.rows), metrics.log_loss(self.classes, self.rows)),
                (measures.multi_accuracy(self.classes, self.rows),
                 metrics.accuracy_score(self.classes, self.rows.argmax(axis=1)))):
            self.assertAlmostEqual(ours, theirs, places=12)

    def test_impossible_probabilities_cost_a_finite_loss(self):
        self.assertAlmostEqual(measures.log_loss(np.array([1.0]), np.array([0.0])), -np.log(1e-15))
        self.assertAlmostEqual(measures.multi_log_loss(np.array([1.0]), np.array([[1.0, 0.0]])), -np.log(1e-15))


class Splits(unittest.TestCase):
    def test_parts_are_fixed_disjoint_and_complete(self):
        tests = [accuracy.split(1000, seed) for seed in accuracy.SPLIT_SEEDS]
        for train, test in tests:
            self.assertEqual(sorted(np.concatenate([train, test])), list(range(1000)))
            self.assertEqual(len(test), 200)
        self.assertEqual(len({tuple(test) for _, test in tests}), len(accuracy.SPLIT_SEEDS))
        self.assertEqual([accuracy.split(10, seed)[1].tolist() for seed in (101, 102, 103)], PINNED)

    def test_sets_of_the_table(self):
        chosen = [data_set for data_set in catalogue.DATA_SETS if data_set.name in accuracy.NAMES]
        self.assertEqual(len(chosen), len(accuracy.NAMES))
        self.assertFalse([data_set.name for data_set in chosen if data_set.private])
        self.assertEqual({data_set.objective for data_set in chosen}, set(measures.OF_OBJECTIVE))


PINNED = [[1, 6], [0, 8], [5, 7]]


class Verdict(unittest.TestCase):
    def trial(self, differences, objective="regression"):
        data_set = catalogue.DataSet("d", "p", objective, "y")
        prepared = catalogue.Prepared("", "", ["a"], [], [np.array([0.0, np.nan])], np.zeros(2), np.ones(2))
        trial = accuracy.Trial(data_set, prepared, [contenders.LightGBM, contenders.Copse])
        measure = trial.measures[0]
        trial.scores["LightGBM"][measure.name] = [1.0] * len(differences)
        trial.scores["Copse"][measure.name] = [1.0 + difference for difference in differences]
        return trial, measure

    def test_gain_counts_in_the_better_direction(self):
        for objective, expected in (("regression", -2.0), ("binary", 2.0)):
            trial, measure = self.trial([1.0, 2.0, 3.0], objective)
            gain, error = trial.gain("Copse", measure)
            self.assertAlmostEqual(gain, expected)
            self.assertAlmostEqual(error, 1 / np.sqrt(3))

    def test_behind_means_by_more_than_two_standard_errors(self):
        for differences, expected in (([0.0, 0.0], False), ([0.1, 0.1], True), ([-0.1, -0.1], False),
                                      ([1.0, 2.0, 3.0], True), ([0.0, 1.0, 2.0], False)):
            trial, measure = self.trial(differences)
            self.assertEqual(trial.is_behind(measure), expected, differences)


class Labels(unittest.TestCase):
    def labels(self, tokens, **changed):
        return catalogue._labels(catalogue.DataSet("d", "p", **{"label": "y", **changed}), tokens)

    def test_classes_are_coded_in_order(self):
        self.assertEqual(self.labels(["b", "a", "c", "a"], objective="multiclass", n_classes=3), ["1", "0", "2", "0"])
        self.assertEqual(self.labels(["10", "9", "2"], objective="multiclass", n_classes=3), ["2", "1", "0"])
        with self.assertRaises(ValueError):
            self.labels(["b", "a"], objective="multiclass", n_classes=3)

    def test_shares_and_positives(self):
        self.assertEqual(self.labels(["10", "20", "15"], objective="regression", share=True),
                         ["0.0000", "1.0000", "0.5000"])
        self.assertEqual(self.labels(["yes", "no"], objective="binary", positive="yes"), ["1", "0"])


if __name__ == "__main__":
    unittest.main()
