"""Colours: read from the style sheet as they are, mixed, compared as WCAG says."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from portal.lib.colours import Colour, contrast, mixed, read, written

VARIABLES = (Path(settings.BASE_DIR) / "static" / "variables.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#767676", "#ffffff", 4.54), ("#777777", "#ffffff", 4.48)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_mixing_goes_from_one_to_the_other() -> None:
    assert mixed("#102030", "#ffffff", 0) == "#102030"
    assert mixed("#102030", "#ffffff", 1) == "#ffffff"
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"


def test_what_is_written_is_read_again() -> None:
    palette = {"brand": Colour("#0b5563", "#12687a"), "on-brand": Colour("#ffffff", "#ffffff")}
    assert read(written(palette)) == palette


def test_every_colour_of_the_file_is_read() -> None:
    """One written otherwise would escape the brand, the mails and the check of contrasts."""
    named = set(re.findall(r"--([\w-]+):[^;]*#", VARIABLES))
    assert named == read(VARIABLES).keys()
    assert len(named) > 30
