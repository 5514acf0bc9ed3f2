"""The three steps, the dead links, the code, the sign-in."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.exceptions import ActivationRefused
from accounts.models import Employee, Invitation, PasswordResetRequest, User
from accounts.services import activation
from notifications.delivery import deliver
from notifications.models import OutgoingEmail
from portal.lib.sealing import unseal
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "un cheval bleu dans la neige"


def url(name: str, invitation: Invitation) -> str:
    return reverse(name, args=[invitation.token])  # type: ignore[attr-defined]


def step_one(client: Client, invitation: Invitation, personal: str = "", consent: bool = False) -> None:
    data = {"has_personal_email": "oui" if personal else "non", "personal_email": personal}
    data |= {"personal_email_again": personal} | ({"marketing_consent": "on"} if consent else {})
    response = client.post(url("activation", invitation), data)
    assert response.status_code == 302, response.content.decode()


def code_sent_to(address: str) -> str:
    mail = OutgoingEmail.objects.filter(to=address, kind="activation_code").order_by("pk").last()
    assert mail is not None
    found = re.search(r"\b\d{6}\b", unseal(mail.text_body))
    assert found
    return found.group(0)


def test_three_steps_open_one_account_with_the_personal_address(client: Client) -> None:
    invitation = InvitationFactory()
    nadia = CorrespondentFactory(employer=invitation.employee.employer)
    page = client.get(url("activation", invitation)).content.decode()
    assert invitation.employee.employer.name in page
    assert invitation.employee.professional_email in page
    assert "tout au long de votre vie" in page
    assert 'name="marketing_consent"' in page
    assert "checked" not in page
    step_one(client, invitation, "Camille@Perso.exemple", consent=True)
    data = {"password": NEW_PASSWORD, "code": code_sent_to("camille@perso.exemple")}
    response = client.post(url("activation_compte", invitation), data, follow=True)
    assert "Recevez vos identifiants" in response.content.decode()
    user = User.objects.get(email="camille@perso.exemple")
    assert user.marketing_consent_at is not None
    assert user.check_password(NEW_PASSWORD)
    employee = Employee.objects.get(pk=invitation.employee_id)
    assert employee.user == user
    opened = OutgoingEmail.objects.get(kind="account_opened")
    assert user.email in opened.text_body
    assert NEW_PASSWORD not in opened.text_body
    assert OutgoingEmail.objects.filter(to=nadia.user.email, kind="employee_activated").count() == 1
    again = client.get(url("activation", invitation))
    assert again.status_code == 410
    assert "déjà servi" in again.content.decode()


def test_a_get_changes_nothing(client: Client) -> None:
    invitation = InvitationFactory()
    before = Invitation.objects.values().get(pk=invitation.pk)
    for name in ("activation", "activation_compte", "activation_pas_moi"):
        client.get(url(name, invitation))
        client.head(url(name, invitation))
    assert Invitation.objects.values().get(pk=invitation.pk) == before
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Indiquez si vous disposez"),
        ({"has_personal_email": "oui"}, "Indiquez votre adresse e-mail personnelle"),
        ({"has_personal_email": "oui", "personal_email": "a@"}, "incomplète"),
        ({"has_personal_email": "oui", "personal_email": "a@b.fr"}, "une seconde fois"),
        (
            {"has_personal_email": "oui", "personal_email": "a@b.fr", "personal_email_again": "a@c.fr"},
            "ne sont pas identiques",
        ),
    ],
)
def test_step_one_says_what_is_wrong_and_keeps_the_rest(client: Client, data: dict[str, str], message: str) -> None:
    invitation = InvitationFactory()
    page = client.post(url("activation", invitation), data).content.decode()
    assert message in page
    if "personal_email" in data:
        assert data["personal_email"] in page
    invitation.refresh_from_db()
    assert invitation.registered_at is None


@pytest.mark.parametrize("password", ["court", "motdepasse123", "123456789012", "ateliersdulevant", "virginie.durand"])
def test_weak_passwords_are_refused(client: Client, password: str) -> None:
    invitation = InvitationFactory(
        employee__first_name="Virginie",
        employee__last_name="Durand",
        employee__professional_email="virginie.durand@levant.exemple",
        employee__employer__name="Ateliers du Levant",
    )
    step_one(client, invitation)
    response = client.post(url("activation_compte", invitation), {"password": password})
    assert response.status_code == 200
    assert "Erreur" in response.content.decode()
    assert not User.objects.exists()


def test_wrong_codes_are_counted_and_the_sixth_try_is_refused_even_right(client: Client) -> None:
    invitation = InvitationFactory()
    step_one(client, invitation, "camille@perso.exemple")
    right = code_sent_to("camille@perso.exemple")
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        page = client.post(url("activation_compte", invitation), {"password": NEW_PASSWORD, "code": wrong})
        assert "incorrect" in page.content.decode()
    page = client.post(url("activation_compte", invitation), {"password": NEW_PASSWORD, "code": right})
    assert "Trop d’essais" in page.content.decode()
    client.post(url("activation_code", invitation))
    fresh = code_sent_to("camille@perso.exemple")
    done = client.post(url("activation_compte", invitation), {"password": NEW_PASSWORD, "code": fresh})
    assert done.status_code == 302


def test_a_code_dies_after_15_minutes(client: Client) -> None:
    invitation = InvitationFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        step_one(client, invitation, "camille@perso.exemple")
        clock.shift(timedelta(minutes=15, seconds=1))
        data = {"password": NEW_PASSWORD, "code": code_sent_to("camille@perso.exemple")}
        assert "plus valable" in client.post(url("activation_compte", invitation), data).content.decode()


def test_a_personal_address_that_has_an_account_gets_no_code_and_the_page_tells_nothing(client: Client) -> None:
    UserFactory(email="prise@perso.exemple")
    one, two = InvitationFactory(), InvitationFactory()
    step_one(client, one, "prise@perso.exemple")
    step_one(client, two, "libre@perso.exemple")
    pages = [client.get(url("activation_compte", i)).content.decode() for i in (one, two)]
    assert "code à 6" in pages[0]
    assert "code à 6" in pages[1]
    assert OutgoingEmail.objects.get(to="prise@perso.exemple").kind == "address_already_used"


def test_attaching_to_the_account_already_signed_in(client: Client) -> None:
    invitation = InvitationFactory()
    names = {"first_name": invitation.employee.first_name, "last_name": invitation.employee.last_name}
    user = UserFactory(**names)
    client.force_login(user)
    assert "Rattacher" in client.get(url("activation", invitation)).content.decode()
    client.post(url("activation_rattacher", invitation))
    assert Employee.objects.get(pk=invitation.employee_id).user == user


def test_not_me_kills_the_link_and_tells_the_correspondent(client: Client) -> None:
    invitation = InvitationFactory()
    nadia = CorrespondentFactory(employer=invitation.employee.employer)
    assert "C’est noté" in client.post(url("activation_pas_moi", invitation)).content.decode()
    assert OutgoingEmail.objects.get(to=nadia.user.email).kind == "not_me"
    response = client.get(url("activation", invitation))
    assert response.status_code == 410
    assert "désactivé" in response.content.decode()


def test_a_code_kept_waiting_by_a_server_lives_from_its_arrival(client: Client) -> None:
    now = timezone.now()
    invitation = InvitationFactory()
    with time_machine.travel(now, tick=False) as clock:
        step_one(client, invitation, "camille@perso.exemple")
        code = code_sent_to("camille@perso.exemple")
        clock.shift(timedelta(minutes=40))  # greylisted
        deliver()
        clock.shift(timedelta(minutes=14))
        answer = client.post(url("activation_compte", invitation), {"password": NEW_PASSWORD, "code": code})
        assert answer.status_code == 302
        assert User.objects.filter(email="camille@perso.exemple").exists()


def test_the_arrival_of_a_former_code_changes_nothing_of_the_new_one() -> None:
    invitation = InvitationFactory(personal_email="camille@perso.exemple")
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        services.send_code(invitation=invitation)
        clock.shift(timedelta(minutes=5))
        services.send_code(invitation=invitation)
        first, second = OutgoingEmail.objects.filter(kind="activation_code").order_by("pk")
        activation.code_left([first.dedup_key], now + timedelta(minutes=6))
        invitation.refresh_from_db()
        assert invitation.code_sent_at == now + timedelta(minutes=5)
        activation.code_left([second.dedup_key], now + timedelta(minutes=7))
        invitation.refresh_from_db()
        assert invitation.code_sent_at == now + timedelta(minutes=7)


def test_an_expired_link_can_be_asked_for_again_once(client: Client) -> None:
    invitation = InvitationFactory(sent_at=timezone.now() - timedelta(days=61))
    nadia = CorrespondentFactory(employer=invitation.employee.employer)
    for _ in range(2):
        assert "transmise" in client.post(url("activation_nouveau_lien", invitation)).content.decode()
    assert OutgoingEmail.objects.filter(to=nadia.user.email, kind="new_link_requested").count() == 1


def test_an_unknown_link_has_its_page_and_its_headers(client: Client) -> None:
    response = client.get(reverse("activation", args=["x" * 43]))
    assert response.status_code == 404
    assert "pas reconnu" in response.content.decode()
    assert response["Referrer-Policy"] == "strict-origin"
    assert "no-store" in response["Cache-Control"]


def test_sign_in_gives_one_message_and_is_throttled(client: Client) -> None:
    user = UserFactory()
    for email in (user.email, "inconnu@exemple.fr", user.email.upper()):
        page = client.post(reverse("connexion"), {"username": email, "password": "faux"}).content.decode()
        assert "Identifiant ou mot de passe incorrect" in page
    for _ in range(4):
        response = client.post(reverse("connexion"), {"username": user.email, "password": "faux"})
    assert response.status_code == 429
    assert "Trop d’essais" in response.content.decode()
    locked = client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD})
    assert locked.status_code == 429
    elsewhere = client.post(
        reverse("connexion"), {"username": user.email, "password": PASSWORD}, REMOTE_ADDR="10.1.2.3"
    )
    assert elsewhere.status_code == 302


@pytest.mark.parametrize("target", ["https://ailleurs.exemple/", "//ailleurs.exemple", "javascript:alert(1)"])
def test_next_stays_on_this_host(client: Client, target: str) -> None:
    user = UserFactory()
    response = client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD, "next": target})
    assert response["Location"] == reverse("accueil")


def test_forgotten_password_answers_everybody_alike_and_mails_the_right_ones(client: Client) -> None:
    user = UserFactory()
    waiting = EmployeeFactory()
    pages = set()
    for email in (user.email.upper(), waiting.professional_email, "inconnu@exemple.fr"):
        page = client.post(reverse("mot_de_passe_oublie"), {"email": email}).content.decode()
        pages.add(re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page))
    assert len(pages) == 1
    services.answer_password_resets()
    kinds = dict(OutgoingEmail.objects.values_list("to", "kind"))
    assert kinds == {user.email: "password_reset", waiting.professional_email: "not_activated_yet"}


def test_a_reset_link_serves_once_and_ends_the_other_sessions(client: Client) -> None:
    user = UserFactory()
    elsewhere = Client()
    elsewhere.force_login(user)
    services.request_password_reset(email=user.email)
    services.answer_password_resets()
    text = unseal(OutgoingEmail.objects.get(kind="password_reset").text_body)
    link = re.search(r"/mot-de-passe/\S+", text)
    assert link
    page = client.get(link.group(0), follow=True)
    assert link.group(0).split("/")[3] not in page.request["PATH_INFO"]
    done = client.post(page.request["PATH_INFO"], {"password": NEW_PASSWORD})
    assert done.status_code == 302
    assert client.get(link.group(0)).status_code == 410
    assert elsewhere.get(reverse("mes_informations")).status_code == 302
    assert OutgoingEmail.objects.filter(kind="password_changed").count() == 1
    assert not outbox.outbox


def test_resets_are_limited_to_five_an_hour() -> None:
    user = UserFactory()
    for _ in range(5):
        services.request_password_reset(email=user.email)
    PasswordResetRequest.objects.create(email=user.email)  # in the same instant, by another process
    assert services.answer_password_resets() == 5


@pytest.mark.parametrize("value", ["\x00", "9" * 20, "\u202eabc", "a" * 5000, "<script>", "%00"])
def test_naughty_input_is_never_an_error_of_ours(client: Client, value: str) -> None:
    invitation = InvitationFactory()
    for name in ("activation", "activation_compte"):
        data = dict.fromkeys(
            ("has_personal_email", "personal_email", "personal_email_again", "password", "code"), value
        )
        assert client.post(url(name, invitation), data).status_code < 500
    assert client.post(reverse("connexion"), {"username": value, "password": value}).status_code < 500
    assert client.post(reverse("mot_de_passe_oublie"), {"email": value}).status_code < 500
    client.force_login(CorrespondentFactory().user)
    employer = reverse(
        "pre_affilier", args=[User.objects.get(first_name="Nadia").correspondent_roles.get().employer_id]
    )
    fields = ("first_name", "last_name", "professional_email", "matricule", "hired_on_0", "contract_type")
    assert client.post(employer, dict.fromkeys(fields, value)).status_code < 500


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_activations_at_once_open_one_account() -> None:
    invitation = InvitationFactory()
    services.register(invitation=invitation, personal_email="", marketing_consent=False)
    barrier, results = Barrier(2), []

    def activate() -> None:
        try:
            barrier.wait()
            results.append(services.activate(invitation=invitation, password=NEW_PASSWORD, code=""))
        except ActivationRefused as refusal:
            results.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=activate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(r).__name__ for r in results) == ["ActivationRefused", "User"]
    assert User.objects.count() == 1
    assert OutgoingEmail.objects.filter(kind="account_opened").count() == 1
