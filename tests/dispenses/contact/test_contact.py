"""The contact form: who may ask, how often, what the centre reads and answers."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.exceptions import SentTooOften
from accounts.models import User
from dispenses.contact import questions
from dispenses.desk.questions import QuestionAdmin
from dispenses.enums import Asker, Subject
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import LegalHold, Question
from notifications.mime import wire
from notifications.models import OutgoingEmail
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, StaffFactory
from tests.pages import page_of

pytestmark = pytest.mark.django_db
VISITOR = {"name": "Alix Martin", "email": "Alix@Maison.exemple", "subject": "link", "text": "Je n’ai rien reçu."}


def signed(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(**fields: Any) -> Question:
    said = {"user": None, "name": "Alix", "email": "alix@maison.exemple", "subject": "other", "number": None}
    return questions.ask(**{**said, "text": "Quand ?", "network": "192.0.2.7", **fields})


def test_anybody_may_ask_and_no_mail_leaves_for_an_address_that_nobody_proved() -> None:
    client = Client()
    page = page_of(client.post(reverse("contact"), VISITOR, follow=True))
    assert "Votre question est arrivée au centre de gestion." in page
    question = Question.objects.get()
    assert (question.asker, question.email, question.user) == (Asker.VISITOR, "alix@maison.exemple", None)
    mail = OutgoingEmail.objects.get()
    assert mail.kind == "question_arrived"
    assert "Je n’ai rien reçu." not in mail.text_body


def test_an_employee_asks_about_one_of_their_requests_and_is_told_that_it_arrived(settings: Any) -> None:
    dispense = DispenseFactory(in_progress=True)
    other = DispenseFactory(in_progress=True)
    user = dispense.employee.user
    client = signed(user)
    page = page_of(client.get(reverse("contact")))
    assert f">N°{dispense.number}<" in page
    assert f"N°{other.number}" not in page
    assert 'name="email"' not in page
    answers = {"subject": "request", "text": "Où en est-elle ?", "number": str(other.number)}
    assert "Sélectionnez une de vos demandes" in page_of(client.post(reverse("contact"), answers))
    client.post(reverse("contact"), {**answers, "number": str(dispense.number)})
    question = Question.objects.get()
    assert (question.user, question.number, question.asker) == (user, dispense.number, Asker.EMPLOYEE)
    kinds = {row.kind: row.to for row in OutgoingEmail.objects.filter(kind__startswith="question")}
    assert kinds == {"question_arrived": settings.PORTAL_CONTACT_EMAIL, "question_received": user.email}


@pytest.mark.parametrize("asker", list(Asker))
def test_each_is_offered_what_concerns_them(asker: Asker) -> None:
    people = {
        Asker.VISITOR: lambda: None,
        Asker.EMPLOYEE: lambda: EmployeeFactory(activated=True).user,
        Asker.CORRESPONDENT: lambda: CorrespondentFactory().user,
    }
    user = people[asker]()
    page = page_of((signed(user) if user else Client()).get(reverse("contact")))
    for subject in Subject:
        assert (f'value="{subject.value}"' in page) is (subject in questions.SUBJECTS[asker])


def test_what_is_wrong_is_said_and_nothing_is_lost() -> None:
    page = page_of(Client().post(reverse("contact"), {**VISITOR, "email": "alix@", "subject": "employees"}))
    assert "Sélectionnez ce sur quoi porte votre question" in page
    assert "Je n’ai rien reçu." in page
    assert "<title>Erreur" in page
    assert not Question.objects.exists()


def test_questions_are_throttled_by_account_or_by_place_and_the_text_stays() -> None:
    client = Client()
    for _ in range(3):
        assert client.post(reverse("contact"), VISITOR).status_code == 302
    refused = client.post(reverse("contact"), VISITOR)
    assert refused.status_code == 429
    assert questions.TOO_MANY in page_of(refused)
    assert "Je n’ai rien reçu." in page_of(refused)
    user = EmployeeFactory(activated=True).user
    assert signed(user).post(reverse("contact"), {"subject": "other", "text": "Moi aussi."}).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.post(reverse("contact"), VISITOR).status_code == 302


def test_visitors_of_one_office_do_not_wait_for_each_other() -> None:
    for number in range(questions.PLACE_PACE.limits[0][0]):
        asked(email=f"salarie{number}@maison.exemple")
    with pytest.raises(SentTooOften, match=questions.TOO_MANY):
        asked(email="un.de.plus@maison.exemple")
    asked(email="un.de.plus@maison.exemple", network="198.51.100.4")
    asked(user=EmployeeFactory(activated=True).user)  # known by an account: the place does not count


def test_who_writes_with_the_address_of_another_does_not_silence_them() -> None:
    for _ in range(3):
        asked(network="198.51.100.4")
    with pytest.raises(SentTooOften, match=questions.TOO_MANY):
        asked(network="198.51.100.4")
    asked(network="192.0.2.7")


def test_one_address_is_bounded_wherever_it_writes_from_and_the_answer_does_not_tell() -> None:
    for number in range(questions.ADDRESS_PACE.limits[0][0]):
        asked(network=f"192.0.2.{number}")
    with pytest.raises(SentTooOften, match=questions.TOO_MANY):
        asked(network="192.0.2.200")


def test_a_question_about_a_request_under_a_hold_is_kept() -> None:
    held, other, of_held_company, gone = (DispenseFactory(in_progress=True) for _ in range(4))
    for dispense in (held, other, of_held_company, gone):
        asked(user=dispense.employee.user, number=dispense.number)
    asked()
    staff = StaffFactory()
    LegalHold.objects.create(employer=held.employee.employer, dispense=held, reason="Contrôle", placed_by=staff)
    LegalHold.objects.create(employer=of_held_company.employee.employer, reason="Contrôle", placed_by=staff)
    lifted = {"lifted_at": timezone.now(), "lifted_by": staff}
    LegalHold.objects.create(employer=gone.employee.employer, reason="Fini", placed_by=staff, **lifted)
    Question.objects.update(asked_at=timezone.now() - timedelta(days=740))
    assert questions.purge_questions() == 3
    assert set(Question.objects.values_list("number", flat=True)) == {held.number, of_held_company.number}


def test_the_desk_answers_once_by_mail() -> None:
    question, staff = asked(), StaffFactory()
    client = signed(staff)
    assert "Alix" in page_of(client.get(reverse("admin:dispenses_question_changelist")))
    change = reverse("admin:dispenses_question_change", args=[question.pk])
    assert "Quand ?" in page_of(client.get(change)).replace("\xa0", " ")
    assert "Écrivez la réponse" in page_of(client.post(change, {"answer": " "}))
    client.post(change, {"answer": "Dès votre embauche.", "text": "Autre", "email": "autre@maison.exemple"})
    question.refresh_from_db()
    assert (question.answer, question.answered_by, question.text) == ("Dès votre embauche.", staff, "Quand ?")
    mail = OutgoingEmail.objects.get(kind="question_answered")
    assert mail.to == "alix@maison.exemple"
    assert "Dès votre embauche." in mail.text_body
    with pytest.raises(TransitionRefused):
        questions.answer(question=question, user=staff, text="Encore")
    late = client.post(change, {"answer": "Encore\xa0: dès demain."})
    assert late.status_code == 409
    page = page_of(late)
    assert "Dès votre embauche." in page
    assert "Encore\xa0: dès demain.</textarea>" in page
    assert "Votre réponse n’est pas partie" in page
    assert OutgoingEmail.objects.filter(kind="question_answered").count() == 1


def test_an_answer_sent_at_the_same_instant_as_a_colleague_s_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    question, colleague, client = asked(), StaffFactory(last_name="Colas"), Client()
    client.force_login(StaffFactory())
    refused: list[str] = []

    def too_late(**said: Any) -> Question:
        refused.append(said["text"])
        raise TransitionRefused("Quelqu’un a déjà répondu.", code=Code.CHANGED)

    def as_it_is_now(*args: Any) -> Question | None:
        if refused:  # what the page had begun is undone: the colleague's answer stands
            Question.objects.update(answer="Dès votre embauche.", answered_at=timezone.now(), answered_by=colleague)
        return Question.objects.first()

    monkeypatch.setattr(questions, "answer", too_late)
    monkeypatch.setattr(QuestionAdmin, "get_object", as_it_is_now)
    change = reverse("admin:dispenses_question_change", args=[question.pk])
    late = client.post(change, {"answer": "Dès demain."})
    assert late.status_code == 409
    for words in ("Dès votre embauche.", "Gestion Colas", "Dès demain.</textarea>"):
        assert words in page_of(late), words
    assert refused == ["Dès demain."]
    assert not LogEntry.objects.exists()


def test_a_question_is_forgotten_after_two_years() -> None:
    asked()
    old = asked()
    Question.objects.filter(pk=old.pk).update(asked_at=timezone.now() - timedelta(days=740))
    assert questions.purge_questions() == 1
    assert Question.objects.count() == 1


def test_every_mail_says_to_whom_one_answers_in_the_words_of_the_guide(settings: Any) -> None:
    asked()
    row = OutgoingEmail.objects.get()
    assert f"Reply-To: {settings.PORTAL_CONTACT_EMAIL}\r\n".encode() in wire(row)
    for body in (row.text_body, row.html_body):
        words = " ".join(body.replace("&nbsp;", "\xa0").split(" "))
        assert "Ceci est un message automatique, merci de ne pas répondre à cet e-mail." in " ".join(words.split())
        assert f"L’équipe {settings.PORTAL_INSURER}" in body
        assert "carnet d’adresses" in body
        assert f"{settings.PORTAL_BASE_URL}/contact/" in body


def test_a_person_is_asked_as_whom_they_are() -> None:
    employee = EmployeeFactory(activated=True)
    both = CorrespondentFactory(user=employee.user).user
    assert isinstance(both, User)
    assert questions.asker_of(both) == Asker.EMPLOYEE


def test_a_request_that_is_not_one_s_own_is_not_chosen_and_one_s_own_is() -> None:
    assert Client().get(reverse("contact"), {"demande": "[]"}).status_code == 200
    older = DispenseFactory(refused=True)
    DispenseFactory(employee=older.employee, in_progress=True)
    page = page_of(signed(older.employee.user).get(reverse("contact"), {"demande": str(older.number)}))
    assert f'value="{older.number}" selected' in page


def test_whoever_acts_for_a_company_neither_reads_nor_answers_what_its_people_ask() -> None:
    """On PostgreSQL as well: the number of a question is no text."""
    party = CorrespondentFactory(user=StaffFactory())
    employee = EmployeeFactory(employer=party.employer, activated=True)
    colleague = CorrespondentFactory(employer=party.employer)
    passed = DispenseFactory(employee=employee, in_progress=True)
    closed = [asked(user=employee.user), asked(user=colleague.user), asked(number=passed.number)]
    others = [asked(network="198.51.100.1"), asked(user=EmployeeFactory(activated=True).user)]
    assert set(questions.open_to(party.user)) == set(others)
    assert set(questions.open_to(StaffFactory())) == {*closed, *others}
    client = signed(party.user)
    assert client.get(reverse("admin:dispenses_question_changelist")).status_code == 200
    for question in closed:
        with pytest.raises(TransitionRefused, match="un autre membre"):
            questions.answer(question=question, user=party.user, text="Oui")


def test_what_the_centre_writes_takes_nothing_from_the_pace_of_the_employee() -> None:
    dispense, staff = DispenseFactory(in_progress=True), StaffFactory()
    for _ in range(4):
        questions.write(dispense=dispense, user=staff, text="Bonjour")
    assert asked(user=dispense.employee.user)


def test_an_answer_that_could_not_be_read_beside_its_request_leaves_by_mail() -> None:
    dispense = DispenseFactory(in_progress=True)
    question = asked(user=dispense.employee.user, number=dispense.number)
    type(dispense.employee).objects.filter(pk=dispense.employee_id).update(user=EmployeeFactory(activated=True).user)
    questions.answer(question=question, user=StaffFactory(), text="Dès demain.")
    assert "Dès demain." in OutgoingEmail.objects.get(kind="question_answered").text_body
    assert not OutgoingEmail.objects.filter(kind="message_waits").exists()


def test_ends_of_line_count_as_their_writer_counts_them() -> None:
    text = "\r\n".join(["x" * 99] * 40)  # 4,000 less one, as a browser counts
    assert Client().post(reverse("contact"), {**VISITOR, "text": text}).status_code == 302
    assert Question.objects.get().text == text.replace("\r\n", "\n")
