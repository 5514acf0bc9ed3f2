"""The journal of consultations: complete, never rewritten, read by those who may."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispenses.documents import journal
from dispenses.models import Consultation, Dispense, Justificatif, ListExport
from dispenses.request import drafts
from tests.dispenses.request.test_races import together
from tests.factories import DispenseFactory, LeadFactory, StaffFactory, add_file, add_pictures

pytestmark = pytest.mark.django_db
JOURNAL = "/gestion/dispenses/dispense/consultations/"


@pytest.fixture
def lead() -> Client:
    client = Client()
    client.force_login(LeadFactory(first_name="Léa", last_name="Chef", email="lea@mutuelle.exemple"))
    return client


def read(user: User, file: Justificatif, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        journal.downloaded(user, file, HttpResponse())


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [line.name for line in answer.context["lines"]]


@pytest.mark.time_machine(datetime(2026, 3, 2, 10, 14, tzinfo=UTC), tick=False)
def test_pages_within_a_quarter_of_an_hour_are_one_reading(time_machine: Any) -> None:
    dispense, reader = DispenseFactory(in_progress=True), StaffFactory()
    one, other = dispense.justificatifs.all()
    for _ in range(3):
        journal.looked_at(reader, one)
    journal.looked_at(reader, other)
    journal.looked_at(StaffFactory(), one)
    assert Consultation.objects.count() == 3
    time_machine.shift(timedelta(minutes=1))
    journal.looked_at(reader, one)
    assert Consultation.objects.count() == 4
    for _ in range(2):
        journal.downloaded(reader, one, HttpResponse())
    assert Consultation.objects.filter(kind="original").count() == 2


@pytest.mark.time_machine(datetime(2026, 3, 2, 10, 1, tzinfo=UTC), tick=False)
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_pages_asked_for_together_are_one_reading() -> None:
    file, reader = DispenseFactory(in_progress=True).justificatifs.first(), StaffFactory()
    together(*[lambda: journal.looked_at(reader, file) for _ in range(6)])
    assert Consultation.objects.count() == 1


def test_a_reading_is_never_changed_nor_removed() -> None:
    file = DispenseFactory(in_progress=True).justificatifs.first()
    journal.downloaded(StaffFactory(), file, HttpResponse())
    line = Consultation.objects.get()
    for act in (
        line.save,
        line.delete,
        Consultation.objects.all().delete,
        lambda: Consultation.objects.update(name="x"),
    ):
        with pytest.raises(TypeError):
            act()


CLOSED = {500, 503}  # the latter once the test's own connection was given up with the first failure (PostgreSQL)


def test_a_document_whose_reading_cannot_be_written_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = add_pictures(dispense.justificatifs.first())
    client = Client(raise_request_exception=False)
    client.force_login(StaffFactory())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("disque plein")

    monkeypatch.setattr(Consultation, "save", fail)
    monkeypatch.setattr(journal, "_window", fail)
    for name, extra in (("justificatif", []), ("page", [1])):
        url = reverse(f"admin:dispenses_dispense_{name}", args=[dispense.number, file.pk, *extra])
        assert client.get(url).status_code in CLOSED
    url = reverse("admin:dispenses_dispense_original", args=[dispense.number, file.pk])
    assert client.post(url, {"raison": "Vérification"}).status_code in CLOSED


def test_the_readings_of_one_request(lead: Client) -> None:
    dispense, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    gilles = StaffFactory(first_name="Gilles", last_name="Centre")
    journal.downloaded(gilles, dispense.justificatifs.get(piece="carte_mutuelle"), HttpResponse())
    journal.looked_at(dispense.employee.user, dispense.justificatifs.get(piece="attestation_conjoint"))
    journal.downloaded(gilles, other.justificatifs.first(), HttpResponse())
    url = reverse("admin:dispenses_dispense_consultations", args=[dispense.number])
    answer = lead.get(url)
    assert names(answer) == ["attestation_conjoint.pdf", "carte_mutuelle.pdf"]
    text = answer.content.decode()
    for words in ("Gilles Centre", gilles.email, "<td>Salarié</td>", "<td>Centre</td>", "Aperçu", "Original"):
        assert words in text
    assert JOURNAL in text
    assert url in lead.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()


def test_a_draft_stays_closed_in_the_journal_too(lead: Client) -> None:
    draft = DispenseFactory()
    file = add_file(draft, "", "secret.pdf")
    journal.looked_at(draft.employee.user, file)
    assert lead.get(reverse("admin:dispenses_dispense_consultations", args=[draft.number])).status_code == 404
    text = lead.get(JOURNAL).content.decode()
    assert "Document d’un brouillon" in text
    assert "secret.pdf" not in text
    drafts.discard_draft(dispense=draft)
    assert "Document d’un brouillon" in lead.get(JOURNAL).content.decode()
    assert Consultation.objects.count() == 1


def test_filters_by_person_request_and_date(lead: Client) -> None:
    gilles, zoe = StaffFactory(email="gilles@mutuelle.exemple"), StaffFactory()
    one, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    for name, user, dispense, at in (
        ("veille.pdf", gilles, one, datetime(2026, 3, 31, 21, 59, tzinfo=UTC)),  # 31 March at 23:59 in Paris
        ("lendemain.pdf", zoe, one, datetime(2026, 3, 31, 22, 0, tzinfo=UTC)),
        ("autre.pdf", gilles, other, datetime(2026, 4, 2, 9, 0, tzinfo=UTC)),
    ):
        file = dispense.justificatifs.first()
        file.name = name
        read(user, file, at)
    assert names(lead.get(JOURNAL)) == ["autre.pdf", "lendemain.pdf", "veille.pdf"]
    for params, expected in (
        ({"personne": " GILLES@mutuelle.exemple "}, ["autre.pdf", "veille.pdf"]),
        ({"demande": one.number}, ["lendemain.pdf", "veille.pdf"]),
        ({"demande": one.number, "personne": gilles.email}, ["veille.pdf"]),
        ({"au": "2026-03-31"}, ["veille.pdf"]),
        ({"du": "2026-04-01"}, ["autre.pdf", "lendemain.pdf"]),
        ({"du": "2026-04-01", "au": "2026-04-01"}, ["lendemain.pdf"]),
        ({"au": "9999-12-31"}, ["autre.pdf", "lendemain.pdf", "veille.pdf"]),
        ({"du": "0001-01-01"}, ["autre.pdf", "lendemain.pdf", "veille.pdf"]),
    ):
        assert names(lead.get(JOURNAL, params)) == expected, params


def test_what_the_filters_leave_is_taken_out_and_the_taking_written_down(lead: Client) -> None:
    draft, sent = DispenseFactory(), DispenseFactory(in_progress=True)
    reader = StaffFactory(first_name="=1+1", last_name="Centre")
    instant = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    read(draft.employee.user, add_file(draft, "", "secret.pdf"), instant)
    read(reader, sent.justificatifs.get(piece="carte_mutuelle"), instant + timedelta(days=1))
    read(reader, sent.justificatifs.get(piece="carte_mutuelle"), instant + timedelta(days=9))
    for form in ("csv", "xlsx"):
        assert f"{JOURNAL}exporter/{form}/?du=2026-04-01&amp;au=2026-04-02" in (
            lead.get(JOURNAL, {"du": "2026-04-01", "au": "2026-04-02"}).content.decode()
        )
    answer = lead.get(f"{JOURNAL}exporter/csv/", {"du": "2026-04-01", "au": "2026-04-02"})
    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "Non envoyée;Document d’un brouillon;" in lines[1]
    assert f";Centre;{sent.number};carte_mutuelle.pdf;" in lines[2]
    assert ";=1+1" not in lines[2]
    taken = ListExport.objects.get()
    assert (taken.what, taken.rows, taken.filters) == ("consultations", 2, {"du": "2026-04-01", "au": "2026-04-02"})
    assert lead.get(f"{JOURNAL}exporter/pdf/").status_code == 404
    wrong = lead.get(f"{JOURNAL}exporter/csv/", {"demande": "abc"}, follow=True)
    assert "Écrivez le numéro en chiffres" in wrong.content.decode()
    assert ListExport.objects.count() == 1


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"personne": "inconnu@exemple.fr"}, "Aucun compte n’a cette adresse"),
        ({"personne": "x\0y"}, ""),
        ({"demande": "abc"}, "Écrivez le numéro en chiffres"),
        ({"demande": "9" * 30}, "9223372036854775807"),
        ({"du": "2026-02-30"}, "Cette date n’existe pas"),
        ({"du": "2026-04-02", "au": "2026-04-01"}, "Cette date précède celle du début"),
    ],
)
def test_a_wrong_filter_is_said(lead: Client, params: dict[str, str], words: str) -> None:
    journal.downloaded(StaffFactory(), DispenseFactory(in_progress=True).justificatifs.first(), HttpResponse())
    answer = lead.get(JOURNAL, params)
    if "\0" in "".join(params.values()):
        assert answer.status_code == 400
        return
    assert names(answer) == []
    assert words in answer.content.decode()
    assert "<title>Erreur" in answer.content.decode()


def test_pages_go_by_key_and_miss_nothing(lead: Client) -> None:
    file, reader, now = DispenseFactory(in_progress=True).justificatifs.first(), StaffFactory(), timezone.now()
    Consultation.objects.bulk_create(
        Consultation(
            at=now - timedelta(seconds=n // 3),  # three at each instant
            user=reader,
            by_centre=True,
            dispense_id=file.dispense_id,
            document=file.pk,
            name=f"{n}.pdf",
            kind="original",
        )
        for n in range(130)
    )
    seen: list[str] = []
    url, pages = f"{JOURNAL}?personne={reader.email}", 0
    while url:
        with CaptureQueriesContext(connection) as queries:
            answer = lead.get(url)
        assert len(queries) <= 11
        assert not any("COUNT(" in query["sql"] or "OFFSET" in query["sql"] for query in queries)
        seen += names(answer)
        older = answer.context["older"]
        assert ("Plus anciennes" in answer.content.decode()) == bool(older)
        url, pages = (f"{JOURNAL}?{older}" if older else ""), pages + 1
    assert pages == 3
    assert sorted(seen) == sorted(f"{n}.pdf" for n in range(130))


@pytest.mark.parametrize("place", ["", "abc", "1-", "-1", "9" * 18 + "-1", "²-1", "1-1-1"])
def test_a_forged_place_is_harmless(lead: Client, place: str) -> None:
    assert lead.get(JOURNAL, {"avant": place}).status_code == 200


@pytest.mark.parametrize(
    "newest",
    [
        datetime(2026, 7, 15, 0, 30, tzinfo=UTC),  # 2:30 in Paris, two hours ahead
        datetime(2026, 3, 29, 3, 30, tzinfo=UTC),  # two hours and a half after the clocks went forward
        datetime(2026, 10, 25, 3, 0, tzinfo=UTC),  # two hours after they went back
        datetime(2026, 1, 15, 1, 30, tzinfo=UTC),
    ],
)
def test_a_reading_a_minute_on_any_day_is_shown_once(lead: Client, newest: datetime) -> None:
    file, reader = DispenseFactory(in_progress=True).justificatifs.first(), StaffFactory()
    Consultation.objects.bulk_create(
        Consultation(
            at=newest - timedelta(minutes=n),
            user=reader,
            by_centre=True,
            dispense_id=file.dispense_id,
            document=file.pk,
            name=f"{n}.pdf",
            kind="original",
        )
        for n in range(300)
    )
    seen: list[str] = []
    url = f"{JOURNAL}?personne={reader.email}"
    while url:
        answer = lead.get(url)
        seen += names(answer)
        older = answer.context["older"]
        url = f"{JOURNAL}?{older}" if older else ""
    assert seen == [f"{n}.pdf" for n in range(300)]


def test_readings_of_the_admin_s_log_were_moved() -> None:
    dispense, reader = DispenseFactory(in_progress=True), StaffFactory()
    for message in ("Document lu\xa0: carte (n°3).pdf (n°12)", "Aperçu lu\xa0: carte.pdf (n°13)", "Autre chose"):
        LogEntry.objects.create(
            user=reader,
            content_type=ContentType.objects.get_for_model(Dispense),
            object_id=str(dispense.number),
            object_repr=str(dispense),
            action_flag=CHANGE,
            change_message=message,
        )
    import_module("dispenses.migrations.0010_readings_from_the_admin_log").move(apps, None)
    lines = Consultation.objects.order_by("document").values_list(
        "dispense_id", "document", "name", "kind", "by_centre"
    )
    assert list(lines) == [
        (dispense.number, 12, "carte (n°3).pdf", "original", True),
        (dispense.number, 13, "carte.pdf", "pages", True),
    ]
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Autre chose"]


@pytest.mark.postgresql
def test_every_query_of_the_desk_has_an_index(lead: Client) -> None:
    """With sequential scans made dear, a plan that still has one has no index to use."""
    dispense = DispenseFactory(in_progress=True)
    read(StaffFactory(email="gilles@mutuelle.exemple"), dispense.justificatifs.first(), timezone.now())
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    small = ("dispenses_motif", "dispenses_requiredjustificatif", "django_content_type", "auth_", "accounts_acte")
    found: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        lead.get(page)
        lead.post(page.replace("change", "presence"), {"seen": ""})
        lead.get(page.replace("change", "consultations"))
        for params in (
            {},
            {"personne": "gilles@mutuelle.exemple"},
            {"du": "2026-01-01"},
            {"avant": "9999999999999999-9"},
        ):
            lead.get(JOURNAL, params)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in {query["sql"] for query in queries if query["sql"].startswith("SELECT")}:
            cursor.execute(f"EXPLAIN {query}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            found += [
                f"{table} : {query}" for table in re.findall(r"Seq Scan on (\w+)", plan) if not table.startswith(small)
            ]
    assert found == []
