"""What processes count together: tasks done and failed, mails that did not leave; how long a task may be silent."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery import states
from celery.schedules import crontab
from django.conf import settings as django_settings
from django.db import OperationalError
from django.utils import timezone

from notifications import delivery
from notifications.enums import EmailStatus, Tallied
from notifications.models import OutgoingEmail, Tally
from portal.operations import schedule
from portal.operations.tasks import Counts
from tests.notifications.conftest import queue, smtp

__all__ = ["queue", "smtp"]  # the fixtures


def over(
    counts: Counts, name: str = "a.tasks.b", *, state: str = states.SUCCESS, eager: bool = False, **options: Any
) -> None:
    counts.done(task=SimpleNamespace(name=name, request=SimpleNamespace(is_eager=eager)), state=state, **options)


def counted() -> dict[tuple[str, str], tuple[int, str]]:
    return {(row.kind, row.key): (row.count, row.detail) for row in Tally.objects.all()}


@pytest.mark.django_db
def test_a_count_only_grows_and_keeps_the_last_error() -> None:
    for detail in ("OSError", "ValueError"):
        Tally.add(Tallied.TASK_FAILED, "a", at=timezone.now(), count=2, detail=detail)
    assert counted() == {("task_failed", "a"): (4, "ValueError")}


@pytest.mark.django_db
def test_tasks_are_counted_and_written_a_few_times_a_minute(django_assert_num_queries: Any) -> None:
    counts = Counts()
    over(counts)
    with django_assert_num_queries(0):
        for _ in range(5):
            over(counts)
    assert counted() == {("task_done", "a.tasks.b"): (1, "")}
    counts.write_all()
    assert counted() == {("task_done", "a.tasks.b"): (6, "")}


@pytest.mark.django_db
def test_a_failure_is_written_at_once_by_the_class_of_its_error() -> None:
    counts = Counts()
    for _ in range(2):
        over(counts, state=states.FAILURE, retval=ValueError("virginie@exemple.fr"))
    assert counted() == {("task_failed", "a.tasks.b"): (2, "ValueError")}


@pytest.mark.django_db
def test_what_is_tried_again_or_part_of_a_request_is_not_counted() -> None:
    counts = Counts()
    over(counts, state=states.RETRY)
    over(counts, eager=True)
    counts.write_all()
    assert counted() == {}


@pytest.mark.django_db
def test_a_count_that_cannot_be_written_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counts()
    with monkeypatch.context() as patch:
        patch.setattr(Tally, "add", lambda *a, **k: (_ for _ in ()).throw(OperationalError("base en panne")))
        over(counts, state=states.FAILURE, retval=OSError())
    over(counts, state=states.FAILURE, retval=OSError())
    assert counted() == {("task_failed", "a.tasks.b"): (2, "OSError")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("reply", "kind", "cause", "detail"),
    [
        ("451 plus tard", "mail_postponed", "deferred", "SMTPRecipientsRefused 451"),
        ("550 inconnu", "mail_abandoned", "refused", "SMTPRecipientsRefused 550"),
        ("hang up", "mail_postponed", "connection", "SMTPServerDisconnected"),
    ],
)
def test_a_mail_that_the_relay_refuses_is_counted(
    reply: str, kind: str, cause: str, detail: str, smtp: Any, queue: Any
) -> None:
    smtp.answers["a@exemple.fr"] = [reply]
    queue("a@exemple.fr", "b@exemple.fr")
    delivery.deliver()
    assert counted() == {(kind, cause): (1, detail)}
    assert cause in delivery.CAUSES


@pytest.mark.django_db(transaction=True)
def test_a_relay_that_is_gone_is_a_cause(smtp: Any, queue: Any) -> None:
    smtp.stop()
    queue("a@exemple.fr")
    delivery.deliver()
    assert {key for _, key in counted()} == {"connection"}


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_settled_though_its_count_is_not(smtp: Any, queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise OperationalError("table verrouillée")

    monkeypatch.setattr(Tally, "add", broken)
    smtp.answers["a@exemple.fr"] = ["550 inconnu"]
    queue("a@exemple.fr")
    delivery.deliver()
    assert OutgoingEmail.objects.get().status == EmailStatus.FAILED


# For how long a task may be silent


@pytest.mark.parametrize(
    ("turns", "hours"),
    [
        (crontab(minute="17", hour="3"), 24),
        (crontab(minute="40"), 1),
        (crontab(minute="10", hour="0,5,23"), 18),
        (crontab(minute="20", hour="6-10", day_of_week="1-5"), 68),  # from Friday at 10:20 to Monday at 6:20
    ],
)
def test_the_longest_time_between_two_turns(turns: crontab, hours: int) -> None:
    assert schedule.longest_gap(turns) == hours * 3600


def test_every_task_of_the_schedule_has_its_gap() -> None:
    names = {entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()}
    assert schedule.longest_gaps().keys() == names
    assert all(30 <= gap <= 7 * 24 * 3600 for gap in schedule.longest_gaps().values())
