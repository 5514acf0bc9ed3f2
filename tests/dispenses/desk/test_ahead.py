"""What comes after the decision, as views of the queue: each on the day, the eve, the morrow."""

import csv
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dispenses.desk import listing, queue_context, visits
from dispenses.desk.ahead import AHEAD, through, when
from dispenses.desk.criteria import Criteria, read
from dispenses.models import Dispense, QueueEntry
from tests.factories import CorrespondentFactory, DispenseFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False)]

QUEUE = "/gestion/dispenses/dispense/"
TODAY = date(2026, 3, 2)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def granted(**fields: Any) -> Dispense:
    """A dispense granted, without a day to come but those given."""
    dispense = DispenseFactory(accepted=True)
    days = {"ends_on": None, "confirm_by": None, "unconfirmed_since": None, "look_on": None, **fields}
    Dispense.objects.filter(pk=dispense.pk).update(**days)
    dispense.refresh_from_db()
    return dispense


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def numbers(client: Client, **params: Any) -> list[int]:
    answer = client.get(QUEUE, params)
    assert answer.status_code == 200
    return [row.number for row in answer.context["rows"]]


def exported(client: Client, **params: Any) -> list[dict[str, str]]:
    answer = client.get(reverse("admin:dispenses_dispense_exporter", args=["csv"]), params)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text), delimiter=";"))


# What each view holds


def test_what_ends_is_there_sixty_days_before_the_nearest_first(desk: Client) -> None:
    ends = {days: granted(ends_on=after(days), end_cause="rule").number for days in (61, 60, 59, 1, 0, -1)}
    granted()
    assert numbers(desk, suite="finit") == [ends[days] for days in (-1, 0, 1, 59, 60)]


def test_what_another_dispense_takes_over_does_not_end(desk: Client) -> None:
    latter = granted()
    replaced = granted(ends_on=after(5), end_cause="replaced", superseded_by=latter, confirm_by=after(3))
    own_end = granted(ends_on=after(5), end_cause="rule", superseded_by=granted())
    assert numbers(desk, suite="finit") == [own_end.number]
    assert replaced.number not in numbers(desk, suite="confirmer")


def test_what_is_to_be_confirmed_is_there_sixty_days_before(desk: Client) -> None:
    asked = {days: granted(confirm_by=after(days)).number for days in (61, 60, 59, 0, -1)}
    granted(confirm_by=after(-1), unconfirmed_since=TODAY)
    assert numbers(desk, suite="confirmer") == [asked[days] for days in (-1, 0, 59, 60)]


def test_a_proof_to_renew_is_there_once_flagged_the_oldest_first(desk: Client) -> None:
    recent = granted(confirm_by=after(-1), unconfirmed_since=TODAY)
    old = granted(confirm_by=after(-200), unconfirmed_since=after(-199))
    granted(confirm_by=after(-1))
    assert numbers(desk, suite="renouveler") == [old.number, recent.number]


def test_what_wants_a_second_look_says_why_the_oldest_cause_first(desk: Client) -> None:
    card = granted(look_on=after(12), look_card_by=after(12))
    acte = granted(look_on=after(-3), look_acte_on=after(-3), look_card_by=after(9))
    granted(look_on=after(-3), look_acte_on=after(-3), superseded_by=granted())
    granted()
    assert numbers(desk, suite="regard") == [acte.number, card.number]
    text = desk.get(QUEUE, {"suite": "regard"}).content.decode()
    assert "depuis 3\xa0jours" in text
    assert "L’acte du 27/02/2026 n’ouvre plus ce motif\xa0; contrat prolongé à douze mois" in text
    assert "Contrat prolongé à douze mois\xa0: carte attendue au plus tard le 14/03/2026" in text


@pytest.mark.parametrize("stage", ["in_progress", "refused", "withdrawn", "ended"])
@pytest.mark.parametrize("view", AHEAD)
def test_only_what_is_granted_has_a_life_to_look_at(view: str, stage: str, desk: Client) -> None:
    dispense = DispenseFactory(**{stage: True})
    Dispense.objects.filter(pk=dispense.pk).update(
        ends_on=TODAY, confirm_by=TODAY, unconfirmed_since=TODAY, look_on=TODAY
    )
    assert numbers(desk, suite=view, statut="toutes") == []


# How they are shown


def test_each_view_has_its_count_and_its_place(desk: Client) -> None:
    granted(ends_on=after(10))
    granted(confirm_by=after(10), unconfirmed_since=None)
    views = desk.get(QUEUE, {"suite": "finit"}).context["afterwards"]
    assert [(view.query, view.count, view.current) for view in views] == [
        ("suite=finit", "1", True),
        ("suite=confirmer", "1", False),
        ("suite=renouveler", "0", False),
        ("suite=regard", "0", False),
    ]


def test_a_row_says_the_day_how_far_it_is_and_why(desk: Client) -> None:
    granted(ends_on=after(12), end_cause="situation")
    text = desk.get(QUEUE, {"suite": "finit"}).content.decode()
    assert "14/03/2026" in text
    assert "dans 12\xa0jours" in text
    assert "Changement de situation" in text
    assert ">Dernier jour<" in text
    assert "la première à finir d’abord" in text


def test_a_confirmation_says_what_becomes_of_silence(desk: Client) -> None:
    dispense = granted(confirm_by=after(12))
    assert "Sans réponse, continue (prudence)" in desk.get(QUEUE, {"suite": "confirmer"}).content.decode()
    type(dispense.motif).objects.filter(pk=dispense.motif_id).update(yearly="law")
    assert "Sans réponse, prend fin (loi)" in desk.get(QUEUE, {"suite": "confirmer"}).content.decode()


@pytest.mark.parametrize("view", AHEAD)
def test_an_empty_view_says_so_in_its_own_words(view: str, desk: Client) -> None:
    assert AHEAD[view].nothing in desk.get(QUEUE, {"suite": view}).content.decode()


@pytest.mark.parametrize(
    ("days", "words"),
    [(2, "dans 2\xa0jours"), (1, "demain"), (0, "aujourd’hui"), (-1, "depuis hier"), (-2, "depuis 2\xa0jours")],
)
def test_a_day_beside_today(days: int, words: str) -> None:
    assert when(after(days), TODAY) == words


def test_nothing_is_ticked_or_decided_there(desk: Client) -> None:
    granted(ends_on=after(12))
    text = desk.get(QUEUE, {"suite": "finit"}).content.decode()
    assert 'name="numero"' not in text
    assert "M’attribuer" not in text


# Filters, pages, views kept, exports


def test_it_goes_with_other_filters_and_with_a_search(desk: Client) -> None:
    one, other = granted(ends_on=after(3)), granted(ends_on=after(2))
    assert numbers(desk, suite="finit", employeur=one.employee.employer.name) == [one.number]
    assert numbers(desk, suite="finit", q=str(other.number)) == [other.number]
    assert numbers(desk, suite="finit", motif="camieg") == []
    assert read({"suite": "autre"}) == Criteria()


def test_its_pages_neither_repeat_nor_forget(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    wanted = [granted(ends_on=after(days)).number for days in (1, 1, 1, 2, 3, 3, 4)]
    found, address = [], "?suite=finit"
    while address:
        page = desk.get(QUEUE + address).context
        found.append([row.number for row in page["rows"]])
        address = f"?suite=finit&apres={page['page'].after}" if page["page"].after else ""
    assert [number for numbers_of_page in found for number in numbers_of_page] == wanted
    back = desk.get(f"{QUEUE}?suite=finit&avant={page['page'].before}").context
    assert [row.number for row in back["rows"]] == wanted[4:6]
    assert numbers(desk, suite="finit", apres="1.2.3") == wanted[:2]


def test_a_view_is_kept_with_other_filters_under_a_name(desk: Client) -> None:
    url = reverse("admin:dispenses_dispense_vue_enregistrer")
    desk.post(url, {"filtres": "suite=finit&motif=conjoint", "name": "Fins conjoint"})
    assert [view.query for view in desk.get(QUEUE).context["saved"]] == ["suite=finit&motif=conjoint"]


def test_the_next_request_to_examine_is_taken_from_the_queue(desk: Client) -> None:
    granted(ends_on=after(3))
    waiting = DispenseFactory(in_progress=True)
    answer = desk.post(reverse("admin:dispenses_dispense_suivante"), {"filtres": "suite=finit"})
    assert answer.url == reverse("admin:dispenses_dispense_change", args=[waiting.number])


def test_the_export_has_the_days_in_the_order_of_the_view(desk: Client) -> None:
    far = granted(ends_on=after(40), end_cause="rule", effective_on=date(2026, 1, 5))
    near = granted(ends_on=after(4), end_cause="given_up")
    rows = exported(desk, suite="finit")
    assert [int(row["Numéro"]) for row in rows] == [near.number, far.number]
    assert rows[0]["Pourquoi cette fin"] == "Renonciation à la dispense"
    assert rows[1]["Dispense à compter du"] == "05/01/2026"
    assert rows[1]["Dispense jusqu’au"] == "11/04/2026"


def test_the_export_says_why_a_second_look_is_wanted(desk: Client) -> None:
    granted(look_on=after(-3), look_acte_on=after(-3))
    replaced = granted(look_on=after(-3), look_acte_on=after(-3), superseded_by=granted())
    rows = exported(desk, suite="regard")
    assert [row["Deuxième regard à partir du"] for row in rows] == ["27/02/2026"]
    assert rows[0]["Pourquoi un deuxième regard"] == "L’acte du 27/02/2026 n’ouvre plus ce motif"
    others = {row["Numéro"]: row for row in exported(desk, statut="accepted")}
    row = others[str(replaced.number)]
    assert (row["Deuxième regard à partir du"], row["Pourquoi un deuxième regard"]) == ("", "")


def test_a_party_does_not_see_it(client: Client) -> None:
    dispense, user = granted(ends_on=after(3)), StaffFactory()
    client.force_login(user)
    assert numbers(client, suite="finit") == [dispense.number]
    CorrespondentFactory(user=user, employer=dispense.employee.employer)
    assert numbers(client, suite="finit") == []
    assert client.get(QUEUE).context["afterwards"][0].count == "0"


# Cost


def test_the_counts_are_one_query(desk: Client) -> None:
    granted(ends_on=after(3))
    reader = visits.looking(StaffFactory())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        queue_context.quick(Criteria(), reader)
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("view", "index"),
    [
        ("finit", "dispense_to_end"),
        ("confirmer", "dispense_to_confirm"),
        ("renouveler", "dispense_to_renew"),
        ("regard", "dispense_to_look"),
    ],
)
def test_each_view_is_entered_by_its_day(view: str, index: str) -> None:
    """Asked of the database for the requests alone: with a few rows, no planner would enter a join by an index."""
    today = timezone.localdate()
    found = Dispense.objects.filter(AHEAD[view].condition(today)).order_by(AHEAD[view].day, "number")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = found.values("number")[:51].explain()
    assert re.search(rf"\b{index}\b", plan), plan


def test_a_condition_goes_through_a_relation() -> None:
    near, far = granted(ends_on=after(1)), granted(ends_on=after(90))
    condition = ~Q(ends_on__gt=after(60)) & (Q(status="accepted") | Q(status="ended"))
    found = QueueEntry.objects.filter(through(condition, "dispense"))
    assert [entry.pk for entry in found] == [near.number] != [far.number]
