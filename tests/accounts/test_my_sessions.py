"""« Mes sessions »: what is open, ended by its owner, by a closing of the account; a new device, told."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DjangoStore
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.browsers import UNKNOWN, device_in_words
from accounts.models import Session, User
from tests.accounts.mails import kinds, last_path, last_text
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    CorrespondentFactory,
    EmployeeFactory,
    StaffFactory,
    UserFactory,
)
from tests.second_factor import protect

pytestmark = pytest.mark.django_db
PAGE = reverse("mes_sessions")
HOME = reverse("mes_informations")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)


def browser(user: User, agent: str = FIREFOX) -> Client:
    """A browser in which this person signed in."""
    client = Client(headers={"user-agent": agent})
    assert client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def references(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\w+)"', page)


def is_open(client: Client) -> bool:
    return client.get(HOME).status_code == 200


# The list


@pytest.mark.parametrize("who", ["salarie", "correspondant", "centre"])
def test_people_see_their_sessions_and_nobody_else_s(who):
    user = {
        "salarie": lambda: EmployeeFactory(activated=True).user,
        "correspondant": lambda: CorrespondentFactory().user,
        "centre": StaffFactory,
    }[who]()
    browser(UserFactory())
    here, _ = browser(user), browser(user, IPHONE)
    page = here.get(PAGE).content.decode()
    assert page.count('<th scope="row">') == 2
    assert '<th scope="row">Firefox sur Windows</th>' in page
    assert '<th scope="row">Safari sur iPhone</th>' in page
    assert page.count("Cette session") == 1
    assert len(references(page)) == 1
    assert page.index("Cette session") < page.index("Safari sur iPhone")


def test_the_page_is_reached_from_one_s_information_and_from_the_desk(client):
    client.force_login(StaffFactory())
    for page in (HOME, reverse("admin:index")):
        assert f'href="{PAGE}"' in client.get(page).content.decode()


def test_nothing_on_the_page_opens_a_session():
    user = UserFactory()
    here, _ = browser(user), browser(user)
    page = here.get(PAGE).content.decode()
    assert [row.session_key for row in Session.objects.all() if row.session_key in page] == []


def test_a_page_costs_no_query_more(django_assert_num_queries):
    here = browser(UserFactory())
    here.get(HOME)
    with django_assert_num_queries(3):  # the session, its user, the employments
        here.get(HOME)
    with django_assert_num_queries(3):  # the session, its user, the list
        here.get(PAGE)


def test_sessions_that_are_over_are_not_listed(settings):
    user = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser(user, IPHONE)
        clock.shift(timedelta(seconds=settings.PORTAL_SESSION_IDLE))
        here = browser(user)
        assert "iPhone" not in here.get(PAGE).content.decode()


def test_the_last_activity_is_told():
    user = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        there, here = browser(user, IPHONE), browser(user)
        seen = []
        for _ in range(2):
            clock.shift(timedelta(minutes=2))
            there.get(HOME)
            shown = services.open_sessions(user=user, current_key=here.session.session_key)
            seen.append(shown[1].seen_at)
        assert seen[1] - seen[0] == timedelta(minutes=2)
        assert shown[1].started_at == seen[0] - timedelta(minutes=2)


# Ended by their owner


def test_one_session_is_ended_at_once():
    user = UserFactory()
    here, there, elsewhere = browser(user), browser(user, IPHONE), browser(user)
    listed = services.open_sessions(user=user, current_key=here.session.session_key)
    reference = next(one.reference for one in listed if one.device == "Safari sur iPhone")
    assert here.post(PAGE, {"session": reference}, follow=True).redirect_chain == [(PAGE, 302)]
    assert (is_open(here), is_open(there), is_open(elsewhere)) == (True, False, True)
    again = here.post(PAGE, {"session": reference}, follow=True).content.decode()
    assert "Cette session était déjà fermée" in again


def test_all_the_others_are_ended_at_once():
    user, other = UserFactory(), UserFactory()
    here, *there, stranger = browser(user), browser(user), browser(user), browser(other)
    assert "Vos autres sessions sont fermées" in here.post(PAGE, {"autres": "1"}, follow=True).content.decode()
    assert [is_open(one) for one in (here, *there, stranger)] == [True, False, False, True]
    assert "Aucune autre session" in here.post(PAGE, {"autres": "1"}, follow=True).content.decode()


@pytest.mark.parametrize("reference", ["", "x", "é" * 400, "\x00", "0" * 32])
def test_what_names_no_session_ends_none(reference):
    user = UserFactory()
    here, there = browser(user), browser(user)
    assert here.post(PAGE, {"session": reference}).status_code == 302
    assert is_open(here)
    assert is_open(there)


def test_nobody_ends_the_session_of_another():
    user, other = UserFactory(), UserFactory()
    here, there = browser(user), browser(other)
    reference = services.open_sessions(user=other, current_key=None)[0].reference
    here.post(PAGE, {"session": reference})
    assert is_open(there)


def test_a_page_on_its_way_does_not_bring_an_ended_session_back():
    user = UserFactory()
    here, there = browser(user), browser(user)
    store = there.session
    assert store["_auth_user_id"] == str(user.pk)  # read, as a page does before anything else
    here.post(PAGE, {"autres": "1"})
    store["seen_at"] = 0
    with pytest.raises(UpdateError):
        store.save()
    assert not is_open(there)


@pytest.mark.usefixtures("second_factor")
def test_a_session_that_gave_its_password_alone_sees_nothing():
    user = protect(StaffFactory())
    client = browser(user)
    assert client.get(PAGE)["Location"].startswith(reverse("second_facteur"))
    assert client.post(PAGE, {"autres": "1"})["Location"].startswith(reverse("second_facteur"))


def test_sessions_past_their_end_are_swept():
    user = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser(user)
        assert services.purge_sessions() == 0
        clock.shift(timedelta(hours=13))
        here = browser(user)
        assert services.purge_sessions() == 1
        assert is_open(here)


# Ended by a closing


def close(user: User, *, active: bool = False) -> None:
    administrator = Client()
    administrator.force_login(AdministratorFactory())
    answers = {"first_name": user.first_name, "last_name": user.last_name, "roles": ["Gestionnaire"]}
    page = reverse("admin:accounts_staffaccount_change", args=[user.pk])
    assert administrator.post(page, answers | ({"is_active": "on"} if active else {})).status_code == 302


def test_what_a_closed_account_had_opened_stays_shut_when_it_reopens():
    user = StaffFactory()
    signed_in = browser(user)
    services.request_password_reset(email=user.email)
    services.answer_password_resets()
    link = last_path(user.email, "/mot-de-passe/")
    close(user)
    close(user, active=True)
    assert not is_open(signed_in)
    assert Client().get(link).status_code == 410
    assert is_open(browser(user))


def test_a_device_known_before_a_closing_is_a_stranger_s():
    user = StaffFactory()
    signed_in = browser(user)
    close(user)
    close(user, active=True)
    signed_in.post(reverse("connexion"), {"username": user.email, "password": PASSWORD})
    assert kinds(user.email) == ["new_device"]


@pytest.mark.parametrize("fields", [None, ["is_active"], ["is_active", "first_name"]])
def test_however_an_account_is_closed(fields):
    user = UserFactory()
    signed_in = browser(user)
    user.refresh_from_db()
    user.is_active = False
    user.save(update_fields=fields)
    user.is_active = True
    user.save(update_fields=fields)
    assert not is_open(signed_in)
    assert services.open_sessions(user=user, current_key=None) == []


def test_an_account_that_was_never_closed_keeps_what_it_had_opened():
    """Putting this version online signs nobody out, and leaves the links in the mails alone."""
    user = UserFactory()
    assert user.get_session_auth_hash() == super(User, user).get_session_auth_hash()


def test_the_sessions_of_before_are_taken_over(client):
    user = UserFactory()
    client.force_login(user)
    kept = dict(client.session.items())
    Session.objects.all().delete()
    former = DjangoStore()
    former.create()
    former.update(kept)
    former.save()
    client.cookies["session"] = former.session_key
    import_module("accounts.migrations.0016_sessions_of_accounts").take_over(apps, None)
    assert Session.objects.get().user == user
    assert is_open(client)
    assert not former.exists(former.session_key)


# A new device


def test_a_sign_in_on_a_new_device_is_told(settings):
    user = UserFactory()
    with time_machine.travel(timezone.now(), tick=False):
        browser(user)
        assert kinds(user.email) == []  # the very first one
        there = browser(user, IPHONE)
        assert kinds(user.email) == ["new_device"]
        text = last_text(user.email)
        for words in ("Safari sur iPhone", "heure de Paris", settings.PORTAL_BASE_URL + PAGE, "Mes informations"):
            assert words in text
        there.post(reverse("deconnexion"))
        there.post(reverse("connexion"), {"username": user.email, "password": PASSWORD})
        assert kinds(user.email) == ["new_device"]


def test_a_wrong_password_tells_nothing(client):
    user = UserFactory()
    browser(user)
    client.post(reverse("connexion"), {"username": user.email, "password": "faux"})
    assert kinds(user.email) == []


def test_a_mail_that_cannot_be_written_prevents_nothing(monkeypatch):
    user = UserFactory()
    browser(user)

    def broken(*args, **more):
        raise RuntimeError

    monkeypatch.setattr("accounts.services.sessions.enqueue", broken)
    assert is_open(browser(user, IPHONE))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox sur Windows"),
        (IPHONE, "Safari sur iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36",
            "Chrome sur Android",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge sur Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari sur Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0.0.0 Safari/537.36", "Chrome sur Chromebook"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox sur Linux"),
        ("curl/8.0", UNKNOWN),
        ("", UNKNOWN),
        ("<script>alert(1)</script> Windows", "Windows"),
    ],
)
def test_a_device_in_words(agent, words):
    assert device_in_words(agent) == words
