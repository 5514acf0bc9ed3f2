"""Before the first factor, the mailbox: a password alone sets none; a mail of ours, or its code, does."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import AddressCode, User
from accounts.services.code_life import ATTEMPTS
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from portal.lib.sealing import unseal
from tests.factories import CorrespondentFactory, StaffFactory, UserFactory
from tests.pages import page_of
from tests.second_factor import protect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_factor")]
PROVE, SET = reverse("second_facteur_adresse"), reverse("second_facteur_activer")


@pytest.fixture
def user() -> User:
    return StaffFactory()


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def code_of(user: User) -> str:
    mail = OutgoingEmail.objects.filter(to=user.email, kind="address_code").order_by("pk").last()
    assert mail is not None
    found = re.search(r"\b\d{6}\b", unseal(mail.text_body))
    assert found
    return found.group(0)


def test_a_password_alone_sets_no_factor(client: Client, user: User) -> None:
    answer = client.get("/gestion/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(PROVE)
    assert user.email in page_of(answer)
    assert not OutgoingEmail.objects.filter(kind="address_code").exists()
    assert client.get(SET).status_code == 302
    assert client.post(SET, {"code": "123456"}).status_code == 302
    user.refresh_from_db()
    assert user.second_factor_at is None


def test_the_code_of_the_mailbox_opens_the_way(client: Client, user: User) -> None:
    assert "Le code part à l’instant" in page_of(client.post(PROVE, {"envoyer": "1", "next": "/gestion/"}))
    answer = client.post(PROVE, {"code": code_of(user), "next": "/gestion/"})
    assert answer["Location"] == f"{SET}?next=%2Fgestion%2F"
    assert client.get(SET).status_code == 200
    assert client.get(PROVE).status_code == 302


def test_the_code_of_one_session_opens_no_other(client: Client, user: User) -> None:
    client.post(PROVE, {"envoyer": "1"})
    code = code_of(user)
    assert client.post(PROVE, {"code": code}).status_code == 302
    other = Client()
    other.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert other.get(SET).status_code == 302
    assert "plus valable" in page_of(other.post(PROVE, {"code": code}))  # it has served


def test_a_wrong_code_is_counted_and_the_right_one_then_refused(client: Client, user: User) -> None:
    client.post(PROVE, {"envoyer": "1"})
    code = code_of(user)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(ATTEMPTS):
        answer = client.post(PROVE, {"code": wrong})
        assert answer.status_code == 422
    assert "Trop d’essais" in page_of(client.post(PROVE, {"code": code}))
    assert client.get(SET).status_code == 302


def test_a_code_dies_a_quarter_of_an_hour_after_its_arrival(client: Client, user: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(PROVE, {"envoyer": "1"})
        code = code_of(user)
        clock.shift(timedelta(minutes=30))
        deliver()
        clock.shift(timedelta(minutes=14, seconds=59))
        assert client.get(PROVE).status_code == 200
        clock.shift(timedelta(seconds=1))
        assert "plus valable" in page_of(client.post(PROVE, {"code": code}))
        client.post(PROVE, {"envoyer": "1"})
        assert client.post(PROVE, {"code": code_of(user)}).status_code == 302


def test_codes_are_sent_at_a_pace(client: Client, user: User) -> None:
    for _ in range(6):
        client.post(PROVE, {"envoyer": "1"})
    answer = client.post(PROVE, {"envoyer": "1"})
    assert answer.status_code == 422
    assert "Trop de codes envoyés" in page_of(answer)
    assert OutgoingEmail.objects.filter(kind="address_code").count() == 6


def test_the_link_of_a_new_password_proves_the_mailbox() -> None:
    user = CorrespondentFactory().user
    client = Client()
    link = services.people.set_password_url(user).split("/", 3)[3]
    page = client.get(f"/{link}", follow=True)
    client.post(page.redirect_chain[-1][0], {"password": "une longue phrase toute neuve"})
    assert client.get(SET).status_code == 200


def test_who_has_a_factor_or_needs_none_is_not_asked(client: Client, user: User) -> None:
    protect(user)
    assert client.get(PROVE).status_code == 302
    employee = Client()
    employee.force_login(UserFactory())
    assert employee.get(PROVE).status_code == 404
    assert employee.post(PROVE, {"envoyer": "1"}).status_code == 404
    assert not AddressCode.objects.exists()
