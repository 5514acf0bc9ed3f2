"""No cell of ours is a formula, whatever people are called; what is harmless is left alone."""

import csv
import io
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from dispenses.exports import sheets
from portal.lib.cells import cell, csv_lines
from portal.lib.spreadsheets import safe

FORMULA = "=+-@|%\uff1d\uff0b\uff0d\uff20"
BLANKS = " \t\r\n\xa0\u200b\u2003\ufeff\x00\x1f\u202e"
HOSTILE = st.builds(
    lambda blanks, sign, rest: blanks + sign + rest,
    st.text(BLANKS, max_size=4),
    st.sampled_from(FORMULA),
    st.text(max_size=8),
)
ANY = st.text(max_size=20) | HOSTILE


def first_seen(text: str) -> str:
    """The first character that a spreadsheet sees, blanks and invisible ones passed over."""
    return next(
        (c for c in text if unicodedata.category(c) not in {"Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn", "Mn"}), ""
    )


@given(ANY)
@example("\t=1+1")
@example("\r\n @SUM(A1)")
@example("\u200b=1")
@example("−1")
def test_nothing_starts_like_a_formula(text: str) -> None:
    shown = safe(text)
    assert first_seen(shown) not in FORMULA or not first_seen(shown)
    assert all(unicodedata.category(char) != "Cc" for char in shown)


@pytest.mark.parametrize(
    "text", ["Durand", "L-204", "d’Été", "O'Neil", "a=b", "2026-01-02", "日本", "", "(x)", "«\xa0é\xa0»"]
)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_values_in_french() -> None:
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert [cell(v) for v in (date(2026, 7, 1), at, True, None, Decimal("1.50"), 12, -3)] == [
        "01/07/2026", "02/07/2026 01:30", "oui", "", "1,50", 12, -3,
    ]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=8))
def test_read_back_both_files_say_the_same_and_compute_nothing(rows: list[tuple[str, str]]) -> None:
    rows = [tuple(text.encode("utf-8", "ignore").decode() for text in row) for row in rows]  # type: ignore[misc]
    text = "".join(csv_lines(("A", "=B"), rows))
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert read == [["A", "'=B"], *[[safe(a), safe(b)] for a, b in rows]]
    with sheets.write("Essai", ("A", "=B"), rows) as file:
        sheet = load_workbook(file).active
        assert sheet is not None
        found = list(sheet.iter_rows(min_row=2, max_col=2, max_row=len(rows) + 1))
        for cells, row in zip(found, rows, strict=True):
            for one, value in zip(cells, row, strict=True):
                assert one.data_type in ("s", "n", "inlineStr")
                assert one.data_type != "n" or one.value is None
                if "_x" not in value and "\ufffe" not in value and "\uffff" not in value:
                    assert (one.value or "") == safe(value)


def test_types_of_a_workbook() -> None:
    at = timezone.now()
    with sheets.write("Essai", ("A",) * 6, [(date(2026, 1, 2), at, 12, Decimal("1.5"), True, "x" * 40_000)]) as file:
        sheet = load_workbook(file).active
        assert sheet is not None
        day, hour, number, amount, yes, long = (one.value for one in sheet[2])
    assert isinstance(day, datetime)
    assert day.date() == date(2026, 1, 2)
    assert isinstance(hour, datetime)
    assert abs((hour - timezone.make_naive(at)).total_seconds()) < 2
    assert (number, amount, yes, len(str(long))) == (12, 1.5, "oui", 32_767)
