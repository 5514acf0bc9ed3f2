"""Chasing employees: whom, whom not and why, on which day, once each; what is said of it afterwards."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import CompanyEvent, Correspondent, Employee, Employer, ReminderRun
from accounts.services import reminders
from accounts.states import Standing
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.member.test_wizard import text
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, InvitationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TODAY, LATER = date(2026, 11, 30), date(2026, 12, 7)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


@pytest.fixture
def employer(role: Correspondent) -> Employer:
    return role.employer


@pytest.fixture
def client(role: Correspondent) -> Client:
    client = Client()
    client.force_login(role.user)
    return client


def invited(employer: Employer, days: float = 10, **values: Any) -> Employee:
    employee = EmployeeFactory(employer=employer, **values)
    InvitationFactory(employee=employee, sent_at=timezone.now() - timedelta(days=days))
    return employee


def one_of_each(employer: Employer) -> dict[Standing, Employee]:
    """An employee at each place from which one is chased."""
    return {
        Standing.INVITED: invited(employer),
        Standing.ACTIVE: EmployeeFactory(employer=employer, activated=True),
        Standing.TO_COMPLETE: DispenseFactory(
            employee=EmployeeFactory(employer=employer, activated=True), stage=Status.AWAITING_COMPLEMENT
        ).employee,
    }


def asked(role: Correspondent, day: date = TODAY) -> ReminderRun:
    run = services.chase(
        employer=role.employer, by=role.user, employees=Employee.objects.all(), day=day, now=timezone.now()
    )
    assert run is not None
    return run


def mails(*kinds: str) -> list[str]:
    kinds = kinds or ("invitation", "choice_awaited", "file_awaited")
    return list(OutgoingEmail.objects.filter(kind__in=kinds).order_by("kind", "pk").values_list("kind", flat=True))


# Whom


def test_each_reads_what_is_theirs_once(role: Correspondent, employer: Employer) -> None:
    people = one_of_each(employer)
    for stage in (Status.IN_PROGRESS, Status.ACCEPTED, Status.REFUSED):
        DispenseFactory(employee=EmployeeFactory(employer=employer, activated=True), stage=stage)
    EmployeeFactory(employer=employer, activated=True, left_on=TODAY - timedelta(days=1))
    invited(CorrespondentFactory().employer)
    run = asked(role)
    for _ in range(2):
        services.work_on_reminders(run.pk)
    assert mails() == ["choice_awaited", "file_awaited", "invitation"]
    waiting = OutgoingEmail.objects.get(kind="file_awaited")
    assert waiting.to == people[Standing.TO_COMPLETE].user.email
    assert waiting.subject == f"{employer.name} : votre dossier attend un complément"


def test_nobody_is_written_to_twice_in_three_days(
    role: Correspondent, employer: Employer, clock: time_machine.Traveller
) -> None:
    one_of_each(employer)
    services.work_on_reminders(asked(role).pk)
    for days, sent in ((2.9, 3), (3.1, 6)):
        clock.move_to(NOW + timedelta(days=days))
        proposal = reminders.propose(Employee.objects.filter(employer=employer), timezone.now())
        assert proposal.total == sent - 3
        assert [(one.reason, one.count) for one in proposal.left_out] == ([] if sent == 6 else [(reminders.RECENT, 3)])
        if proposal.total:
            services.work_on_reminders(asked(role).pk)
        assert len(mails()) == sent


def test_the_reminders_that_leave_by_themselves_count_too(role: Correspondent, employer: Employer) -> None:
    employee = invited(employer, days=7.5)
    assert services.remind_invitations() == 1
    assert reminders.propose(Employee.objects.filter(pk=employee.pk), NOW).left_out[0].reason == reminders.RECENT


# When


def test_a_chosen_day_is_waited_for(role: Correspondent, employer: Employer, clock: time_machine.Traveller) -> None:
    one_of_each(employer)
    run = asked(role, LATER)
    assert timezone.localtime(run.due_at).isoformat() == "2026-12-07T09:00:00+01:00"
    services.work_on_reminders(run.pk)
    assert services.sweep_reminders() == 0
    clock.move_to(run.due_at - timedelta(seconds=1))
    assert services.sweep_reminders() == 0
    clock.move_to(run.due_at)
    assert services.sweep_reminders() == 1
    assert len(mails()) == 3
    assert [event.act for event in CompanyEvent.objects.filter(employee=None).order_by("pk")] == [
        "reminder_planned",
        "reminded",
    ]


def test_who_has_acted_meanwhile_is_left_out_and_nobody_joins(
    role: Correspondent, employer: Employer, clock: time_machine.Traveller
) -> None:
    people = one_of_each(employer)
    stays = invited(employer)
    run = asked(role, LATER)
    Employee.objects.filter(pk=people[Standing.INVITED].pk).update(
        user=CorrespondentFactory().user, activated_at=NOW, standing=Standing.ACTIVE
    )
    DispenseFactory(employee=people[Standing.ACTIVE], stage=Status.IN_PROGRESS)
    Employee.objects.filter(pk=people[Standing.TO_COMPLETE].pk).update(standing=Standing.IN_PROGRESS)
    invited(employer)  # declared since
    clock.move_to(run.due_at)
    services.sweep_reminders()
    assert mails() == ["invitation"]
    assert OutgoingEmail.objects.get(kind="invitation").to == stays.professional_email
    told = CompanyEvent.objects.get(act="reminded")
    assert told.detail == "1 salarié, 3 laissés de côté depuis la demande"
    assert told.actor == role.user


def test_a_planned_chase_is_cancelled_until_it_leaves(
    role: Correspondent, employer: Employer, client: Client, clock: time_machine.Traveller
) -> None:
    one_of_each(employer)
    run = asked(role, LATER)
    assert "Relances prévues" in text(client.get(reverse("salaries")))
    address = reverse("relance_annuler", args=[run.pk])
    stranger = Client()
    stranger.force_login(CorrespondentFactory().user)
    assert stranger.post(address).status_code == 404
    assert "aucun message ne partira" in text(client.post(address, follow=True))
    assert "déjà partie, ou déjà annulée" in text(client.post(address, follow=True))
    assert "Relances prévues" not in text(client.get(reverse("salaries")))
    clock.move_to(run.due_at + timedelta(hours=1))
    services.sweep_reminders()
    assert mails() == []
    assert CompanyEvent.objects.get(act="reminder_cancelled").actor == role.user


# The page


def test_the_page_says_whom_what_and_why_not_the_others(employer: Employer, client: Client) -> None:
    one_of_each(employer)
    invited(employer, days=1, first_name="Jeanne", last_name="Récente")
    DispenseFactory(employee=EmployeeFactory(employer=employer, activated=True), stage=Status.ACCEPTED)
    page = text(client.get(reverse("relancer", args=[employer.pk])))
    assert "Relancer 3 salariés" in page
    assert "n’a pas activé son compte" in page
    assert "Faire mon choix" in page
    assert "Jeanne Récente" in page
    assert "a reçu un message depuis moins de 3" in page
    assert "n’a rien à faire" in page
    assert not ReminderRun.objects.exists()


def test_those_ticked_alone_are_chased_and_one_comes_back_where_one_was(employer: Employer, client: Client) -> None:
    ticked, other = invited(employer), invited(employer)
    elsewhere = invited(CorrespondentFactory().employer)
    place = f"employeur={employer.pk}&etat=invite&tri=nom"
    query = {"choix": "1", "salarie": [ticked.pk, elsewhere.pk, "x"], "liste": place}
    address = reverse("relancer", args=[employer.pk])
    assert "Relancer 1 salarié" in text(client.get(address, query))
    answer = client.post(address, query_params=query)
    assert answer.url == f"{reverse('salaries')}?{place}"
    assert ReminderRun.objects.get().chosen["0"] == [ticked.pk]
    services.work_on_reminders(ReminderRun.objects.get().pk)
    assert OutgoingEmail.objects.filter(to=other.professional_email).count() == 0
    assert "1 salarié relancé" in text(client.get(answer.url))


def test_nobody_ticked_is_said_and_nobody_is_chased(employer: Employer, client: Client) -> None:
    invited(employer)
    address = reverse("relancer", args=[employer.pk])
    for answer in (client.get(f"{address}?choix=1", follow=True), client.post(f"{address}?choix=1", follow=True)):
        assert "Cochez au moins un salarié" in text(answer)
    assert not ReminderRun.objects.exists()


def test_the_filter_of_the_list_is_that_of_the_chase(employer: Employer, client: Client) -> None:
    kept = invited(employer, last_name="Durand")
    invited(employer, last_name="Petit")
    client.post(f"{reverse('relancer', args=[employer.pk])}?liste=q%3Ddurand")
    assert ReminderRun.objects.get().chosen["0"] == [kept.pk]


@pytest.mark.parametrize("day", ["2026-11-29", "2027-01-30", "demain", "2026-02-30", "9" * 50])
def test_a_day_that_cannot_be_is_refused_and_sends_nothing(employer: Employer, client: Client, day: str) -> None:
    invited(employer)
    address = reverse("relancer", args=[employer.pk])
    for answer in (client.get(address, {"jour": day}), client.post(address, query_params={"jour": day})):
        assert answer.status_code == 422
        assert "Choisissez un jour entre aujourd’hui et le 29 janvier 2027" in text(answer).replace("\xa0", " ")
    assert not ReminderRun.objects.exists()


def test_a_later_day_is_asked_for_on_the_page(employer: Employer, client: Client) -> None:
    invited(employer, days=1)  # whom a chase of today would leave out
    address = reverse("relancer", args=[employer.pk])
    assert "Personne à relancer" in text(client.get(address))
    page = text(client.get(address, {"jour": LATER.isoformat()})).replace("\xa0", " ")
    assert "Prévoir pour le 7 décembre 2026" in " ".join(page.split())
    client.post(address, query_params={"jour": LATER.isoformat()})
    assert timezone.localdate(ReminderRun.objects.get().due_at) == LATER


def test_the_day_that_is_typed_is_shown_before_anything_leaves(employer: Employer, client: Client) -> None:
    invited(employer)
    address = reverse("relancer", args=[employer.pk])
    place = f"employeur={employer.pk}&etat=invite"
    page = text(client.get(address, {"liste": place}))
    assert f'name="vu" value="{TODAY.isoformat()}"' in page
    typed = {"liste": place, "vu": TODAY.isoformat(), "jour": LATER.isoformat()}
    for sent, warned in ((typed, True), ({**typed, "voir": "1"}, False)):
        answer = client.post(f"{address}?{urlencode({'liste': place})}", sent, follow=True)
        page = " ".join(text(answer).replace("\xa0", " ").split())
        assert ("Vous avez changé le jour" in page) == warned
        assert "Prévoir pour le 7 décembre 2026" in page
        assert not ReminderRun.objects.exists()
        assert answer.wsgi_request.GET["liste"] == place
    client.post(answer.wsgi_request.get_full_path(), {**typed, "vu": LATER.isoformat()})
    assert timezone.localdate(ReminderRun.objects.get().due_at) == LATER


# Workers


def test_one_killed_half_way_is_finished_by_the_sweep(
    role: Correspondent, employer: Employer, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    for _ in range(4):
        invited(employer)
    run = asked(role)
    real, calls = reminders.resend, []

    def dying(**given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(reminders, "resend", dying)
    with pytest.raises(KeyboardInterrupt):
        services.work_on_reminders(run.pk)
    monkeypatch.setattr(reminders, "resend", real)
    clock.shift(reminders.LEASE + timedelta(seconds=1))
    services.sweep_reminders()
    run.refresh_from_db()
    assert (run.sent, bool(run.finished_at)) == (4, True)
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 4
    assert CompanyEvent.objects.get(act="reminded").detail == "4 nouveaux liens"


@pytest.mark.parametrize("left", [1, 2])
def test_one_taken_over_meanwhile_is_the_other_s(
    role: Correspondent, employer: Employer, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    for _ in range(left):
        invited(employer)
    run = asked(role)
    theirs = timezone.now() + 2 * reminders.LEASE
    real = reminders._send

    def late(*given: Any) -> Any:
        ReminderRun.objects.filter(pk=run.pk).update(leased_until=theirs, position=1)
        return real(*given)

    monkeypatch.setattr(reminders, "_send", late)
    services.work_on_reminders(run.pk)
    run.refresh_from_db()
    assert (run.sent, run.finished_at) == (0, None)
    assert not OutgoingEmail.objects.filter(kind="invitation").exists()
    assert not CompanyEvent.objects.filter(act="reminded").exists()


def test_whom_a_colleague_chased_meanwhile_is_left_out(role: Correspondent, employer: Employer) -> None:
    for _ in range(2):
        invited(employer)
    first, second = asked(role), asked(role)
    services.work_on_reminders(second.pk)
    services.work_on_reminders(first.pk)
    first.refresh_from_db()
    assert (first.sent, bool(first.finished_at)) == (0, True)
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 2


def test_one_asked_for_before_chases_were_settled_beforehand_goes_on(role: Correspondent, employer: Employer) -> None:
    kept = invited(employer, last_name="Durand")
    invited(employer, last_name="Petit")
    EmployeeFactory(employer=employer, last_name="Durand", activated=True)
    run = ReminderRun.objects.create(employer=employer, asked_by=role.user, filters="q=durand")
    services.work_on_reminders(run.pk)
    assert [one.to for one in OutgoingEmail.objects.all()] == [kept.professional_email]
