"""Whether two lists of measures differ: the U test of Mann and Whitney, by its normal approximation."""

from itertools import groupby
from math import erfc, sqrt


def p_value(ours: list[float], theirs: list[float]) -> float:
    """How likely a difference of this size, in either direction, is by chance alone; for lists of twenty or more.

    Equal values share their ranks; half a unit is taken off for continuity. 1.0 when all values are equal.
    """
    few, many = len(ours), len(theirs)
    total = few + many
    ranked = sorted([(value, True) for value in ours] + [(value, False) for value in theirs])
    ranks, ties, place = 0.0, 0, 0
    for _, group in groupby(ranked, key=lambda pair: pair[0]):
        equal = [mine for _, mine in group]
        ranks += sum(equal) * (place + (len(equal) + 1) / 2)
        ties += len(equal) ** 3 - len(equal)
        place += len(equal)
    u = ranks - few * (few + 1) / 2
    spread = sqrt(few * many / 12 * (total + 1 - ties / (total * (total - 1))))
    return erfc(max(abs(u - few * many / 2) - 0.5, 0) / spread / sqrt(2)) if spread else 1.0
