"""What is done after a commit never takes it back, whatever it is and however it fails."""

from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from portal.lib.commits import after_commit

pytestmark = pytest.mark.django_db


def fails(*_: object) -> None:
    raise OSError("stockage muet")


class Nameless:
    def __call__(self) -> None:
        raise OSError("stockage muet")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("function", [fails, partial(fails, 1), Nameless()], ids=["function", "partial", "object"])
def test_what_fails_afterwards_is_logged_and_the_rest_goes_on(function: Any, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    with transaction.atomic():
        after_commit(function)
        after_commit(done.append, "fait")
    assert done == ["fait"]
    assert "stockage muet" in caplog.text


def test_it_waits_for_the_commit_and_is_done_once(django_capture_on_commit_callbacks: Any) -> None:
    done: list[str] = []
    with django_capture_on_commit_callbacks(execute=True) as callbacks, transaction.atomic():
        after_commit(done.append, "a")
        after_commit(done.append, "a")
        after_commit(done.append, "b")
        assert done == []
    assert done == ["a", "b"]
    assert len(callbacks) == 2


def test_what_is_undone_is_not_told(django_capture_on_commit_callbacks: Any) -> None:
    done: list[str] = []
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            after_commit(done.append, "a")
            transaction.set_rollback(True)
        after_commit(done.append, "b")
    assert done == ["b"]
    assert connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_done_at_once() -> None:
    done: list[str] = []
    after_commit(done.append, "a")
    assert done == ["a"]
