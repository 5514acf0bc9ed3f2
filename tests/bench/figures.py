"""A measured pair: its ratio, the spread of its turns, the goal."""

from dataclasses import dataclass
from statistics import median

MISSED = "MANQUÉ"


@dataclass(frozen=True)
class Figure:
    """`ratio` of ours to theirs, the median of the turns' own; `low` and `high`: the least and the greatest of them.

    `better` ("higher" or "lower") says on which side of `goal` the ratio must be.
    """

    name: str
    ratio: float
    low: float
    high: float
    turns: int
    goal: float
    better: str
    detail: str

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal if self.better == "higher" else self.ratio <= self.goal

    @property
    def cells(self) -> list[str]:
        """Ratio, spread, turns, goal and verdict, as they are shown."""
        sign, verdict = ("≥" if self.better == "higher" else "≤"), ("" if self.reached else MISSED)
        spread = f"{_ratio(self.low)} – {_ratio(self.high)}"
        return [_ratio(self.ratio), spread, str(self.turns), f"{sign} {_ratio(self.goal)}", verdict]


def compare(
    name: str,
    ours: list[float],
    theirs: list[float],
    *,
    goal: float,
    better: str = "higher",
    unit: str,
    detail: str,
) -> Figure:
    """Figure of two lists measured in turn. Raises ValueError when one is longer than the other."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    shown = f"{_rounded(median(ours))} {unit} contre {_rounded(median(theirs))} ; {detail}"
    ratio, low, high = (round(ratio, 5) for ratio in (median(ratios), min(ratios), max(ratios)))
    return Figure(name, ratio, low, high, len(ratios), goal, better, shown)


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}"


def _ratio(value: float) -> str:
    """Two decimals, or two digits of what these would hide."""
    return f"{value:.2f}" if value >= 0.1 or not value else f"{value:.2g}"
