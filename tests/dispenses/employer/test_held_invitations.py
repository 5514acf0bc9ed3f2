"""The invitations of an import that leave on a chosen day: until then nobody is invited, and the day may change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import listing, services
from accounts.imports import inviting, runs
from accounts.models import Correspondent, Employee, ImportRun, Invitation
from accounts.services import reminders
from notifications.models import OutgoingEmail
from tests.accounts.company_files import as_csv, person, upload
from tests.dispenses.member.test_wizard import text
from tests.factories import CorrespondentFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
LATER = date(2026, 12, 14)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


@pytest.fixture
def client(role: Correspondent) -> Client:
    client = Client()
    client.force_login(role.user)
    return client


def read(role: Correspondent, people: int = 3) -> ImportRun:
    """A file that has been read, and waits for its word."""
    content = as_csv([person(rank) for rank in range(people)])
    run = runs.start(employer=role.employer, by=role.user, upload=upload(content))
    runs.work(run.pk)
    return ImportRun.objects.get(pk=run.pk)


def held(role: Correspondent, day: date = LATER) -> ImportRun:
    """An import that has declared three employees, to be invited on a later day."""
    run = read(role)
    assert runs.confirm(run=run, by=role.user, day=day)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.created) == ("done", 3)
    return run


def invited() -> int:
    assert Invitation.objects.count() == OutgoingEmail.objects.filter(kind="invitation").count()
    return Invitation.objects.count()


def said(page: str) -> str:
    return " ".join(page.replace("\xa0", " ").replace("&nbsp;", " ").split())


def test_they_leave_on_their_day_once(role: Correspondent, clock: time_machine.Traveller) -> None:
    run = held(role)
    assert timezone.localtime(run.invite_at).isoformat() == "2026-12-14T09:00:00+01:00"
    clock.move_to(run.invite_at - timedelta(seconds=1))
    assert (inviting.sweep(), invited()) == (0, 0)
    clock.move_to(run.invite_at)
    assert (inviting.sweep(), invited()) == (1, 3)
    assert (inviting.sweep(), invited()) == (0, 3)
    run.refresh_from_db()
    assert run.invited_at == run.invite_at
    assert {one.expires_at - one.sent_at for one in Invitation.objects.all()} == {timedelta(days=60)}


def test_without_a_day_or_today_they_leave_at_once(role: Correspondent) -> None:
    held(role, timezone.localdate())
    assert invited() == 3
    assert inviting.sweep() == 0


def test_who_left_or_was_invited_meanwhile_is_not_invited_again(
    role: Correspondent, clock: time_machine.Traveller
) -> None:
    run = held(role)
    leaver, by_hand, _ = Employee.objects.order_by("pk")
    services.declare_departure(employee=leaver, by=role.user, left_on=LATER - timedelta(days=1))
    services.resend(employee=by_hand, by=role.user)
    assert inviting.waiting(run).count() == 2
    clock.move_to(run.invite_at)
    inviting.sweep()
    assert invited() == 2
    assert not leaver.invitations.exists()


def test_a_worker_that_dies_half_way_loses_and_repeats_nobody(
    role: Correspondent, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = held(role)
    clock.move_to(run.invite_at)
    monkeypatch.setattr(inviting, "PIECE", 1)
    real, calls = inviting.invite_many, []

    def dying(**given: object) -> None:
        real(**given)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(inviting, "invite_many", dying)
    with pytest.raises(KeyboardInterrupt):
        inviting.sweep()
    assert invited() == 1
    clock.shift(inviting.LEASE)
    inviting.sweep()
    assert invited() == 3
    assert Invitation.objects.values("employee").distinct().count() == 3


def test_the_day_is_chosen_on_the_page_of_the_import(role: Correspondent, client: Client) -> None:
    run = read(role)
    shown = reverse("import_salaries", args=[run.pk])
    assert "Quand partent les invitations" in text(client.get(shown))
    client.post(reverse("import_lancer", args=[run.pk]), {"quand": "jour", "jour": LATER.isoformat()})
    runs.work(run.pk)
    page = said(text(client.get(shown)))
    assert "recevront leur invitation le 14 décembre 2026 à 9 h" in page
    listed = said(text(client.get(reverse("salaries"))))
    assert listed.count("Invitation le 14/12/2026") == 3


@pytest.mark.parametrize("day", ["", "2026-11-29", "2027-01-30", "demain"])
def test_a_day_that_cannot_be_is_refused_and_nothing_begins(role: Correspondent, client: Client, day: str) -> None:
    run = read(role)
    answer = client.post(reverse("import_lancer", args=[run.pk]), {"quand": "jour", "jour": day})
    assert answer.status_code == 422
    page = text(answer)
    assert "Choisissez un jour entre aujourd’hui et le 29 janvier 2027" in said(page)
    assert "<title>Erreur" in page
    run.refresh_from_db()
    assert run.status == "ready"


def test_the_day_changes_and_may_be_given_up_until_they_leave(
    role: Correspondent, client: Client, clock: time_machine.Traveller
) -> None:
    run = held(role)
    address = reverse("import_invitations", args=[run.pk])
    stranger = Client()
    stranger.force_login(CorrespondentFactory().user)
    assert stranger.post(address, {"quand": "jamais"}).status_code == 404
    answer = client.post(address, {"quand": "jour", "jour": "2026-12-20"}, follow=True)
    assert "Les invitations partiront le 20 décembre 2026" in said(text(answer))
    assert client.post(address, {"quand": "jour", "jour": "hier"}).status_code == 422
    assert "L’envoi est annulé" in text(client.post(address, {"quand": "jamais"}, follow=True))
    clock.move_to(datetime(2026, 12, 21, 12, tzinfo=UTC))
    client.force_login(role.user)
    assert (inviting.sweep(), invited()) == (0, 0)
    page = said(text(client.get(reverse("import_salaries", args=[run.pk]))))
    assert "aucun jour n’est choisi" in page
    assert "Pas encore invité" in text(client.get(reverse("salaries")))
    client.post(address, {"quand": "maintenant"})
    assert (inviting.sweep(), invited()) == (1, 3)
    assert "Ces invitations sont déjà parties" in text(client.post(address, {"quand": "jamais"}, follow=True))


def test_who_waits_is_no_dead_link_is_not_chased_and_keeps_a_corrected_address(
    role: Correspondent, clock: time_machine.Traveller
) -> None:
    run = held(role)
    mine = Employee.objects.filter(employer=role.employer)
    assert not listing.filtered(mine, listing.Filters(lien="expire"), NOW).exists()
    assert listing.filtered(mine, listing.Filters(lien="jamais"), NOW).count() == 3
    assert [(one.reason, one.count) for one in reminders.propose(mine, NOW).left_out] == [(reminders.UNINVITED, 3)]
    employee = mine.order_by("pk")[0]
    services.correct_employee(employee=employee, by=role.user, values={"professional_email": "neuf@exemple.fr"})
    assert invited() == 0
    clock.move_to(run.invite_at)
    inviting.sweep()
    assert OutgoingEmail.objects.filter(kind="invitation", to="neuf@exemple.fr").count() == 1


def test_a_day_typed_beside_another_choice_sends_nothing(role: Correspondent, client: Client) -> None:
    run = read(role)
    answer = client.post(reverse("import_lancer", args=[run.pk]), {"quand": "maintenant", "jour": LATER.isoformat()})
    assert answer.status_code == 422
    assert "Vous avez saisi un jour sans choisir" in text(answer)
    assert f'value="{LATER.isoformat()}"' in text(answer)
    run.refresh_from_db()
    assert run.status == "ready"


def test_the_day_that_the_page_showed_may_stay_beside_another_choice(role: Correspondent, client: Client) -> None:
    run = held(role)
    address = reverse("import_invitations", args=[run.pk])
    assert client.post(address, {"quand": "maintenant", "jour": "2026-12-20"}).status_code == 422
    assert client.post(address, {"quand": "jamais", "jour": LATER.isoformat()}).status_code == 302
    run.refresh_from_db()
    assert run.invite_at is None


def test_no_day_is_chosen_while_the_import_is_being_written(role: Correspondent, client: Client) -> None:
    run = read(role)
    assert runs.confirm(run=run, by=role.user, day=LATER)
    answer = client.post(reverse("import_invitations", args=[run.pk]), {"quand": "jamais"}, follow=True)
    assert "l’import n’est pas terminé" in text(answer)
    runs.work(run.pk)
    assert (invited(), Employee.objects.filter(held_import=run).count()) == (0, 3)


def test_an_invitation_that_leaves_dates_the_change_that_software_reads(
    role: Correspondent, clock: time_machine.Traveller
) -> None:
    run = held(role)
    clock.move_to(run.invite_at)
    inviting.sweep()
    assert set(Employee.objects.values_list("changed_at", flat=True)) == {run.invite_at}
