"""The file for calendars: read by the library, and byte by byte."""

from datetime import date

import pytest
from icalendar import Calendar

from dispenses.life.calendars import calendar_of, key_of
from dispenses.models import Dispense

KEY = "20964/2027-12-31/2027-11-01"


def test_the_last_day_is_the_event() -> None:
    event = Calendar.from_ical(calendar_of(KEY)).events[0]
    assert (event.start, event.end) == (date(2027, 12, 31), date(2028, 1, 1))
    assert event["summary"] == "Fin de ma dispense N°20964"
    assert event["class"] == "PRIVATE"
    assert "affiliation au contrat de votre entreprise est due" in event["description"]


def test_it_is_always_the_same_and_a_moved_end_is_the_same_event() -> None:
    assert calendar_of(KEY) == calendar_of(KEY)
    moved = Calendar.from_ical(calendar_of("20964/2028-01-31/2027-12-01")).events[0]
    assert moved["uid"] == Calendar.from_ical(calendar_of(KEY)).events[0]["uid"]


def test_its_lines_are_those_of_the_standard() -> None:
    lines = calendar_of(KEY).split(b"\r\n")
    assert (lines[0], lines[-2:]) == (b"BEGIN:VCALENDAR", [b"END:VCALENDAR", b""])
    assert max(map(len, lines)) <= 75
    assert b"DTSTART;VALUE=DATE:20271231" in lines


def test_its_key_says_what_it_holds() -> None:
    assert key_of(Dispense(number=20964, ends_on=date(2027, 12, 31)), date(2027, 11, 1)) == KEY
    with pytest.raises(ValueError):
        calendar_of("20964")
