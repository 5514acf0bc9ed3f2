"""Tries at the same instant: each is counted, and one that has to wait lets no other through."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from accounts import services
from accounts.exceptions import WaitBeforeTrying
from accounts.models import TryCount

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
THREADS = 8


def at_once(tries, *, right=False):
    """What becomes of tries made together: « checked » or « refused », and how many passwords were looked at."""
    checked, start = [], threading.Barrier(THREADS)

    def check():
        checked.append(1)
        return right

    def one(counts):
        start.wait()
        try:
            services.counted(counts=counts, check=check)
        except WaitBeforeTrying:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, tries))
    return len(checked)


def place(email="a@exemple.fr", address="192.0.2.1"):
    return services.counts_of_sign_in(email=email, address=address, device="")


def test_no_more_than_the_free_tries_are_looked_at():
    assert at_once([place()] * THREADS) == 5
    assert TryCount.objects.get(kind="place").failures(timezone.now()) == 5


def test_once_the_wait_is_over_one_try_is_looked_at():
    for _ in range(4):
        services.counted(counts=place(), check=lambda: False)
    with pytest.raises(WaitBeforeTrying):
        services.counted(counts=place(), check=lambda: False)
    TryCount.objects.update(open_at=timezone.now())
    assert at_once([place()] * THREADS) == 1


def test_accounts_of_one_address_and_addresses_of_one_account_wait_for_no_lock_for_ever():
    crossed = [place(email=f"{n % 2}@exemple.fr", address=f"192.0.2.{n // 2 % 2}") for n in range(THREADS)]
    assert at_once(crossed) == THREADS
    assert sorted(row.failures(timezone.now()) for row in TryCount.objects.all()) == [2] * 4 + [4] * 4


def test_right_passwords_at_once_leave_no_trace_but_the_address():
    at_once([place()] * THREADS, right=True)
    assert {row.kind for row in TryCount.objects.all()} == {"address"}
    assert TryCount.objects.get().failures(timezone.now()) == 0
