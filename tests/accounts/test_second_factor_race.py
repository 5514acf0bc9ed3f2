"""One code, two browsers at the same instant: one session opens. Two that set a factor at once: the first does."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from django.db import connection

from accounts import services, tokens
from accounts.exceptions import Code, SecondFactorRefused
from accounts.models import Authenticator, RecoveryCode, User
from tests.factories import StaffFactory
from tests.passkeys import ORIGIN, SoftwareKey
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


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("changing", [False, True])
def test_two_sessions_set_a_factor(changing):
    user = protect(StaffFactory()) if changing else StaffFactory()
    secrets = [services.new_factor_secret() for _ in range(2)]
    ready = Barrier(2)

    def attempt(secret: str) -> list[str] | str:
        loaded = User.objects.get(pk=user.pk)
        ready.wait(timeout=30)
        try:
            return services.set_second_factor(user=loaded, secret=secret, code=code_of(secret))
        except SecondFactorRefused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(attempt, secrets))
    first = next(place for place, outcome in enumerate(outcomes) if isinstance(outcome, list))
    assert outcomes[1 - first] == Code.FACTOR_CHANGED
    assert tokens.unseal(Authenticator.objects.get().sealed_secret) == secrets[first]
    assert RecoveryCode.objects.filter(user=user).count() == len(outcomes[first])
    assert services.use_recovery_code(user=user, code=outcomes[first][0]) == len(outcomes[first]) - 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_factor_set_while_another_is_reset():
    """Whichever is first, no factor outlives the reset that the owner was told of."""
    user = protect(StaffFactory())
    secret, ready = services.new_factor_secret(), Barrier(2)

    def change() -> None:
        loaded = User.objects.get(pk=user.pk)
        ready.wait(timeout=30)
        try:
            with suppress(SecondFactorRefused):
                services.set_second_factor(user=loaded, secret=secret, code=code_of(secret))
        finally:
            connection.close()

    def reset() -> bool:
        ready.wait(timeout=30)
        try:
            return services.reset_second_factor(user=user)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        changing, resetting = pool.submit(change), pool.submit(reset)
        changing.result()
        assert resetting.result()
    user.refresh_from_db()
    assert (user.second_factor_at, Authenticator.objects.count(), RecoveryCode.objects.count()) == (None, 0, 0)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["use", "add"])
def test_one_answer_of_a_passkey_sent_four_times(settings, kind):
    settings.PORTAL_BASE_URL = ORIGIN
    user, key = protect(StaffFactory()), SoftwareKey()

    def add(response: str) -> None:
        services.add_passkey(user=user, session_key="s", name="Clé", response=response)

    def check(response: str) -> None:
        services.check_passkey(user=user, session_key="s", response=response)

    response = key.create(services.options_to_add(user=user, session_key="s"))
    if kind == "use":
        add(response)
        response = key.get(services.options_to_use(user=user, session_key="s"))

    def attempt(_: int) -> bool:
        try:
            (add if kind == "add" else check)(response)
        except SecondFactorRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
