"""Colours of the style sheets: read from their file of variables, mixed, compared as WCAG 2.2 compares them."""

import re
from dataclasses import dataclass

HEX = re.compile(r"#[0-9a-fA-F]{6}")
BLACK, WHITE = "#000000", "#ffffff"
_DECLARED = re.compile(r"--([\w-]+):\s*var\(--light,\s*(#[0-9a-fA-F]{6})\)\s*var\(--dark,\s*(#[0-9a-fA-F]{6})\)\s*;")


@dataclass(frozen=True)
class Colour:
    """One colour of the style sheets, on a light page and on a dark one."""

    light: str
    dark: str


Palette = dict[str, Colour]


def read(css: str) -> Palette:
    """The colours of a file of variables, by name, without what stands between."""
    return {name: Colour(light.lower(), dark.lower()) for name, light, dark in _DECLARED.findall(css)}


def written(palette: Palette) -> str:
    """A style sheet that gives these colours to their variables."""
    declared = "".join(
        f"--{name}:var(--light,{colour.light}) var(--dark,{colour.dark});" for name, colour in palette.items()
    )
    return f":root{{{declared}}}\n"


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(colour: str, other: str, part: float) -> str:
    """`colour` with `part` (0 to 1) of `other` in it."""
    parts = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in parts)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, « relative luminance »)."""
    shares = [part / 255 for part in _parts(colour)]
    red, green, blue = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2.2, « contrast ratio »)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)
