"""The queue's page: filters in the address, search, keyset pages, saved views, requests shared out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from dispenses.desk import listing
from dispenses.desk.criteria import Criteria, read
from dispenses.desk.rows import due
from dispenses.models import DeskVisit, Dispense, Motif, QueueEntry, SavedView
from dispenses.queue import assignments
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from dispenses.request.permissions import reviewers
from tests.factories import DispenseFactory, EmployeeFactory, EmployerFactory, LeadFactory, StaffFactory, answers_to

pytestmark = pytest.mark.django_db

QUEUE = "/gestion/dispenses/dispense/"
NAUGHTY = "<script>alert(1)</script>"


@pytest.fixture
def me() -> User:
    return StaffFactory(first_name="Gilles", last_name="Centre")


@pytest.fixture
def desk(client: Client, me: User) -> Client:
    client.force_login(me)
    return client


def numbers(client: Client, address: str = "", **params: Any) -> list[int]:
    response = client.get(f"{QUEUE}{address}", params or None)
    assert response.status_code == 200
    return [row.number for row in response.context["rows"]]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:dispenses_dispense_{name}", args=args)


def queued(count: int, *, due_on: Callable[[int], date] = lambda index: date(2026, 11, 2)) -> list[int]:
    """Many requests in the queue, without the services, which would take minutes."""
    motif, employer, now = Motif.objects.get(code="conjoint"), EmployerFactory(), timezone.now()
    employees = Employee.objects.bulk_create(EmployeeFactory.build_batch(count, employer=employer))
    dispenses = Dispense.objects.bulk_create(
        Dispense(employee=e, motif=motif, status="in_progress", submitted_at=now, hired_on=e.hired_on)
        for e in employees
    )
    QueueEntry.objects.bulk_create(
        QueueEntry(
            dispense=dispense,
            status="in_progress",
            submitted_at=now,
            active_at=now,
            due_on=due_on(index),
            employer=employer,
            motif_code=motif.code,
            motif_family=motif.family,
            search=" durand ",
        )
        for index, dispense in enumerate(dispenses)
    )
    return [dispense.number for dispense in dispenses]


# Order, words


@pytest.mark.time_machine(datetime(2026, 11, 24, 9, tzinfo=UTC), tick=False)
def test_the_most_urgent_comes_first_with_its_delay_in_words(desk: Client) -> None:
    with time_machine.travel(datetime(2026, 11, 2, 9, tzinfo=UTC)):
        late = DispenseFactory(in_progress=True)
    with time_machine.travel(datetime(2026, 11, 20, 9, tzinfo=UTC)):
        fresh = DispenseFactory(in_progress=True)
    with time_machine.travel(datetime(2026, 11, 9, 9, tzinfo=UTC)):
        today = DispenseFactory(in_progress=True)
    decide(ComplementContent(message="Il manque la carte."), dispense=fresh, user=StaffFactory())
    assert numbers(desk) == [late.number, today.number]
    text = desk.get(QUEUE).content.decode()
    assert "En retard de 5\xa0jours ouvrés" in text
    assert "Aujourd’hui" in text
    assert (
        "Suspendue, 8\xa0jours ouvrés à son retour" in desk.get(f"{QUEUE}?statut=awaiting_complement").content.decode()
    )


@pytest.mark.parametrize(
    ("status", "due_on", "left", "kind", "words"),
    [
        ("in_progress", date(2026, 11, 20), None, "late", "En retard de 1\xa0jour ouvré"),
        ("in_progress", date(2026, 11, 23), None, "today", "Aujourd’hui"),
        ("in_progress", date(2026, 11, 24), None, "soon", "Dans 1\xa0jour ouvré"),
        ("awaiting_complement", date(2026, 11, 20), -2, "stopped", "Suspendue, 2\xa0jours ouvrés de retard"),
        ("accepted", date(2026, 11, 20), -1, "done", "Hors délai"),
        ("accepted", date(2026, 11, 20), 0, "done", "Dans le délai"),
    ],
)
def test_the_promise_in_words(status: str, due_on: date, left: int | None, kind: str, words: str) -> None:
    shown = due(status, due_on, left, date(2026, 11, 23))
    assert (shown.kind, shown.words) == (kind, words)


# Filters


def test_each_filter_keeps_what_it_says(desk: Client, me: User) -> None:
    now = timezone.now()
    late, mine, theirs, other = (DispenseFactory(in_progress=True) for _ in range(4))
    colleague = StaffFactory()
    rows = QueueEntry.objects
    rows.filter(dispense=late).update(due_on=now.date() - timedelta(days=30), submitted_at=now - timedelta(days=40))
    rows.filter(dispense=mine).update(assigned_to=me, assigned_at=now, due_on=timezone.localdate())
    rows.filter(dispense=theirs).update(assigned_to=colleague, assigned_at=now)
    assert numbers(desk, echeance="retard") == [late.number]
    assert numbers(desk, echeance="aujourdhui") == [mine.number]
    assert numbers(desk, echeance="bientot") == [mine.number]
    assert numbers(desk, age="30") == [late.number]
    assert numbers(desk, qui="moi") == [mine.number]
    assert numbers(desk, qui=str(colleague.pk)) == [theirs.number]
    assert set(numbers(desk, qui="personne")) == {late.number, other.number}
    assert numbers(desk, qui="moi", echeance="retard") == []
    assert len(numbers(desk, qui="9" * 30, echeance="demain", age="-1", nouveau="oui", statut="draft")) == 4


def test_an_employer_is_its_name_its_siret_or_a_part_of_the_name(desk: Client) -> None:
    one, two = EmployerFactory(name="Mairie de Lyon"), EmployerFactory(name="Mairie de Lyon 3")
    first = DispenseFactory(in_progress=True, employee__employer=one)
    second = DispenseFactory(in_progress=True, employee__employer=two)
    assert numbers(desk, employeur="Mairie de Lyon") == [first.number]
    assert numbers(desk, employeur="mairie") == [first.number, second.number]
    assert numbers(desk, employeur=f" {two.siret[:3]} {two.siret[3:]} ") == [second.number]
    assert numbers(desk, employeur="%") == []


def test_employers_are_proposed_without_listing_them_all(desk: Client) -> None:
    for index in range(40):
        EmployerFactory(name=f"Atelier {index:02}")
    EmployerFactory(name="Le bel Atelier")
    names = desk.get(url("employeurs"), {"q": "atelier"}).json()["noms"]
    assert len(names) == 12
    assert names[0] == "Atelier 00"
    assert desk.get(url("employeurs"), {"q": "a"}).json() == {"noms": []}
    assert desk.get(url("employeurs"), {"q": NAUGHTY}).json() == {"noms": []}
    assert "Atelier 00" not in desk.get(QUEUE).content.decode()


def test_what_came_since_my_last_visit(desk: Client, me: User) -> None:
    old = DispenseFactory(in_progress=True)
    assert numbers(desk, nouveau="1") == [], "nothing is new at the first visit"
    hours_ago = timezone.now() - timedelta(hours=2)
    QueueEntry.objects.filter(dispense=old).update(active_at=hours_ago - timedelta(hours=1))
    DeskVisit.objects.filter(user=me).update(seen_at=hours_ago, previous_at=hours_ago - timedelta(days=1))
    fresh = DispenseFactory(in_progress=True)
    assert numbers(desk, nouveau="1") == [fresh.number]
    assert numbers(desk, nouveau="1") == [fresh.number], "it stays new during the whole visit"
    assert desk.get(QUEUE).content.decode().count(">Nouveau<") == 1


# Search


def test_a_search_forgets_accents_case_and_order(desk: Client) -> None:
    employee = EmployeeFactory(
        activated=True, first_name="Anaïs", last_name="Lefèvre-Gœtz", matricule="B-0421", birth_name="Réault"
    )
    wanted = DispenseFactory(in_progress=True, employee=employee)
    short = DispenseFactory(in_progress=True, employee=EmployeeFactory(activated=True, last_name="Ly"))
    DispenseFactory(in_progress=True)
    for text in (
        "anais",
        "ANAÏS LEFEVRE",
        "lefèvre anaïs",
        "goet",
        "reault",
        "lefevre-goetz",
        "lefevregoetz",
        "B-0421",
        "0421",
        "b 042",
    ):
        assert numbers(desk, q=text) == [wanted.number], text
    for text in ("ly", "Ly", "LŸ"):
        assert numbers(desk, q=text) == [short.number], text
    for text in ("421", "l", "_", "%%%", "anais dupont", "a" * 500):
        assert numbers(desk, q=text) == [], text


def test_a_search_answers_as_one_types_with_the_results_alone(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    answer = desk.get(QUEUE, {"q": dispense.matricule}, headers={"X-Fragment": "1"})
    text = answer.content.decode()
    assert f"N°{dispense.number}" in text
    assert "<html" not in text
    assert "csrfmiddlewaretoken" in text


def test_a_common_name_costs_no_more_and_is_said(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FOUND", 5)
    queued(8)
    answer = desk.get(QUEUE, {"q": "durand"})
    assert len(answer.context["rows"]) == 5
    assert "précisez-la" in answer.content.decode()


# Pages


def walk(client: Client, address: str = "?") -> list[list[int]]:
    pages = []
    while True:
        response = client.get(f"{QUEUE}{address}")
        pages.append([row.number for row in response.context["rows"]])
        after = response.context["page"].after
        if not after:
            return pages
        address = f"?apres={after}"


def test_pages_hold_everything_once_and_go_back(desk: Client) -> None:
    found = queued(120, due_on=lambda index: date(2026, 11, 2) + timedelta(days=index % 3))
    pages = walk(desk)
    assert [len(page) for page in pages] == [50, 50, 20]
    wanted = sorted(found, key=lambda number: ((number - found[0]) % 3, number))
    assert [number for page in pages for number in page] == wanted
    last = desk.get(
        f"{QUEUE}?apres={desk.get(f'{QUEUE}?apres=' + desk.get(QUEUE).context['page'].after).context['page'].after}"
    )
    back = desk.get(f"{QUEUE}?avant={last.context['page'].before}")
    assert [row.number for row in back.context["rows"]] == pages[1]
    first = desk.get(f"{QUEUE}?avant={back.context['page'].before}")
    assert [row.number for row in first.context["rows"]] == pages[0]
    assert first.context["page"].before == ""


def test_rows_that_leave_meanwhile_hide_no_other(desk: Client) -> None:
    found = queued(120)
    first = desk.get(QUEUE)
    QueueEntry.objects.filter(pk__in=found[10:30]).update(status="accepted", days_left=1)
    QueueEntry.objects.filter(pk=found[80]).update(due_on=date(2026, 1, 1))
    second = numbers(desk, f"?apres={first.context['page'].after}")
    assert second == [number for number in found[50:101] if number != found[80]]


def test_the_newest_come_first_outside_the_queue(desk: Client) -> None:
    found = queued(60)
    for index, number in enumerate(found):
        QueueEntry.objects.filter(pk=number).update(submitted_at=timezone.now() - timedelta(minutes=index // 2))
    response = desk.get(f"{QUEUE}?statut=toutes")
    seen = [row.number for row in response.context["rows"]]
    seen += numbers(desk, f"?statut=toutes&apres={response.context['page'].after.replace('+', '%2B')}")
    assert sorted(seen) == found
    assert seen[:2] == [found[1], found[0]]


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "_", "2026-11-02_", "2026-11-02_abc", "hier_5", "2026-11-02_" + "9" * 30, NAUGHTY),
        *("0001-01-01T00:00:00+23:59_5", "9999-12-31T23:59:59-23:59_5", "2026-01-01T00:00:00+23:59:59.999999_5"),
    ],
)
@pytest.mark.parametrize("status", ["", "toutes"])
def test_a_place_that_is_none_is_the_beginning(desk: Client, cursor: str, status: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert numbers(desk, apres=cursor, statut=status) == [dispense.number]


def test_counts_are_bounded(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    queued(12)
    monkeypatch.setattr(listing, "COUNTED", 10)
    monkeypatch.setattr("dispenses.desk.queue_context.COUNTED", 10)
    with CaptureQueriesContext(connection) as queries:
        text = desk.get(QUEUE).content.decode()
    assert "plus de 1\xa0000" in text
    counting = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
    assert counting
    assert all("LIMIT 11" in sql for sql in counting)


def test_the_page_costs_the_same_queries_whatever_it_shows(desk: Client) -> None:
    def cost(address: str = "") -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(f"{QUEUE}{address}").status_code == 200
        return len(queries)

    DispenseFactory(in_progress=True)
    cost()
    few = {address: cost(address) for address in ("", "?q=durand", "?statut=toutes", "?employeur=levant&qui=personne")}
    queued(40)
    for index in range(5):
        SavedView.objects.create(owner=StaffFactory(), name=f"Vue {index}", query="qui=moi", shared=True)
    assert {address: cost(address) for address in few} == few
    assert max(few.values()) <= 13


# Sharing out


def test_two_people_take_two_requests(client: Client) -> None:
    first, second = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    for wanted in (first, second):
        client.force_login(StaffFactory())
        assert client.post(url("suivante")).url == url("change", wanted.number)
    client.force_login(StaffFactory())
    answer = client.post(url("suivante"), follow=True)
    assert "Toutes les demandes en cours sont attribuées ou décidées" in answer.content.decode()


def test_the_next_is_taken_among_the_filters_of_the_page(desk: Client) -> None:
    DispenseFactory(in_progress=True)
    wanted = DispenseFactory(in_progress=True, motif=Motif.objects.get(code="camieg"), answers=answers_to("camieg"))
    filters = Criteria(motif="camieg", qui="moi", q="nul").query
    assert desk.post(url("suivante"), {"filtres": filters}).url == url("change", wanted.number)
    answer = desk.post(url("suivante"), {"filtres": filters})
    assert answer.url == f"{QUEUE}?{filters}"
    assert "Aucune demande libre ne correspond à ces filtres" in desk.get(answer.url).content.decode()


def test_requests_ticked_are_taken_and_given_back(desk: Client, me: User) -> None:
    one, two = DispenseFactory(in_progress=True), DispenseFactory(awaiting_complement=True)
    theirs, done = DispenseFactory(in_progress=True), DispenseFactory(accepted=True)
    colleague = StaffFactory(first_name="Zoé")
    assignments.assign(number=theirs.number, to=colleague, by=colleague)
    ticked = [one.number, two.number, theirs.number, done.number, 10**17, "x", "²", one.number]
    answer = desk.post(url("attribuer"), {"numero": ticked, "geste": "prendre", "filtres": "qui=personne"}, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[0][0] == f"{QUEUE}?qui=personne"
    assert "2\xa0demandes attribuées à vous" in text
    assert f"La demande N°{theirs.number} est attribuée à {colleague.full_name}" in text
    assert f"La demande N°{done.number} est déjà décidée" in text
    assert f"La demande N°{10**17} n’existe pas" in text
    assert set(QueueEntry.objects.filter(assigned_to=me).values_list("pk", flat=True)) == {one.number, two.number}
    text = desk.post(url("attribuer"), {"numero": [one.number], "geste": "liberer"}, follow=True).content.decode()
    assert "1\xa0demande remise à tout le monde" in text
    assert "Cochez au moins une demande" in desk.post(url("attribuer"), follow=True).content.decode()


def test_what_is_already_as_asked_is_said(desk: Client, me: User) -> None:
    """A colleague's click, or one's own in another tab, came first."""
    one, two, three = (DispenseFactory(in_progress=True) for _ in range(3))
    assignments.assign(number=one.number, to=me, by=me)

    def told(geste: str, *ticked: Dispense) -> str:
        data = {"numero": [dispense.number for dispense in ticked], "geste": geste}
        return desk.post(url("attribuer"), data, follow=True).content.decode()

    text = told("prendre", one)
    assert "1\xa0demande était déjà à vous." in text
    assert "attribuée à vous" not in text
    text = told("prendre", one, two)
    assert "1\xa0demande attribuée à vous." in text
    assert "1\xa0demande était déjà à vous." in text
    assert "2\xa0demandes étaient déjà à vous." in told("prendre", one, two)
    assert "1\xa0demande n’était déjà à personne." in told("liberer", three)


def test_a_responsable_takes_what_is_somebody_s(client: Client) -> None:
    dispense, colleague = DispenseFactory(in_progress=True), StaffFactory()
    assignments.assign(number=dispense.number, to=colleague, by=colleague)
    lead = LeadFactory()
    client.force_login(lead)
    client.post(url("attribuer"), {"numero": dispense.number, "geste": "prendre"})
    assert QueueEntry.objects.get().assigned_to == lead


def test_a_decision_leads_to_a_request_that_nobody_else_has(desk: Client, me: User) -> None:
    first, second, third = (DispenseFactory(in_progress=True) for _ in range(3))
    colleague = StaffFactory()
    assignments.assign(number=second.number, to=colleague, by=colleague)
    data = {"accept-seen": first.status_at.isoformat(), "accept-comment": ""}
    assert desk.post(url("decision", first.number, "accept"), data).url == url("change", third.number)
    assert QueueEntry.objects.get(dispense=third).assigned_to == me


# Saved views


def test_a_view_is_kept_under_a_name_and_read_again(desk: Client, me: User) -> None:
    filters = Criteria(motif="conjoint", echeance="retard").query
    answer = desk.post(url("vue_enregistrer"), {"name": "Conjoints en retard", "filtres": filters}, follow=True)
    assert "Conjoints en retard" in answer.content.decode()
    view = SavedView.objects.get()
    assert (view.owner, view.query, view.shared) == (me, filters, False)
    assert f'href="{QUEUE}?{filters.replace("&", "&amp;")}" aria-current="page"' in answer.content.decode()
    desk.post(url("vue_enregistrer"), {"name": "Conjoints en retard", "filtres": "qui=moi", "shared": "on"})
    assert SavedView.objects.get().query == "qui=moi"
    for gesture, shared in (("garder", False), ("partager", True)):
        desk.post(url("vue", view.pk), {"geste": gesture})
        assert SavedView.objects.get().shared is shared
    assert desk.post(url("vue", view.pk), {"geste": "autre"}).status_code == 404
    desk.post(url("vue", view.pk), {"geste": "supprimer"})
    assert not SavedView.objects.exists()


def test_a_view_is_its_owner_s_and_shown_to_others_when_shared(desk: Client) -> None:
    other = StaffFactory(first_name="Zoé", last_name="Blin")
    hidden = SavedView.objects.create(owner=other, name="Pour moi seule", query="qui=moi")
    SavedView.objects.create(owner=other, name="Pour tous", query="qui=personne", shared=True)
    text = desk.get(QUEUE).content.decode()
    assert "Pour tous" in text
    assert "de Zoé Blin" in text
    assert "Pour moi seule" not in text
    for view in SavedView.objects.all():
        assert desk.post(url("vue", view.pk), {"geste": "supprimer"}).status_code == 404
    assert desk.post(url("vue", hidden.pk + 10**15), {"geste": "supprimer"}).status_code == 404
    assert SavedView.objects.count() == 2


def test_a_view_without_a_name_is_asked_again_with_its_filters(desk: Client) -> None:
    for name, words in (("", "Donnez un nom à la vue"), ("x" * 61, "tient en 60")):
        answer = desk.post(url("vue_enregistrer"), {"name": name, "filtres": "motif=conjoint"})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert words in text
        assert "<title>Erreur" in text
        assert 'value="motif=conjoint"' in text
    assert not SavedView.objects.exists()


def test_there_are_not_too_many_views(desk: Client, me: User) -> None:
    SavedView.objects.bulk_create(SavedView(owner=me, name=f"Vue {index}", query="") for index in range(30))
    text = desk.post(url("vue_enregistrer"), {"name": "Encore"}, follow=True).content.decode()
    assert "Vous avez déjà 30\xa0vues" in text
    assert SavedView.objects.count() == 30


def test_what_an_address_says_is_read_with_care() -> None:
    assert (
        read({"statut": "draft", "echeance": "x", "age": "4", "qui": "²", "nouveau": "2", "envoyee_du": "hier"})
        == Criteria()
    )
    kept = Criteria(q="a&b", statut="refused", qui="12", envoyee_au="2026-03-01", nouveau="1")
    from django.http import QueryDict

    assert read(QueryDict(kept.query)) == kept
    assert read({"q": f"\0{'x' * 400}"}).q == "x" * 200


def test_words_of_people_are_never_markup_in_the_queue(desk: Client) -> None:
    SavedView.objects.create(owner=StaffFactory(first_name=NAUGHTY), name=NAUGHTY, query=f'"{NAUGHTY}', shared=True)
    text = desk.get(QUEUE, {"q": NAUGHTY, "employeur": NAUGHTY, "motif": NAUGHTY}).content.decode()
    assert NAUGHTY not in text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("epices", ["Épices d’Étretat"]),
        ("ETRETAT épices", ["Épices d’Étretat"]),
        ("ép", ["Épices d’Étretat"]),
        ("oeuvre", ["Grand œuvre"]),
        ("grand", ["Grand œuvre", "À grand renfort"]),
        ("7328293", ["Grand œuvre"]),
        ("‮", []),
    ],
)
def test_employers_are_found_without_their_accents(typed: str, found: list[str]) -> None:
    EmployerFactory(name="Épices d’Étretat")
    EmployerFactory(name="Grand œuvre", siret="73282932000074")
    EmployerFactory(name="À grand renfort")
    assert listing.suggested_employers(typed) == found


def test_a_search_of_an_employer_needs_no_accent() -> None:
    wanted = EmployerFactory(name="Épices d’Étretat")
    EmployerFactory(name="Grand œuvre")
    assert listing.employer_ids("epices") == listing.employer_ids("d'etretat") == [wanted.pk]
    assert listing.employer_ids("!") == []


def test_reviewers_sort_as_a_french_reader_expects() -> None:
    for name in ("Zola", "Étienne", "de Broglie"):
        StaffFactory(last_name=name, first_name="Ana")
    names = [user.last_name for user in reviewers() if user.first_name == "Ana"]
    assert names == ["de Broglie", "Étienne", "Zola"]
