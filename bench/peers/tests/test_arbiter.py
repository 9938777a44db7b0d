"""The judge: its gains against the ones LightGBM stores, and its verdicts on ties and on planted errors."""

import math
import unittest
from fractions import Fraction

import numpy as np

from peers import arbiter, losses, model_text, settings, trees
from peers.tests import sample

CASES = [
    ("regression", {}, False),
    ("regression", {"lambda_l1": 2.5, "lambda_l2": 1.5}, True),
    ("regression", {"max_delta_step": 0.3}, False),
    ("regression", {"path_smooth": 5.0, "num_leaves": 20}, False),
    ("regression", {"path_smooth": 5.0, "num_leaves": 20, "min_data_in_leaf": 4}, True),
    ("regression", {"zero_as_missing": True}, False),
    ("regression", {"use_missing": False, "max_bin": 16}, False),
    ("regression", {"boost_from_average": False, "min_gain_to_split": 0.5}, False),
    ("binary", {}, False),
    ("binary", {"is_unbalance": True, "path_smooth": 2.0}, True),
    ("binary", {"scale_pos_weight": 3.0, "sigmoid": 1.7}, False),
    ("binary", {"max_cat_to_onehot": 20, "min_data_in_leaf": 5}, False),
    ("binary", {"cat_l2": 0.0, "max_cat_threshold": 3, "min_data_in_bin": 1}, True),
    ("multiclass", {"num_class": 3}, False),
    ("multiclass", {"num_class": 4, "lambda_l1": 0.3, "boost_from_average": False}, True),  # one class has no rows
    ("multiclassova", {"num_class": 3, "is_unbalance": True}, False),
    ("multiclassova", {"num_class": 3, "scale_pos_weight": 2.0, "sigmoid": 1.3, "path_smooth": 2.0}, True),
    ("cross_entropy", {}, False),
    ("cross_entropy", {"max_delta_step": 0.3}, True),
    ("regression_l1", {}, False),
    ("regression_l1", {"reg_sqrt": True, "lambda_l2": 1.0}, True),
    ("huber", {"alpha": 0.5}, False),
    ("huber", {"alpha": 1.7, "path_smooth": 3.0}, True),
    ("quantile", {"alpha": 0.3}, False),
    ("quantile", {"alpha": 0.9, "reg_sqrt": True}, True),
    ("poisson", {"boost_from_average": False}, False),
    ("poisson", {"poisson_max_delta_step": 0.2, "lambda_l1": 0.5}, True),
    ("regression", {"reg_sqrt": True}, True),
    ("fair", {"fair_c": 0.7}, False),
    ("fair", {"fair_c": 2.0, "reg_sqrt": True}, True),
    ("mape", {}, False),
    ("mape", {"reg_sqrt": True, "lambda_l1": 0.2}, False),
    ("gamma", {}, False),
    ("gamma", {"lambda_l2": 0.5}, True),
    ("tweedie", {"tweedie_variance_power": 1.2}, False),
    ("tweedie", {"path_smooth": 2.0}, True),
    ("cross_entropy_lambda", {}, False),
    ("cross_entropy_lambda", {"lambda_l2": 0.5}, True),
    ("lambdarank", {}, False),
    ("lambdarank", {"lambdarank_norm": False, "sigmoid": 2.0}, True),
    ("regression", {"data_sample_strategy": "goss"}, True),
    ("regression", {"boosting": "dart", "skip_drop": 1.0}, False),
    ("binary", {"boosting": "rf", "feature_fraction": 0.999999999}, False),
]


class ExactSums(unittest.TestCase):
    def test_equals_fractions(self):
        values = (np.random.RandomState(0).randn(500) * 10.0 ** np.random.RandomState(1).randint(-20, 20, 500))
        values = values.astype(np.float32)
        self.assertEqual(arbiter.exact_sum(values), sum(Fraction(float(value)) for value in values))

    def test_empty_and_zero(self):
        self.assertEqual(arbiter.exact_sum(np.zeros(0, np.float32)), 0)
        self.assertEqual(arbiter.exact_sum(np.zeros(3, np.float32)), 0)


class GainsAreLightGBMs(unittest.TestCase):
    def test_every_node_of_every_case(self):
        n_nodes = 0
        for number, (objective, changed, weighted) in enumerate(CASES):
            problem, prepared = sample.make_problem(number, objective, changed, weighted=weighted)
            model = sample.parse(sample.train(problem, prepared))
            for index, tree in enumerate(model.trees):
                output = index % problem.n_outputs
                judge = arbiter.Arbiter(problem, model.trees[:index - output], output)
                for node in range(tree.n_nodes):
                    split = judge.split(tree, node)
                    with self.subTest(case=number, tree=index, node=node):
                        self.assertTrue(judge.reproduces(tree, node, split),
                                        f"{float(split.gain)} stored {tree.split_gain[node]}")
                        self.assertEqual(len(split.rows), tree.internal_count[node])
                    n_nodes += 1
        self.assertGreater(n_nodes, 2000)

    def test_start_scores(self):
        for number, (objective, changed, weighted) in enumerate(CASES):
            if changed.get("boosting") == "rf":  # knows no learning rate
                continue
            settings_here = {**changed, "learning_rate": 1e-30, "boost_from_average": True}
            problem, prepared = sample.make_problem(number, objective, settings_here, weighted=weighted)
            trees_found = sample.parse(sample.train(problem, prepared, 1)).trees
            self.assertEqual(len(trees_found), problem.n_outputs)
            for output, tree in enumerate(trees_found):
                expected = losses.start(problem, output)
                with self.subTest(case=number, output=output):
                    self.assertTrue(math.isclose(tree.leaf_value[0], expected, rel_tol=4e-16, abs_tol=1e-25),
                                    f"{expected!r}, LightGBM {tree.leaf_value[0]!r}")

    def test_bins_are_lightgbms(self):
        import lightgbm
        for number, (objective, changed, _) in enumerate(CASES):
            problem, prepared = sample.make_problem(number, objective, changed)
            data = lightgbm.Dataset(prepared.path, params={
                **settings.COMPARATOR, **problem.settings, "header": True, "label_column": "name:label",
                "verbosity": -1, "feature_pre_filter": False}, categorical_feature=[4]).construct()
            for feature in range(5):
                self.assertEqual(problem.bins_of(feature).n_bins, data.feature_num_bin(feature))

    def test_category_order_is_lightgbms(self):
        for changed in ({}, {"zero_as_missing": True}, {"use_missing": False}, {"max_bin": 5}):
            for rare in (0.0, 0.012):
                problem, prepared = sample.make_problem(8, "binary", {"min_data_in_bin": 1, **changed}, rare=rare)
                infos = sample.parse(sample.train(problem, prepared, 1)).header["feature_infos"].split(" ")
                mapping = [category for category, _ in sorted(problem.bins_of(4).bin_of.items(), key=lambda t: t[1])]
                self.assertEqual(infos[4], ":".join(map(str, [-1] + mapping)))


class Verdicts(unittest.TestCase):
    def setUp(self):
        self.problem, prepared = sample.make_problem(3, "regression", {"num_leaves": 12})
        self.text = sample.train(self.problem, prepared)
        self.model = sample.parse(self.text)

    def compare(self, text):
        return trees.compare_models(self.problem, self.model, sample.parse(text))

    def numeric_node(self, tree):
        found = self.model.trees[tree]
        return next(node for node in range(found.n_nodes) if not found.is_categorical(node))

    def test_equal_models_pass(self):
        outcome = self.compare(self.text)
        self.assertTrue(outcome.passed)
        self.assertEqual((outcome.n_nodes, outcome.ties), (outcome.n_total, []))

    def test_one_bit_of_a_threshold_is_seen_and_judged_same_rows(self):
        def one_step(tokens):
            tokens[node] = repr(math.nextafter(float(tokens[node]), math.inf))
        node = self.numeric_node(1)
        outcome = self.compare(sample.edit(self.text, 1, "threshold", one_step))
        self.assertTrue(outcome.passed)
        self.assertEqual(len(outcome.same_rows), 1)

    def test_changed_threshold_fails(self):
        for tree in (0, 2):
            node = self.numeric_node(tree)

            def move(tokens):
                tokens[node] = repr(float(tokens[node]) + 0.4)
            outcome = self.compare(sample.edit(self.text, tree, "threshold", move))
            self.assertIn("different", outcome.failures[0])

    def test_changed_feature_category_and_count_fail(self):
        def other_feature(tokens):
            tokens[0] = "3" if tokens[0] != "3" else "0"

        def other_set(tokens):
            tokens[0] = str(int(tokens[0]) ^ 2)

        def one_more(tokens):
            tokens[0] = str(int(tokens[0]) + 1)

        def tiny(tokens):
            tokens[0] = repr(float(tokens[0]) + 1e-5)
        for field, change in (("split_feature", other_feature), ("cat_threshold", other_set),
                              ("leaf_count", one_more), ("leaf_value", tiny)):
            tree = next(i for i, found in enumerate(self.model.trees) if found.cat_threshold)
            with self.subTest(field=field):
                self.assertFalse(self.compare(sample.edit(self.text, tree, field, change)).passed)

    def test_missing_tree_fails(self):
        cut = self.text[:self.text.index("Tree=2")] + "end of trees\n"
        self.assertIn("only the reference has it", self.compare(cut).failures[0])

    def test_judge_that_cannot_reproduce_does_not_judge(self):
        def other_gain(tokens):
            tokens[0] = repr(float(tokens[0]) * 1.001)

        def move(tokens):
            tokens[0] = repr(float(tokens[0]) + 0.4)
        reference = sample.parse(sample.edit(self.text, 0, "split_gain", other_gain))
        candidate = sample.parse(sample.edit(self.text, 0, "threshold", move))
        self.assertIn("unjudged", trees.compare_models(self.problem, reference, candidate).failures[0])


CROSSED = model_text.Tree({  # c at the root, a below it
    "num_leaves": "3", "split_feature": "1 0", "threshold": "0.5 0.5", "decision_type": "2 2",
    "left_child": "1 -1", "right_child": "-2 -3", "leaf_value": "0 0 0"})


class Ties(unittest.TestCase):
    """Two copies of a column tie in every split; one copy with one row changed does not."""

    def columns(self, twin):
        base, prepared = sample.make_problem(5, "binary", {"num_leaves": 8}, with_category=False)
        columns = [base.columns[0], twin(base.columns[0].copy())]
        problem = arbiter.Problem(columns, base.label, None, [], base.settings)
        return problem, sample._write(columns, base.label.astype(np.float64), base.label.astype(np.float64), [])

    def judge(self, twin):
        problem, prepared = self.columns(twin)
        text = sample.train(problem, prepared, 2)

        def other(tokens):
            tokens[0] = "1" if tokens[0] == "0" else "0"
        return trees.compare_models(problem, sample.parse(text),
                                    sample.parse(sample.edit(text, 0, "split_feature", other)))

    def test_copy_of_a_feature_ties(self):
        outcome = self.judge(lambda column: column)
        self.assertTrue(outcome.passed)
        self.assertEqual(len(outcome.same_rows), 1)

    def test_mirrored_feature_ties_by_gain(self):
        problem, prepared = self.columns(lambda column: -column)
        model = sample.parse(sample.train(problem, prepared, 1))
        tree = model.trees[0]
        feature = tree.split_feature[0]
        mirrored = sample.parse(sample.train(problem, prepared, 1)).trees[0]
        mirrored.split_feature[0] = 1 - feature
        mirrored.threshold[0] = math.nextafter(-tree.threshold[0], math.inf)  # values on it do not occur
        judge = arbiter.Arbiter(problem, [])
        verdict, text = judge.judge(tree, mirrored, 0)
        self.assertEqual(verdict, arbiter.TIE, text)

    def test_one_row_apart_is_no_tie(self):
        def one_row(column):
            order = np.argsort(column)
            at = order[len(order) // 2]
            column[at] = column[order[0]] - 1.0
            return column
        problem, prepared = self.columns(one_row)
        tree = sample.parse(sample.train(problem, prepared, 1)).trees[0]
        moved = sample.parse(sample.train(problem, prepared, 1)).trees[0]
        middle = float(np.median(problem.columns[0]))
        tree.threshold[0], moved.threshold[0] = middle, middle
        tree.split_feature[0], moved.split_feature[0] = 0, 1
        judge = arbiter.Arbiter(problem, [])
        tree.split_gain[0] = float(judge.split(tree, 0).gain)
        self.assertEqual(judge.judge(tree, moved, 0)[0], arbiter.DIFFERENT)

    def test_gains_must_agree_to_a_billionth(self):
        for change, expected in ((Fraction(1, 10**10), arbiter.TIE), (Fraction(2, 10**9), arbiter.DIFFERENT)):
            problem, prepared = self.columns(lambda column: -column)
            tree = sample.parse(sample.train(problem, prepared, 1)).trees[0]
            mirrored = sample.parse(sample.train(problem, prepared, 1)).trees[0]
            mirrored.split_feature[0] = 1 - tree.split_feature[0]
            mirrored.threshold[0] = math.nextafter(-tree.threshold[0], math.inf)
            judge = arbiter.Arbiter(problem, [])
            plain = judge.split

            def nudged(which, node):
                split = plain(which, node)
                if which is mirrored:
                    split.gain *= 1 - change
                return split
            judge.split = nudged
            self.assertEqual(judge.judge(tree, mirrored, 0)[0], expected)

    def test_feature_without_gain_above_may_be_blocked(self):
        """y = 3c + (a xor c): a has nothing to gain before the split on c, and much after it."""
        grid = np.array([[a, c] for a in (0.0, 1.0) for c in (0.0, 1.0)] * 50)
        chosen = {**settings.DEFAULTS, "num_leaves": 3}
        leaves = []
        for effect in (0.0, 0.5):  # of a alone
            label = 3.0 * grid[:, 1] + (grid[:, 0] != grid[:, 1]) + effect * grid[:, 0]
            problem = arbiter.Problem(list(grid.T), label.astype(np.float32), None, [], chosen)
            tree = sample.parse(sample.train(problem, sample._write(list(grid.T), label, label, []), 1)).trees[0]
            leaves.append(tree.n_leaves)
            blocked = arbiter.Arbiter(problem, []).blocked_by_rounding(CROSSED, 1)
            self.assertEqual(blocked is not None, effect == 0.0, blocked)
        self.assertEqual(leaves, [2, 3])  # LightGBM does leave it out

    def test_end_of_tree_ties_only_at_the_limit(self):
        problem, prepared = self.columns(lambda column: column)
        tree = sample.parse(sample.train(problem, prepared, 1)).trees[0]
        judge = arbiter.Arbiter(problem, [])
        last = tree.n_nodes - 1
        shorter = sample.parse(sample.train(problem, prepared, 1)).trees[0]
        shorter.n_leaves = tree.n_leaves - 1
        self.assertEqual(judge.judge(tree, shorter, last)[0], arbiter.DIFFERENT)
        problem.settings["min_gain_to_split"] = float(judge.split(tree, last).gain)
        self.assertEqual(judge.judge(tree, shorter, last)[0], arbiter.TIE)


if __name__ == "__main__":
    unittest.main()
