"""The kinds of figure that a row is held to. Each takes (goal, row, turns) and gives (figure or None, what it is).

LightGBM stands for all its contestants in a row: its two layouts are one engine, the faster of a turn counts.
"""

from . import verdict

OURS = "Copse"


def _peers(row):
    return [contestant.name for contestant in row.contestants if contestant.engine == "lightgbm"]


def _ratio(goal, row, turns):
    return verdict.figure(verdict.ratios(turns, OURS, _peers(row), goal.measure)), f"{goal.against} / Copse"


def _share(goal, row, turns):
    found = verdict.ratios(turns, OURS, _peers(row), goal.measure)
    return verdict.figure([1.0 / value for value in found]), f"Copse / {goal.against}"


def _fastest_other(goal, row, turns):
    names = [contestant.name for contestant in row.contestants if contestant.engine not in ("copse", "lightgbm")]
    name = verdict.fastest(turns, names, goal.measure)
    if name is None:
        return None, "fastest other engine / Copse"
    return verdict.figure(verdict.ratios(turns, OURS, [name], goal.measure)), f"fastest other ({name}) / Copse"


def _growth(goal, row, turns):
    found = verdict.within_turn(turns, (OURS, "train_s"), (OURS, "small_train_s"), SMALL_SHARE)
    return verdict.figure(found), "Copse, share of linear"


def _threads(goal, row, turns):
    found = verdict.within_turn(turns, (OURS, "one_train_s"), (OURS, "train_s"))
    return verdict.figure(found), "Copse, one thread / two"


def _loss(goal, row, turns):
    found = verdict.within_turn(turns, (OURS, "train_s"), (OURS, "one_train_s"))
    return max(found, default=None), "Copse, two threads / one, worst turn"


SMALL_SHARE = 0.125  # of the rows, in a row of growth
KINDS = {"ratio": _ratio, "share": _share, "fastest other": _fastest_other, "growth": _growth, "threads": _threads,
         "loss": _loss}


def judged(row, record):
    """[{figure, what, at_least, aim, verdict}] of a row's goals. Copse's version names the CPU tier it ran with."""
    found = []
    for goal in row.goals:
        figure, what = KINDS[goal.kind](goal, row, record["turns"])
        target = goal.target_of(record["versions"].get(OURS, ""))
        found.append({"figure": figure, "what": what, "at_least": target.at_least, "aim": target.aim,
                      "less": target.less, "verdict": target.verdict(figure)})
    return found
