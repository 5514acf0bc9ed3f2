"""The picture of a document that does not exist, as SVG: attributes alone, for the content security policy."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.lib.kept import forgets

WIDTH, MARGIN, ROW, HEADER, SIGNATURE = 340, 20, 54, 92, 54
INK, QUIET, MAIN, GROUND, GRID = "ink", "ink_2", "brand", "brand_tint", "line"


@dataclass(frozen=True)
class Line:
    """What is written beside its label. `look`: what the centre looks at there, "" for nothing."""

    label: str
    value: str
    look: str = ""


@dataclass(frozen=True)
class Drawing:
    """A sheet, or a card. `signed`: what is looked at in its signature, "" when it has none."""

    issuer: str
    title: str
    lines: tuple[Line, ...]
    signed: str = ""
    card: bool = False

    @property
    def looked_at(self) -> tuple[str, ...]:
        """What is looked at, in the order of the numbers of the picture."""
        return (*(line.look for line in self.lines if line.look), *([self.signed] if self.signed else []))


def _paint(name: str) -> str:
    colours: dict[str, str] = settings.PORTAL_BRAND.colours
    return colours[name]


@cache
def picture(drawing: Drawing) -> SafeString:
    """The document, fictitious and marked so; what it says is beside it in words. Drawn once by each process."""
    below = HEADER + ROW * len(drawing.lines)
    height = below + (SIGNATURE if drawing.signed else 0) + MARGIN
    marks = [top for top, line in _placed(drawing) if line.look] + ([below] if drawing.signed else [])
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">'
        '<rect x="1" y="1" width="{}" height="{}" rx="{}" fill="#ffffff" stroke="{}" stroke-width="2"/>'
        "{}{}{}{}{}</svg>",
        *(WIDTH, height, WIDTH),
        f"Spécimen dessiné, fictif\xa0: {drawing.title.lower()}",
        *(WIDTH - 2, height - 2, 18 if drawing.card else 4, _paint(GRID)),
        _head(drawing),
        _specimen(height),
        format_html_join("", "{}", ((_written(line, top),) for top, line in _placed(drawing))),
        _signature(below) if drawing.signed else "",
        format_html_join("", "{}", ((_mark(rank, top),) for rank, top in enumerate(marks, start=1))),
    )


forgets(picture.cache_clear)  # its colours are settings


def _placed(drawing: Drawing) -> list[tuple[int, Line]]:
    return [(HEADER + ROW * rank, line) for rank, line in enumerate(drawing.lines)]


def _text(x: int, y: int, size: int, words: str, *, colour: str = INK, bold: bool = False) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-size="{}" fill="{}" font-weight="{}">{}</text>',
        *(x, y, size, _paint(colour), 700 if bold else 400, words),
    )


def _head(drawing: Drawing) -> SafeString:
    return format_html(
        '<rect x="2" y="2" width="{}" height="36" rx="{}" fill="{}"/>{}{}',
        *(WIDTH - 4, 16 if drawing.card else 3, _paint(GROUND)),
        _text(MARGIN, 26, 14, drawing.issuer, colour=MAIN, bold=True),
        _text(MARGIN, 68, 18, drawing.title, bold=True),
    )


def _specimen(height: int) -> SafeString:
    x, y = WIDTH // 2, height // 2 + 34
    return format_html(
        '<text x="{}" y="{}" transform="rotate(-22 {} {})" font-size="58" font-weight="700" text-anchor="middle" '
        'fill="{}" opacity="0.75">SPÉCIMEN</text>',
        *(x, y, x, y, _paint(GRID)),
    )


def _written(line: Line, top: int) -> SafeString:
    return format_html(
        "{}{}", _text(MARGIN, top + 16, 13, line.label, colour=QUIET), _text(MARGIN, top + 37, 16, line.value)
    )


def _signature(top: int) -> SafeString:
    return format_html(
        '{}<path d="M{} {}c14 -26 20 -24 18 -4s10 10 18 -6 12 -2 16 4 14 2 24 -6" fill="none" stroke="{}" '
        'stroke-width="2"/>',
        _text(MARGIN, top + 29, 13, "Fait le 15/01/20XX", colour=QUIET),
        *(MARGIN + 130, top + 36, _paint(INK)),
    )


def _mark(rank: int, top: int) -> SafeString:
    """A line that is looked at: framed, with its number."""
    return format_html(
        '<rect x="10" y="{}" width="{}" height="46" rx="6" fill="none" stroke="{}" stroke-width="2" '
        'stroke-dasharray="5 4"/>'
        '<circle cx="{}" cy="{}" r="13" fill="{}"/><text x="{}" y="{}" font-size="15" font-weight="700" '
        'fill="#ffffff" text-anchor="middle">{}</text>',
        *(top + 1, WIDTH - 20, _paint(MAIN)),
        *(WIDTH - 30, top + 24, _paint(MAIN), WIDTH - 30, top + 29, rank),
    )
