"""Evidence goes when its time is over: announced, held, gone with its files, whatever befalls the job."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from accounts.models import User
from dispenses.documents import storage
from dispenses.enums import Judged, Reading
from dispenses.keeping import evidence, personal
from dispenses.keeping.evidence import NOTICE, PARTS, forget_evidence
from dispenses.models import (
    ComplementReminder,
    Consultation,
    Declaration,
    Dispense,
    Forgetting,
    InternalNote,
    Justificatif,
    LeavingFile,
    LegalHold,
    LifeStep,
    PieceVerdict,
    Question,
    Tombstone,
    justificatif_storage,
)
from dispenses.packs import index
from dispenses.queue import figures, standing
from dispenses.request import retention
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from portal.lib.dates import instant
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    LeadFactory,
    StaffFactory,
    UserFactory,
    add_pictures,
)

pytestmark = pytest.mark.django_db

SENT = date(2027, 3, 10)
KEPT_UNTIL = date(2033, 3, 10)
ANNOUNCED = KEPT_UNTIL + timedelta(days=1) - NOTICE
"""First night of the notice: thirty days later, the last day of its retention is over."""


def night(day: date) -> datetime:
    return instant(day, 2)


def old(stage: Status = Status.REFUSED, *, sent: date = SENT, **kwargs: Any) -> Dispense:
    """A request sent and closed on a day long past."""
    with time_machine.travel(instant(sent, 12)):
        dispense: Dispense = DispenseFactory(stage=stage, **kwargs)
        for file in dispense.justificatifs.all():
            add_pictures(file)
    return dispense


def run(day: date, **kwargs: Any) -> int:
    with time_machine.travel(night(day)):
        return forget_evidence(**kwargs)


def nothing_remains(dispense: Dispense) -> bool:
    rows = [part for part, way in PARTS if part._base_manager.filter(**{f"{way}__in": [dispense.pk]}).exists()]
    return not rows and not Dispense.objects.filter(pk=dispense.pk).exists()


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_each_relation_to_a_request_is_forgotten_with_it() -> None:
    """Whoever adds a model that points to a request adds its line to PARTS."""
    direct = {part for part, way in PARTS if way == "dispense"}
    pointing = {
        field.related_model
        for field in Dispense._meta.get_fields(include_hidden=True)
        if field.auto_created and not field.concrete and field.related_model is not Dispense
    }
    assert pointing == direct


@pytest.mark.parametrize(
    ("stage", "ends_on", "until"),
    [
        (Status.REFUSED, None, KEPT_UNTIL),
        (Status.WITHDRAWN, None, KEPT_UNTIL),
        (Status.ENDED, date(2027, 12, 31), KEPT_UNTIL),
        (Status.ENDED, date(2030, 6, 1), date(2033, 12, 31)),
        (Status.ACCEPTED, None, None),
        (Status.ACCEPTED, date(2031, 2, 2), date(2034, 12, 31)),
        (Status.IN_PROGRESS, None, None),
    ],
)
def test_until_when(stage: Status, ends_on: date | None, until: date | None) -> None:
    dispense = old(stage)
    Dispense.objects.filter(pk=dispense.pk).update(ends_on=ends_on)
    if stage is Status.ENDED:
        Dispense.objects.filter(pk=dispense.pk).update(status_at=night(ends_on or SENT))
    dispense = Dispense.objects.select_related("employee").get(pk=dispense.pk)
    assert retention.kept_until(dispense, received=SENT, held=False) == until
    assert retention.kept_until(dispense, received=SENT, held=True) is None
    assert personal.kept_until(dispense) == until


def test_a_departure_ends_what_had_no_end() -> None:
    dispense = old(Status.ACCEPTED)
    dispense.employee.left_on = date(2032, 5, 4)
    assert retention.kept_until(dispense, received=SENT, held=False) == date(2035, 12, 31)


def test_it_is_announced_thirty_days_before_then_forgotten() -> None:
    dispense = old(Status.REFUSED)
    CorrespondentFactory(employer=dispense.employee.employer, user__email="rh@levant.exemple")
    keys = [key for file in dispense.justificatifs.all() for key in storage.remains(file)]
    assert len(keys) == 6
    seal = Dispense.objects.get(pk=dispense.pk).history_seal
    assert run(ANNOUNCED - timedelta(days=1)) == 0
    assert not Forgetting.objects.exists()
    assert run(ANNOUNCED) == 0
    row = Forgetting.objects.get()
    assert (row.kept_until, row.told_on) == (KEPT_UNTIL, ANNOUNCED)
    sent = OutgoingEmail.objects.get(kind="forgetting_announced", to="rh@levant.exemple")
    assert f"N°{dispense.number}" in sent.text_body
    assert "11 mars 2033" in sent.text_body
    assert run(KEPT_UNTIL) == 0
    assert Dispense.objects.filter(pk=dispense.pk).exists()
    assert run(KEPT_UNTIL + timedelta(days=1)) == 1
    assert nothing_remains(dispense)
    assert [key for key in keys if justificatif_storage().exists(key)] == []
    assert not LeavingFile.objects.exists()
    left = Tombstone.objects.get()
    assert (left.number, left.employer, left.outcome) == (dispense.number, dispense.employee.employer, "refused")
    assert (left.submitted_on, left.decided_on, left.ends_on) == (SENT, SENT, SENT)
    assert (left.seal, left.forgotten_on) == (seal, KEPT_UNTIL + timedelta(days=1))
    assert run(KEPT_UNTIL + timedelta(days=1)) == 0


def test_all_that_a_request_is_made_of_goes() -> None:
    dispense = old(Status.AWAITING_COMPLEMENT)
    staff, complement = StaffFactory(), dispense.complements.get()
    with time_machine.travel(instant(SENT, 12)):
        ComplementReminder.objects.create(complement=complement, step=1)
        PieceVerdict.objects.create(
            dispense=dispense, complement=complement, piece="a", label="a", verdict=Judged.ACCEPTED, by=staff
        )
        InternalNote.objects.create(dispense=dispense, author=staff, text="Vu.")
        LifeStep.objects.create(dispense=dispense, step="end", target=SENT)
        Consultation.objects.create(
            user=staff, by_centre=True, dispense=dispense, document=1, name="a.pdf", kind=Reading.PAGES
        )
        LegalHold.objects.create(
            employer=dispense.employee.employer, dispense=dispense, reason="x", placed_by=staff,
            lifted_at=instant(SENT, 13), lifted_by=staff,
        )  # fmt: skip
    Dispense.objects.filter(pk=dispense.pk).update(status=Status.WITHDRAWN)
    run(ANNOUNCED)
    assert run(ANNOUNCED + NOTICE) == 1
    assert nothing_remains(dispense)
    assert standing.differences() == []


def test_one_mail_a_day_for_an_employer_whatever_the_number() -> None:
    employer = EmployerFactory()
    roles = [CorrespondentFactory(employer=employer) for _ in range(2)]
    first = [old(employee__employer=employer) for _ in range(3)]
    run(ANNOUNCED)
    mails = OutgoingEmail.objects.filter(kind="forgetting_announced")
    assert sorted(mails.values_list("to", flat=True)) == sorted(role.user.email for role in roles)
    for dispense in first:
        assert all(f"N°{dispense.number}" in text for text in mails.values_list("text_body", flat=True))
    late = old(employee__employer=employer)
    run(ANNOUNCED)  # the job again, the same night: what is new waits for the next mail
    assert mails.count() == 2
    assert Forgetting.objects.get(dispense=late).told_on is None
    run(ANNOUNCED + timedelta(days=1))
    assert mails.count() == 4
    assert Forgetting.objects.get(dispense=late).told_on == ANNOUNCED + timedelta(days=1)


def test_a_year_of_outage_still_leaves_thirty_days() -> None:
    dispense = old()
    after = KEPT_UNTIL + timedelta(days=365)
    assert run(after) == 0
    assert run(after + NOTICE - timedelta(days=1)) == 0
    assert run(after + NOTICE) == 1
    assert nothing_remains(dispense)


@pytest.mark.parametrize("whole", [True, False])
def test_a_hold_stops_it_and_the_notice_begins_again(whole: bool) -> None:
    dispense, staff = old(), StaffFactory()
    run(ANNOUNCED)
    hold = LegalHold.objects.create(
        employer=dispense.employee.employer, dispense=None if whole else dispense, reason="Contrôle", placed_by=staff
    )
    assert run(ANNOUNCED + NOTICE) == 0
    assert not Forgetting.objects.exists()
    LegalHold.objects.filter(pk=hold.pk).update(lifted_at=night(ANNOUNCED + NOTICE), lifted_by=staff)
    again = ANNOUNCED + NOTICE + timedelta(days=1)
    assert run(again) == 0
    assert run(again + NOTICE - timedelta(days=1)) == 0
    assert run(again + NOTICE) == 1


def test_a_hold_on_another_employer_or_request_stops_nothing() -> None:
    dispense, other = old(), old(Status.ACCEPTED)
    staff = StaffFactory()
    LegalHold.objects.create(employer=other.employee.employer, reason="Contrôle", placed_by=staff)
    LegalHold.objects.create(
        employer=dispense.employee.employer,
        dispense=old(Status.ACCEPTED, employee__employer=dispense.employee.employer),
        reason="Contrôle",
        placed_by=staff,
    )
    run(ANNOUNCED)
    assert run(ANNOUNCED + NOTICE) == 1
    assert nothing_remains(dispense)


def test_a_request_opened_again_is_spared() -> None:
    dispense = old()
    run(ANNOUNCED)
    Dispense.objects.filter(pk=dispense.pk).update(status=Status.IN_PROGRESS, decided_at=None, decided_by=None)
    assert run(ANNOUNCED + NOTICE) == 0
    assert not Forgetting.objects.exists()
    assert Dispense.objects.filter(pk=dispense.pk).exists()


def test_a_late_sending_keeps_the_whole() -> None:
    dispense = old()
    Declaration.objects.filter(dispense=dispense).update(signed_at=night(SENT + timedelta(days=300)))
    run(ANNOUNCED)
    assert not Forgetting.objects.exists()


def test_in_small_steps_it_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "BATCH", 2)
    employer = EmployerFactory()
    dispenses = [old(employee__employer=employer) for _ in range(5)]
    run(ANNOUNCED, seconds=0)
    assert Forgetting.objects.filter(told_on=ANNOUNCED).count() == 5
    run(ANNOUNCED + NOTICE, seconds=0)
    assert all(nothing_remains(dispense) for dispense in dispenses)
    assert not LeavingFile.objects.exists()


def test_a_file_that_stays_is_told_and_tried_the_next_night(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dispense = old()
    file = dispense.justificatifs.all()[0]
    dispense.justificatifs.exclude(pk=file.pk).delete()
    run(ANNOUNCED)
    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", lambda self, name: None)
        assert run(ANNOUNCED + NOTICE) == 1
        row = LeavingFile.objects.get()
        assert (row.number, row.tries, row.error) == (dispense.number, 1, "3 objets encore là")
        assert "restent dans le stockage" in caplog.text
        run(ANNOUNCED + NOTICE)  # once a night
        row.refresh_from_db()
        assert row.tries == 1
    run(ANNOUNCED + NOTICE + timedelta(days=1))
    assert storage.remains(file) == []
    assert not LeavingFile.objects.exists()


def test_a_silent_storage_is_left_alone_until_the_next_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "BATCH", 1)
    for _ in range(3):
        old()
    run(ANNOUNCED)
    asked: list[str] = []

    def silent(self: Any, name: str) -> None:
        asked.append(name)
        raise OSError("le stockage ne répond pas")

    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", silent)
        assert run(ANNOUNCED + NOTICE) == 3
    assert len(asked) == 1
    run(ANNOUNCED + NOTICE + timedelta(days=1))
    assert not LeavingFile.objects.exists()


def test_files_are_asked_of_the_storage_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes its time for each of 300,000 files would last for nights, one after the other."""
    for _ in range(2):
        old()
    run(ANNOUNCED)
    delete, together, inside = FileSystemStorage.delete, threading.Event(), set[int]()

    def slow(self: Any, name: str) -> None:
        inside.add(threading.get_ident())
        if len(inside) > 1:
            together.set()
        assert together.wait(30), "one file after the other"
        delete(self, name)

    monkeypatch.setattr(FileSystemStorage, "delete", slow)
    run(ANNOUNCED + NOTICE)
    assert not LeavingFile.objects.exists()


def test_one_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    stuck, going = old(), old()
    run(ANNOUNCED)
    bury: Callable[..., None] = evidence._bury

    def refuses(dispenses: list[Dispense], today: date) -> None:
        bury(dispenses, today)
        if stuck in dispenses:
            raise DatabaseError("verrou")

    monkeypatch.setattr(evidence, "_bury", refuses)
    assert run(ANNOUNCED + NOTICE) == 1
    assert nothing_remains(going)
    assert Justificatif.objects.filter(dispense=stuck).exists()
    assert f"Dispense {stuck.number} : ses preuves ne s’effacent pas" in caplog.text


# What is told afterwards


def forgotten(stage: Status = Status.REFUSED, **kwargs: Any) -> Dispense:
    dispense = old(stage, **kwargs)
    run(ANNOUNCED)
    assert run(ANNOUNCED + NOTICE) == 1
    return dispense


def test_its_page_says_so_in_words() -> None:
    dispense = forgotten()
    user = dispense.employee.user
    assert user is not None
    page = signed(user).get(reverse("demande_accuse", args=[dispense.number]))
    assert page.status_code == 404
    assert f"La demande N°{dispense.number} a été effacée au terme de sa conservation" in page.content.decode()
    other = signed(user).get(reverse("demande_accuse", args=[dispense.number + 1]))
    assert "Page introuvable" in other.content.decode()
    desk = signed(LeadFactory()).get(reverse("admin:dispenses_dispense_change", args=[dispense.number]))
    assert desk.status_code == 404
    assert "envoyée le 10\xa0mars\xa02027" in desk.content.decode()
    assert "Refusée" in desk.content.decode()


def test_the_desk_closes_it_to_a_correspondent_of_its_employer() -> None:
    dispense = forgotten()
    lead = LeadFactory()
    CorrespondentFactory(user=lead, employer=dispense.employee.employer)
    page = signed(lead).get(reverse("admin:dispenses_dispense_change", args=[dispense.number]))
    assert page.status_code == 403


def test_the_history_that_is_verified_copes_with_it() -> None:
    dispense = old()
    seal = Dispense.objects.get(pk=dispense.pk).history_seal
    run(ANNOUNCED)
    run(ANNOUNCED + NOTICE)
    out = StringIO()
    call_command("verify_history", stdout=out)
    call_command("verify_history", dispense.number, seal=seal, stdout=out)
    assert f"Dispense N°{dispense.number} : effacée le 11/03/2033." in out.getvalue()
    with pytest.raises(CommandError, match="n’est pas dans l’historique"):
        call_command("verify_history", dispense.number, seal="0" * 64, stdout=out)
    with pytest.raises(CommandError, match="1 différence"):
        call_command("verify_history", dispense.number + 1, stdout=out)
    assert f"Dispense N°{dispense.number + 1} : demande inconnue." in out.getvalue()


def test_a_pack_names_what_was_forgotten_of_its_period() -> None:
    employer = EmployerFactory()
    dispense = old(Status.ENDED, employee__employer=employer)
    run(ANNOUNCED)
    assert run(ANNOUNCED + NOTICE) == 1
    pack = index.EvidencePack(employer=employer, first_day=SENT - timedelta(days=1), last_day=SENT)
    assert index.forgotten(pack) == [dispense.number]
    pack.last_day = SENT - timedelta(days=1)
    assert index.forgotten(pack) == []
    forgotten(employee__employer=employer)  # refused: nothing was granted
    pack.last_day = date(2033, 1, 1)
    assert index.forgotten(pack) == [dispense.number]


def test_the_figures_of_its_week_stay() -> None:
    old()
    with time_machine.travel(instant(SENT + timedelta(days=2), 12)):
        figures.rebuild()
    before = sorted(figures.WeeklyFigure.objects.values_list("week", "received", "refused"))
    assert before
    run(ANNOUNCED)
    run(ANNOUNCED + NOTICE)
    old(Status.ACCEPTED, sent=SENT)  # of the same week, and still there
    with time_machine.travel(night(ANNOUNCED + NOTICE)):
        figures.rebuild()
    assert sorted(figures.WeeklyFigure.objects.values_list("week", "received", "refused"))[: len(before)] == before


def test_a_later_dispense_of_the_same_person_is_left_alone() -> None:
    employee = EmployeeFactory(activated=True)
    first = old(employee=employee)
    second = old(Status.ACCEPTED, employee=employee, sent=date(2031, 1, 5))
    run(ANNOUNCED)
    assert run(ANNOUNCED + NOTICE) == 1
    assert nothing_remains(first)
    assert Dispense.objects.filter(pk=second.pk).exists()
    assert standing.differences() == []


def test_mails_about_it_go_too() -> None:
    dispense, other = old(), old(Status.ACCEPTED)
    about = OutgoingEmail.objects.exclude(about="").order_by("about").values_list("about", flat=True).distinct()
    run(ANNOUNCED)
    assert list(about.all()) == [str(dispense.number), str(other.number)]
    run(ANNOUNCED + NOTICE)
    assert list(about.all()) == [str(other.number)]


def test_what_was_written_about_it_goes_too_and_nothing_else() -> None:
    dispense, other = old(), old(Status.ACCEPTED)
    for number in (dispense.number, other.number, None):
        Question.objects.create(asker="employee", name="x", email="x@y.fr", subject="request", number=number, text="?")
    run(ANNOUNCED)
    assert Question.objects.count() == 3
    run(ANNOUNCED + NOTICE)
    assert set(Question.objects.values_list("number", flat=True)) == {other.number, None}


def test_administrators_see_what_is_about_to_go() -> None:
    dispense = old()
    run(ANNOUNCED)
    client = signed(UserFactory(is_staff=True, is_superuser=True))
    for name in ("forgetting", "tombstone", "leavingfile"):
        assert client.get(reverse(f"admin:dispenses_{name}_changelist")).status_code == 200
    page = client.get(reverse("admin:dispenses_forgetting_changelist")).content.decode()
    assert f"N°{dispense.number}" in page
