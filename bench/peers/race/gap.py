"""How much better Copse predicts than a peer on a row's held-out part, and how far that part alone can tell.

The held-out rows are cut into ten blocks, and the standard error is that of the mean of the blocks' differences: it
says how the difference would move on other held-out rows. It does not say how it would move with other training rows;
--table-accuracy does (table_accuracy.py).
"""

import math
import statistics

from .. import measures
from . import generated, shapes

N_BLOCKS = 10
ALLOWED = 2.0  # standard errors


def blocks(job, part, prediction):
    """{title of a measure: its value on each block}; a block is every tenth row."""
    parts = [(generated.Part(None, part.label[at::N_BLOCKS], []), prediction[at::N_BLOCKS]) for at in range(N_BLOCKS)]
    return {measure.title: [measure.of(*one) for one in parts]
            for measure in measures.of_objective(job["objective"], {})}


def directions(row):
    """{title of a measure: 1 where more is better, else -1}."""
    data = shapes.DATA[row.data] if isinstance(row.data, str) else row.data
    return {measure.title: 1 if measure.higher_is_better else -1
            for measure in measures.of_objective(data.objective, {})}


def of_turns(row, turns, ours, theirs):
    """{title: (how much better ours is, its standard error)}; every turn predicts the same, the first counts. Empty
    where a side has no figure, as in rows that were stored before blocks were kept."""
    turn = next((turn for turn in turns if all(turn.get(name, {}).get("blocks") for name in (ours, theirs))), None)
    if turn is None:
        return {}
    found = {}
    for title, sign in directions(row).items():
        of_blocks = [sign * (a - b) for a, b in zip(turn[ours]["blocks"][title], turn[theirs]["blocks"][title])]
        gain = sign * (turn[ours]["accuracy"][title] - turn[theirs]["accuracy"][title])
        found[title] = gain, statistics.stdev(of_blocks) / math.sqrt(len(of_blocks))
    return found


def is_behind(gain, error):
    return gain < -ALLOWED * error


def text(gain, error):
    return f"{gain:+.5f} ± {error:.5f}" if gain or error else "0"
