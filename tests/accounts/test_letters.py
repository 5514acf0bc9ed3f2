"""A letter with a code: who has no address is invited on paper, and gives an address that a code proves."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tokens
from accounts.employee.fields import Declared
from accounts.exceptions import ActivationRefused, WaitBeforeTrying
from accounts.listing import filtered, read_filters
from accounts.models import CompanyEvent, Correspondent, Employee, Invitation, InvitationLink, User
from accounts.services import reminders
from notifications.models import OutgoingEmail
from tests.accounts.mails import kinds, last_code
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, InvitationFactory, UserFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
MINE = "virginie@maison.exemple"
PLACE = "192.0.2.7"


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


@pytest.fixture
def employee(role: Correspondent) -> Employee:
    return EmployeeFactory(employer=role.employer, professional_email="")


def code_for(employee: Employee, role: Correspondent) -> str:
    (letter,) = services.print_letters(employer=role.employer, employees=[employee], by=role.user)
    return letter.code


def typed(client: Client, code: str) -> str:
    """Where the code leads, "" when the page comes again."""
    return client.post(reverse("activation_lettre"), {"code": code}).headers.get("Location", "")


def test_nobody_without_an_address_is_sent_anything(role: Correspondent) -> None:
    declared = Declared("M-1", "Ana", "Petit", "", timezone.localdate(), "cdi")
    first = services.pre_affiliate(by=role.user, employer=role.employer, declared=declared)
    other = Declared("M-2", "Ali", "Petit", "", timezone.localdate(), "cdi")
    services.pre_affiliate(by=role.user, employer=role.employer, declared=other)
    assert not Invitation.objects.exists()
    assert services.resend(employee=first, by=role.user) is None
    (left,) = reminders.propose(Employee.objects.filter(employer=role.employer), timezone.now()).left_out
    assert (left.reason, left.count) == (reminders.ON_PAPER, 2)
    code_for(first, role)
    with time_machine.travel(timezone.now() + timedelta(days=54), tick=False):
        assert services.remind_invitations() == 0
    assert not OutgoingEmail.objects.exists()


def test_a_code_is_long_read_without_mistake_and_kept_as_a_hash_alone(role: Correspondent, employee: Employee) -> None:
    code = code_for(employee, role)
    assert re.fullmatch(r"([ACDEFGHJKMNPQRTUVWXY34679]{4}-){3}[ACDEFGHJKMNPQRTUVWXY34679]{4}", code)
    letter = Invitation.objects.get()
    assert letter.letter_hash == tokens.hash_letter_code(code.lower().replace("-", " "))
    assert code not in str(Invitation.objects.values().get())
    assert letter.expires_at - letter.sent_at == timedelta(days=60)
    event = CompanyEvent.objects.get()
    assert (event.act, event.employee, event.actor) == ("letter", employee, role.user)


def test_a_letter_opens_an_account_with_an_address_that_a_code_proves(
    client: Client, role: Correspondent, employee: Employee
) -> None:
    step_1 = typed(client, f" {code_for(employee, role).lower()} ")
    page = client.get(step_1).content.decode()
    assert "Votre adresse e-mail" in page
    assert "has_personal_email" not in page
    assert "Adresse e-mail professionnelle" not in page
    refusal = client.post(step_1, {"personal_email": "", "personal_email_again": ""}).content.decode()
    assert "Indiquez votre adresse e-mail personnelle" in refusal
    step_2 = client.post(step_1, {"personal_email": MINE, "personal_email_again": MINE}).headers["Location"]
    assert "Code de confirmation" in client.get(step_2).content.decode()
    assert client.post(step_2, {"password": PASSWORD}).status_code == 200
    assert not User.objects.filter(email=MINE).exists()
    client.post(step_2, {"password": PASSWORD, "code": last_code(MINE)})
    employee.refresh_from_db()
    assert employee.user == User.objects.get(email=MINE)
    assert kinds(MINE) == ["activation_code", "account_opened"]


def test_a_letter_proves_no_mailbox_even_to_who_has_a_professional_address(client: Client, role: Correspondent) -> None:
    employee = EmployeeFactory(employer=role.employer)
    by_mail = InvitationFactory(employee=employee)
    step_1 = typed(client, code_for(employee, role))
    client.post(step_1, {"has_personal_email": "non"})
    letter = Invitation.objects.exclude(pk=by_mail.pk).get()
    services.register(invitation=letter, personal_email="", marketing_consent=False)
    with refused(ActivationRefused, "not_begun"):
        services.activate(invitation=letter, password=PASSWORD, code="")
    by_mail.refresh_from_db()
    assert by_mail.revocation_reason == "resent"


def test_a_mailbox_is_told_of_the_account_that_a_letter_opened(client: Client, role: Correspondent) -> None:
    employee = EmployeeFactory(employer=role.employer, professional_email="ana@levant.exemple")
    step_1 = typed(client, code_for(employee, role))
    step_2 = client.post(
        step_1, {"has_personal_email": "oui", "personal_email": MINE, "personal_email_again": MINE}
    ).headers["Location"]
    client.post(step_2, {"password": PASSWORD, "code": last_code(MINE)})
    assert User.objects.filter(email=MINE).exists()
    assert kinds("ana@levant.exemple") == ["employer_attached"]


def test_a_new_letter_kills_the_code_of_the_former(client: Client, role: Correspondent, employee: Employee) -> None:
    former, latter = code_for(employee, role), code_for(employee, role)
    assert typed(client, former) == ""
    with refused(ActivationRefused, "link_revoked", field="code"):
        services.open_letter(code=former, address=PLACE)
    assert typed(client, latter)


def test_a_code_dies_after_sixty_days_and_serves_for_one_account(
    client: Client, role: Correspondent, employee: Employee
) -> None:
    code = code_for(employee, role)
    later = timezone.now() + timedelta(days=60)
    with time_machine.travel(later, tick=False), refused(ActivationRefused, "link_expired", field="code"):
        services.open_letter(code=code, address=PLACE)
    step_1 = typed(client, code)
    step_2 = client.post(step_1, {"personal_email": MINE, "personal_email_again": MINE}).headers["Location"]
    assert typed(Client(), code), "until the account is there, the letter may be taken up again"
    client.post(step_2, {"password": PASSWORD, "code": last_code(MINE)})
    with refused(ActivationRefused, "link_used", field="code"):
        services.open_letter(code=code, address=PLACE)
    assert services.print_letters(employer=role.employer, employees=[employee], by=role.user) == []


def test_wrong_codes_are_counted_by_place_and_then_wait(
    client: Client, role: Correspondent, employee: Employee
) -> None:
    code = code_for(employee, role)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(19):
            with refused(ActivationRefused, "wrong_code", field="code"):
                services.open_letter(code="AAAA-AAAA-AAAA-AAAA", address=PLACE)
        with pytest.raises(WaitBeforeTrying):
            services.open_letter(code="AAAA-AAAA-AAAA-AAAA", address=PLACE)
        with pytest.raises(WaitBeforeTrying):
            services.open_letter(code=code, address=PLACE)
        answer = client.post(reverse("activation_lettre"), {"code": code}, REMOTE_ADDR=PLACE)
        assert answer.status_code == 429
        assert services.open_letter(code=code, address="192.0.2.8")


def test_a_right_code_gives_one_try_back_and_no_more(role: Correspondent, employee: Employee) -> None:
    code = code_for(employee, role)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(19):
            with refused(ActivationRefused, "wrong_code", field="code"):
                services.open_letter(code="AAAA-AAAA-AAAA-AAAA", address=PLACE)
        with pytest.raises(WaitBeforeTrying):
            services.open_letter(code="AAAA-AAAA-AAAA-AAAA", address=PLACE)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert services.open_letter(code=code, address=PLACE)
        with pytest.raises(WaitBeforeTrying):
            services.open_letter(code="AAAA-AAAA-AAAA-AAAA", address=PLACE)


def test_two_prints_at_once_kill_no_code_of_each_other(role: Correspondent, employee: Employee) -> None:
    read = list(services.waiting_for_letter(role.employer, timezone.now()))
    (letter,) = services.print_letters(employer=role.employer, employees=read, by=role.user, waiting=True)
    assert services.print_letters(employer=role.employer, employees=read, by=role.user, waiting=True) == []
    assert services.open_letter(code=letter.code, address=PLACE)


def test_who_was_never_printed_a_letter_is_not_yet_invited(role: Correspondent, employee: Employee) -> None:
    never, dead = [read_filters(f"lien={lien}") for lien in ("jamais", "expire")]
    rows, now = Employee.objects.all(), timezone.now()
    assert (filtered(rows, never, now).count(), filtered(rows, dead, now).count()) == (1, 0)
    code_for(employee, role)
    later = now + timedelta(days=61)
    assert (filtered(rows, never, later).count(), filtered(rows, dead, later).count()) == (0, 1)


def test_a_code_is_no_link_and_a_wrong_one_is_said_at_its_field(
    client: Client, role: Correspondent, employee: Employee
) -> None:
    code = code_for(employee, role)
    assert client.get(reverse("activation", args=[code])).status_code == 404
    assert not InvitationLink.objects.exists()
    page = client.post(reverse("activation_lettre"), {"code": "ACDE"}).content.decode()
    assert "Ce code n’est pas reconnu" in page
    assert "Saisissez le code qui figure sur votre lettre" in client.post(reverse("activation_lettre")).content.decode()


def test_somebody_signed_in_of_other_names_is_sent_to_the_employer(
    client: Client, role: Correspondent, employee: Employee
) -> None:
    client.force_login(UserFactory(first_name="Paul", last_name="Autre"))
    step_1 = typed(client, code_for(employee, role))
    assert "Adressez-vous à votre employeur" in client.get(step_1).content.decode()
    token = step_1.split("/")[2]
    answer = client.post(reverse("activation_rattacher_code", args=[token]), follow=True).content.decode()
    assert "aucune adresse professionnelle ne permet" in answer
    assert not OutgoingEmail.objects.exists()


def test_an_address_given_or_taken_away_changes_how_one_is_invited(role: Correspondent, employee: Employee) -> None:
    code = code_for(employee, role)
    services.update_employee(employee=employee, values={"professional_email": "ana@levant.exemple"}, by="Nadia")
    with refused(ActivationRefused, "link_revoked", field="code"):
        services.open_letter(code=code, address=PLACE)
    assert kinds("ana@levant.exemple") == ["invitation"]
    employee.refresh_from_db()
    services.update_employee(employee=employee, values={"professional_email": ""}, by="Nadia")
    assert not Invitation.objects.filter(revoked_at__isnull=True).exists()
    assert [one.pk for one in services.waiting_for_letter(role.employer, timezone.now())] == [employee.pk]
