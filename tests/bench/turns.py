"""Ours, theirs, ours, theirs…: what disturbs the machine for a while disturbs both sides of a pair."""

from collections.abc import Callable, Mapping

Ways = Mapping[str, Callable[[], float]]
Measured = dict[str, list[float]]


def pairs_in_turns(pairs: Mapping[str, Ways], turns: int, *, warm_up: int = 0) -> dict[str, Measured]:
    """What each way of each pair gave at each turn, in order; both lists of a pair are as long as there are turns.

    In a turn each way is measured once, those of a pair one right after the other. Who goes first changes from turn to
    turn, since the second may profit from what the first left in memory. The first `warm_up` turns are not kept.
    """
    kept: dict[str, Measured] = {name: {way: [] for way in ways} for name, ways in pairs.items()}
    for number in range(warm_up + turns):
        for name, ways in pairs.items():
            for way in list(ways)[:: -1 if number % 2 else 1]:
                measured = ways[way]()
                if number >= warm_up:
                    kept[name][way].append(measured)
    return kept


def in_turns(ways: Ways, turns: int, *, warm_up: int = 0) -> Measured:
    """As pairs_in_turns, of one pair or of several ways measured together."""
    return pairs_in_turns({"": ways}, turns, warm_up=warm_up)[""]
