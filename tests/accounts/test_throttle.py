"""Wrong passwords: waits that grow, that nobody makes longer for another, and that never close a known device."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.exceptions import WaitBeforeTrying
from accounts.models import TryCount
from accounts.models.tries import FORGOTTEN_EVERY, FREE_TRIES
from tests.accounts.mails import last_path
from tests.factories import PASSWORD, UserFactory
from tests.second_factor import SECRET, code_of, sign_in_fully

pytestmark = pytest.mark.django_db

SIGN_IN = reverse("connexion")
NEW = "une toute autre phrase"
GROWTH = [15, 30, 60, 120, 240, 480, 900, 900, 900]  # seconds


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def sign_in(email, password="faux", *, client=None, address="192.0.2.1"):
    return (client or Client()).post(SIGN_IN, {"username": email, "password": password}, REMOTE_ADDR=address)


def known(user, address="192.0.2.1"):
    """A browser in which the owner signed in, and out."""
    client = Client()
    assert sign_in(user.email, PASSWORD, client=client, address=address).status_code == 302
    client.post(reverse("deconnexion"))
    return client


def wait_of(response):
    assert response.status_code == 429
    return int(response["Retry-After"])


def fail(email, times, **where):
    return [sign_in(email, **where).status_code for _ in range(times)]


def counts(email="a@exemple.fr", address="192.0.2.1"):
    return services.counts_of_sign_in(email=email, address=address, device="")


def attempt(*, right=False, **whose):
    """One try without its page: whether it has to wait, or the next one has."""
    try:
        services.counted(counts=counts(**whose), check=lambda: right)
    except WaitBeforeTrying:
        return True
    return False


def test_the_wait_grows_to_a_quarter_of_an_hour_and_opens_on_the_second(clock):
    user = UserFactory()
    assert fail(user.email, 4) == [200] * 4
    for seconds in GROWTH:
        assert wait_of(sign_in(user.email)) == seconds
        clock.shift(timedelta(seconds=seconds, microseconds=-1))
        assert wait_of(sign_in(user.email, PASSWORD)) == 1
        clock.shift(timedelta(microseconds=1))
    assert sign_in(user.email, PASSWORD).status_code == 302


def test_a_try_while_waiting_is_neither_counted_nor_checked(clock, monkeypatch):
    user = UserFactory()
    fail(user.email, 5)
    before = list(TryCount.objects.values())
    monkeypatch.setattr("accounts.forms.authenticate", lambda *args, **kwargs: pytest.fail("checked"))
    for _ in range(50):
        assert wait_of(sign_in(user.email)) == 15
    assert list(TryCount.objects.values()) == before


def test_the_page_says_how_long_and_offers_the_reset(clock):
    fail("camille@exemple.fr", 5)
    page = sign_in("camille@exemple.fr", "secret-tape-ici").content.decode()
    assert "Trop d’essais. Réessayez dans 15\xa0secondes ou <a" in page
    assert reverse("mot_de_passe_oublie") in page
    assert 'value="camille@exemple.fr"' in page
    assert "secret-tape-ici" not in page
    clock.shift(timedelta(seconds=15))
    assert "Réessayez dans 30\xa0secondes" in sign_in("camille@exemple.fr").content.decode()
    clock.shift(timedelta(seconds=30))
    assert "Réessayez dans 1\xa0minute ou" in sign_in("camille@exemple.fr").content.decode()
    clock.shift(timedelta(seconds=60))
    assert "Réessayez dans 2\xa0minutes ou" in sign_in("camille@exemple.fr").content.decode()


def test_the_next_page_is_kept_while_waiting():
    fail("camille@exemple.fr", 5)
    target = reverse("mes_informations")
    answers = {"username": "camille@exemple.fr", "password": "x", "next": target}
    assert f'value="{target}"' in Client().post(SIGN_IN, answers, REMOTE_ADDR="192.0.2.1").content.decode()


def test_one_wrong_password_is_forgotten_each_hour(clock):
    user = UserFactory()
    fail(user.email, 4)
    clock.shift(timedelta(hours=1) - timedelta(microseconds=1))
    assert TryCount.objects.get(kind="place").failures(timezone.now()) == 4
    clock.shift(timedelta(microseconds=1))
    assert TryCount.objects.get(kind="place").failures(timezone.now()) == 3
    assert fail(user.email, 2) == [200, 429]
    clock.shift(timedelta(hours=5))
    assert fail(user.email, 5) == [200] * 4 + [429]


def test_a_long_attack_is_forgotten_before_the_next_day(clock):
    for _ in range(100):
        attempt()
        clock.shift(timedelta(minutes=15))
    clock.shift(timedelta(hours=11))
    assert [attempt() for _ in range(5)] == [False] * 4 + [True]


def test_the_right_password_starts_the_count_anew():
    user = UserFactory()
    for _ in range(3):
        assert fail(user.email, 4) == [200] * 4
        assert sign_in(user.email, PASSWORD).status_code == 302
    assert not TryCount.objects.exclude(kind="address").exists()


def test_two_addresses_behind_one_proxy(settings):
    settings.PORTAL_PROXY_COUNT = 1
    user = UserFactory()

    def through(forwarded, password="faux"):
        answers = {"username": user.email, "password": password}
        headers = {"HTTP_X_FORWARDED_FOR": forwarded}
        return Client().post(SIGN_IN, answers, REMOTE_ADDR="10.0.0.1", **headers).status_code

    assert [through("198.51.100.1") for _ in range(6)] == [200] * 4 + [429] * 2
    assert through("198.51.100.1", PASSWORD) == 429
    assert through("198.51.100.2, 198.51.100.1", PASSWORD) == 429, "a forged entry changes nothing"
    assert through("198.51.100.1, 198.51.100.2", PASSWORD) == 302


def test_a_whole_network_in_ipv6_is_one_address():
    user = UserFactory()
    for last in range(5):
        sign_in(user.email, address=f"2001:db8:1:2::{last:x}")
    assert sign_in(user.email, PASSWORD, address="2001:db8:1:2:a:b:c:d").status_code == 429
    assert sign_in(user.email, PASSWORD, address="2001:db8:1:3::1").status_code == 302


def test_many_addresses_against_one_account_wait_too(clock):
    user = UserFactory()
    answers = [sign_in(user.email, address=f"198.51.100.{last}") for last in range(20)]
    assert [answer.status_code for answer in answers] == [200] * 19 + [429]
    assert wait_of(sign_in(user.email, PASSWORD, address="203.0.113.1")) == 15


def test_one_address_against_many_accounts_waits_too(clock):
    assert not any(attempt(email=f"personne{number}@exemple.fr") for number in range(99))
    assert wait_of(sign_in("personne99@exemple.fr")) == 15
    user = UserFactory()
    assert sign_in(user.email, PASSWORD).status_code == 429
    assert sign_in(user.email, PASSWORD, address="192.0.2.2").status_code == 302
    clock.shift(timedelta(seconds=15))
    assert sign_in(user.email, PASSWORD).status_code == 302


def test_right_passwords_of_one_s_own_do_not_hide_wrong_ones_of_others(clock):
    for number in range(99):
        assert not attempt(email=f"personne{number}@exemple.fr")
        assert not attempt(email="pirate@exemple.fr", right=True)
    assert TryCount.objects.get(kind="address").failures(timezone.now()) == 99
    assert attempt(email="personne99@exemple.fr")


def test_right_passwords_close_no_address(clock):
    assert not any(attempt(right=True) for _ in range(120))
    assert TryCount.objects.get().failures(timezone.now()) == 0


def test_strangers_do_not_keep_the_owner_out_of_a_known_device(clock):
    user = UserFactory()
    device = known(user)
    for number in range(40):
        sign_in(user.email, address=f"198.51.100.{number}")
        sign_in(user.email)
    assert sign_in(user.email, PASSWORD).status_code == 429
    assert sign_in(user.email, PASSWORD, client=device).status_code == 302
    device.post(reverse("deconnexion"))
    assert sign_in(user.email, PASSWORD, client=device, address="203.0.113.50").status_code == 302


def test_a_known_device_waits_for_its_own_wrong_passwords_alone(clock):
    user = UserFactory()
    device, other = known(user), known(user)
    assert fail(user.email, 5, client=device) == [200] * 4 + [429]
    assert wait_of(sign_in(user.email, PASSWORD, client=device)) == 15
    assert sign_in(user.email, PASSWORD, client=other).status_code == 302
    assert sign_in(user.email, PASSWORD).status_code == 302
    clock.shift(timedelta(seconds=15))
    assert sign_in(user.email, PASSWORD, client=device).status_code == 302


def test_a_device_is_known_for_its_account_alone():
    stranger, user = UserFactory(), UserFactory()
    device = known(stranger)
    assert fail(user.email, 6, client=device) == [200] * 4 + [429] * 2
    assert TryCount.objects.filter(kind="place", account=user.email).exists()
    assert not TryCount.objects.filter(kind="device", account=user.email).exists()


def test_people_who_share_a_computer_are_each_known_there():
    people = [UserFactory() for _ in range(6)]
    device = Client()
    for user in people:
        assert sign_in(user.email, PASSWORD, client=device).status_code == 302
        device.post(reverse("deconnexion"))
    for user in people:
        sign_in(user.email, client=device)
    assert set(TryCount.objects.filter(kind="device").values_list("account", flat=True)) == {
        user.email for user in people[1:]
    }, "the sixth takes the place of the first"


def test_the_cookie_is_signed_closed_to_scripts_and_dies_with_the_password(settings):
    settings.SESSION_COOKIE_SECURE = True
    user = UserFactory()
    device = Client()
    cookie = sign_in(user.email, PASSWORD, client=device).cookies["appareil"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert user.email not in cookie.value
    device.post(reverse("deconnexion"))
    user.set_password(NEW)
    user.save()
    sign_in(user.email, client=device)
    assert not TryCount.objects.filter(kind="device").exists()


@pytest.mark.parametrize("value", ["", "x", "W10:1:2", "é", "A" * 3000])
def test_a_made_up_cookie_is_no_device(value):
    user = UserFactory()
    device = known(user)
    right = device.cookies["appareil"].value
    for forged in (value, right[:-1] + ("A" if right[-1] != "A" else "B"), "x" + right):
        device.cookies["appareil"] = forged
        assert sign_in(user.email, client=device).status_code == 200
    assert not TryCount.objects.filter(kind="device").exists()


def test_a_cookie_lasts_a_year(clock):
    user = UserFactory()
    device = known(user)
    clock.shift(timedelta(days=365, seconds=-1))
    sign_in(user.email, client=device)
    assert TryCount.objects.filter(kind="device").exists()
    clock.shift(timedelta(seconds=2))
    sign_in(user.email, client=device)
    assert TryCount.objects.filter(kind="place").exists()


def test_a_reset_always_works_and_clears_the_count():
    user = UserFactory()
    old = known(user)
    for number in range(30):
        sign_in(user.email, address=f"198.51.100.{number}")
    fail(user.email, 6)
    fail(user.email, 6, client=old)
    services.request_password_reset(email=user.email)
    services.answer_password_resets()
    fresh = Client()
    page = fresh.get(last_path(user.email, "/mot-de-passe/"), follow=True)
    assert fresh.post(page.request["PATH_INFO"], {"password": NEW}).status_code == 302
    assert not TryCount.objects.filter(account=user.email).exists()
    fresh.post(reverse("deconnexion"))
    sign_in(user.email, client=fresh)
    assert TryCount.objects.filter(kind="device").exists(), "the device of the reset is known"
    sign_in(user.email, client=old)
    assert TryCount.objects.filter(kind="place").exists(), "the devices before are not"
    assert sign_in(user.email, NEW).status_code == 302


def words(response):
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def test_known_closed_and_unknown_accounts_are_answered_alike(clock):
    emails = ["connu@exemple.fr", "fermes@exemple.fr", "absent@exemple.fr"]
    UserFactory(email=emails[0])
    UserFactory(email=emails[1], is_active=False)
    told = []
    for number, email in enumerate(emails):
        answers = [sign_in(email, address=f"192.0.2.{number}") for _ in range(7)]
        told.append([(a.status_code, a.get("Retry-After"), words(a).replace(email, "")) for a in answers])
    assert told[0] == told[1] == told[2]


def test_known_and_unknown_accounts_cost_the_same(django_assert_num_queries):
    UserFactory(email="connu@exemple.fr")
    device = known(UserFactory())
    costs = []
    for email in ("connu@exemple.fr", "absent@exemple.fr"):
        for client in (Client(), device):
            with django_assert_num_queries(9 if client is device else 8) as queries:
                sign_in(email, client=client)
            costs.append([re.sub(r"\d|'[^']*'", "", query["sql"].split("VALUES")[0])[:60] for query in queries])
    assert costs[0] == costs[2]
    assert costs[1] == costs[3]


def test_the_current_password_is_throttled_in_my_information(clock):
    user = UserFactory()
    client, address = Client(), reverse("mes_informations")
    sign_in(user.email, PASSWORD, client=client)
    wrong = {"changer": "1", "current": "faux", "password": NEW}
    answers = [client.post(address, wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert "Réessayez dans 15\xa0secondes, ou choisissez-en un autre par" in answers[-1].content.decode()
    right = wrong | {"current": PASSWORD}
    assert wait_of(client.post(address, right)) == 15
    assert sign_in(user.email, PASSWORD).status_code == 302, "nobody is kept out by that"
    elsewhere = Client()
    elsewhere.force_login(user)
    assert elsewhere.post(address, right, REMOTE_ADDR="198.51.100.1").status_code == 429, "one count for the account"
    clock.shift(timedelta(seconds=15))
    done = client.post(address, right)
    assert done.status_code == 302
    assert not TryCount.objects.filter(kind="current").exists()
    client.post(reverse("deconnexion"))
    sign_in(user.email, client=client)
    assert TryCount.objects.filter(kind="device").exists(), "the device that changed the password stays known"


@pytest.mark.parametrize("page", ["second_facteur_gerer", "second_facteur_activer"])
def test_the_current_password_is_throttled_in_the_second_factor(page, second_factor, clock):
    user = UserFactory(is_staff=True)
    client = sign_in_fully(Client(), user)
    address = reverse(page)
    statuses = [client.post(address, {"current": "faux", "code": code_of(SECRET)}).status_code for _ in range(5)]
    assert statuses == [422] * 4 + [429]
    assert wait_of(client.post(address, {"current": PASSWORD, "code": code_of(SECRET)})) == 15
    clock.shift(timedelta(seconds=15))
    page = client.post(address, {"current": PASSWORD, "code": "1"}).content.decode()
    assert "mot de passe actuel est incorrect" not in page.lower()


def test_counts_that_went_down_to_nothing_are_deleted(clock):
    user = UserFactory()
    fail(user.email, 2)
    clock.shift(timedelta(hours=2) - timedelta(microseconds=1))
    assert services.purge_tries() == 1
    assert set(TryCount.objects.values_list("kind", flat=True)) == {"place", "account"}
    clock.shift(timedelta(microseconds=1))
    assert services.purge_tries() == 2


def test_no_wait_is_purged_before_its_end():
    for kind, free in FREE_TRIES.items():
        assert FORGOTTEN_EVERY[kind] * free > timedelta(minutes=15), kind


def test_a_row_deleted_at_the_wrong_moment_is_made_again(monkeypatch):
    """Between the insertion and the lock, the daily task may pass."""
    original, passed = TryCount.objects.bulk_create, []

    def and_purged(*args, **kwargs):
        original(*args, **kwargs)
        if not passed:
            passed.append(TryCount.objects.filter(kind="address").delete())

    monkeypatch.setattr(TryCount.objects, "bulk_create", and_purged)
    assert sign_in("camille@exemple.fr").status_code == 200
    assert TryCount.objects.count() == 3


def test_a_check_that_fails_to_answer_stays_counted():
    def broken():
        raise RuntimeError

    for _ in range(5):
        with pytest.raises(RuntimeError):
            services.counted(counts=counts(), check=broken)
    with pytest.raises(WaitBeforeTrying):
        services.counted(counts=counts(), check=broken)
