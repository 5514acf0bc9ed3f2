"""Messages between the employee and the centre about a request, outside of a complement."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Employee
from dispenses.models import Dispense, Question
from notifications.models import OutgoingEmail
from tests.dispenses.member.test_life import read
from tests.dispenses.member.test_wizard import signed_in, url
from tests.factories import DispenseFactory, StaffFactory

pytestmark = pytest.mark.django_db
ASKED, ANSWERED = "Mon matricule a changé.", "Merci, nous le corrigeons."


def desk(dispense: Dispense) -> str:
    return reverse("admin:dispenses_dispense_change", args=[dispense.number])


def staff_client() -> Client:
    client = Client()
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def dispense() -> Dispense:
    return DispenseFactory(in_progress=True)


def test_an_employee_writes_and_the_centre_answers_from_the_request(dispense: Dispense) -> None:
    employee, staff = signed_in(dispense), staff_client()
    page = url("messages", dispense)
    assert f'href="{page}"' in read(employee.get("/demandes/"))
    assert "Votre message est arrivé" in read(employee.post(page, {"text": ASKED}, follow=True))
    shown = read(staff.get(desk(dispense)))
    assert ASKED in shown
    assert "Sans réponse." in shown
    question = Question.objects.get()
    staff.post(reverse("admin:dispenses_question_change", args=[question.pk]), {"answer": ANSWERED})
    assert ANSWERED in read(employee.get(page))
    assert ANSWERED in read(staff.get(desk(dispense)))
    mail = OutgoingEmail.objects.get(kind="message_waits")
    assert mail.to == dispense.employee.user.email
    for secret in (ASKED, ANSWERED):
        assert secret not in mail.text_body + mail.html_body
    assert page in mail.text_body
    assert mail.about == str(dispense.number)


def test_the_centre_writes_first(dispense: Dispense) -> None:
    staff = staff_client()
    address = reverse("admin:dispenses_dispense_message", args=[dispense.number])
    for typed, words in ((" ", "Écrivez le message"), ("é" * 4001, "4000 caractères au plus")):
        answer = staff.post(address, {"message": typed})
        assert answer.status_code == 422
        page = read(answer)
        assert words in page
        assert typed.strip() in page
    assert not Question.objects.exists()
    staff.post(address, {"message": ANSWERED})
    assert ANSWERED in read(signed_in(dispense).get(url("messages", dispense)))
    assert ANSWERED not in OutgoingEmail.objects.get(kind="message_waits").text_body
    waiting = read(staff.get(reverse("admin:dispenses_question_changelist"), {"reponse": "attendue"}))
    assert dispense.employee.full_name not in waiting.partition("result_list")[2]


def test_nobody_else_reads_or_writes(dispense: Dispense) -> None:
    signed_in(dispense).post(url("messages", dispense), {"text": ASKED})
    other = DispenseFactory(in_progress=True)
    assert signed_in(other).get(url("messages", dispense)).status_code == 404
    assert signed_in(other).post(url("messages", dispense), {"text": "x"}).status_code == 404
    assert ASKED not in read(signed_in(other).get(url("messages", other)))
    party = StaffFactory()
    dispense.employee.user = party
    dispense.employee.save()
    Question.objects.update(user=party)
    client = Client()
    client.force_login(party)
    question = Question.objects.get()
    assert client.get(reverse("admin:dispenses_question_change", args=[question.pk])).status_code == 302
    address = reverse("admin:dispenses_dispense_message", args=[dispense.number])
    assert client.post(address, {"message": "x"}).status_code == 403
    assert Question.objects.count() == 1


def test_an_empty_message_or_too_many_are_said_and_the_text_stays(dispense: Dispense) -> None:
    client, page = signed_in(dispense), url("messages", dispense)
    assert "Écrivez votre message" in read(client.post(page, {"text": ""}))
    for _ in range(3):
        client.post(page, {"text": ASKED})
    refused = client.post(page, {"text": "Encore moi."})
    assert refused.status_code == 429
    assert "Encore moi." in read(refused)


def test_a_draft_has_no_messages() -> None:
    draft = DispenseFactory()
    assert signed_in(draft).get(url("messages", draft)).url == reverse("contact")


def test_an_employee_without_account_is_not_written_to() -> None:
    dispense = DispenseFactory(in_progress=True)
    Employee.objects.update(user=None, activated_at=None)
    staff = staff_client()
    staff.post(reverse("admin:dispenses_dispense_message", args=[dispense.number]), {"message": "x"})
    assert not Question.objects.exists()


@pytest.mark.parametrize("typed", ["x" * 4001, "a\0b"])
def test_a_message_that_cannot_be_kept_whole_is_not_sent_in_part(dispense: Dispense, typed: str) -> None:
    client = Client()
    client.force_login(StaffFactory())
    address = reverse("admin:dispenses_dispense_message", args=[dispense.number])
    assert "le message n’est pas parti" in read(client.post(address, {"message": typed}, follow=True))
    assert not Question.objects.exists()
