"""One decision on many requests: a result for each, nothing stops the others, nothing is done twice."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dispenses import services
from dispenses.models import BulkRun, Dispense, PendingDecision, QueueEntry
from tests.factories import DispenseFactory, LeadFactory, StaffFactory

pytestmark = pytest.mark.django_db
LOT = "/gestion/dispenses/dispense/lot/"


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(LeadFactory())
    return client


def line(dispense: Dispense) -> str:
    return f"{dispense.number}|{dispense.status_at.isoformat()}"


def post(client: Client, lines: list[str], **changes: Any) -> Any:
    data = {"ligne": lines, "key": str(uuid.uuid4()), "name": "accept", **changes}
    return client.post(LOT, data)


def results() -> dict[int, tuple[bool, str]]:
    return {number: (done, told) for number, done, told in BulkRun.objects.order_by("-at").first().results}


def test_the_queue_leads_to_a_page_that_decides_nothing(lead: Client) -> None:
    dispenses = [DispenseFactory(in_progress=True) for _ in range(2)]
    response = lead.post(LOT, {"numero": [d.number for d in dispenses]})
    text = response.content.decode()
    assert response.status_code == 200
    assert all(line(d) in text for d in dispenses)
    assert "2 de ces demandes" in text
    assert not BulkRun.objects.exists()


def test_each_has_its_result_and_nothing_stops_the_others(lead: Client) -> None:
    good, moved, decided, waiting = (DispenseFactory(in_progress=True) for _ in range(4))
    lines = [line(good), line(moved), line(decided), line(waiting), "99999999|2026-01-01T00:00:00+00:00"]
    services.request_complement(dispense=moved, user=StaffFactory(), message="Il manque la carte.")
    services.accept(dispense=decided, user=StaffFactory())
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
    text = lead.get(response.url).content.decode()
    assert "2 demandes traitées, 3 non modifiées" in text


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
    text = response.content.decode()
    assert response.status_code == 422
    assert words in text
    assert line(dispense) in text
    assert changes.get("reason", "") in text
    assert not BulkRun.objects.exists()


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


def test_the_queries_grow_with_the_requests_and_no_faster(lead: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    costs = []
    for count in (2, 6):
        lines = [line(DispenseFactory(in_progress=True)) for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            post(lead, lines)
        costs.append(len(queries))
    assert costs[1] - costs[0] <= 4 * 6
    assert PendingDecision.objects.count() == 8


def test_nothing_ticked_is_told(lead: Client) -> None:
    assert lead.post(LOT, {}).url == reverse("admin:dispenses_dispense_changelist")
