"""One decision on many requests: a result for each, nothing stops the others, nothing is done twice."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispenses.models import BulkLine, BulkRun, Dispense, PendingDecision, QueueEntry, StandardPhrase
from dispenses.request import bulk, sending, undo
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from tests.dispenses.request.test_races import together
from tests.factories import AdministratorFactory, DispenseFactory, LeadFactory, StaffFactory, UserFactory
from tests.pages import page_of

pytestmark = pytest.mark.django_db
LOT = "/gestion/dispenses/dispense/lot/"


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(LeadFactory())
    return client


def line(dispense: Dispense) -> str:
    return f"{dispense.number}|{dispense.status_at.isoformat()}"


def ask(client: Client, lines: list[str], **changes: Any) -> Any:
    """Post the page; the worker has not begun."""
    data = {"ligne": lines, "key": str(uuid.uuid4()), "name": "accept", **changes}
    return client.post(LOT, data)


def post(client: Client, lines: list[str], **changes: Any) -> Any:
    """Post the page and let the worker do all of it."""
    response = ask(client, lines, **changes)
    bulk.sweep(timezone.now())
    return response


def results() -> dict[int, tuple[bool | None, str]]:
    lines = BulkRun.objects.order_by("-at").first().lines.all()
    return {line.number: (line.done, line.told) for line in lines}


def text_of(client: Client, url: str) -> str:
    return page_of(client.get(url))


def test_the_queue_leads_to_a_page_that_decides_nothing(lead: Client) -> None:
    dispenses = [DispenseFactory(in_progress=True) for _ in range(2)]
    response = lead.post(LOT, {"numero": [d.number for d in dispenses]})
    text = page_of(response)
    assert response.status_code == 200
    assert all(line(d) in text for d in dispenses)
    assert "2 de ces demandes" in text
    assert "possible pour les 2 demandes" in text
    assert "possible pour aucune" not in text
    assert not BulkRun.objects.exists()


def test_each_has_its_result_and_nothing_stops_the_others(lead: Client) -> None:
    good, moved, decided, waiting = (DispenseFactory(in_progress=True) for _ in range(4))
    lines = [line(good), line(moved), line(decided), line(waiting), "99999999|2026-01-01T00:00:00+00:00"]
    decide(ComplementContent(message="Il manque la carte."), dispense=moved, user=StaffFactory())
    decide(AcceptContent(), dispense=decided, user=StaffFactory())
    response = post(lead, lines)
    assert response.status_code == 302
    found = results()
    assert {n: done for n, (done, _) in found.items()} == {
        good.number: True,
        moved.number: False,
        decided.number: False,
        waiting.number: True,
        99999999: False,
    }
    assert "en attente de complément" in found[moved.number][1]
    assert "n’existe pas" in found[99999999][1]
    text = page_of(lead.get(response.url))
    assert "2 demandes traitées, 3 non modifiées" in text


def test_a_draft_is_nobody_s_business(lead: Client) -> None:
    draft = DispenseFactory()
    response = post(lead, [line(draft)])
    assert results() == {draft.number: (False, "Cette demande n’existe pas.")}
    text = text_of(lead, response.url)
    assert draft.employee.last_name not in text
    assert "non modifiée" in text
    assert lead.post(LOT, {"numero": draft.number}).url == reverse("admin:dispenses_dispense_changelist")


def test_sent_twice_it_runs_once(lead: Client) -> None:
    dispense, key = DispenseFactory(in_progress=True), str(uuid.uuid4())
    first, second = (post(lead, [line(dispense)], key=key) for _ in range(2))
    assert first.url == second.url
    assert BulkRun.objects.count() == 1
    assert dispense.events.filter(transition="accept").count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Choisissez la décision"),
        ({"name": "request_complement"}, "Indiquez ce qui manque"),
        ({"name": "refuse", "rule": "art. 1"}, "Indiquez la raison"),
        ({"name": "refuse", "reason": "Texte gardé"}, "Indiquez la règle"),
        ({"name": "reassign"}, "Choisissez à qui"),
    ],
)
def test_what_is_needed_is_asked_for(lead: Client, changes: dict[str, str], words: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    response = post(lead, [line(dispense)], **changes)
    text = page_of(response)
    assert response.status_code == 422
    assert words in text
    assert line(dispense) in text
    assert changes.get("reason", "") in text
    assert not BulkRun.objects.exists()


def test_standard_phrases_speak_to_each_employee(lead: Client) -> None:
    phrase = StandardPhrase.objects.create(kind="complement", title="Bulk", text="{prenom}, joignez l’attestation.")
    other = StandardPhrase.objects.create(kind="refusal", title="Bulk", text="Autre.")
    dispenses = [DispenseFactory(in_progress=True) for _ in range(2)]
    lines = [line(d) for d in dispenses]
    assert ask(lead, lines, name="request_complement", phrases_message=other.pk).status_code == 422
    post(lead, lines, name="request_complement", phrases_message=phrase.pk)
    for dispense in dispenses:
        said = dispense.complements.get().message
        assert said == f"{dispense.employee.first_name}, joignez l’attestation."
    again = DispenseFactory(in_progress=True)
    post(lead, [line(again)], name="request_complement", phrases_message=phrase.pk, message="Bonjour.")
    assert again.complements.get().message == f"Bonjour.\n{again.employee.first_name}, joignez l’attestation."


def test_refusing_de_droit_in_bulk_wants_its_confirmation(lead: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    words = {"name": "refuse", "reason": "Non conforme", "rule": "art. 1"}
    post(lead, [line(dispense)], **words)
    assert "de droit" in results()[dispense.number][1]
    post(lead, [line(dispense)], **words, de_droit="on")
    assert Dispense.objects.get(number=dispense.number).status == "refused"


def test_reassigning(lead: Client) -> None:
    dispense, to = DispenseFactory(in_progress=True), StaffFactory()
    post(lead, [line(dispense)], name="reassign", to=to.pk)
    assert QueueEntry.objects.get(pk=dispense.pk).assigned_to == to


def test_without_the_right_nothing_is_open(client: Client) -> None:
    client.force_login(StaffFactory())
    dispense = DispenseFactory(in_progress=True)
    assert post(client, [line(dispense)]).status_code == 403
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"


def test_the_result_is_its_authors(lead: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    url = post(lead, [line(dispense)]).url
    lead.force_login(LeadFactory())
    assert lead.get(url).status_code == 404


@pytest.mark.parametrize("seconds", [0, 300])
def test_the_queries_grow_with_the_requests_and_no_faster(lead: Client, settings: Any, seconds: int) -> None:
    settings.PORTAL_UNDO_SECONDS = seconds
    costs = []
    for count in (2, 6, 10):
        ask(lead, [line(DispenseFactory(in_progress=True)) for _ in range(count)])
        with CaptureQueriesContext(connection) as queries:
            bulk.sweep(timezone.now())
        costs.append(len(queries))
    assert costs[2] - costs[1] == costs[1] - costs[0]
    assert all(done for done, _ in results().values())


def test_the_pages_read_as_much_for_ten_as_for_two(lead: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    choose, read = [], []
    text_of(lead, post(lead, [line(DispenseFactory(in_progress=True))]).url)
    lead.post(LOT, {"numero": Dispense.objects.get().number})
    for count in (2, 10):
        lines = [line(DispenseFactory(in_progress=True)) for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            lead.post(LOT, {"ligne": lines})
        choose.append(len(queries))
        url = post(lead, lines).url
        with CaptureQueriesContext(connection) as queries:
            lead.get(url)
        read.append(len(queries))
    assert choose[0] == choose[1]
    assert read[0] == read[1]


def test_a_worker_that_dies_is_followed_by_another(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    dispenses = [DispenseFactory(in_progress=True) for _ in range(5)]
    url = ask(lead, [line(d) for d in dispenses]).url
    take, calls = undo.take, []

    def dies(**changes: Any) -> Any:
        calls.append(changes["number"])
        taken = take(**changes)
        if len(calls) == 3:
            raise SystemExit
        return taken

    monkeypatch.setattr(undo, "take", dies)
    with pytest.raises(SystemExit):
        bulk.sweep(timezone.now())
    assert [done for done, _ in results().values()] == [True, True, None, None, None]
    assert "2 sur 5 demandes" in text_of(lead, url)
    bulk.sweep(timezone.now())
    assert len(calls) == 3  # its lease holds
    bulk.sweep(timezone.now() + bulk.LEASE + timedelta(seconds=1))
    assert [done for done, _ in results().values()] == [True] * 5
    assert all(d.events.filter(transition="accept").count() == 1 for d in dispenses)
    assert "5 demandes traitées." in text_of(lead, url)


def test_a_run_taken_over_meanwhile_is_the_other_s(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    dispenses = [DispenseFactory(in_progress=True) for _ in range(3)]
    ask(lead, [line(d) for d in dispenses])
    theirs, take = timezone.now() + 2 * bulk.LEASE, undo.take

    def late(**changes: Any) -> Any:
        BulkRun.objects.update(leased_until=theirs)
        return take(**changes)

    monkeypatch.setattr(undo, "take", late)
    bulk.sweep(timezone.now())
    run = BulkRun.objects.get()
    assert (run.leased_until, run.finished_at) == (theirs, None)
    assert all(d.events.filter(transition="accept").count() == 1 for d in dispenses)


def test_a_request_that_nobody_can_decide_stops_no_other(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    take = undo.take

    def breaks(**changes: Any) -> Any:
        if changes["number"] == bad.number:
            raise ValueError("cas imprévu")
        return take(**changes)

    monkeypatch.setattr(undo, "take", breaks)
    url = post(lead, [line(bad), line(good)]).url
    assert [done for done, _ in results().values()] == [False, True]
    assert "Un problème est survenu chez nous" in text_of(lead, url)


def test_undoing_stops_what_is_not_decided_yet(lead: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    dispenses = [DispenseFactory(in_progress=True) for _ in range(4)]
    url = ask(lead, [line(d) for d in dispenses]).url
    take, calls = undo.take, []

    def dies(**changes: Any) -> Any:
        calls.append(changes)
        if len(calls) == 3:
            raise SystemExit
        return take(**changes)

    monkeypatch.setattr(undo, "take", dies)
    with pytest.raises(SystemExit):
        bulk.sweep(timezone.now())
    assert "Arrêter, et annuler" in text_of(lead, url)
    text = page_of(lead.post(f"{url}annuler/", follow=True))
    assert "2\xa0décisions annulées" in text
    assert "2\xa0demandes laissées comme avant" in text
    bulk.sweep(timezone.now() + bulk.LEASE + timedelta(seconds=1))
    assert not PendingDecision.objects.filter(state="waiting").exists()
    assert "aucune demande traitée, 2 non modifiées, 2 annulées." in text_of(lead, url)


def test_a_phrase_deleted_meanwhile_is_told(lead: Client) -> None:
    phrase = StandardPhrase.objects.create(kind="complement", title="Bulk", text="Joignez l’attestation.")
    dispense = DispenseFactory(in_progress=True)
    ask(lead, [line(dispense)], name="request_complement", phrases_message=phrase.pk, message="Bonjour.")
    phrase.delete()
    bulk.sweep(timezone.now())
    assert "vient d’être supprimée" in results()[dispense.number][1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_run_decide_once() -> None:
    dispenses = [DispenseFactory(in_progress=True) for _ in range(6)]
    run = BulkRun.objects.create(key=uuid.uuid4(), by=LeadFactory(), name="accept")
    rows = [BulkLine(run=run, number=d.number, seen=d.status_at.isoformat()) for d in dispenses]
    BulkLine.objects.bulk_create(rows)

    def late() -> None:  # a worker whose lease has passed goes on
        BulkRun.objects.filter(pk=run.pk).update(leased_until=None)
        bulk.work(run.pk, timezone.now())

    assert together(late, late) == [None, None]
    if BulkRun.objects.filter(finished_at=None).exists():
        bulk.work(run.pk, timezone.now())
    assert list(run.lines.values_list("done", flat=True)) == [True] * 6
    assert all(d.events.filter(transition="accept").count() == 1 for d in dispenses)


def test_who_lost_the_right_meanwhile_decides_nothing(lead: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    ask(lead, [line(dispense)])
    User.objects.get(pk=int(lead.session["_auth_user_id"])).groups.clear()
    bulk.sweep(timezone.now())
    done, told = results()[dispense.number]
    assert not done
    assert "n’avez plus le droit" in told
    assert Dispense.objects.get(pk=dispense.pk).status == "in_progress"


def test_reassigning_to_who_left_meanwhile(lead: Client) -> None:
    dispense, to = DispenseFactory(in_progress=True), StaffFactory()
    ask(lead, [line(dispense)], name="reassign", to=to.pk)
    User.objects.filter(pk=to.pk).update(is_active=False)
    bulk.sweep(timezone.now())
    assert "n’examine plus de demandes" in results()[dispense.number][1]
    assert QueueEntry.objects.get(pk=dispense.pk).assigned_to is None


def test_all_of_it_is_undone_before_anybody_is_told(lead: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    dispenses = [DispenseFactory(in_progress=True) for _ in range(3)]
    url = post(lead, [line(d) for d in dispenses]).url
    assert "Annuler ces 3 décisions" in text_of(lead, url)
    single = PendingDecision.objects.get(dispense=dispenses[0])
    undo.undo(number=dispenses[0].number, pk=single.pk, user=single.taken_by)
    text = page_of(lead.post(f"{url}annuler/", follow=True))
    assert "2\xa0décisions annulées" in text
    assert "aucune demande traitée, 3 annulées" in text
    assert "Décider autrement de ces 3 demandes" in text
    undo.settle_due(timezone.now() + timedelta(hours=1))
    assert set(Dispense.objects.values_list("status", flat=True)) == {"in_progress"}
    text = page_of(lead.post(f"{url}annuler/", follow=True))
    assert "plus rien à annuler" in text
    assert "aucune traitée, 3 annulées </td>" in text_of(lead, LOT)


def test_what_became_of_each_is_told_as_it_is_now(lead: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    gone, stays = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    url = post(lead, [line(gone), line(stays)]).url
    sending.withdraw(dispense=gone, user=gone.employee.user)
    undo.settle_due(timezone.now() + timedelta(hours=1))
    text = text_of(lead, url)
    assert "A pris effet" in text
    assert "1 demande traitée, 1 non modifiée" in text


def test_only_its_author_undoes_a_run(lead: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    url = post(lead, [line(DispenseFactory(in_progress=True))]).url
    lead.force_login(LeadFactory())
    assert lead.post(f"{url}annuler/").status_code == 404
    assert PendingDecision.objects.get().state == "waiting"


def test_how_many_each_decision_fits(lead: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    fresh, awaited, waiting = DispenseFactory(in_progress=True), DispenseFactory(awaiting_complement=True), None
    waiting = DispenseFactory(in_progress=True)
    post(lead, [line(waiting)])
    text = page_of(lead.post(LOT, {"numero": [fresh.number, awaited.number, waiting.number, 99999999]}))
    assert 'Demander un complément <span class="desk-note">possible pour 1 demande sur 3' in text
    assert 'Réattribuer <span class="desk-note">possible pour 2 demandes sur 3' in text
    assert "1 demande cochée n’existe plus" in text


def test_beyond_the_most_that_a_run_takes_it_is_told(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_LINES", 2)
    lines = [line(DispenseFactory(in_progress=True)) for _ in range(3)]
    response = lead.post(LOT, {"ligne": lines})
    assert "1 autre cochée n’est pas prise" in page_of(response)
    response = ask(lead, lines)
    assert response.status_code == 422
    assert not BulkRun.objects.exists()


def test_the_whole_list_in_its_order(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_LINES", 2)
    for days in (1, 9, 5):
        late = DispenseFactory(in_progress=True)
        QueueEntry.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=days))
    DispenseFactory(awaiting_complement=True)
    listed = [entry.pk for entry in QueueEntry.objects.filter(status="in_progress").order_by("due_on", "pk")]
    text = page_of(lead.post(LOT, {"tout": "1", "filtres": ""}))
    assert re.findall(r'name="ligne" value="([0-9]+)', text) == [str(n) for n in sorted(listed[:2])]
    assert "la liste en compte davantage" in text
    text = page_of(lead.post(LOT, {"tout": "1", "filtres": "statut=awaiting_complement"}))
    assert text.count('name="ligne"') == 1
    assert "la liste en compte davantage" not in text


def test_one_s_runs_are_listed(lead: Client) -> None:
    assert "pas encore décidé en lot" in text_of(lead, LOT)
    url = post(lead, [line(DispenseFactory(in_progress=True)), "99999999|2026-01-01T00:00:00+00:00"]).url
    text = text_of(lead, LOT)
    assert url in text
    assert "1 traitée, 1 non modifiée </td>" in text
    lead.force_login(LeadFactory())
    assert url not in text_of(lead, LOT)


def test_old_runs_are_forgotten_with_their_lines(lead: Client) -> None:
    post(lead, [line(DispenseFactory(in_progress=True))])
    bulk.purge(timezone.now())
    assert BulkLine.objects.count() == 1
    bulk.purge(timezone.now() + bulk.KEPT + timedelta(days=1))
    assert not BulkRun.objects.exists()
    assert not BulkLine.objects.exists()


def test_nothing_ticked_is_told(lead: Client) -> None:
    assert lead.post(LOT, {}).url == reverse("admin:dispenses_dispense_changelist")


def test_a_page_that_served_already_decides_nothing_else(lead: Client) -> None:
    one, other, key = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), str(uuid.uuid4())
    wrong = {"name": "refuse", "reason": "Non", "rule": "art. 1"}
    post(lead, [line(one)], key=key)
    assert "déjà servi" not in lead.post(LOT, {"ligne": line(one), "key": key, "name": "accept"}, follow=True).text
    for lines, words in (([line(one)], wrong), ([line(one), line(other)], {"name": "accept"})):
        text = lead.post(LOT, {"ligne": lines, "key": key, **words}, follow=True).text
        assert "Cette page avait déjà servi" in text
    bulk.sweep(timezone.now())
    assert Dispense.objects.get(pk=other.pk).status == "in_progress"
    assert BulkRun.objects.get().name == "accept"


def test_who_loses_the_right_in_the_middle_decides_no_more(lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PIECE", 2)
    ask(lead, [line(DispenseFactory(in_progress=True)) for _ in range(6)])
    take = undo.take

    def dismissed(**changes: Any) -> Any:
        User.objects.filter(pk=changes["user"].pk).update(is_active=False)
        return take(**changes)

    monkeypatch.setattr(undo, "take", dismissed)
    bulk.sweep(timezone.now())
    assert [done for done, _ in results().values()] == [True, True, False, False, False, False]


def test_requests_are_given_to_those_who_examine(lead: Client) -> None:
    dispense, administrator = DispenseFactory(in_progress=True), AdministratorFactory()
    answer = ask(lead, [line(dispense)], name="reassign", to=administrator.pk)
    assert answer.status_code == 422
    assert not BulkRun.objects.exists()
    root = UserFactory(is_staff=True, is_superuser=True)
    post(lead, [line(dispense)], name="reassign", to=root.pk)
    assert QueueEntry.objects.get(pk=dispense.pk).assigned_to == root
