"""Medians, ratios and verdicts of the table of speed: plain numbers in, plain numbers out.

A turn is a dictionary {contestant: {measure: number}}; a contestant that failed or was left out is not in it.
Every ratio is taken within a turn, since what slows the machine for a while slows that turn's runs together,
and the figure is the median of those ratios.
"""

from .. import report

REACHED_AIM, REACHED, SHORT, NO_FIGURE = "aim reached", "reached", "not reached", "no figure"


class Target:
    """at_least and aim in the target's own direction: more is better, or less (less=True)."""

    def __init__(self, at_least, aim, less=False):
        self.at_least, self.aim, self.less = at_least, aim, less

    def verdict(self, figure):
        if figure is None:
            return NO_FIGURE
        better = (lambda bound: figure <= bound) if self.less else (lambda bound: figure >= bound)
        return REACHED_AIM if better(self.aim) else REACHED if better(self.at_least) else SHORT


def values_of(turns, name, measure):
    return [turn[name][measure] for turn in turns if name in turn and turn[name].get(measure) is not None]


def median_of(turns, name, measure):
    values = values_of(turns, name, measure)
    return report.median(values) if values else None


def _best(turn, names, measure):
    """Smallest measure of those that ran in this turn."""
    found = [turn[name][measure] for name in names if name in turn and turn[name].get(measure) is not None]
    return min(found) if found else None


def ratios(turns, ours, theirs, measure):
    """theirs / ours, turn by turn: above 1 where ours is less. theirs: names of which the best of each turn counts
    (LightGBM's two layouts are one engine)."""
    found = []
    for turn in turns:
        base, peer = _best(turn, [ours], measure), _best(turn, theirs, measure)
        if base and peer is not None:
            found.append(peer / base)
    return found


def fastest(turns, names, measure):
    """The name with the smallest median, or None."""
    medians = {name: median_of(turns, name, measure) for name in names}
    known = {name: value for name, value in medians.items() if value is not None}
    return min(known, key=known.get) if known else None


def figure(values):
    return report.median(values) if values else None


def within_turn(turns, numerator, denominator, scale=1.0):
    """numerator / denominator * scale, turn by turn; each is a pair (contestant, measure)."""
    found = []
    for turn in turns:
        above, below = (turn.get(name, {}).get(measure) for name, measure in (numerator, denominator))
        if above is not None and below:
            found.append(above / below * scale)
    return found


MOST_OTHERS = 0.1  # cores: more than a quiet system uses for itself


def busy(others):
    """others: cores that other work had on average in each turn (load.py)."""
    return max(others, default=0.0) > MOST_OTHERS
