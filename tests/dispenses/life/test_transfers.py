"""A company passes to another employer: contracts, dispenses and requests go on, each side keeps its own days."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.enums import CompanyAct, ImportStatus
from accounts.exceptions import Code as PeopleCode
from accounts.exceptions import EmploymentRefused
from accounts.models import Acte, CompanyEvent, Correspondent, Employee, Employer, ImportRun, Invitation
from accounts.services.activation import find_invitation
from accounts.states import Standing
from dispenses import parties
from dispenses.desk import whole_life
from dispenses.exceptions import Code, TransferRefused
from dispenses.exports import lists
from dispenses.keeping import evidence
from dispenses.life import second_look, transfer_look, transfer_scope, transfers
from dispenses.life.second_look import record_second_looks
from dispenses.models import Dispense, LegalHold, QueueEntry, Transfer, TransferredDispense
from dispenses.packs import proofs
from dispenses.queue import payroll, payroll_log
from dispenses.request import contents, drafts, history, looks, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.uphold import UpholdContent
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from portal.lib import dates, typography
from tests.dispenses.life.granted import DAY, granted
from tests.dispenses.request.test_races import together
from tests.factories import (
    ActeFactory,
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    InvitationFactory,
    StaffFactory,
)

pytestmark = pytest.mark.django_db
EVE = DAY - timedelta(days=1)
SITE = "73282932000082"


def at_work(former: Employer, **fields: Any) -> Employee:
    employee: Employee = EmployeeFactory(employer=former, activated=True, **fields)
    return employee


def planned(former: Employer, new: Employer, day: date = DAY, establishment: str = "") -> Transfer:
    return transfers.plan(former=former, new=new, day=day, establishment=establishment, by=AdministratorFactory())


def asked_before(clock: Any, employee: Employee, **fields: Any) -> Dispense:
    """A dispense granted, its request sent a month ago."""
    clock.move_to(DAY - timedelta(days=30))
    dispense = granted(employee=employee, **fields)
    clock.move_to(DAY)
    return dispense


def transferred(former: Employer, new: Employer, day: date = DAY) -> Transfer:
    made = planned(former, new, day)
    transfers.work(made.pk)
    made.refresh_from_db()
    return made


def there(employee: Employee) -> Employee:
    return Employee.objects.get(transferred_from=employee)


# The contract goes on


def test_the_contract_goes_on_with_the_new_employer(former: Employer, new: Employer) -> None:
    employee = at_work(former, establishment_siret=SITE, affiliated_on=date(2020, 1, 1), category="Cadre")
    made = transferred(former, new)
    employee.refresh_from_db()
    row = there(employee)
    assert (employee.left_on, employee.standing, employee.employer) == (EVE, Standing.LEFT, former)
    assert (row.employer, row.user, row.left_on, row.transferred_on) == (new, employee.user, None, DAY)
    for name in ("hired_on", "matricule", "professional_email", "contract_type", "category", "activated_at"):
        assert getattr(row, name) == getattr(employee, name)
    assert (row.establishment_siret, row.affiliated_on) == ("", None)  # those of the former employer
    assert (made.moved, made.left_out, made.finished_at) == (1, [], timezone.now())


def test_the_same_dispense_goes_on_and_says_why(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former), ends_on=DAY + timedelta(days=90), confirm_by=DAY + timedelta(days=9))
    transferred(former, new)
    before, dispense = dispense, Dispense.objects.get(pk=dispense.pk)
    assert dispense.employee == there(before.employee)
    for name in ("status", "status_at", "effective_on", "ends_on", "confirm_by", "end_cause"):
        assert getattr(dispense, name) == getattr(before, name)
    line = dispense.events.order_by("-rank").first()
    assert line is not None
    assert line.label == "Contrat de travail transféré"
    assert line.comment == "Le contrat de travail se poursuit chez Comptoir du Nord à compter du 10/03/2027."
    assert history.breaks(dispense) == []
    assert QueueEntry.objects.get(dispense=dispense).employer == new
    assert dispense.employee.standing == Standing.DISPENSED


def test_what_was_over_before_stays(former: Employer, new: Employer) -> None:
    employee = at_work(former)
    over = DispenseFactory(employee=employee, withdrawn=True)
    late = granted(employee=employee, ends_on=EVE)  # whose end no job has written yet
    transferred(former, new)
    for dispense in (over, late):
        assert Dispense.objects.get(pk=dispense.pk).employee == employee
    assert not TransferredDispense.objects.exists()


def test_a_dispense_of_that_day_passes_even_if_it_ended_since(former: Employer, new: Employer, clock: Any) -> None:
    employee = at_work(former)
    asked_before(clock, employee)
    ended = Dispense.objects.filter(employee=employee)
    ended.update(status=Status.ENDED.value, status_at=dates.instant(DAY + timedelta(days=5), 9), ends_on=DAY)
    before = granted(employee=employee, ends_on=EVE)
    Dispense.objects.filter(pk=before.pk).update(status=Status.ENDED.value)
    clock.move_to(DAY + timedelta(days=30))
    seen = transfer_look.preview(former, new, DAY, "")
    assert (seen.dispenses, seen.over_since, seen.open_requests) == (0, 1, 0)
    transferred(former, new)
    passed = transfer_scope.passed(Transfer.objects.get()).get()
    assert (passed.employee, passed.status, passed.ends_on) == (there(employee), Status.ENDED, DAY)
    assert Dispense.objects.get(pk=before.pk).employee == employee
    assert history.breaks(passed) == []
    year = (DAY - timedelta(days=180), DAY + timedelta(days=30))
    (mine,) = of_pack(new, *year)
    assert (mine.dispense, mine.last_day) == (passed, DAY)
    last_days = {proof.dispense.number: proof.last_day for proof in of_pack(former, *year)}
    assert last_days == {passed.number: EVE, before.number: EVE}
    told = OutgoingEmail.objects.get(kind="contract_transferred").text_body
    assert f"Votre dispense N°{passed.number}, finie le {typography.long_day(DAY)}, passe au nouvel employeur" in told
    assert "suit son cours" not in told


@pytest.mark.parametrize("stage", ["in_progress", "awaiting_complement"])
def test_an_open_request_goes_on_under_the_acte_of_its_day(former: Employer, new: Employer, stage: str) -> None:
    dispense = DispenseFactory(employee=at_work(former), **{stage: True})
    transferred(former, new, DAY)
    dispense = Dispense.objects.get(pk=dispense.pk)
    acte = contents.acte_of(dispense)
    assert dispense.employee.employer == new
    assert acte is not None
    assert acte.employer_id == new.pk  # asked on the very day of the transfer
    Dispense.objects.filter(pk=dispense.pk).update(submitted_at=timezone.now() - timedelta(days=3))
    acte = contents.acte_of(Dispense.objects.get(pk=dispense.pk))
    assert acte is not None
    assert acte.employer_id == former.pk
    if stage == "awaiting_complement":
        sending.complete(dispense=dispense, user=dispense.employee.user)
    decide(AcceptContent(), dispense=Dispense.objects.get(pk=dispense.pk), user=StaffFactory())


def test_a_draft_is_resumed_at_the_new_employer(former: Employer, new: Employer) -> None:
    draft = DispenseFactory(employee=at_work(former))
    transferred(former, new)
    row = there(draft.employee)
    assert drafts.get_or_create_draft(employee=row).number == draft.number
    assert draft.events.count() == 0


def test_who_has_not_activated_keeps_the_link(former: Employer, new: Employer) -> None:
    invitation = InvitationFactory(employee=EmployeeFactory(employer=former))
    transferred(former, new)
    found = find_invitation(invitation.token)
    assert found is not None
    assert found.employee == there(invitation.employee)


def test_whose_invitation_waited_for_an_import_is_invited_by_the_transfer(former: Employer, new: Employer) -> None:
    by = CorrespondentFactory(employer=former).user
    run = ImportRun.objects.create(
        employer=former,
        created_by=by,
        confirmed_by=by,
        confirmed_at=timezone.now(),
        finished_at=timezone.now(),
        status=ImportStatus.DONE,
        size=1,
    )
    waits, on_paper = (
        EmployeeFactory(employer=former, held_import=run, professional_email=address)
        for address in ("mila@exemple.fr", "")
    )
    transferred(former, new)
    assert not Employee.objects.filter(held_import=run).exists()
    assert Invitation.objects.get().employee == there(waits)
    assert OutgoingEmail.objects.get(kind="invitation").to == "mila@exemple.fr"
    assert not there(on_paper).invitations.exists()
    assert Invitation.objects.count() == 1
    assert not OutgoingEmail.objects.filter(kind="contract_transferred").exists()


# Whom it takes


def test_it_takes_one_establishment_and_those_at_work_on_that_day(former: Employer, new: Employer) -> None:
    takes = at_work(former, establishment_siret=SITE)
    leaving = at_work(former, establishment_siret=SITE, left_on=DAY)
    for fields in (
        {"establishment_siret": "73282932000090"},
        {"establishment_siret": SITE, "left_on": EVE},
        {"establishment_siret": SITE, "hired_on": DAY},
    ):
        at_work(former, **fields)
    made = planned(former, new, establishment=SITE)
    transfers.work(made.pk)
    assert set(Employee.objects.filter(employer=new).values_list("transferred_from", flat=True)) == {
        takes.pk,
        leaving.pk,
    }
    assert there(leaving).left_on == DAY


def test_a_future_day_waits_for_the_sweep_of_that_day(former: Employer, new: Employer, clock: Any) -> None:
    at_work(former)
    day = DAY + timedelta(days=20)
    planned(former, new, day)
    assert transfers.sweep() == 0
    clock.move_to(day - timedelta(days=1))
    assert transfers.sweep() == 0
    clock.move_to(day + timedelta(days=7))  # a worker that was stopped for a week
    assert [transfers.sweep() for _ in range(2)] == [1, 0]
    assert Employee.objects.get(employer=new).transferred_on == day


def test_who_would_be_there_twice_stays_and_nothing_is_lost(former: Employer, new: Employer) -> None:
    matricule, address, account, free = (at_work(former) for _ in range(4))
    dispense = granted(employee=matricule)
    EmployeeFactory(employer=new, matricule=matricule.matricule, last_name="Noir", first_name="Paul")
    EmployeeFactory(employer=new, professional_email=address.professional_email)
    EmployeeFactory(employer=new, user=account.user, activated_at=timezone.now())
    seen = transfer_look.preview(former, new, DAY, "")
    made = transferred(former, new)
    assert (made.moved, [line[0] for line in made.left_out]) == (1, [matricule.pk, address.pk, account.pk])
    assert (seen.people, seen.staying) == (1, 3)
    assert {(name, number) for name, number, _ in seen.stay} == {(line[1], line[2]) for line in made.left_out}
    assert made.left_out[0][3].startswith("Ce matricule est déjà celui de Paul Noir")
    assert there(free).employer == new
    for one in (matricule, address, account):
        one.refresh_from_db()
        assert one.left_on is None
    assert Dispense.objects.get(pk=dispense.pk).employee == matricule

    Employee.objects.filter(employer=new, last_name="Noir").update(matricule="autre")
    transfers.take_up(made)
    transfers.work(made.pk)
    made.refresh_from_db()
    assert (made.moved, [line[0] for line in made.left_out]) == (2, [address.pk, account.pk])
    assert Employee.objects.filter(transferred_from=free).count() == 1


def test_a_worker_that_dies_repeats_and_loses_nobody(
    former: Employer, new: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [at_work(former) for _ in range(5)]
    made = planned(former, new)
    done, original = [], transfers._transfer

    def dies(*args: Any) -> None:
        original(*args)
        done.append(args)
        if len(done) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(transfers, "_transfer", dies)
    with pytest.raises(KeyboardInterrupt):
        transfers.work(made.pk)
    assert Employee.objects.filter(employer=new).count() == 2  # the third was undone with its transaction
    Transfer.objects.update(leased_until=None)
    assert transfers.sweep() == 1
    made.refresh_from_db()
    assert made.moved == len(people)
    assert {there(one).employer for one in people} == {new}
    assert CompanyEvent.objects.filter(act=CompanyAct.TRANSFERRED).count() == 2 * len(people)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_move_each_person_once(former: Employer, new: Employer) -> None:
    people = [at_work(former) for _ in range(6)]
    made = planned(former, new)
    together(lambda: transfers.work(made.pk), lambda: transfers.work(made.pk))
    transfers.sweep()
    made.refresh_from_db()
    assert made.moved == Employee.objects.filter(employer=new).count() == len(people)


# What is refused


def _refused(code: Code, field: str, act: Callable[[], object]) -> None:
    with pytest.raises(TransferRefused) as refusal:
        act()
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_what_cannot_be_planned(former: Employer, new: Employer) -> None:
    _refused(Code.NOBODY_TO_MOVE, "former", lambda: planned(former, new))
    at_work(former)
    _refused(Code.SAME_EMPLOYER, "new", lambda: planned(former, former))
    _refused(Code.DAY_TOO_FAR, "day", lambda: planned(former, new, DAY + timedelta(days=367)))
    _refused(Code.NOBODY_TO_MOVE, "establishment", lambda: planned(former, new, establishment=SITE))
    planned(former, new)
    _refused(Code.TRANSFER_WAITING, "", lambda: planned(former, new))
    Employer.objects.filter(pk=new.pk).update(insured_until=EVE)
    _refused(Code.CONTRACT_OVER, "new", lambda: planned(former, Employer.objects.get(pk=new.pk)))
    Employer.objects.filter(pk=new.pk).update(insured_until=DAY + timedelta(days=4))
    insured = Employer.objects.get(pk=new.pk)
    _refused(Code.CONTRACT_OVER, "new", lambda: planned(former, insured, DAY + timedelta(days=5)))


def test_it_is_cancelled_until_it_begins(former: Employer, new: Employer, clock: Any) -> None:
    at_work(former)
    made = planned(former, new, DAY + timedelta(days=5))
    transfers.cancel(made)
    clock.move_to(DAY + timedelta(days=6))
    assert transfers.sweep() == 0
    _refused(Code.TRANSFER_BEGUN, "", lambda: transfers.cancel(made))
    done = transferred(former, new, DAY + timedelta(days=6))
    _refused(Code.TRANSFER_BEGUN, "", lambda: transfers.cancel(done))
    _refused(Code.TRANSFER_BEGUN, "", lambda: transfers.take_up(done))


# Rights and proofs: each its own days


def of_pack(employer: Employer, first: date, last: date) -> list[proofs.Proof]:
    frame = proofs.Frame.of(employer.pk, first=first, last=last, today=last)
    found = proofs.by_employee(proofs.granted(employer.pk, first, last), frame)
    return [proof for employee in found for proof in employee]


def test_each_employer_proves_its_own_period(former: Employer, new: Employer, clock: Any) -> None:
    dispense = asked_before(clock, at_work(former), code="temps_partiel", ends_on=DAY + timedelta(days=200))
    signed = dispense.declarations.get()
    transferred(former, new)
    Dispense.objects.filter(pk=dispense.pk).update(unconfirmed_since=DAY + timedelta(days=40))
    clock.move_to(DAY + timedelta(days=100))
    decided = Dispense.objects.get(pk=dispense.pk)
    sent = sending.sign(decided, decided.employee.user, timezone.now(), effect=("Dispense", None))
    decided.save()
    year = (DAY - timedelta(days=180), DAY + timedelta(days=100))

    (old,) = of_pack(former, *year)
    assert (old.dispense.employee, old.last_day, old.dispense.status) == (dispense.employee, EVE, Status.ENDED)
    assert [one.pk for one in old.dispense.declarations.all()] == [signed.pk]
    assert "Contrat de travail transféré" not in [event.label for event in old.dispense.events.all()]
    assert old.acte is not None
    assert old.acte.employer_id == former.pk
    assert not [one for one in old.missing if one.kind.label == "past_end"]

    (recent,) = of_pack(new, *year)
    assert (recent.dispense.employee, recent.arrived_on) == (there(dispense.employee), DAY)
    assert [one.pk for one in recent.dispense.declarations.all()] == [signed.pk, sent.pk]
    assert recent.acte is not None
    assert recent.acte.employer_id == new.pk
    spans = [one.span for one in recent.missing if one.span]
    assert spans
    assert all(span[0] >= DAY for span in spans)

    assert of_pack(new, year[0], EVE) == []
    assert of_pack(former, DAY, year[1]) == []


def test_a_transfer_undone_the_other_way_round_leaves_each_its_evidence(
    former: Employer, new: Employer, clock: Any
) -> None:
    back = DAY + timedelta(days=10)
    employee = at_work(former, establishment_siret=SITE, affiliated_on=date(2020, 1, 1))
    dispense = asked_before(clock, employee, ends_on=DAY + timedelta(days=200))
    signed = [dispense.declarations.get()]
    transferred(former, new)
    for days in (5, 20):  # with the new one, then back
        clock.move_to(DAY + timedelta(days=days))
        decided = Dispense.objects.get(pk=dispense.pk)
        signed.append(sending.sign(decided, employee.user, timezone.now(), effect=("Dispense", None)))
        decided.save()
        if days == 5:
            clock.move_to(back)
            transferred(new, former, back)
    row = there(there(employee))
    assert (row.employer, row.establishment_siret, row.affiliated_on) == (former, SITE, date(2020, 1, 1))

    def proved(employer: Employer, last: date) -> list[tuple[Employee, date | None, date | None, list[int]]]:
        found = [(one, one.dispense) for one in of_pack(employer, DAY - timedelta(days=180), last)]
        return [
            (its.employee, one.last_day, one.arrived_on, sorted(signed.pk for signed in its.declarations.all()))
            for one, its in found
        ]

    first, between, after = (one.pk for one in signed)
    today = DAY + timedelta(days=30)
    assert proved(former, today) == [(row, DAY + timedelta(days=200), None, [first, after])]
    assert proved(new, today) == [(there(employee), back - timedelta(days=1), DAY, [first, between])]
    assert [one[:3] for one in proved(former, DAY + timedelta(days=5))] == [(employee, EVE, None)]
    (old,) = whole_life.read(Employee.objects.get(pk=employee.pk), today).requests
    assert [one.pk for one in old.dispense.declarations.all()] == [first]


def test_a_former_dispense_and_the_one_that_passed_are_of_one_employee(former: Employer, new: Employer) -> None:
    employee = at_work(former)
    first = DispenseFactory(employee=employee, ended=True)
    Dispense.objects.filter(pk=first.pk).update(ends_on=DAY - timedelta(days=60), effective_on=date(2026, 1, 1))
    granted(employee=employee, effective_on=DAY - timedelta(days=59))
    transferred(former, new)
    frame = proofs.Frame.of(former.pk, first=DAY - timedelta(days=365), last=DAY, today=DAY)
    found = list(proofs.by_employee(proofs.granted(former.pk, frame.first, DAY), frame))
    assert [len(one) for one in found] == [2]
    assert not [one for one in found[0][0].missing if "affilié depuis" in one.detail]


def test_payroll_of_each_is_told_its_own_days(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former))
    payroll_log.follow(former.pk)
    transferred(former, new)
    (old,) = payroll.facts_on(DAY, Employee.objects.filter(employer=former))
    (recent,) = payroll.facts_on(DAY, Employee.objects.filter(employer=new))
    assert (old.left_on, old.told.dispensed, old.told.ends_on, old.told.affiliation_due_on) == (EVE, False, EVE, None)
    assert (recent.told.dispensed, recent.told.effective_on) == (True, dispense.effective_on)
    payroll_log.follow(former.pk)
    (line,) = payroll_log.changes(former.pk, 0)
    assert (line.left_on, line.ends_on, line.employee) == (EVE, EVE, dispense.employee)


def test_the_requests_that_passed_stay_in_the_former_employer_s_file_as_they_were(
    former: Employer, new: Employer, clock: Any
) -> None:
    clock.move_to(DAY - timedelta(days=30))
    dispense = granted(employee=at_work(former), confirm_by=DAY + timedelta(days=40))
    waiting = DispenseFactory(employee=at_work(former), in_progress=True)
    refused = DispenseFactory(employee=at_work(former), refused=True)
    DispenseFactory(employee=at_work(former))
    clock.move_to(DAY)
    transferred(former, new)
    decide(AcceptContent(), dispense=Dispense.objects.get(pk=waiting.pk), user=StaffFactory())
    later = DispenseFactory(employee=EmployeeFactory(employer=new, activated=True), in_progress=True)

    def file_of(employer: Employer, state: str = "") -> dict[Any, tuple[Any, ...]]:
        heads = ("Numéro", "Matricule", "Statut", "Décidée le", "Dispense jusqu’au", "À confirmer avant le")
        found = lists.requests(employer, state=state)
        places = [found.header.index(head) for head in heads]
        return {row[0]: tuple(row[place] for place in places[1:]) for row in found.rows()}

    old, name = file_of(former), dispense.employee.matricule
    decided_at = dispense.decided_at
    assert old.pop(dispense.number) == (name, "Échue", decided_at, EVE, None)
    assert old.pop(waiting.number) == (waiting.employee.matricule, "En cours", None, None, None)
    assert {number: row[1] for number, row in old.items()} == {refused.number: "Refusée"}
    assert set(file_of(former, "ended")) == {dispense.number}
    recent = file_of(new)
    assert recent[dispense.number] == (name, "Traitée", decided_at, None, DAY + timedelta(days=40))
    assert {number: row[1] for number, row in recent.items()} == {
        dispense.number: "Traitée", waiting.number: "Traitée", later.number: "En cours"
    }  # fmt: skip


def test_what_came_back_is_whole_in_its_file_again(former: Employer, new: Employer, clock: Any) -> None:
    dispense, back = granted(employee=at_work(former)), DAY + timedelta(days=5)
    transferred(former, new)
    clock.move_to(back)
    transferred(new, former, back)
    for employer, status in ((former, "Traitée"), (new, "Échue")):
        found = lists.requests(employer)
        (row,) = found.rows()
        assert (row[0], row[found.header.index("Statut")]) == (dispense.number, status)


def test_correspondents_see_what_was_theirs_and_no_more(
    former: Employer, new: Employer, client: Client, clock: Any
) -> None:
    dispense = asked_before(clock, at_work(former))
    transferred(former, new)
    row = there(dispense.employee)
    old, recent = (Correspondent.objects.get(employer=employer).user for employer in (former, new))
    client.force_login(old)
    page = client.get(reverse("salarie", args=[dispense.employee_id])).content.decode()
    assert "Demande de dispense envoyée" in page
    assert "Son contrat de travail se poursuit chez Comptoir du Nord depuis le 10/03/2027" in page
    assert reverse("corriger", args=[dispense.employee_id]) not in page
    assert client.get(reverse("salarie", args=[row.pk])).status_code == 404
    client.force_login(recent)
    page = client.get(reverse("salarie", args=[row.pk])).content.decode()
    assert "Demande reprise avec le contrat de travail" in page
    assert "Demande de dispense envoyée" not in page
    assert "Pré-affiliation" not in page
    assert client.get(reverse("salarie", args=[dispense.employee_id])).status_code == 404
    with pytest.raises(EmploymentRefused) as refusal:
        services.declare_departure(employee=Employee.objects.get(pk=dispense.employee_id), by=old, left_on=None)
    assert refusal.value.code == PeopleCode.TRANSFERRED


def test_a_correspondent_of_the_former_employer_stays_a_party(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former))
    user = Correspondent.objects.get(employer=former).user
    transferred(former, new)
    passed = Dispense.objects.get(pk=dispense.pk)
    assert parties.why_not(user, passed)
    assert Dispense.objects.filter(parties.interests(user).of_requests()).get() == passed
    assert not parties.why_not(StaffFactory(), passed)


def test_a_hold_of_the_former_employer_still_keeps_it(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former))
    LegalHold.objects.create(employer=former, reason="Contrôle", placed_by=AdministratorFactory())
    transferred(former, new)
    passed = Dispense.objects.get(pk=dispense.pk)
    assert LegalHold.suspends(passed)
    assert Dispense.objects.filter(evidence._held("pk", "employee__employer"), pk=passed.pk).exists()


def test_the_life_of_each_row_is_its_own(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former))
    transferred(former, new)
    old = whole_life.read(Employee.objects.get(pk=dispense.employee_id), DAY)
    recent = whole_life.read(there(dispense.employee), DAY)
    assert [(asked.dispense.number, asked.last) for asked in old.requests] == [(dispense.number, EVE)]
    assert [(asked.dispense.number, asked.last) for asked in recent.requests] == [(dispense.number, None)]
    assert recent.gaps == []  # the days before the transfer were not this employer's
    assert "Contrat transféré depuis Ateliers du Levant" in [fact.words for fact in recent.facts]


# What is told


def test_who_is_told_what(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former))
    waiting = DispenseFactory(employee=at_work(former), in_progress=True)
    OutgoingEmail.objects.all().delete()
    transferred(former, new)
    transfers.sweep()
    told = {mail.to: mail for mail in OutgoingEmail.objects.all()}
    assert len(told) == OutgoingEmail.objects.count() == 4
    mine = told[dispense.employee.user.email].text_body
    assert f"Votre dispense N°{dispense.number} continue, aux mêmes dates" in mine
    assert "Comptoir du Nord à compter du 10 mars 2027" in mine
    assert f"Votre demande N°{waiting.number} suit son cours" in told[waiting.employee.user.email].text_body
    for employer, kind in ((former, "employees_passed"), (new, "employees_arrived")):
        mail = told[services.people_to_notify(employer)[0]]
        assert mail.kind == kind
        assert "2." in mail.text_body
        assert "conjoint" not in mail.text_body.lower()


# What is to be looked at


def test_the_preview_counts_what_the_new_acte_does_not_open(former: Employer, new: Employer) -> None:
    granted(employee=at_work(former))
    granted(employee=at_work(former))
    part_time = granted(employee=at_work(former), code="temps_partiel")
    before = granted(employee=at_work(former), code="present_avant_due")
    DispenseFactory(employee=at_work(former), in_progress=True)
    DispenseFactory(employee=at_work(former))
    EmployeeFactory(employer=former)
    seen = transfer_look.preview(former, new, DAY, "")
    assert (seen.people, seen.invited, seen.open_requests, seen.drafts) == (7, 1, 1, 1)
    assert (seen.dispenses, seen.to_look) == (4, 2)
    assert {(line.count, line.to_look) for line in seen.motifs} == {(2, 0), (1, 1)}
    made = transferred(former, new)
    count, listed = transfer_look.to_look_at(made)
    assert count == 2
    assert {one.pk for one, _ in listed} == {part_time.pk, before.pk}
    assert all(why for _, why in listed)
    assert not Dispense.objects.filter(status=Status.ENDED.value).exists()  # the centre decides


def test_the_list_counts_all_and_reads_the_first_ones(
    former: Employer, new: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [granted(employee=at_work(former), code="temps_partiel") for _ in range(3)]
    made = transferred(former, new)
    monkeypatch.setattr(transfer_look, "SHOWN", 2)
    count, listed = transfer_look.to_look_at(made)
    assert (count, [one.pk for one, _ in listed]) == (3, [one.pk for one in found[:2]])
    count, listed = transfer_look.to_look_at(made, Q(pk=found[0].pk))
    assert (count, [one.pk for one, _ in listed]) == (2, [one.pk for one in found[1:]])


def wanted() -> dict[int, date | None]:
    """Of the dispenses in the view « Deuxième regard », the day of their transfer."""
    return dict(Dispense.objects.filter(looks.WANTED).values_list("number", "look_transfer_on"))


def uphold(number: int) -> None:
    content = UpholdContent(reason="Temps partiel vérifié chez le nouvel employeur.")
    decide(content, dispense=Dispense.objects.get(pk=number), user=StaffFactory())


def test_the_view_of_the_desk_has_those_of_the_page_until_the_centre_has_looked(
    former: Employer, new: Employer
) -> None:
    granted(employee=at_work(former))
    part_time = granted(employee=at_work(former), code="temps_partiel")
    before = granted(employee=at_work(former), code="present_avant_due")
    made = transferred(former, new)
    assert wanted() == {part_time.number: DAY, before.number: DAY}
    assert looks.in_words(None, None, DAY) == [
        "Contrat transféré le 10/03/2027\xa0: motif à revoir avec l’acte du nouvel employeur"
    ]
    assert record_second_looks() == 0
    uphold(part_time.number)
    assert record_second_looks() == 0  # it does not come back
    count, listed = transfer_look.to_look_at(made)
    assert (count, [one.pk for one, _ in listed]) == (1, [before.pk])
    assert wanted() == {before.number: DAY}


def test_an_acte_of_the_new_employer_written_since_lets_go_of_what_it_opens(former: Employer, new: Employer) -> None:
    part_time = granted(employee=at_work(former), code="temps_partiel")
    transferred(former, new)
    Acte.objects.filter(employer=new).update(opened_motifs=["temps_partiel"])
    assert [second_look.record_of(new), wanted()] == [1, {}]
    Acte.objects.filter(employer=new).update(opened_motifs=[])
    assert [record_second_looks(), wanted()] == [1, {part_time.number: DAY}]
    Dispense.objects.update(look_on=None, look_transfer_on=None)  # as before this cause was written down
    assert [record_second_looks(), record_second_looks(), wanted()] == [1, 0, {part_time.number: DAY}]


def test_the_night_reads_the_transfers_of_the_last_weeks_again_and_an_acte_all_of_them(
    former: Employer, new: Employer
) -> None:
    part_time = granted(employee=at_work(former), code="temps_partiel")
    made = transferred(former, new)
    made.finished_at = timezone.now() - second_look.RECENT - timedelta(days=1)
    made.save(update_fields=["finished_at"])
    Dispense.objects.update(look_on=None, look_transfer_on=None)
    assert [record_second_looks(), wanted()] == [0, {}]
    assert [second_look.record_of(new), wanted()] == [1, {part_time.number: DAY}]


def test_what_the_former_acte_closed_is_no_matter_of_the_new_one_and_a_card_still_is(
    former: Employer, new: Employer
) -> None:
    dispense = granted(employee=at_work(former), look_on=EVE, look_acte_on=EVE, look_card_by=DAY)
    transferred(former, new)
    dispense.refresh_from_db()
    assert (dispense.look_on, dispense.look_acte_on, dispense.look_card_by) == (DAY, None, DAY)


def test_a_version_of_before_the_transfer_closes_nothing_of_what_came_since(former: Employer, new: Employer) -> None:
    """It came under that version: that its acte does not open the motif is said once."""
    since = DAY - timedelta(days=90)
    first = Acte.objects.get(employer=new)
    Acte.objects.filter(pk=first.pk).update(opened_motifs=["temps_partiel"], in_force_until=since - timedelta(days=1))
    ActeFactory(employer=new, in_force_from=since, opened_motifs=[], first_set_up_on=first.first_set_up_on)
    dispense = granted(employee=at_work(former), code="temps_partiel")
    transferred(former, new)
    record_second_looks()
    dispense.refresh_from_db()
    assert (dispense.look_acte_on, dispense.look_transfer_on) == (None, DAY)


def test_passed_on_once_more_it_is_looked_at_for_the_last_transfer_alone(former: Employer, new: Employer) -> None:
    dispense = granted(employee=at_work(former), code="temps_partiel")
    made = transferred(former, new)
    third, later = EmployerFactory(), DAY + timedelta(days=1)
    ActeFactory(employer=third)
    with time_machine.travel(dates.instant(later, 10), tick=False):
        transferred(new, third, later)
        assert wanted() == {}
        assert record_second_looks() == 0
    assert transfer_look.to_look_at(made) == (0, [])
    assert Dispense.objects.get(pk=dispense.pk).look_transfer_on is None


def test_whoever_comes_back_by_another_employer_finds_theirs_again(former: Employer, new: Employer, clock: Any) -> None:
    employee = at_work(former, establishment_siret=SITE, affiliated_on=date(2020, 1, 1))
    third, days = EmployerFactory(), [DAY + timedelta(days=count) for count in (0, 1, 2)]
    for day, pair in zip(days, ((former, new), (new, third), (third, former)), strict=True):
        clock.move_to(day)
        transferred(*pair, day)
    row = Employee.objects.filter(employer=former).latest("pk")
    assert (row.pk != employee.pk, row.establishment_siret, row.affiliated_on) == (True, SITE, date(2020, 1, 1))
    assert Employee.objects.get(employer=third).affiliated_on is None


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plan as SQLite words it")
def test_twins_are_looked_for_through_an_index(former: Employer, new: Employer) -> None:
    plan = transfer_scope.with_twins(transfer_scope.passing(former, DAY), new, DAY).explain()
    for index in ("employee_matricule_once", "employee_address_once"):
        assert index in plan
