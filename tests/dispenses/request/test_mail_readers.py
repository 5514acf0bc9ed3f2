"""The mails sent, at the centre: read by who may read the request, secrets by nobody."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Employee, User
from dispenses.documents.messages import MATTER
from dispenses.models import Dispense
from notifications import matters
from notifications.messages import Message, declared
from notifications.models import OutgoingEmail
from notifications.outbox import Outgoing, enqueue, enqueue_many
from tests.factories import (
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    LeadFactory,
    StaffFactory,
    UserFactory,
)
from tests.pages import page_of

pytestmark = pytest.mark.django_db
LIST = "/gestion/notifications/outgoingemail/"


def superuser() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


READERS = (StaffFactory, LeadFactory, superuser)


@pytest.fixture
def refused() -> Dispense:
    dispense: Dispense = DispenseFactory(refused=True)
    return dispense


def pages(client: Client, mails: list[OutgoingEmail]) -> str:
    """All that the admin shows of these mails, but for the links between pages."""
    addresses = [
        LIST,
        f"{LIST}?o=2",
        *(reverse("admin:notifications_outgoingemail_change", args=[m.pk]) for m in mails),
    ]
    addresses += [reverse("admin:notifications_outgoingemail_history", args=[mail.pk]) for mail in mails]
    return " ".join(page_of(client.get(address)) for address in addresses)


def about(dispense: Dispense) -> list[OutgoingEmail]:
    return list(OutgoingEmail.objects.filter(kind__in=matters.kinds_of(MATTER), about=str(dispense.number)))


def test_each_mail_about_a_request_says_so(refused: Dispense) -> None:
    rooms = {message for message in declared() if message.__module__.startswith("dispenses.")}
    told = {message for message in rooms if "number" in [field.name for field in fields(message)]}
    assert told == {message for message in declared() if message.matter == MATTER}
    assert {mail.kind for mail in about(refused)} == {"dispense_received", "dispense_refused"}
    assert not OutgoingEmail.objects.filter(kind__in=matters.kinds_of(MATTER)).exclude(about=str(refused.number))


def test_mails_of_many_say_what_they_are_about() -> None:
    message = next(message for message in declared() if message.kind == "dispense_ended")
    with transaction.atomic():
        enqueue_many([Outgoing(example(message), "a@exemple.fr", "1")])
    assert OutgoingEmail.objects.get().about == "20964"


def test_an_administrator_reads_no_decision(refused: Dispense, client: Client) -> None:
    client.force_login(AdministratorFactory())
    mails = about(refused)
    text = pages(client, mails)
    assert "E-mail sur une demande" in text
    assert "Masqué" in text
    bodies = [line for mail in mails for line in mail.text_body.splitlines() if "demande" in line or "dispense" in line]
    assert bodies
    assert not any(line in text for line in bodies)
    for words in ("Dispense refusée", "Décision sur", "Dispense acceptée", "accuse-de-reception", str(refused.number)):
        assert words not in text, words


@pytest.mark.parametrize(
    "query",
    [
        {"nature": "dispense_refused"},
        {"nature": "dispense_received"},
        {"kind": "dispense_refused"},
        {"kind__exact": "dispense_refused"},
        {"kind__startswith": "dispense_r"},
        {"subject__contains": "Décision"},
        {"about": "20000"},
    ],
)
def test_no_filter_tells_what_is_closed(refused: Dispense, client: Client, query: dict[str, str]) -> None:
    client.force_login(AdministratorFactory())
    answer = client.get(LIST, query)
    assert answer.status_code in (302, 400) or answer.context["cl"].result_count == 0


def test_what_is_closed_is_one_nature(refused: Dispense, client: Client) -> None:
    client.force_login(AdministratorFactory())
    answer = client.get(LIST, {"nature": "reserve:request"})
    assert answer.context["cl"].result_count == len(about(refused))
    client.force_login(StaffFactory())
    assert "reserve:request" not in client.get(LIST).content.decode()
    assert client.get(LIST, {"nature": "dispense_refused"}).context["cl"].result_count == 1


@pytest.mark.parametrize("factory", READERS)
def test_who_reads_requests_reads_their_mails(factory: Callable[[], User], refused: Dispense, client: Client) -> None:
    client.force_login(factory())
    text = pages(client, about(refused))
    for words in ("Dispense refusée", "Décision sur", "accuse-de-reception"):
        assert words in text
    assert "Masqué" not in text


@pytest.mark.parametrize("how", ["salarié", "correspondant"])
@pytest.mark.parametrize("factory", READERS)
def test_a_party_reads_none_of_them(factory: Callable[[], User], how: str, refused: Dispense, client: Client) -> None:
    user, other = factory(), DispenseFactory(accepted=True)
    if how == "salarié":
        Employee.objects.filter(pk=refused.employee_id).update(user=user)
    else:
        CorrespondentFactory(user=user, employer=refused.employee.employer)
    client.force_login(user)
    text = pages(client, about(refused))
    assert "E-mail sur une demande" in text
    assert "Dispense refusée" not in text.partition('id="changelist-filter"')[0]
    assert "Décision sur" not in text
    assert client.get(LIST, {"nature": "dispense_refused"}).context["cl"].result_count == 0
    assert client.get(LIST, {"nature": "reserve:request"}).context["cl"].result_count == len(about(refused))
    assert "Dispense acceptée" in pages(client, about(other))
    OutgoingEmail.objects.update(about="")  # those of before the column: nothing says whose they are
    assert client.get(LIST, {"nature": "dispense_accepted"}).context["cl"].result_count == 0


def example(message: type[Message]) -> Message:
    return message(**{name: mark.example for name, mark in message.marks.items()})


@pytest.mark.parametrize("message", declared(), ids=lambda message: message.kind)
def test_nobody_reads_a_link_nor_a_code(message: type[Message], client: Client) -> None:
    client.force_login(superuser())
    with transaction.atomic():
        row = enqueue(example(message), to="a@exemple.fr", dedup_key="1")
    assert row is not None
    page = reverse("admin:notifications_outgoingemail_change", args=[row.pk])
    shown = page_of(client.get(page)).partition("Texte")[2]
    secrets = [str(mark.example) for name, mark in message.marks.items() if mark.link or name.endswith("code")]
    assert not [secret for secret in secrets if secret in shown]


def test_the_list_costs_the_same_whatever_it_shows(client: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(4):
        CorrespondentFactory(employer=DispenseFactory(refused=True).employee.employer)
    client.force_login(StaffFactory())
    client.get(LIST)
    with django_assert_max_num_queries(9):
        client.get(LIST)
