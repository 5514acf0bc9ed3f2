"""A line of time as SVG: days from left to right, points with their words, a lane for each thing that lasts.

No text stands over another: a lane has its words above its bars, from the left edge, and the words of a point are put
on the first row where neither words nor stems are in their way. Nothing is told by colour alone: a kind of bar has its
own shape, and all that is drawn is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dispenses.desk.charts import ALERT, GRID, INK, MAIN, QUIET, WIDTH, paint, svg, text
from portal.lib.dates import ONE_DAY, add_months
from portal.lib.typography import short_day

LEFT, RIGHT = 16, 208  # RIGHT has room for the words of a point on the last day
LETTER = 7.4  # width of a letter of 14 pixels, generously
ROW, LANE, BAR = 22, 48, 12
AXIS = 26
TICKS = 12
STEPS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12_000)  # months between two ticks
SHORTEST = timedelta(days=30)
WORDS = int((WIDTH - 2 * LEFT) / LETTER)  # letters of a lane's words


class Kind(Enum):
    """How a bar is drawn: its height, its attributes; `{}` stands for the address of the hatches."""

    THERE = 6, f'fill="{{{INK}}}"'
    GRANTED = 12, f'fill="{{{MAIN}}}"'
    ASKED = 10, f'fill="{{sheet}}" stroke="{{{QUIET}}}" stroke-width="1.5" stroke-dasharray="4 3"'
    RULES = 10, f'fill="{{sheet}}" stroke="{{{MAIN}}}" stroke-width="1.5"'
    DUE = 12, f'fill="url(#{{hatches}})" stroke="{{{ALERT}}}" stroke-width="1.5"'


@dataclass(frozen=True)
class Bar:
    """From `first` to `last`, both included; None while it goes on. `said`: the bar in words."""

    first: date
    last: date | None
    said: str
    kind: Kind


@dataclass(frozen=True)
class Point:
    day: date
    words: str


@dataclass(frozen=True)
class Lane:
    """Bars on one line, diamonds on some of their days, and their words above them."""

    words: str
    bars: tuple[Bar, ...]
    diamonds: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Scale:
    """Days `first` to `last`, both included, over the width of the picture."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Where `day` begins, in pixels; a day outside counts as the nearest edge."""
        days = (self.last - self.first).days + 1
        gone = min(max((day - self.first).days, 0), days)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * gone / days, 1)


@dataclass(frozen=True)
class Placed:
    """The words of a point, from `left` to `right`, on the row of that number."""

    point: Point
    row: int
    left: float
    right: float


def scale(days: Sequence[date]) -> Scale:
    """What holds all the days, over SHORTEST at least."""
    return Scale(min(days), max(*days, min(days) + SHORTEST))


def placed(points: Sequence[Point], along: Scale) -> list[Placed]:
    """The words of each point on the right of its day, under those that they would meet, the latest day first.

    What comes later hangs higher, so that no stem crosses words: it goes down on the left of its own.
    """
    found: list[Placed] = []
    for point in sorted(points, key=lambda one: one.day, reverse=True):
        left = along.at(point.day)
        right = left + 8 + LETTER * len(point.words)
        met = [other.row for other in found if other.left < right and left < other.right]
        found.append(Placed(point, max(met, default=-1) + 1, left, right))
    return found


def ticks(along: Scale) -> list[tuple[date, str]]:
    """Firsts of months or of years, TICKS at most, each in words."""
    months = (along.last.year - along.first.year) * 12 + along.last.month - along.first.month + 1
    step = next(step for step in STEPS if months / step <= TICKS)
    before = (along.first.year * 12 + along.first.month - 1) % step
    found = []
    for index in range(TICKS + 2):
        day = add_months(along.first.replace(day=1), index * step - before)
        if along.first <= day <= along.last:
            found.append((day, f"{day:%Y}" if step % 12 == 0 else f"{day:%m/%Y}"))
    return found


def picture(
    name: str,
    title: str,
    description: str,
    along: Scale,
    *,
    points: Sequence[Point],
    lanes: Sequence[Lane],
    today: date,
) -> SafeString:
    """The points above, today among them, then the lanes, one under another."""
    words = placed([*points, Point(today, f"Aujourd’hui {short_day(today)}")], along)
    top = AXIS + ROW * (1 + max(one.row for one in words)) + 10
    marks = ticks(along)
    parts = [_hatches(name), _axis(marks, along)]
    parts += [_point(one) for one in words]
    parts += [_lane(lane, along, top + LANE * index, marks, today, name) for index, lane in enumerate(lanes)]
    return svg(name, title, description, top + LANE * len(lanes) + 4, parts)


def _hatches(name: str) -> SafeString:
    return format_html(
        '<defs><pattern id="{}-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" fill="{}"/><rect width="2.5" height="6" fill="{}"/></pattern></defs>',
        name,
        paint("sheet"),
        paint(ALERT),
    )


def _axis(marks: Sequence[tuple[date, str]], along: Scale) -> SafeString:
    labels = [text(along.at(day) + 4, AXIS - 10, label) for day, label in marks]
    return format_html(
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}"/>{}{}',
        LEFT,
        WIDTH - RIGHT,
        AXIS,
        AXIS,
        paint(QUIET),
        format_html_join("", "{}", ((_line(along.at(day), AXIS - 20, AXIS, QUIET),) for day, _ in marks)),
        format_html_join("", "{}", ((label,) for label in labels)),
    )


def _line(x: float, above: float, below: float, colour: str, width: float = 1) -> SafeString:
    return format_html(
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-width="{}"/>',
        x,
        x,
        above,
        below,
        paint(colour),
        width,
    )


def _point(one: Placed) -> SafeString:
    base = AXIS + ROW * (one.row + 1)
    return format_html(
        '{}<circle cx="{}" cy="{}" r="4" fill="{}"/>{}',
        _line(one.left, AXIS, base, QUIET),
        one.left,
        AXIS,
        paint(INK),
        text(one.left + 6, base, one.point.words, bold=True),
    )


def _lane(lane: Lane, along: Scale, y: float, marks: Sequence[tuple[date, str]], today: date, name: str) -> SafeString:
    """Words, then a track with the ticks and today's line, then the bars and the diamonds."""
    words = lane.words if len(lane.words) <= WORDS else f"{lane.words[: WORDS - 1]}…"
    middle = y + 30
    parts = [
        text(LEFT, y + 16, words, bold=True),
        format_html(
            '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}"/>', LEFT, WIDTH - RIGHT, middle, middle, paint(GRID)
        ),
        *(_line(along.at(day), middle - 4, middle + 4, GRID) for day, _ in marks),
        *(_bar(bar, along, middle, name) for bar in lane.bars),
        *(_diamond(point, along, middle) for point in lane.diamonds),
        _line(along.at(today), middle - 9, middle + 9, INK, 2),
    ]
    return format_html_join("", "{}", ((part,) for part in parts))


def _bar(bar: Bar, along: Scale, middle: float, name: str) -> SafeString:
    """The bar, 3 pixels wide at least, and a point at its end when it goes on past the edge."""
    height, drawn = bar.kind.value
    left = along.at(bar.first)
    goes_on = bar.last is None or bar.last > along.last
    right = along.at(along.last + ONE_DAY if bar.last is None else bar.last + ONE_DAY)
    colours = {colour: paint(colour) for colour in (INK, MAIN, QUIET, ALERT, "sheet")}
    shape = mark_safe(drawn.format(hatches=f"{name}-h", **colours))
    rect = format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" {}><title>{}</title></rect>',
        left,
        middle - height / 2,
        round(max(right - left, 3), 1),
        height,
        shape,
        bar.said,
    )
    if not goes_on:
        return rect
    corners = f"{right},{middle - 7} {right + 9},{middle} {right},{middle + 7}"
    return format_html('{}<polygon points="{}" {}/>', rect, corners, shape)


def _diamond(point: Point, along: Scale, middle: float) -> SafeString:
    x = along.at(point.day)
    return format_html(
        '<polygon points="{},{} {},{} {},{} {},{}" fill="{}" stroke="{}" stroke-width="2"><title>{}</title></polygon>',
        x - 7,
        middle,
        x,
        middle - 7,
        x + 7,
        middle,
        x,
        middle + 7,
        paint("sheet"),
        paint(INK),
        point.words,
    )
