"""Turns taken by name, between transactions that go on at the same instant. On a real PostgreSQL."""

import pytest
from django.db import OperationalError, connection, transaction

from portal.lib.turns import one_at_a_time
from tests.dispenses.request.test_races import together

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def taken(*names: str) -> bool:
    """Whether another transaction that asks for these names now would have to wait."""

    def ask() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1ms'")
            one_at_a_time(*names)

    (result,) = together(ask)
    assert result is None or isinstance(result, OperationalError)
    return result is not None


def test_whoever_asks_for_a_name_that_is_taken_waits_for_the_end_of_the_transaction() -> None:
    with transaction.atomic():
        one_at_a_time("a", "b")
        assert taken("a")
        assert taken("c", "b")
        assert not taken("c")
    assert not taken("b", "a")


def test_names_given_in_two_orders_never_wait_for_each_other() -> None:
    def act(*names: str) -> None:
        for _ in range(20):
            with transaction.atomic():
                one_at_a_time(*names)

    assert together(*[lambda: act("a", "b"), lambda: act("b", "a")] * 2) == [None] * 4
