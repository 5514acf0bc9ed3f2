"""Signing in and out, choosing a new password, « Mes informations »."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.exceptions import Code, SentTooOften
from accounts.models import PasswordResetRequest
from tests.accounts.mails import kinds, last_path
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, UserFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db

NEW = "une toute autre phrase"


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(reverse("connexion"), {"username": email, "password": password} | more)


def reset_path(user):
    services.request_password_reset(email=user.email)
    services.answer_password_resets()
    return last_path(user.email, "/mot-de-passe/")


def test_case_and_spaces_of_the_address_do_not_matter(client, django_assert_max_num_queries):
    user = UserFactory(email="camille@exemple.fr")
    with django_assert_max_num_queries(30):
        assert sign_in(client, " Camille@Exemple.FR ").url == reverse("accueil")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_session_knows_the_correspondents(client):
    sign_in(client, UserFactory().email)
    assert client.session["correspondent"] is False
    sign_in(other := Client(), CorrespondentFactory().user.email)
    assert other.session["correspondent"] is True


def test_inactive_account_gets_the_same_words(client):
    user = UserFactory(is_active=False)
    assert "Identifiant ou mot de passe incorrect" in sign_in(client, user.email).content.decode()


def test_wrong_password_keeps_the_address_and_forgets_the_password(client):
    page = sign_in(client, "camille@exemple.fr", "secret-tape-ici").content.decode()
    assert 'value="camille@exemple.fr"' in page
    assert "secret-tape-ici" not in page


def test_signed_in_person_is_sent_home(client):
    client.force_login(UserFactory())
    assert client.get(reverse("connexion")).url == reverse("accueil")


def test_next_on_this_host_is_followed(client):
    target = reverse("mes_informations")
    assert target in client.get(reverse("connexion"), {"next": target}).content.decode()
    assert sign_in(client, UserFactory().email, next=target).url == target


def test_ended_session_is_said(client):
    assert "Votre session a expiré" in client.get(reverse("connexion"), {"expiree": "1"}).content.decode()
    assert "Votre session a expiré" not in client.get(reverse("connexion")).content.decode()


def test_sign_out_is_a_post(client):
    client.force_login(UserFactory())
    assert client.get(reverse("deconnexion")).status_code == 405
    assert client.post(reverse("deconnexion")).url == reverse("connexion")
    assert client.get(reverse("mes_informations")).status_code == 302


def test_reset_lifts_the_lock(client):
    user = UserFactory()
    for _ in range(5):
        sign_in(client, user.email, "faux")
    assert sign_in(client, user.email).status_code == 429
    page = client.get(reset_path(user), follow=True)
    assert client.post(page.request["PATH_INFO"], {"password": NEW}).url == reverse("mot_de_passe_fait")
    assert client.get(reverse("mot_de_passe_fait")).status_code == 200
    client.post(reverse("deconnexion"))
    assert sign_in(client, user.email, NEW).status_code == 302
    assert kinds(user.email) == ["password_reset", "password_changed"]


def test_locked_address_is_not_told_whether_it_has_an_account(client):
    pages = []
    for email in (UserFactory().email, "inconnu@exemple.fr"):
        for _ in range(6):
            last = sign_in(client, email, "faux")
        pages.append((last.status_code, "Trop d’essais" in last.content.decode()))
    assert pages == [(429, True), (429, True)]


def test_reset_link_dies_after_3_days(client):
    user = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        path = reset_path(user)
        clock.shift(timedelta(days=3))
        assert client.get(path).status_code == 302
        clock.shift(timedelta(seconds=1))
        assert client.get(path).status_code == 410


def test_reading_a_reset_link_does_not_use_it(client):
    user = UserFactory()
    path = reset_path(user)
    for _ in range(3):
        assert Client().get(path, follow=True).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_reset_link_used_in_another_tab_is_refused(client):
    user = UserFactory()
    path = reset_path(user)
    one, two = Client(), Client()
    addresses = [browser.get(path, follow=True).request["PATH_INFO"] for browser in (one, two)]
    assert one.post(addresses[0], {"password": NEW}).status_code == 302
    assert two.post(addresses[1], {"password": "encore une autre phrase"}).status_code == 410
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_sign_in_kills_the_reset_link(client):
    user = UserFactory()
    path = reset_path(user)
    sign_in(client, user.email)
    assert Client().get(path).status_code == 410


@pytest.mark.parametrize("uid", ["x", "MQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk", "é", "____", "A" * 500])
@pytest.mark.parametrize("token", ["choisir", "x-y", "set-password", "é" * 100])
def test_made_up_reset_link(client, uid, token):
    path = reverse("mot_de_passe_nouveau", args=[uid, token])
    assert client.get(path).status_code == 410
    assert client.post(path, {"password": NEW}).status_code == 410


def test_weak_new_password_is_refused(client):
    user = UserFactory(first_name="Virginie", last_name="Durand")
    address = client.get(reset_path(user), follow=True).request["PATH_INFO"]
    assert "<title>Erreur" in client.post(address, {"password": "virginiedurand"}).content.decode()
    assert client.post(address, {"password": NEW}).status_code == 302


def test_inactive_account_gets_no_reset(client):
    services.request_password_reset(email=UserFactory(is_active=False).email)
    assert services.answer_password_resets() == 0


def test_requests_are_forgotten_after_a_week():
    with time_machine.travel(timezone.now() - timedelta(days=8), tick=False):
        services.request_password_reset(email="a@exemple.fr")
        services.answer_password_resets()
    assert PasswordResetRequest.objects.count() == 1
    services.answer_password_resets()
    assert not PasswordResetRequest.objects.exists()


def test_sixth_request_waits_for_the_hour():
    user = UserFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            services.request_password_reset(email=user.email)
        with refused(SentTooOften, Code.SENT_TOO_OFTEN):
            services.request_password_reset(email=user.email)
        assert services.answer_password_resets() == 5
        clock.shift(timedelta(hours=1, seconds=1))
        services.request_password_reset(email=user.email)
        assert services.answer_password_resets() == 1


def test_asking_costs_the_same_for_every_address(client, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("accounts.views.session.hint", lambda task: None)
    for email in (UserFactory().email, EmployeeFactory().professional_email, "inconnu@exemple.fr"):
        with django_assert_num_queries(6):
            client.post(reverse("mot_de_passe_oublie"), {"email": email})


def test_my_information(client, django_assert_num_queries):
    employee = EmployeeFactory(activated=True)
    client.force_login(employee.user)
    client.get(reverse("mes_informations"))
    with django_assert_num_queries(3):
        page = client.get(reverse("mes_informations")).content.decode()
    for text in (employee.user.email, employee.employer.name, employee.matricule):
        assert text in page


def test_consent_is_given_and_withdrawn(client):
    user = UserFactory()
    client.force_login(user)
    address = reverse("mes_informations")
    client.post(address, {"consentement": "1", "marketing": "oui"})
    user.refresh_from_db()
    assert user.marketing_consent_at is not None
    assert "Ne plus les recevoir" in client.get(address).content.decode()
    client.post(address, {"consentement": "1"})
    user.refresh_from_db()
    assert user.marketing_consent_at is None


def test_changing_the_password_ends_the_other_sessions_only(client):
    user = UserFactory()
    elsewhere = Client()
    sign_in(client, user.email)
    sign_in(elsewhere, user.email)
    address = reverse("mes_informations")
    wrong = client.post(address, {"changer": "1", "current": "faux", "password": NEW})
    assert "Le mot de passe actuel est incorrect" in wrong.content.decode()
    assert client.post(address, {"changer": "1", "current": PASSWORD, "password": NEW}).url == address
    assert client.get(address).status_code == 200
    assert elsewhere.get(address).status_code == 302
    assert kinds(user.email) == ["new_device", "password_changed"]
