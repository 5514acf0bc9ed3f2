"""A measured pair, and how it is shown and kept."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`ratio` of ours to the plain way; `better` says on which side of `goal` it must be."""

    name: str
    ratio: float
    goal: float
    better: str
    detail: str

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal if self.better == "higher" else self.ratio <= self.goal


def compare(name: str, ours: list[float], plain: list[float], *, goal: float, unit: str, detail: str) -> Figure:
    """Figure of two lists of speeds measured in turn; the ratio is the median of the rounds' own ratios."""
    ratio = median(a / b for a, b in zip(ours, plain, strict=True))
    shown = f"{median(ours):.0f} {unit} contre {median(plain):.0f} ; {len(ours)} tours, {detail}"
    return Figure(name=name, ratio=round(ratio, 3), goal=goal, better="higher", detail=shown)


def table(figures: list[Figure]) -> str:
    """One line per figure."""
    width = max(len(figure.name) for figure in figures)
    lines = [f"{'mesure':<{width}}  rapport   but         détail"]
    for figure in figures:
        sign, verdict = (">=" if figure.better == "higher" else "<="), ("" if figure.reached else "  MANQUÉ")
        lines.append(
            f"{figure.name:<{width}}  {figure.ratio:7.2f}   {sign} {figure.goal:.2f}{verdict:<8} {figure.detail}"
        )
    return "\n".join(lines)


def write(figures: list[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(f) for f in figures], ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
