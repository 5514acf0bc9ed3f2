"""Lists by pages: each row once, on any day; an address that names no place is the beginning."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispenses.models import Consultation, QueueEntry
from portal.lib import keyset
from portal.lib.dates import instant
from portal.lib.keyset import Order, write
from tests.factories import StaffFactory

NEWEST, OLDEST = Order(("at", "id"), descending=True), Order(("at", "id"))
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NIGHTS = [
    instant(date(2026, 1, 15), 2, 30),
    instant(date(2026, 3, 29), 3),  # the first instant after the hour that is missing
    instant(date(2026, 7, 15), 2, 30),
    instant(date(2026, 10, 25), 2, 30) + HOUR,  # in the hour that comes again
    instant(date(2026, 12, 31), 23, 58),
    instant(date(2028, 2, 29), 1, 30),
    datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
]


def readings(instants: list[datetime]) -> None:
    reader = StaffFactory()
    Consultation.objects.bulk_create(
        Consultation(at=at, user=reader, by_centre=True, dispense_id=1, document=1, name="a.pdf", kind="original")
        for at in instants
    )


def walk(order: Order, *, size: int, back: bool = False) -> list[int]:
    """Ids in the order shown, from page to page, each place written and read again as an address does."""
    seen: list[int] = []
    place: keyset.Place | None = (datetime(9000, 1, 1, tzinfo=UTC), 1) if back else None
    while True:
        given = {"before": place} if back else {"after": place}
        page = keyset.page(Consultation.objects.all(), order, size=size, **given)  # type: ignore[arg-type]
        ids = [row.pk for row in page.rows]
        assert len(ids) <= size
        seen = ids + seen if back else seen + ids
        following = page.before if back else page.after
        if not following:
            return seen
        place = order.read(Consultation, following)
        assert place is not None


@pytest.mark.django_db
@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize(
    "step", [lambda n: n * timedelta(minutes=7), lambda n: n // 3 * SECOND, lambda n: n * timedelta(microseconds=1)]
)
def test_no_row_is_missing_or_twice_on_any_night(night: datetime, step: Callable[[int], timedelta]) -> None:
    readings([night - timedelta(minutes=140) + step(n) for n in range(41)])
    ids = [*Consultation.objects.order_by("at", "id").values_list("pk", flat=True)]
    for size in (1, 10, 41, 50):
        assert walk(OLDEST, size=size) == ids
        assert walk(NEWEST, size=size) == ids[::-1]
    assert walk(OLDEST, size=10, back=True) == ids


@pytest.mark.django_db
def test_a_page_says_what_is_around_it_and_goes_back() -> None:
    readings([NIGHTS[2] + n * SECOND for n in range(25)])
    with CaptureQueriesContext(connection) as queries:
        first = keyset.page(Consultation.objects.all(), OLDEST, size=10)
    assert len(queries) == 1
    assert (first.before, bool(first.after)) == ("", True)
    second = keyset.page(Consultation.objects.all(), OLDEST, size=10, after=OLDEST.read(Consultation, first.after))
    last = keyset.page(Consultation.objects.all(), OLDEST, size=10, after=OLDEST.read(Consultation, second.after))
    assert (len(last.rows), last.after) == (5, "")
    back = keyset.page(Consultation.objects.all(), OLDEST, size=10, before=OLDEST.read(Consultation, last.before))
    assert back == second
    top = keyset.page(Consultation.objects.all(), OLDEST, size=10, before=OLDEST.read(Consultation, back.before))
    assert top == first
    nothing = keyset.page(Consultation.objects.none(), OLDEST, size=10)
    assert nothing == keyset.Page([], "", "")


@pytest.mark.django_db
def test_rows_that_come_and_go_hide_no_other() -> None:
    readings([NIGHTS[3] + n * SECOND for n in range(10)])
    ids = [*Consultation.objects.order_by("at", "id").values_list("pk", flat=True)]
    first = keyset.page(Consultation.objects.all(), OLDEST, size=4)
    readings([NIGHTS[3] - HOUR])
    remaining = Consultation.objects.exclude(pk__in=ids[2:5])
    second = keyset.page(remaining, OLDEST, size=4, after=OLDEST.read(Consultation, first.after))
    assert [row.pk for row in second.rows] == ids[5:9]


@given(st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.timezones()), st.integers(1, 10**18 - 1))  # noqa: DTZ001
def test_a_place_is_read_as_it_was_written(at: datetime, number: int) -> None:
    place = NEWEST.read(Consultation, write((at, number)))
    assert place == (at.astimezone(UTC), number)
    assert place[0].tzinfo is UTC  # type: ignore[index]


@given(st.dates(), st.integers(1, 10**18 - 1))
def test_a_day_is_read_as_it_was_written(day: date, number: int) -> None:
    assert Order(("due_on", "pk")).read(QueueEntry, write((day, number))) == (day, number)


def test_text_never_stands_in_an_address() -> None:
    with pytest.raises(TypeError, match="str"):
        write(("Durand", 1))


FORGED = [
    *("", ".", "1", "1.", ".1", "1.2.3", "1-2", "1_2", "a.b", "1.b", "1.1\n", " 1.1", "1.1 ", "+1.1", "1e3.1", "0x1.1"),
    *(
        "٣.٣",
        "².1",
        "𝟛.1",
        "\0.1",
        "1.\0",
        "é",
        "nan.1",
        "inf.1",
        "--1.1",
        "9" * 19 + ".1",
        "1." + "9" * 19,
        "9" * 10**5,
    ),
    *("999999999999999999.1", "-999999999999999999.1", "1'; --.1", "<script>.1", "%00.1", "2026-11-02_5"),
]


@pytest.mark.parametrize("text", FORGED)
@pytest.mark.parametrize("order", [NEWEST, OLDEST])
def test_an_address_that_names_no_place_is_the_beginning(order: Order, text: str) -> None:
    assert order.read(Consultation, text) is None


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"-?[0-9]{1,18}(\.-?[0-9]{1,18}){0,2}", fullmatch=True),
        st.sampled_from(["0.0", "-0.-0", "253402300799999999.1", "-62135596800000000.1", "3652059.1", "0.1", "1.1"]),
    )
)
def test_whatever_an_address_says_the_database_answers(text: str) -> None:
    orders: list[tuple[Any, Order]] = [
        (Consultation, NEWEST),
        (QueueEntry, Order(("due_on", "pk"))),
        (QueueEntry, Order(("submitted_at", "pk"), descending=True)),
        (Consultation, Order(("pk",))),
    ]
    for model, order in orders:
        place = order.read(model, text)
        for neighbours in ({"after": place}, {"before": place}):
            assert keyset.page(model.objects.all(), order, size=5, **neighbours).rows == []


def test_the_zone_of_the_reader_counts_for_nothing() -> None:
    at = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
    with timezone.override("Pacific/Auckland"):
        assert NEWEST.read(Consultation, write((timezone.localtime(at), 7))) == (at, 7)
