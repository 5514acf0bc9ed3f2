"""One code, two browsers at the same instant: one session opens."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts import services
from accounts.exceptions import SecondFactorRefused
from tests.factories import StaffFactory
from tests.second_factor import SECRET, code_of, protect


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["code", "secours"])
def test_two_browsers_one_code(kind):
    user = protect(StaffFactory())
    code = code_of(SECRET) if kind == "code" else services.renew_recovery_codes(user=user)[0]
    check = services.check_second_factor if kind == "code" else services.use_recovery_code

    def attempt(_: int) -> bool:
        try:
            check(user=user, code=code)
        except SecondFactorRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
