"""The three steps, and what each dead link says."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.enums import RevocationReason
from accounts.models import Invitation, User
from tests.accounts.mails import kinds, last_code
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db

PERSONAL = "virginie@maison.exemple"
LONG = "Снег за окном, чай на столе, кот спит, книга в руках, вечер долгий, лампа горит, завтра в дорогу, всё впереди"


def step_1(client, invitation, email=PERSONAL, **more):
    answers = {"has_personal_email": "oui" if email else "non", "personal_email": email, "personal_email_again": email}
    return client.post(reverse("activation", args=[invitation.token]), answers | more)


def step_2(client, invitation, code=None, password=PASSWORD):
    answers = {"password": password} | ({"code": code} if code is not None else {})
    return client.post(reverse("activation_compte", args=[invitation.token]), answers)


def test_first_page_names_the_employer_and_changes_nothing(client, django_assert_num_queries):
    invitation = InvitationFactory()
    before = Invitation.objects.values().get()
    with django_assert_num_queries(2):
        response = client.get(reverse("activation", args=[invitation.token]))
    page = response.content.decode()
    assert response.status_code == 200
    assert invitation.employee.employer.name in page
    assert invitation.employee.professional_email in page
    assert "Si vous ne faites pas partie de" in page
    assert "checked" not in page
    assert response["Cache-Control"] == "no-store"
    assert Invitation.objects.values().get() == before


@pytest.mark.parametrize("name", ["activation", "activation_compte", "activation_pas_moi"])
def test_reading_every_page_leaves_the_link_alive(client, name):
    invitation = InvitationFactory()
    client.get(reverse(name, args=[invitation.token]))
    client.head(reverse(name, args=[invitation.token]))
    invitation.refresh_from_db()
    assert invitation.state(timezone.now()) == "live"
    assert invitation.registered_at is None


def test_whole_path_with_a_personal_address(client):
    employer = CorrespondentFactory().employer
    invitation = InvitationFactory(employee=EmployeeFactory(employer=employer))
    employee = invitation.employee

    assert step_1(client, invitation, marketing_consent="on").url == reverse(
        "activation_compte", args=[invitation.token]
    )
    assert kinds(PERSONAL) == ["activation_code"]
    code = last_code(PERSONAL)
    response = step_2(client, invitation, f"{code[:3]} {code[3:]}")

    assert response.url == reverse("activation_terminee")
    assert PERSONAL in client.get(response.url).content.decode()
    user = User.objects.get(email=PERSONAL)
    assert user.check_password(PASSWORD)
    assert user.marketing_consent_at is not None
    employee.refresh_from_db()
    invitation.refresh_from_db()
    assert employee.user == user
    assert employee.activated_at == invitation.used_at
    assert kinds(PERSONAL) == ["activation_code", "account_opened"]
    assert kinds(employer.correspondents.get().user.email) == ["employee_activated"]
    assert client.session["correspondent"] is False


def test_whole_path_with_the_professional_address(client):
    invitation = InvitationFactory()
    email = invitation.employee.professional_email
    step_1(client, invitation, "")
    assert kinds() == []
    assert (
        "Code de confirmation" not in client.get(reverse("activation_compte", args=[invitation.token])).content.decode()
    )
    step_2(client, invitation)
    user = User.objects.get(email=email)
    assert user.marketing_consent_at is None
    assert kinds(email) == ["account_opened"]


def test_second_step_needs_the_first(client, django_assert_num_queries):
    invitation = InvitationFactory()
    first = reverse("activation", args=[invitation.token])
    assert client.get(reverse("activation_compte", args=[invitation.token])).url == first
    assert step_2(client, invitation).url == first
    step_1(client, invitation)
    with django_assert_num_queries(1):
        client.get(reverse("activation_compte", args=[invitation.token]))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "Indiquez si vous disposez d’une adresse e-mail personnelle"),
        ({"has_personal_email": "oui"}, "Indiquez votre adresse e-mail personnelle"),
        ({"has_personal_email": "oui", "personal_email": "a@b.fr"}, "Saisissez l’adresse une seconde fois"),
        (
            {"has_personal_email": "oui", "personal_email": "a@b.fr", "personal_email_again": "c@b.fr"},
            "Les deux adresses ne sont pas identiques",
        ),
        ({"has_personal_email": "oui", "personal_email": "a@b"}, "L’adresse e-mail est incomplète"),
        ({"has_personal_email": "peut-être"}, "Choix"),
    ],
)
def test_wrong_answer_keeps_the_others(client, answers, words):
    invitation = InvitationFactory()
    page = client.post(
        reverse("activation", args=[invitation.token]), answers | {"marketing_consent": "on"}
    ).content.decode()
    assert words in page or "Sélectionnez" in page
    assert "<title>Erreur" in page
    assert "checked" in page
    if address := answers.get("personal_email"):
        assert f'value="{address}"' in page
    invitation.refresh_from_db()
    assert invitation.registered_at is None


def test_address_left_after_answering_no_is_not_read(client):
    invitation = InvitationFactory()
    response = step_1(client, invitation, has_personal_email="non", personal_email="moitié@", personal_email_again="x")
    assert response.status_code == 302
    invitation.refresh_from_db()
    assert invitation.personal_email == ""


def test_address_asked_after_yes_is_not_said_optional(client):
    page = client.get(reverse("activation", args=[InvitationFactory().token])).content.decode()
    assert page.count("(facultatif)") == 1


def test_addresses_are_compared_without_case(client):
    invitation = InvitationFactory()
    step_1(client, invitation, "Virginie@Maison.Exemple ", personal_email_again="virginie@maison.exemple")
    invitation.refresh_from_db()
    assert invitation.personal_email == "virginie@maison.exemple"


@pytest.mark.parametrize(
    "password",
    ["court", "123456789012", "Virginie Durand", "ateliersdulevant", "x" * 5000, "nul\0nul\0nul\0"],
)
def test_weak_password_is_refused_and_the_code_survives(client, password):
    invitation = InvitationFactory(employee=EmployeeFactory(last_name="Durand", employer__name="Ateliers du Levant"))
    step_1(client, invitation)
    code = last_code(PERSONAL)
    response = step_2(client, invitation, code, password)
    assert response.status_code == 200
    assert "<title>Erreur" in response.content.decode()
    assert code in response.content.decode()
    assert not User.objects.exists()
    assert step_2(client, invitation, code).status_code == 302


@pytest.mark.parametrize("password", ["une phrase avec des espaces 🦔", "  espaces autour 12 ", LONG])
def test_long_odd_passwords_are_kept_as_typed(client, password):
    invitation = InvitationFactory()
    step_1(client, invitation, "")
    step_2(client, invitation, password=password)
    assert User.objects.get().check_password(password)


def test_wrong_codes_are_counted_and_then_even_the_right_one_is_refused(client):
    invitation = InvitationFactory()
    step_1(client, invitation)
    right = last_code(PERSONAL)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for attempt in range(1, 6):
        assert "Ce code est incorrect" in step_2(client, invitation, wrong).content.decode()
        invitation.refresh_from_db()
        assert invitation.code_attempts == attempt
    assert "Trop d’essais" in step_2(client, invitation, right).content.decode()
    assert not User.objects.exists()

    client.post(reverse("activation_code", args=[invitation.token]))
    assert step_2(client, invitation, last_code(PERSONAL)).status_code == 302


def test_fifth_attempt_may_be_the_right_one(client):
    invitation = InvitationFactory()
    step_1(client, invitation)
    for _ in range(4):
        step_2(client, invitation, "nonono")
    assert step_2(client, invitation, last_code(PERSONAL)).status_code == 302


def test_code_dies_after_15_minutes(client):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        invitation = InvitationFactory()
        step_1(client, invitation)
        code = last_code(PERSONAL)
        clock.shift(timedelta(minutes=15))
        assert "Ce code n’est plus valable" in step_2(client, invitation, code).content.decode()
        clock.shift(timedelta(seconds=-1))
        assert step_2(client, invitation, code).status_code == 302


def test_a_new_code_replaces_the_former(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        invitation = InvitationFactory()
        step_1(client, invitation)
        former = last_code(PERSONAL)
        while True:
            clock.shift(timedelta(seconds=1))
            client.post(reverse("activation_code", args=[invitation.token]))
            if last_code(PERSONAL) != former:
                break
        assert "Ce code est incorrect" in step_2(client, invitation, former).content.decode()


def test_six_codes_an_hour(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        invitation = InvitationFactory()
        step_1(client, invitation)
        again = reverse("activation_code", args=[invitation.token])
        for _ in range(5):
            clock.shift(timedelta(seconds=10))
            client.post(again)
        assert kinds(PERSONAL).count("activation_code") == 6
        clock.shift(timedelta(seconds=10))
        assert "Trop de codes envoyés" in client.post(again, follow=True).content.decode()
        # Another address does not give six more.
        assert "Trop de codes envoyés" in step_1(client, invitation, "autre@maison.exemple").content.decode()
        assert len(kinds()) == 6
        clock.shift(timedelta(hours=1))
        client.post(again)
        assert len(kinds()) == 7


def test_code_of_a_former_address_does_not_open_an_account_with_another(client):
    invitation = InvitationFactory()
    step_1(client, invitation)
    code = last_code(PERSONAL)
    step_1(client, invitation, "autre@maison.exemple")
    if last_code("autre@maison.exemple") != code:
        assert "Ce code est incorrect" in step_2(client, invitation, code).content.decode()
    assert not User.objects.exists()


def test_address_is_modified_by_going_back(client):
    invitation = InvitationFactory()
    step_1(client, invitation)
    first = reverse("activation", args=[invitation.token])
    assert first in client.get(reverse("activation_compte", args=[invitation.token])).content.decode()
    assert f'value="{PERSONAL}"' in client.get(first).content.decode()


def test_personal_address_that_has_an_account_gets_the_same_screens(client):
    UserFactory(email="prise@maison.exemple")
    pages = []
    for address in ("prise@maison.exemple", "libre@maison.exemple"):
        invitation = InvitationFactory(employee=EmployeeFactory(last_name="Durand", professional_email="v@l.exemple"))
        first = step_1(client, invitation, address)
        second = step_2(client, invitation, "nonono")
        page = client.get(first.url).content.decode() + second.content.decode()
        for secret in (invitation.token, address, invitation.employee.employer.name):
            page = page.replace(secret, "…")
        pages.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page))
    assert pages[0] == pages[1]
    assert kinds("prise@maison.exemple") == ["address_already_used"]
    assert kinds("libre@maison.exemple") == ["activation_code"]


def test_professional_address_that_has_an_account_signs_in_and_attaches(client, django_assert_max_num_queries):
    invitation = InvitationFactory()
    email = invitation.employee.professional_email
    user = UserFactory(email=email)
    address = reverse("activation", args=[invitation.token])
    assert "Un compte existe déjà" in client.get(address).content.decode()
    step_1(client, invitation, "")
    assert "Un compte existe déjà avec cette adresse" in step_2(client, invitation).content.decode()
    assert User.objects.count() == 1

    attach = reverse("activation_rattacher", args=[invitation.token])
    assert client.post(attach).url.startswith(reverse("connexion"))
    answer = client.post(reverse("connexion"), {"username": email, "password": PASSWORD, "next": address})
    assert answer.url == address
    with django_assert_max_num_queries(7):
        assert "Rattacher" in client.get(address).content.decode()
    assert client.get(attach).url == address
    assert client.post(attach).url == reverse("accueil")
    invitation.employee.refresh_from_db()
    assert invitation.employee.user == user
    assert client.post(attach).status_code == 410


def test_not_me_asks_then_kills_the_link_and_tells_the_correspondent(client):
    correspondent = CorrespondentFactory()
    invitation = InvitationFactory(employee=EmployeeFactory(employer=correspondent.employer))
    address = reverse("activation_pas_moi", args=[invitation.token])
    assert client.get(address).status_code == 200
    assert kinds() == []
    assert "C’est noté" in client.post(address).content.decode()
    invitation.refresh_from_db()
    assert invitation.revocation_reason == RevocationReason.NOT_ME
    assert kinds(correspondent.user.email) == ["not_me"]
    assert client.post(address).status_code == 410
    assert len(kinds()) == 1


def dead(state: str) -> Invitation:
    now = timezone.now()
    if state == "expired":
        return InvitationFactory(sent_at=now - timedelta(hours=60 * 24))
    if state == "used":
        return InvitationFactory(used_at=now, employee=EmployeeFactory(activated=True))
    return InvitationFactory(revoked_at=now, revocation_reason=RevocationReason.CORRESPONDENT)


@pytest.mark.parametrize(
    ("state", "words"),
    [("expired", "Ce lien a expiré"), ("used", "Ce lien a déjà servi"), ("revoked", "Ce lien a été désactivé")],
)
@pytest.mark.parametrize("page", ["activation", "activation_compte", "activation_pas_moi"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_dead_link_has_its_page(client, state, words, page, method):
    invitation = dead(state)
    response = getattr(client, method)(reverse(page, args=[invitation.token]))
    assert response.status_code == 410
    assert words in response.content.decode()
    assert kinds() == []


@pytest.mark.parametrize("token", ["x", "é" * 300, "'; drop table--", "%F0%28%8C%28", "‮rtl", "A" * 43])
@pytest.mark.parametrize("page", ["activation", "activation_compte", "activation_pas_moi"])
def test_unknown_link(client, token, page):
    response = client.get(reverse(page, args=[token]))
    assert response.status_code == 404
    assert "Ce lien n’est pas reconnu" in response.content.decode()


@pytest.mark.parametrize("page", ["activation_code", "activation_nouveau_lien"])
def test_unknown_link_by_post(client, page):
    assert client.post(reverse(page, args=["x"])).status_code == 404
    assert client.get(reverse(page, args=["x"])).status_code == 405


def test_expired_link_is_asked_for_again_once(client):
    correspondent = CorrespondentFactory()
    invitation = InvitationFactory(
        employee=EmployeeFactory(employer=correspondent.employer), sent_at=timezone.now() - timedelta(days=61)
    )
    address = reverse("activation_nouveau_lien", args=[invitation.token])
    for _ in range(3):
        assert "Votre demande est transmise" in client.post(address).content.decode()
    assert kinds() == ["new_link_requested"]
    invitation.refresh_from_db()
    assert invitation.renewal_requested_at is not None


@pytest.mark.parametrize("state", ["used", "revoked"])
def test_only_an_expired_link_is_asked_for_again(client, state):
    invitation = dead(state)
    assert client.post(reverse("activation_nouveau_lien", args=[invitation.token])).status_code == 302
    assert kinds() == []


def test_activation_signs_in_with_a_new_session():
    browser = Client()
    invitation = InvitationFactory()
    step_1(browser, invitation, "")
    before = browser.session.session_key
    step_2(browser, invitation)
    assert browser.session.session_key != before


def test_code_needs_the_link_to_be_alive(client):
    invitation = InvitationFactory()
    step_1(client, invitation)
    code = last_code(PERSONAL)
    services.revoke(employee=invitation.employee, by=UserFactory())
    assert step_2(client, invitation, code).status_code == 410
    assert client.post(reverse("activation_code", args=[invitation.token])).status_code == 410
    assert not User.objects.filter(email=PERSONAL).exists()
