"""Where signing in leads a member of the centre: one's day, and the menu of the centre's pages."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispenses.desk import day
from dispenses.models import QueueEntry
from dispenses.queue import assignments
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from dispenses.request.undo import take
from tests.dispenses.contact.test_contact import asked
from tests.factories import AdministratorFactory, DispenseFactory, EmployeeFactory, LeadFactory, StaffFactory

pytestmark = pytest.mark.django_db
DAY = reverse("admin:index")


@pytest.fixture
def me() -> User:
    return StaffFactory(first_name="Gilles", last_name="Centre")


@pytest.fixture
def desk(client: Client, me: User) -> Client:
    client.force_login(me)
    return client


def sections(client: Client) -> dict[str, str]:
    """Each part of the day, by its anchor."""
    page = client.get(DAY).content.decode()
    parts = page.split('aria-labelledby="j-')[1:]
    return {part.split('"')[0]: part.split("</section>")[0] for part in parts}


def test_the_day_shows_mine_the_late_ones_and_what_is_done(desk: Client, me: User, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    mine, late, done, waiting = (DispenseFactory(in_progress=True) for _ in range(4))
    assignments.assign(number=mine.number, to=me, by=me)
    QueueEntry.objects.filter(pk=late.number).update(due_on=timezone.localdate() - timedelta(days=9))
    decide(ComplementContent(message="Une page manque."), dispense=done, user=me)
    take(number=waiting.number, user=me, seen=waiting.status_at.isoformat(), content=AcceptContent())
    found = sections(desk)
    assert mine.employee.full_name.split()[0] in found["miennes"]
    assert f"N°{mine.number}," in found["miennes"]
    assert f"N°{late.number}," in found["retard"]
    assert "En retard de" in found["retard"]
    assert f"N°{mine.number}," not in found["retard"]
    assert "Décidées aujourd’hui (2)" in found["faites"]
    assert f"N°{done.number}," in found["faites"]
    assert "peut encore être annulée" in found["faites"].split(f"N°{waiting.number}")[1].split("</li>")[0]
    assert "peut encore être annulée" not in found["faites"].split(f"N°{done.number}")[1].split("</li>")[0]


def test_the_late_ones_of_others_show_behind_many_of_mine(desk: Client, me: User) -> None:
    for days, dispense in enumerate(DispenseFactory.create_batch(day.SHOWN + 1, in_progress=True)):
        QueueEntry.objects.filter(pk=dispense.number).update(due_on=timezone.localdate() - timedelta(days=30 - days))
        if days < day.SHOWN:
            assignments.assign(number=dispense.number, to=me, by=me)
    assert f"N°{dispense.number}," in sections(desk)["retard"]


def test_a_long_day_of_decisions_is_counted_and_its_last_ones_shown(desk: Client, me: User) -> None:
    for dispense in (numbers := DispenseFactory.create_batch(day.SHOWN + 1, in_progress=True)):
        decide(ComplementContent(message="Une page manque."), dispense=dispense, user=me)
    found = sections(desk)["faites"]
    assert f"Décidées aujourd’hui ({day.SHOWN + 1})" in found
    assert f"N°{numbers[-1].number}," in found
    assert f"N°{numbers[0].number}," not in found


def test_an_empty_day_says_so_and_what_to_do(desk: Client) -> None:
    found = sections(desk)
    assert "Prenez la suivante" in found["miennes"]
    assert "Aucune décision prise aujourd’hui" in found["faites"]


def test_what_others_decided_and_what_is_closed_to_the_reader_is_not_told(desk: Client, me: User) -> None:
    theirs, own = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    decide(ComplementContent(message="Une page manque."), dispense=theirs, user=StaffFactory())
    decide(ComplementContent(message="Une page manque."), dispense=own, user=me)
    own.employee.user = me
    own.employee.save()
    assert "Aucune décision prise aujourd’hui" in sections(desk)["faites"]


def test_what_was_decided_yesterday_is_not_of_today(desk: Client, me: User) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        decide(ComplementContent(message="Une page manque."), dispense=DispenseFactory(in_progress=True), user=me)
    assert "Aucune décision prise aujourd’hui" in sections(desk)["faites"]


def test_the_next_one_is_taken_from_the_day(desk: Client, me: User) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert reverse("admin:dispenses_dispense_suivante") in desk.get(DAY).content.decode()
    answer = desk.post(reverse("admin:dispenses_dispense_suivante"))
    assert answer.url == reverse("admin:dispenses_dispense_change", args=[dispense.number])
    assert QueueEntry.objects.get(pk=dispense.number).assigned_to == me


def test_questions_that_wait_are_counted(desk: Client) -> None:
    asked()
    page = " ".join(desk.get(DAY).content.decode().split())
    assert 'Questions sans réponse <span class="file-nombre">1</span>' in page


def menu(client: Client, address: str = DAY) -> str:
    page = client.get(address).content.decode()
    return page[page.index('<nav class="gestion-menu"') :].split("</nav>")[0]


def test_the_menu_shows_what_each_may_open_and_where_one_is(desk: Client, client: Client) -> None:
    own = menu(desk)
    assert "Demandes" in own
    assert "Chiffres" not in own
    assert "Journal" not in own
    client.force_login(LeadFactory())
    lead = menu(client)
    assert reverse("admin:dispenses_dispense_chiffres") in lead
    assert reverse("admin:dispenses_dispense_journal") in lead
    for name in ("chiffres", "journal", "changelist"):
        address = reverse(f"admin:dispenses_dispense_{name}")
        assert f'href="{address}" aria-current="page"' in menu(client, address)
    request = reverse("admin:dispenses_dispense_change", args=[DispenseFactory(in_progress=True).number])
    assert menu(client, request).count("aria-current") == 1


def test_who_administers_has_no_day_but_what_is_administered(client: Client) -> None:
    client.force_login(AdministratorFactory())
    page = client.get(DAY).content.decode()
    assert 'aria-labelledby="j-' not in page
    assert "Motifs" in page
    assert "Actions récentes" not in page


def test_a_request_opens_under_the_name_of_its_person(desk: Client) -> None:
    dispense = DispenseFactory(
        in_progress=True, employee=EmployeeFactory(first_name="Amel", last_name="Haddou", activated=True)
    )
    page = desk.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()
    assert f"<h1>Amel Haddou, N°{dispense.number}</h1>" in page
    assert f"<title>Amel Haddou, N°{dispense.number} – " in page
