"""The line of time: where days fall, words that never meet, shapes as well as colours, texts escaped."""

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispenses.desk.charts import WIDTH
from dispenses.desk.timeline import (
    LEFT,
    LETTER,
    RIGHT,
    SHORTEST,
    TICKS,
    WORDS,
    Bar,
    Kind,
    Lane,
    Point,
    Scale,
    picture,
    placed,
    scale,
    ticks,
)

YEAR = Scale(date(2025, 1, 1), date(2025, 12, 31))
NAUGHTY = "</title><script>alert('1')</script>&"
DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2090, 12, 31))


def drawn(
    *lanes: Lane, along: Scale = YEAR, points: tuple[Point, ...] = (), today: date = date(2025, 7, 1)
) -> ET.Element:
    return ET.fromstring(picture("essai", "Titre", "Dit", along, points=points, lanes=lanes, today=today))


def bars(found: ET.Element) -> list[ET.Element]:
    return [rect for rect in found.iter("rect") if rect.find("title") is not None]


def test_the_first_and_the_last_day_are_at_the_edges() -> None:
    assert YEAR.at(date(2025, 1, 1)) == LEFT
    assert YEAR.at(date(2026, 1, 1)) == WIDTH - RIGHT
    assert YEAR.at(date(2025, 7, 2)) == pytest.approx(LEFT + (WIDTH - LEFT - RIGHT) * 182 / 365, abs=0.1)
    assert YEAR.at(date(1990, 1, 1)) == LEFT
    assert YEAR.at(date(2090, 1, 1)) == WIDTH - RIGHT


def test_one_day_alone_has_room_around_it() -> None:
    day = date(2026, 3, 2)
    assert scale([day]) == Scale(day, day + SHORTEST)


def test_a_bar_goes_from_the_morning_of_its_first_day_to_the_evening_of_its_last() -> None:
    whole = Bar(date(2025, 1, 1), date(2025, 12, 31), "toute l’année", Kind.GRANTED)
    half = Bar(date(2025, 1, 1), date(2025, 6, 30), "jusqu’en juin", Kind.GRANTED)
    one_day = Bar(date(2025, 5, 1), date(2025, 5, 1), "un jour", Kind.ASKED)
    found = bars(drawn(Lane("", (whole, half, one_day))))
    assert [(float(bar.get("x", "")), float(bar.get("width", ""))) for bar in found] == [
        (LEFT, WIDTH - LEFT - RIGHT),
        (LEFT, pytest.approx((WIDTH - LEFT - RIGHT) * 181 / 365, abs=0.2)),
        (YEAR.at(date(2025, 5, 1)), 3),
    ]


def test_what_goes_on_points_to_the_right() -> None:
    def pointed(last: date | None) -> bool:
        found = drawn(Lane("", (Bar(date(2025, 3, 1), last, "", Kind.GRANTED),)))
        return any(True for _ in found.iter("polygon"))

    assert pointed(None)
    assert pointed(date(2030, 1, 1))
    assert not pointed(date(2025, 12, 31))


def test_each_kind_has_a_shape_of_its_own_without_its_colour() -> None:
    day = date(2025, 3, 1)
    found = bars(drawn(*(Lane("", (Bar(day, None, "", kind),)) for kind in Kind)))
    shapes = {
        (
            bar.get("height"),
            bar.get("stroke-dasharray"),
            bar.get("stroke") is None,
            str(bar.get("fill", "")).startswith("url("),
        )
        for bar in found
    }
    assert len(shapes) == len(Kind)


def test_it_is_told_to_who_does_not_see_it_and_escapes_what_it_says() -> None:
    lane = Lane(NAUGHTY, (Bar(date(2025, 1, 1), None, NAUGHTY, Kind.DUE),), (Point(date(2025, 2, 1), NAUGHTY),))
    text = picture(
        "essai", NAUGHTY, NAUGHTY, YEAR, points=[Point(date(2025, 3, 1), NAUGHTY)], lanes=[lane], today=date(2025, 7, 1)
    )
    found = ET.fromstring(text)
    assert "<script" not in text
    assert "style=" not in text
    assert found.get("role") == "img"
    assert found.get("aria-labelledby") == "essai-t essai-d"
    assert [found.findtext("title"), found.findtext("desc")] == [NAUGHTY, NAUGHTY]


def test_the_words_of_a_lane_are_never_wider_than_the_picture() -> None:
    found = drawn(Lane("m" * 900, ()))
    longest = max(len(text.text or "") for text in found.iter("text"))
    assert longest == WORDS
    assert LEFT + longest * LETTER <= WIDTH - LEFT


@given(st.lists(st.tuples(DAYS, st.text(alphabet="abcdefgh ", min_size=1, max_size=25)), min_size=1, max_size=14))
def test_words_and_stems_never_meet(asked: list[tuple[date, str]]) -> None:
    points = [Point(day, words) for day, words in asked]
    found = placed(points, scale([point.day for point in points]))
    assert len(found) == len(points)
    for index, one in enumerate(found):
        assert one.right <= WIDTH
        for other in found[index + 1 :]:
            apart = one.right <= other.left or other.right <= one.left
            assert one.row != other.row or apart
            for words, stem in ((one, other), (other, one)):
                crossed = words.row < stem.row and words.left < stem.left < words.right
                assert not crossed


@given(DAYS, st.integers(min_value=0, max_value=20_000))
def test_ticks_are_few_and_within(first: date, days: int) -> None:
    along = Scale(first, first + SHORTEST + timedelta(days=days))
    found = ticks(along)
    assert len(found) <= TICKS + 1
    assert all(along.first <= day <= along.last and day.day == 1 for day, _ in found)
    places = [along.at(day) for day, _ in found]
    assert all(after - before > 7 * LETTER * 0.75 for before, after in pairwise(places))


def test_ticks_are_months_then_years() -> None:
    assert [label for _, label in ticks(Scale(date(2026, 1, 15), date(2026, 4, 2)))] == [
        "02/2026",
        "03/2026",
        "04/2026",
    ]
    thirty = [label for _, label in ticks(Scale(date(1996, 9, 2), date(2026, 11, 30)))]
    assert thirty == ["2000", "2005", "2010", "2015", "2020", "2025"]
    assert all(re.fullmatch(r"[0-9]{4}", label) for label in thirty)
