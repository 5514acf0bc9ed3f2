"""Who is a party to a request finds the desk closed on it, whatever their group: every address, list and decision."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from dispenses import parties
from dispenses.desk.add_note import add_note
from dispenses.enums import Pending
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import (
    BulkRun,
    Consultation,
    Dispense,
    EvidencePack,
    InternalNote,
    LegalHold,
    PendingDecision,
    QueueEntry,
)
from dispenses.queue import assignments
from dispenses.request import bulk
from dispenses.request import undo as request_undo
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from tests.factories import (
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    LeadFactory,
    StaffFactory,
    UserFactory,
)
from tests.pages import page_of
from tests.refusals import refused
from tests.test_rights import ADDRESSES, STAFF, address, expected, outcome, own_world, signed_in

__all__ = ["own_world"]  # the fixture

pytestmark = pytest.mark.django_db

PARTIES = ("salarié", "correspondant")
ABOUT_A_REQUEST = sorted(key for key, route in ADDRESSES.items() if route.startswith("gestion/dispenses/dispense/<"))
REDIRECTS = {"gestion/dispenses/dispense/<path:object_id>/"}  # Django's, to the page of the request
QUEUE = "/gestion/dispenses/dispense/"
REFUSAL = RefuseContent(reason="Ne vous cite pas.", rule="art. D911-2", de_droit=True)


def make_party(user: User, dispense: Dispense, how: str) -> None:
    if how == "salarié":
        Employee.objects.filter(pk=dispense.employee_id).update(user=user)
    else:
        CorrespondentFactory(user=user, employer=dispense.employee.employer)


def superuser() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


def seen(dispense: Dispense) -> str:
    return Dispense.objects.get(number=dispense.number).status_at.isoformat()


def state(dispense: Dispense) -> tuple[Any, ...]:
    """All that a member of the centre may change of a request."""
    entry = QueueEntry.objects.get(pk=dispense.pk)
    decisions = PendingDecision.objects.filter(dispense=dispense).values_list("name", "state")
    status = Dispense.objects.values_list("status", flat=True).get(number=dispense.number)
    return status, entry.assigned_to_id, list(decisions), InternalNote.objects.filter(dispense=dispense).count()


def test_the_addresses_about_a_request_are_here() -> None:
    assert len(ABOUT_A_REQUEST) >= 11
    assert set(ABOUT_A_REQUEST) > REDIRECTS


@pytest.mark.parametrize("how", PARTIES)
@pytest.mark.parametrize("role", STAFF)
def test_no_page_of_the_desk_opens_the_request_to_a_party(role: str, how: str, own_world: dict[str, Any]) -> None:
    sent, user = own_world["sent"], own_world["people"][role]
    add_note(dispense=sent, author=StaffFactory(), text="Vu avec son service du personnel.")
    make_party(user, sent, how)
    client, before = signed_in(role, own_world), state(sent)
    data = {"accept-seen": seen(sent), "note": "x", "raison": "x"}
    for key in sorted(set(ABOUT_A_REQUEST) - REDIRECTS):
        answers = [client.get(address(key, own_world)), client.post(address(key, own_world), data)]
        outcomes = [outcome(answer) for answer in answers]
        assert set(outcomes) <= {"403", "405"}, (key, outcomes)
        assert "403" in outcomes, key
        told = [answer.content.decode() for answer in answers if answer.status_code == 403]
        assert not any("Vu avec son service" in text or "Durand" in text for text in told)
        if expected(key, role) not in ("403",):  # those who read other requests are told why, and who may do it
            assert all(parties.WHO_MAY in text for text in told), key
    assert state(sent) == before


@pytest.mark.parametrize("how", PARTIES)
@pytest.mark.parametrize("factory", [StaffFactory, LeadFactory])
def test_no_list_of_the_desk_shows_it_to_a_party(factory: Callable[[], User], how: str, client: Client) -> None:
    closed, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    user, colleague = factory(), LeadFactory()
    make_party(user, closed, how)
    for dispense in (closed, other):
        piece = dispense.justificatifs.first()
        Consultation.objects.create(
            user=colleague, by_centre=True, dispense=dispense, document=piece.pk, name="x.pdf", kind="original"
        )

    def lists(reader: User) -> list[str]:
        client.force_login(reader)
        pages = [
            QUEUE,
            f"{QUEUE}?statut=toutes",
            f"{QUEUE}?q={closed.number}",
            f"{QUEUE}?q={closed.employee.last_name}",
            f"{QUEUE}{other.number}/change/",
        ]
        if reader.has_perm("dispenses.view_consultations"):
            pages.append(f"{QUEUE}consultations/")
        texts = [client.get(page).content.decode() for page in pages]
        export = client.get(f"{QUEUE}exporter/csv/?statut=toutes")
        return [*texts, b"".join(export.streaming_content).decode()]

    number = str(closed.number)
    shown = [number in text.replace(f'value="{number}"', "") for text in lists(colleague)]
    assert all(shown)
    hidden = lists(user)
    assert all(
        closed.employee.last_name not in text.replace(f'value="{closed.employee.last_name}"', "")
        for text in (hidden[0], hidden[1], hidden[-1])
    )
    assert not any(f"N°{number}" in text or f"{number}/change" in text or f"\n{number};" in text for text in hidden)
    assert "ne figurent pas ici" in hidden[0]


@pytest.mark.parametrize("how", PARTIES)
def test_a_party_neither_takes_it_nor_says_who_examines_it(how: str, client: Client) -> None:
    dispense, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    QueueEntry.objects.filter(pk=dispense.pk).update(due_on=timezone.localdate() - timedelta(days=9))
    lead, colleague = LeadFactory(), StaffFactory()
    make_party(lead, dispense, how)
    with refused(TransitionRefused, Code.PARTY, words=parties.WHO_MAY):
        assignments.assign(number=dispense.number, to=lead, by=lead, may_reassign=True)
    with refused(TransitionRefused, Code.PARTY):
        assignments.assign(number=dispense.number, to=colleague, by=lead, may_reassign=True)
    with refused(TransitionRefused, Code.PARTY, words="choisissez une autre personne"):
        assignments.assign(number=dispense.number, to=lead, by=LeadFactory(), may_reassign=True)
    assignments.assign(number=dispense.number, to=colleague, by=colleague)
    with refused(TransitionRefused, Code.PARTY):
        assignments.unassign(number=dispense.number, by=lead, may_reassign=True)
    client.force_login(lead)
    answer = client.post(f"{QUEUE}attribuer/", {"numero": [dispense.number], "geste": "liberer"}, follow=True)
    assert parties.WHO_MAY in page_of(answer)
    assignments.unassign(number=dispense.number, by=colleague)
    assert assignments.take_next(user=lead) == other
    assert assignments.take_next(user=lead) is None
    assert assignments.take_next(user=colleague) == dispense


@pytest.mark.parametrize("how", PARTIES)
def test_what_somebody_has_is_given_back_once_they_are_a_party(how: str) -> None:
    dispense, other, reviewer = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), StaffFactory()
    for one in (dispense, other):
        assignments.assign(number=one.number, to=reviewer, by=reviewer)
    make_party(reviewer, dispense, how)
    assert assignments.release_forgotten() == 1
    assert QueueEntry.objects.get(assigned_to=reviewer).pk == other.pk


@pytest.mark.parametrize("how", PARTIES)
@pytest.mark.parametrize("seconds", [0, 300])
def test_a_party_decides_nothing(how: str, seconds: int, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = seconds
    dispense, lead = DispenseFactory(in_progress=True), LeadFactory()
    make_party(lead, dispense, how)
    with refused(TransitionRefused, Code.PARTY):
        request_undo.take(number=dispense.number, user=lead, seen=seen(dispense), content=AcceptContent())
    with refused(TransitionRefused, Code.PARTY):
        decide(AcceptContent(), dispense=dispense, user=lead)
    closed = DispenseFactory(refused=True)
    make_party(lead, closed, how)
    with refused(TransitionRefused, Code.PARTY):
        decide(ReopenContent(reason="Je conteste."), dispense=closed, user=lead)


@pytest.mark.parametrize("how", PARTIES)
def test_a_responsable_does_not_undo_the_refusal_of_a_request_to_which_they_are_a_party(
    how: str, settings: Any
) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    dispense, lead, author = DispenseFactory(in_progress=True), LeadFactory(), StaffFactory()
    pending = request_undo.take(number=dispense.number, user=author, seen=seen(dispense), content=REFUSAL)
    assert pending
    make_party(lead, dispense, how)
    with refused(TransitionRefused, Code.PARTY):
        request_undo.undo(number=dispense.number, pk=pending.pk, user=lead, may_undo_all=True)
    assert PendingDecision.objects.get().state == Pending.WAITING
    make_party(author, dispense, how)
    with refused(TransitionRefused, Code.PARTY):
        request_undo.undo(number=dispense.number, pk=pending.pk, user=author)


@pytest.mark.parametrize("how", PARTIES)
def test_a_decision_of_who_became_a_party_meanwhile_stays_without_effect(how: str, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    dispense, author = DispenseFactory(in_progress=True), StaffFactory()
    request_undo.take(number=dispense.number, user=author, seen=seen(dispense), content=AcceptContent())
    make_party(author, dispense, how)
    assert request_undo.settle_due(timezone.now() + timedelta(seconds=301)) == 0
    row = PendingDecision.objects.get()
    assert (row.state, "partie à cette demande" in row.told) == (Pending.VOID, True)
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"


@pytest.mark.parametrize("how", PARTIES)
def test_many_at_once_leaves_them_out_and_says_so(how: str, client: Client) -> None:
    closed, other, lead = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), LeadFactory()
    make_party(lead, closed, how)
    client.force_login(lead)

    def post(**data: Any) -> HttpResponse:
        return client.post(f"{QUEUE}lot/", data, follow=True)

    text = page_of(post(numero=[closed.number, other.number]))
    assert "1 demande laissée de côté" in text
    assert f"N°{other.number}" in text
    assert f"N°{closed.number}" not in text
    assert "Vous êtes partie à ces demandes" in page_of(post(numero=[closed.number]))
    assert f"N°{closed.number}" not in page_of(post(tout="1", filtres=""))

    lines = [f"{one.number}|{seen(one)}" for one in (closed, other)]
    post(ligne=lines, key=str(uuid.uuid4()), name="accept")
    bulk.sweep(timezone.now())
    told = {line.number: (line.done, line.told) for line in BulkRun.objects.get().lines.all()}
    assert told[other.number][0] is True
    assert told[closed.number] == (False, f"{parties.why_not(lead, closed_again(closed))} {parties.NOTHING_DONE}")
    result = page_of(client.get(f"{QUEUE}lot/{BulkRun.objects.get().key}/"))
    assert parties.WHO_MAY in result
    assert closed.employee.last_name not in result


def closed_again(dispense: Dispense) -> Dispense:
    return Dispense.objects.select_related("employee").get(number=dispense.number)


@pytest.mark.parametrize("factory", [LeadFactory, lambda: UserFactory(is_staff=True, is_superuser=True)])
@pytest.mark.parametrize("how", PARTIES)
def test_a_party_undoes_no_attaching(how: str, factory: Callable[[], User], client: Client) -> None:
    employee, user = DispenseFactory().employee, factory()
    make_party(user, Dispense.objects.get(employee=employee), how)
    client.force_login(user)
    page = reverse("admin:accounts_employee_detacher", args=[employee.pk])
    for answer in (client.get(page), client.post(page)):
        assert answer.status_code == 403
        assert parties.WHO_MAY in answer.content.decode()
    assert Employee.objects.get(pk=employee.pk).user is not None


@pytest.mark.parametrize("how", PARTIES)
def test_a_party_neither_places_nor_lifts_a_hold(how: str, client: Client) -> None:
    dispense, user = DispenseFactory(in_progress=True), AdministratorFactory()
    employer = dispense.employee.employer
    make_party(user, dispense, how)
    client.force_login(user)
    data = {"employer": employer.pk, "number": dispense.number, "reason": "Contrôle"}
    answer = client.post(reverse("admin:dispenses_legalhold_add"), data)
    assert (answer.status_code, LegalHold.objects.count()) == (200, 0)
    assert "un autre administrateur" in page_of(answer)
    hold = LegalHold.objects.create(
        employer=employer, dispense=dispense, reason="Contrôle", placed_by=AdministratorFactory()
    )
    page = reverse("admin:dispenses_legalhold_change", args=[hold.pk])
    assert client.post(page, {"lift": "on"}).status_code == 403
    assert LegalHold.objects.get().lifted_at is None
    client.force_login(AdministratorFactory())
    assert client.post(page, {"lift": "on"}).status_code == 302
    assert LegalHold.objects.get().lifted_at is not None


@pytest.mark.parametrize("how", PARTIES)
def test_the_journal_of_administration_does_not_tell_a_party_who_examines(how: str, client: Client) -> None:
    dispense, other, lead = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), LeadFactory()
    for one in (dispense, other):
        assignments.assign(number=one.number, to=StaffFactory(), by=LeadFactory(), may_reassign=True)
    make_party(lead, dispense, how)
    client.force_login(lead)
    text = client.get("/gestion/accounts/journalentry/").content.decode()
    assert f"N°{other.number}" in text
    assert f"N°{dispense.number}" not in text
    export = client.get("/gestion/accounts/journalentry/exporter/csv/")
    assert str(dispense.number) not in b"".join(export.streaming_content).decode()


@pytest.mark.parametrize("factory", [LeadFactory, AdministratorFactory, superuser])
@pytest.mark.parametrize("how", [*PARTIES, "salarié, de toute l’entreprise"])
def test_a_party_reads_no_hold_on_the_request(how: str, factory: Callable[[], User], client: Client) -> None:
    dispense, other, user = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), factory()
    for one in (dispense, other):
        held = None if "," in how else one
        LegalHold.objects.create(
            employer=one.employee.employer, dispense=held, reason=f"Soupçon {one.number}", placed_by=StaffFactory()
        )
    make_party(user, dispense, how.partition(",")[0])
    client.force_login(user)
    mine = LegalHold.objects.get(reason=f"Soupçon {dispense.number}")
    text = page_of(client.get(reverse("admin:dispenses_legalhold_changelist")))
    assert f"Soupçon {other.number}" in text
    assert f"Soupçon {dispense.number}" not in text
    for name in ("change", "history"):
        answer = client.get(reverse(f"admin:dispenses_legalhold_{name}", args=[mine.pk]))
        assert answer.status_code == 403
        assert "Vous êtes partie" in page_of(answer)
        assert "Soupçon" not in page_of(answer)


def test_a_party_to_one_request_holds_none_of_its_employer(client: Client) -> None:
    dispense, user = DispenseFactory(in_progress=True), AdministratorFactory()
    make_party(user, dispense, "salarié")
    client.force_login(user)
    data = {"employer": dispense.employee.employer_id, "number": "", "reason": "Contrôle"}
    assert "un autre administrateur" in page_of(client.post(reverse("admin:dispenses_legalhold_add"), data))
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize("factory", [LeadFactory, superuser])
@pytest.mark.parametrize("how", PARTIES)
def test_the_evidence_of_a_company_is_closed_to_a_party(how: str, factory: Callable[[], User], client: Client) -> None:
    dispense, other, user = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), factory()
    today = timezone.localdate()
    closed, opened = (
        EvidencePack.objects.create(
            employer=one.employee.employer, asked_by=UserFactory(), first_day=today, last_day=today
        )
        for one in (dispense, other)
    )
    make_party(user, dispense, how)
    client.force_login(user)
    text = page_of(client.get(reverse("admin:dispenses_evidencepack_changelist")))
    assert f"evidencepack/{opened.pk}/" in text
    assert f"evidencepack/{closed.pk}/" not in text
    for name in ("change", "history", "telecharger"):
        address_of = f"admin:dispenses_evidencepack_{name}"
        answer = client.get(reverse(address_of, args=[closed.pk]))
        assert answer.status_code == 403
        assert "Vous êtes partie" in page_of(answer)
        assert client.get(reverse(address_of, args=[opened.pk])).status_code != 403


@pytest.mark.parametrize("how", PARTIES)
def test_the_journal_of_administration_does_not_tell_a_party_of_a_hold(how: str, client: Client) -> None:
    dispense, lead = DispenseFactory(in_progress=True), LeadFactory()
    client.force_login(AdministratorFactory())
    data = {"employer": dispense.employee.employer_id, "number": dispense.number, "reason": "Soupçon"}
    assert client.post(reverse("admin:dispenses_legalhold_add"), data).status_code == 302
    client.force_login(lead)
    journal = reverse("admin:accounts_journalentry_changelist")
    assert "Soupçon" in page_of(client.get(journal))
    make_party(lead, dispense, how)
    assert "Soupçon" not in page_of(client.get(journal))
