"""Compares two models tree by tree and node by node; what differs first goes to the arbiter."""

from . import arbiter
from .model_text import same_bits

VALUE_AGREEMENT = 1e-7  # leaf values: relative to the tree's largest


class Outcome:
    """Result of one pair of models. failures: sentences; empty means that the pair agrees."""

    def __init__(self):
        self.n_nodes = 0  # compared
        self.n_total = 0  # of the reference
        self.same_rows = []
        self.ties = []
        self.failures = []
        self.value_difference = 0.0

    @property
    def passed(self):
        return not self.failures


def first_difference(reference, candidate, start=0):
    """(node, what differs) of the first node at or after `start`, or None."""
    for node in range(start, max(reference.n_nodes, candidate.n_nodes)):
        if node >= reference.n_nodes or node >= candidate.n_nodes:
            return node, "number of leaves"
        what = _node_difference(reference, candidate, node)
        if what:
            return node, what
    return None


def _node_difference(reference, candidate, node):
    if reference.parent[node] != candidate.parent[node]:
        return "leaf that is split"
    if reference.split_feature[node] != candidate.split_feature[node]:
        return "feature"
    if reference.is_categorical(node) != candidate.is_categorical(node):
        return "decision type"
    if reference.is_categorical(node):
        if reference.categories(node) != candidate.categories(node):
            return "category set"
    elif not same_bits(reference.threshold[node], candidate.threshold[node]):
        return "threshold"
    if reference.decision_type[node] != candidate.decision_type[node]:
        return "decision type"
    return None


def compare_models(problem, reference, candidate):
    outcome = Outcome()
    outcome.n_total = sum(tree.n_nodes for tree in reference.trees)
    if reference.feature_names != candidate.feature_names:
        outcome.failures.append("feature names differ")
        return outcome
    if (reference.n_outputs, candidate.n_outputs) != (problem.n_outputs,) * 2:
        outcome.failures.append(f"{candidate.n_outputs} trees per round, reference {reference.n_outputs}")
        return outcome
    _compare_infos(reference, candidate, outcome)
    comparable = True  # the trees of one round have the same trees before them: one's tie leaves the others so
    for index in range(max(len(reference.trees), len(candidate.trees))):
        if outcome.failures or (not comparable and index % problem.n_outputs == 0):
            break
        if index >= len(reference.trees) or index >= len(candidate.trees):
            _judge_missing_tree(problem, reference, candidate, index, outcome)
            comparable = False
            continue
        judge = _LazyArbiter(*_place(problem, reference, index))
        comparable &= _compare_trees(judge, index, reference.trees[index], candidate.trees[index], outcome)
    return outcome


def _place(problem, reference, index):
    """What the arbiter of tree `index` needs: the trees of the rounds before it, and its output."""
    output = index % problem.n_outputs
    return problem, reference.trees[:index - output], output


def _compare_infos(reference, candidate, outcome):
    """Ranges of numbers and bins of categories, as the models state them."""
    pairs = zip(reference.feature_names, *(model.header["feature_infos"].split(" ") for model in (reference, candidate)))
    wrong = [f"{name}: {b[:80]}, reference {a[:80]}" for name, a, b in pairs if a != b]
    if wrong:
        outcome.failures.append(f"feature_infos: {len(wrong)} differ, first {wrong[0]}")


class _LazyArbiter:
    """Most trees are equal and need no gradients."""

    def __init__(self, *arguments):
        self._arguments, self._arbiter = arguments, None

    def judge(self, *arguments):
        if self._arbiter is None:
            self._arbiter = arbiter.Arbiter(*self._arguments)
        return self._arbiter.judge(*arguments)


def _judge_missing_tree(problem, reference, candidate, index, outcome):
    """One side found nothing to split in this round: the other side's first split must be a tie with nothing."""
    longer, is_reference = (reference, True) if index < len(reference.trees) else (candidate, False)
    if longer.trees[index].n_nodes == 0:
        return
    stump = _Stump()
    pair = (longer.trees[index], stump) if is_reference else (stump, longer.trees[index])
    verdict, text = arbiter.Arbiter(*_place(problem, reference, index)).judge(*pair, 0)
    message = f"tree {index}: only the {'reference' if is_reference else 'candidate'} has it: {text}"
    (outcome.ties if verdict == arbiter.TIE else outcome.failures).append(message)


class _Stump:
    n_nodes = 0


def _compare_trees(judge, index, reference, candidate, outcome):
    """False when later rounds must not be compared."""
    start = 0
    while True:
        found = first_difference(reference, candidate, start)
        if found is None:
            break
        node, what = found
        outcome.n_nodes += node - start
        verdict, text = judge.judge(reference, candidate, node)
        message = f"tree {index} node {node}: {what}: {verdict}: {text}"
        if verdict == arbiter.SAME_ROWS:
            outcome.same_rows.append(message)
            outcome.n_nodes += 1
            start = node + 1
            continue
        (outcome.ties if verdict == arbiter.TIE else outcome.failures).append(message)
        return False
    outcome.n_nodes += reference.n_nodes - start
    return _compare_leaves(index, reference, candidate, outcome)


def _compare_leaves(index, reference, candidate, outcome):
    for name in ("left_child", "right_child", "leaf_count"):
        if getattr(reference, name) != getattr(candidate, name):
            outcome.failures.append(f"tree {index}: {name} differs although every split is equal")
            return False
    scale = max(abs(value) for value in reference.leaf_value) or 1.0
    for leaf, (a, b) in enumerate(zip(reference.leaf_value, candidate.leaf_value)):
        difference = abs(a - b) / scale
        outcome.value_difference = max(outcome.value_difference, difference)
        if not difference <= VALUE_AGREEMENT:
            outcome.failures.append(f"tree {index} leaf {leaf}: value {b!r}, reference {a!r}")
            return False
    return True
