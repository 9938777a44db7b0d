"""Measures against scikit-learn's, splits, the verdict, stored results, labels, weights, queries, readers."""

import os
import tempfile
import unittest

import numpy as np

from peers import accuracy, cases, catalogue, contenders, measures, readers, trials


class Held:
    def __init__(self, label, weight):
        self.label, self.weight, self.query = label, weight, None


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

    def test_losses_are_scikit_learns(self):
        from sklearn import metrics

        random = np.random.RandomState(1)
        label, mean, weight = random.gamma(2.0, size=300), random.gamma(2.0, size=300), random.rand(300)
        zeros = np.where(random.rand(300) < 0.3, 0.0, label)
        part = Held(zeros, weight)
        for objective, settings, theirs in (
                ("poisson", {}, metrics.mean_poisson_deviance(zeros, mean, sample_weight=weight)),
                ("tweedie", {"tweedie_variance_power": 1.3},
                 metrics.mean_tweedie_deviance(zeros, mean, sample_weight=weight, power=1.3)),
                ("quantile", {"alpha": 0.2}, metrics.mean_pinball_loss(zeros, mean, sample_weight=weight, alpha=0.2)),
                ("regression_l1", {}, metrics.mean_absolute_error(zeros, mean, sample_weight=weight))):
            self.assertAlmostEqual(measures.of_objective(objective, settings)[0].of(part, mean), theirs, places=12)
        self.assertAlmostEqual(measures.of_objective("gamma", {})[0].of(Held(label, weight), mean),
                               metrics.mean_gamma_deviance(label, mean, sample_weight=weight), places=12)

    def test_ndcg_is_scikit_learns(self):
        from sklearn import metrics

        random = np.random.RandomState(2)
        label, score = random.randint(0, 4, 40).astype(float), random.permutation(40) / 40
        theirs = [metrics.ndcg_score([2 ** label[rows] - 1], [score[rows]], k=10)
                  for rows in (slice(0, 15), slice(15, 40))]
        query = np.repeat([3, 7], [15, 25])
        self.assertAlmostEqual(measures.ndcg(label, score, query), np.mean(theirs), places=12)
        self.assertEqual(measures.ndcg(np.zeros(5), score[:5], np.zeros(5)), 1.0)
        self.assertEqual(measures.ndcg(np.array([0.0, 1.0]), np.zeros(2), np.zeros(2)), 1 / np.log2(3))

    def test_other_losses_by_hand(self):
        label, value = np.array([0.0, 10.0, -4.0]), np.array([0.5, 13.0, -4.0])
        self.assertAlmostEqual(measures.huber(label, value, 1.0).sum(), 0.125 + 2.5)
        self.assertAlmostEqual(measures.fair(label, value, 2.0).sum(), 1 - 4 * np.log(1.25) + 6 - 4 * np.log(2.5))
        self.assertAlmostEqual(measures.relative(label, value).sum(), 0.5 + 0.3)
        share = measures.of_objective("cross_entropy", {})[0].of(Held(np.array([0.25]), None), np.array([0.5]))
        self.assertAlmostEqual(share, np.log(2))
        rate = measures.of_objective("cross_entropy_lambda", {})[0]
        self.assertAlmostEqual(rate.of(Held(np.array([1.0, 0.0]), np.array([2.0, 3.0])), np.array([0.5, 0.1])),
                               (-np.log(1 - np.exp(-1.0)) + 0.3) / 2)

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

    def test_queries_stay_whole(self):
        query = np.repeat(np.arange(50), np.arange(50) % 7 + 1)
        prepared = catalogue.Prepared("", "", [], [], [], np.zeros(len(query)), None, query)
        train, test = accuracy.split_of(prepared, 101)
        self.assertEqual(sorted(np.concatenate([train, test])), list(range(len(query))))
        self.assertFalse(set(query[train]) & set(query[test]))
        self.assertEqual(len(set(query[test])), 10)

    def test_cases_of_the_table(self):
        names = [case.name for case in cases.CASES]
        self.assertEqual(len(names), len(set(names)))
        self.assertFalse([case.name for case in cases.CASES if case.data_set.private])
        self.assertGreaterEqual(len({case.data_set.path for case in cases.CASES}), 20)
        self.assertEqual({case.objective for case in cases.CASES}, set(measures.OBJECTIVES))
        for case in cases.CASES:
            self.assertTrue(measures.of_objective(case.objective, case.settings), case.name)
            is_ranking = case.objective in ("lambdarank", "rank_xendcg")
            self.assertEqual(case.data_set.query is not None, is_ranking, case.name)


PINNED = [[1, 6], [0, 8], [5, 7]]


class Verdict(unittest.TestCase):
    def trial(self, differences, objective="regression"):
        case = cases.Case(catalogue.DataSet("d", "p", objective, "y"))
        trial = trials.Trial(case, [], [contenders.LightGBM, contenders.Copse])
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
            self.assertEqual(trial.is_behind("Copse", measure), expected, differences)

    def test_each_of_copse_is_judged_but_auto(self):
        trial, measure = self.trial([0.1, 0.1])
        trial.scores["Copse compat=lightgbm"] = {measure.name: [1.0, 1.0]}
        trial.scores["Copse --auto"] = {measure.name: [2.0, 2.0]}
        engines = accuracy.KINDS.values()
        self.assertEqual(accuracy._behind(trial, engines, measure), ["Copse"])
        behind = [(trial, measure, "Copse")]
        self.assertIn("- FAIL d regression: RMSE: Copse is behind", accuracy._verdict("Copse", behind))
        self.assertIn("In no row is Copse compat", accuracy._verdict("Copse compat=lightgbm", behind))

    def ranked(self, objective, **scores):
        trial = trials.Trial(cases.Case(catalogue.DataSet("d", "p", objective, "y")), [], [])
        trial.scores = {name: {measure.name: value for measure, value in zip(trial.measures, values)}
                        for name, values in scores.items()}
        return trial

    def test_mean_ranks_take_the_rows_where_all_have_a_figure(self):
        engines = [contenders.LightGBM, contenders.Copse, contenders.XGBoost]
        binary = self.ranked("binary", LightGBM=([0.7, 0.9], [0.5, 0.5]), Copse=([0.8, 0.8], [0.3, 0.5]),
                             XGBoost=([0.9, 0.9], [0.6, 0.6]))
        self.assertEqual(binary.loss.name, "binary_logloss")
        self.assertEqual([binary.ranks(engines, measure) for measure in binary.measures], [[2, 2, 1], [2, 1, 3]])
        lone = self.ranked("regression", LightGBM=([1.0, 1.0],), Copse=([2.0, 2.0],))
        other = self.ranked("regression", LightGBM=([3.0, 3.0],), Copse=([2.0, 2.0],), XGBoost=([1.0, 1.0],))
        self.assertEqual(accuracy.mean_ranks([binary, lone, other], engines, False), ([7 / 3, 5 / 3, 5 / 3], 3))
        self.assertEqual(accuracy.mean_ranks([binary, lone, other], engines, True), ([2.5, 1.5, 2.0], 2))
        self.assertEqual(accuracy.mean_ranks([lone], engines, True), ([], 0))
        self.assertEqual(next(accuracy._rank_lines([other], engines)), "- Mean rank over the 1 rows, where all 3 have "
                         "a figure: XGBoost 1.00, Copse 2.00, LightGBM 3.00.")

    def test_both_of_copse_are_ranked_apart(self):
        engines = [contenders.LightGBM, contenders.Copse, contenders.CopseAuto]
        trial = self.ranked("regression", **{"LightGBM": ([2.0, 2.0],), "Copse": ([3.0, 3.0],),
                                             "Copse --auto": ([1.0, 1.0],)})
        lines = list(accuracy._rank_lines([trial], engines))
        self.assertEqual(len(lines), 4)
        self.assertIn("LightGBM 1.00, Copse 2.00.", lines[0])
        self.assertIn("Copse --auto 1.00, LightGBM 2.00.", lines[2])

    def test_engine_without_figures_says_why(self):
        trial, _ = self.trial([0.5, 0.5])
        trial.scores["XGBoost"] = trial.scores["LightGBM"]
        row = accuracy._rows_of(trial, [contenders.LightGBM, contenders.Copse, contenders.XGBoost])[0]
        self.assertEqual(row[3:], ["1", "1.5", "1", "-0.5 ± 0", "0", "Copse BEHIND"])
        del trial.scores["XGBoost"]
        row = accuracy._rows_of(trial, [contenders.LightGBM, contenders.Copse, contenders.XGBoost])[0]
        self.assertEqual((row[5], row[7]), ("not run", "not run"))
        trial.case.objective = "fair"
        trial.case.settings = {"fair_c": 1.0}
        trial.scores["LightGBM"] = trial.scores["Copse"] = {"fair": [1.0, 1.0]}
        row = accuracy._rows_of(trial, [contenders.LightGBM, contenders.Copse, contenders.XGBoost])[0]
        self.assertEqual((row[5], row[7]), ("-", "-"))


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


class Stored(unittest.TestCase):
    def store(self, folder, n_splits=2, content="x"):
        written(folder, "program", content)
        return trials.Store(os.path.join(folder, "cases"), os.path.join(folder, "program"), n_splits)

    def engine(self, name, version="1"):
        return type("Engine", (), {"name": name, "version": version, "is_copse": name.startswith("Copse")})

    def test_only_results_of_the_same_run_are_found(self):
        case, other = cases.Case("bike", "quantile", alpha=0.1), cases.Case("bike", "quantile", alpha=0.9)
        theirs, ours = self.engine("LightGBM"), self.engine("Copse")
        scores, trial = {"pinball": [0.1, 1 / 3]}, trials.Trial(case, ["bike", 3], [])
        trial.scores = {"LightGBM": scores, "Copse": scores}
        with tempfile.TemporaryDirectory() as folder:
            store = self.store(folder)
            self.assertEqual(store.find(case, [theirs, ours]), (None, {}))
            store.keep(trial, theirs)
            self.assertEqual(store.find(case, [theirs, ours]), (["bike", 3], {"LightGBM": scores}))
            store.keep(trial, ours)
            self.assertEqual(store.find(case, [theirs, ours])[1], {"LightGBM": scores, "Copse": scores})
            self.assertEqual(store.find(other, [theirs, ours])[1], {})
            self.assertEqual(store.find(case, [self.engine("LightGBM", "2")])[1], {})
            self.assertEqual(self.store(folder, n_splits=3).find(case, [theirs, ours])[1], {})
            trial.scores["Copse --auto"] = scores
            store.keep(trial, self.engine("Copse --auto"))
            everyone = [theirs, ours, self.engine("Copse --auto")]
            self.assertEqual(len(store.find(case, everyone)[1]), 3)
            self.assertEqual(self.store(folder, content="y").find(case, everyone)[1], {"LightGBM": scores})


def written(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(text)


class Files(unittest.TestCase):
    def test_rate_with_weight(self):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, "d.csv", "id,n,exposure,x\n1,3,0.5,7\n2,0,0.25,8\n")
            data_set = catalogue.DataSet("d", "d.csv", "poisson", "n", drop={"id"}, weight="exposure", is_rate=True)
            prepared = catalogue.prepare(folder, data_set, folder)
            self.assertEqual((prepared.label.tolist(), prepared.weight.tolist()), ([6.0, 0.0], [0.5, 0.25]))
            self.assertEqual([column.tolist() for column in prepared.columns], [[7.0, 8.0]])
            with open(prepared.weighted_path + ".weight", encoding="ascii") as file:
                self.assertEqual(file.read().split(), ["0.5", "0.25"])

    def test_queries_named_in_the_rows(self):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, "a.txt", "2 qid:7 1:0.5 3:4 # note\n0 qid:7 2:1\n")
            written(folder, "b.txt", "1 qid:3 1:9\n")
            data_set = catalogue.DataSet("d", "a.txt", "lambdarank", "label", query="query",
                                         read=readers.Several(readers.Sparse(3), ["b.txt"]))
            prepared = catalogue.prepare(folder, data_set, folder)
            self.assertEqual(np.column_stack(prepared.columns).tolist(), [[0.5, 0, 4], [0, 1, 0], [9, 0, 0]])
            self.assertEqual((prepared.label.tolist(), prepared.query.tolist()), ([2, 0, 1], [0, 0, 1]))
            for path in (prepared.path, prepared.weighted_path):
                with open(path + ".query", encoding="ascii") as file:
                    self.assertEqual(file.read().split(), ["2", "1"])

    def test_queries_in_a_side_file(self):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, "a.train", "2 1:1\n0 1:2\n1 1:3\n")
            written(folder, "a.train.query", "1\n2\n")
            names, rows = readers.Sparse(1)(folder, "a.train")
            self.assertEqual(names, ["label", "query", "c1"])
            self.assertEqual(rows, [["2", "0", "1"], ["0", "1", "2"], ["1", "1", "3"]])
            written(folder, "a.train.query", "1\n1\n")
            with self.assertRaises(ValueError):
                readers.Sparse(1)(folder, "a.train")

    def test_claims_joined_by_policy(self):
        with tempfile.TemporaryDirectory() as folder:
            written(folder, "freq.csv", "IDpol,ClaimNb\n100000,2\n5,0\n")
            written(folder, "sev.csv", "IDpol,ClaimAmount\n1e+05,3.5\n1e+05,4\n9,1\n")
            self.assertEqual(readers.claim_amounts(folder, "freq.csv")[1],
                             [["100000", "2", "3.5"], ["100000", "2", "4"]])
            self.assertEqual(readers.claims_of_policies(folder, "freq.csv")[1],
                             [["100000", "2", "7.50", "1"], ["5", "0", "0.00", "0"]])


if __name__ == "__main__":
    unittest.main()
