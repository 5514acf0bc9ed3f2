"""Reminders of a complement: each once, whatever beats; then the desk may close."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispenses.models import Complement, ComplementReminder, Dispense, QueueEntry
from dispenses.request import sending
from dispenses.request.reminders import may_close, remind_complements
from notifications.models import OutgoingEmail
from tests.dispenses.request.test_races import together
from tests.factories import DispenseFactory, StaffFactory


def asked(days: int) -> Dispense:
    dispense = DispenseFactory(awaiting_complement=True)
    Complement.objects.filter(dispense=dispense).update(asked_at=timezone.now() - timedelta(days=days))
    return dispense


def mails() -> int:
    return OutgoingEmail.objects.filter(kind="complement_reminder").count()


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "steps"), [(6, []), (7, [1]), (14, [1]), (15, [2]), (60, [2])])
def test_the_step_due_is_sent_once(days: int, steps: list[int]) -> None:
    asked(days)
    for _ in range(3):
        remind_complements(timezone.now())
    assert list(ComplementReminder.objects.values_list("step", flat=True)) == steps
    assert mails() == len(steps)


@pytest.mark.django_db
def test_each_day_sends_what_is_due_and_the_desk_may_close_after_the_last() -> None:
    complement = Complement.objects.get(dispense=asked(0))
    sent = {day for day in range(40) if remind_complements(complement.asked_at + timedelta(days=day))}
    assert sent == {7, 15}
    assert not may_close(complement, complement.asked_at + timedelta(days=29))
    assert may_close(complement, complement.asked_at + timedelta(days=30))


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["complete", "withdraw"])
def test_who_answered_is_left_alone(end: str) -> None:
    dispense = asked(20)
    due = QueueEntry.objects.get(pk=dispense.pk).days_left
    getattr(sending, end)(dispense=dispense, user=dispense.employee.user)
    assert remind_complements(timezone.now()) == 0
    assert mails() == 0
    assert due is not None


@pytest.mark.django_db
def test_the_refusal_is_proposed_prefilled(client: Client) -> None:
    dispense = asked(40)
    complement = Complement.objects.get(dispense=dispense)
    ComplementReminder.objects.create(complement=complement, step=2, sent_at=timezone.now() - timedelta(days=16))
    client.force_login(StaffFactory())
    text = client.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()
    assert "vous pouvez clore la demande" in text
    assert "Rappel automatique du complément" in text


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_send_one_mail_each() -> None:
    for _ in range(5):
        asked(8)
    now: Any = timezone.now()
    together(*[lambda: remind_complements(now)] * 4)
    assert mails() == ComplementReminder.objects.count() == 5
