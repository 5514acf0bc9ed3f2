"""Pictures as SVG: attributes alone, for the content security policy; shapes as well as colours; each number written.

Functions over numbers and the colours of the brand; what they return is safe to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.lib.typography import NBSP, thousands

WIDTH = 960
# Variables of the style sheets, in their light colours: a picture is always on white.
INK, QUIET, MAIN, SECOND, ALERT, GRID = "ink", "ink_2", "brand", "chart_second", "danger", "line"


@dataclass(frozen=True)
class Series:
    """One line of a chart. `dashed`: told apart without its colour, with squares instead of circles."""

    name: str
    values: Sequence[int]
    colour: str = MAIN
    dashed: bool = False


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    shown: str
    alert: bool = False


def paint(name: str) -> str:
    """The colour of a variable of the style sheets."""
    colours: dict[str, str] = settings.PORTAL_BRAND.colours
    return colours[name]


def number(value: int) -> str:
    """« 12 345 » with no-break spaces."""
    return thousands(value, NBSP)


def step_of(top: int) -> int:
    """A round distance between four or five grid lines up to `top`."""
    steps: list[int] = [size * 10**power for power in range(12) for size in (1, 2, 5)]
    return next(step for step in steps if step * 5 >= top)


def lines(name: str, title: str, description: str, labels: Sequence[str], series: Sequence[Series]) -> SafeString:
    """Several series over the same `labels`."""
    left, right, top, height = 64, 16, 36, 240
    step = step_of(max((value for one in series for value in one.values), default=1) or 1)
    peak = step * max(1, -(-max((v for one in series for v in one.values), default=1) // step))
    across = (WIDTH - left - right) / max(1, len(labels) - 1)

    def at(index: int, value: int) -> tuple[float, float]:
        return round(left + index * across, 1), round(top + height - height * value / peak, 1)

    parts = [_grid(left, WIDTH - right, top, height, peak, step)]
    every = max(1, -(-len(labels) // 9))
    for index, label in enumerate(labels):
        if index % every == 0:
            parts.append(text(at(index, 0)[0], top + height + 22, label, anchor="middle"))
    for one in series:
        points = [at(index, value) for index, value in enumerate(one.values)]
        parts.append(
            format_html(
                '<polyline points="{}" fill="none" stroke="{}" stroke-width="2.5"{}/>',
                " ".join(f"{x},{y}" for x, y in points),
                paint(one.colour),
                mark_safe(' stroke-dasharray="7 4"') if one.dashed else "",
            )
        )
        parts += [_mark(x, y, one, labels[index], one.values[index]) for index, (x, y) in enumerate(points)]
    parts.append(_legend(series, left))
    return svg(name, title, description, top + height + 36, parts)


def columns(
    name: str, title: str, description: str, bars: Sequence[Bar], *, after: int | None = None, line: str = ""
) -> SafeString:
    """Upright bars; a vertical line with the words `line` after the bar of index `after`."""
    left, right, top, height = 24, 24, 48, 220
    peak = max((bar.value for bar in bars), default=1) or 1
    across = (WIDTH - left - right) / max(1, len(bars))
    parts = [_axis(left, WIDTH - right, top + height)]
    for index, bar in enumerate(bars):
        x, tall = left + index * across, round(height * bar.value / peak, 1)
        middle = round(x + across / 2, 1)
        parts.append(
            format_html(
                '<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{}><title>{}</title></rect>',
                round(x + across * 0.12, 1),
                round(top + height - tall, 1),
                round(across * 0.76, 1),
                tall,
                paint("sheet" if bar.alert else MAIN),
                mark_safe(f' stroke="{paint(ALERT)}" stroke-width="3"') if bar.alert else "",
                f"{bar.label}{NBSP}: {bar.shown}",
            )
        )
        if bar.value:
            parts.append(text(middle, top + height - tall - 6, bar.shown, anchor="middle", bold=bar.alert))
        parts.append(text(middle, top + height + 20, bar.label, anchor="middle"))
    if after is not None:
        x = round(left + (after + 1) * across, 1)
        parts.append(
            format_html(
                '<line x1="{0}" x2="{0}" y1="16" y2="{1}" stroke="{2}" stroke-width="2" stroke-dasharray="3 3"/>',
                x,
                top + height,
                paint(INK),
            )
        )
        parts.append(text(x + 8, 24, line, bold=True))
    return svg(name, title, description, top + height + 32, parts)


def ranking(name: str, title: str, description: str, bars: Sequence[Bar], *, top: int | None = None) -> SafeString:
    """Bars lying one under another, longest first, each with its label and its number; `top`: a full bar."""
    row, label_width = 34, 330
    peak = top or max((bar.value for bar in bars), default=1) or 1
    room = WIDTH - label_width - 170
    parts = []
    for index, bar in enumerate(bars):
        y, wide = index * row + 6, round(room * bar.value / peak, 1)
        label = bar.label if len(bar.label) <= 44 else f"{bar.label[:43]}…"
        parts.append(text(label_width - 10, y + 17, label, anchor="end"))
        parts.append(
            format_html(
                '<rect x="{}" y="{}" width="{}" height="22" fill="{}"><title>{}</title></rect>',
                label_width,
                y,
                max(wide, 1),
                paint(MAIN),
                f"{bar.label}{NBSP}: {bar.shown}",
            )
        )
        parts.append(text(label_width + wide + 8, y + 17, bar.shown))
    return svg(name, title, description, len(bars) * row + 12, parts)


def svg(name: str, title: str, description: str, height: float, parts: Sequence[Any]) -> SafeString:
    """A picture of that height, its parts one over the other; what it is and says is told to who does not see it."""
    return format_html(
        '<svg viewBox="0 0 {} {}" width="100%" role="img" aria-labelledby="{}-t {}-d" font-size="14">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>',
        WIDTH,
        height,
        name,
        name,
        name,
        title,
        name,
        description,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False) -> SafeString:
    """Words that start, end or have their middle (`anchor`) at `x`, on the line `y`."""
    return format_html(
        '<text x="{}" y="{}" text-anchor="{}" fill="{}"{}>{}</text>',
        round(x, 1),
        round(y, 1),
        anchor,
        paint(INK if bold else QUIET),
        mark_safe(' font-weight="700"') if bold else "",
        words,
    )


def _axis(left: float, right: float, y: float) -> SafeString:
    return format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}"/>', left, right, y, y, paint(QUIET))


def _grid(left: float, right: float, top: float, height: float, peak: int, step: int) -> SafeString:
    parts = []
    for value in range(0, peak + 1, step):
        y = round(top + height - height * value / peak, 1)
        parts.append(format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}"/>', left, right, y, y, paint(GRID)))
        parts.append(text(left - 8, y + 5, number(value), anchor="end"))
    return format_html_join("", "{}", ((part,) for part in parts))


def _mark(x: float, y: float, series: Series, label: str, value: int) -> SafeString:
    said = f"{label}, {series.name}{NBSP}: {number(value)}"
    if series.dashed:
        return format_html(
            '<rect x="{}" y="{}" width="8" height="8" fill="{}"><title>{}</title></rect>',
            x - 4,
            y - 4,
            paint(series.colour),
            said,
        )
    return format_html(
        '<circle cx="{}" cy="{}" r="4.5" fill="{}"><title>{}</title></circle>', x, y, paint(series.colour), said
    )


def _legend(series: Sequence[Series], left: float) -> SafeString:
    parts = []
    for index, one in enumerate(series):
        x = left + index * 180
        parts.append(_mark(x + 6, 13, one, one.name, sum(one.values)))
        parts.append(text(x + 18, 18, one.name, bold=True))
    return format_html_join("", "{}", ((part,) for part in parts))
