"""The centre's figures and their pictures."""

import csv
import re
from datetime import date, datetime, timedelta
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from dispenses.desk import charts
from dispenses.desk.charts import Bar, Series
from dispenses.models import EmployerRank, Motif, QueueDepth, QueueEntry, WeeklyFigure
from dispenses.queue import figures
from dispenses.request import sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from portal.lib.dates import instant
from tests.factories import DispenseFactory, EmployerFactory, LeadFactory, StaffFactory, add_file, answers_to

URL = "/gestion/dispenses/dispense/chiffres/"
NAUGHTY = '<script>alert("1")</script>'


def paris(*parts: int) -> datetime:
    return instant(date(*parts[:3]), *parts[3:])


THREE_WEEKS_LATER = pytest.mark.time_machine(paris(2026, 11, 25, 9))


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(LeadFactory())
    return client


@pytest.fixture
def staff() -> User:
    return StaffFactory()


def week(day: date, motif: str = "conjoint", **employer: object) -> dict[str, int]:
    found = WeeklyFigure.objects.filter(week=day, motif_code=motif, **(employer or {"employer": None})).values().get()
    return {name: found[name] for name in figures.SUMS if found[name]}


@pytest.fixture
def autumn(staff: User) -> dict[str, object]:
    """Three weeks: five requests in, one granted after a complement, one refused, one withdrawn, two waiting."""
    big, small = EmployerFactory(name="Grand employeur"), EmployerFactory(name="=Petit")
    with time_machine.travel(paris(2026, 11, 2, 0, 30)):
        one, two, three = (DispenseFactory(in_progress=True, employee__employer=big) for _ in range(3))
    with time_machine.travel(paris(2026, 11, 8, 23, 30)):
        decide(ComplementContent(message="Il manque la carte."), dispense=one, user=staff)
        decide(RefuseContent(reason="Non.", rule="art. D911-2", de_droit=True), dispense=two, user=staff)
        sending.withdraw(dispense=three, user=three.employee.user)
    with time_machine.travel(paris(2026, 11, 9, 0, 30)):
        add_file(one, "", "carte.pdf")
        sending.complete(dispense=one, user=one.employee.user)
        decide(AcceptContent(), dispense=one, user=staff)
        DispenseFactory(in_progress=True, employee__employer=big)
    with time_machine.travel(paris(2026, 11, 16, 9)):
        camieg = Motif.objects.get(code="camieg")
        DispenseFactory(in_progress=True, employee__employer=small, motif=camieg, answers=answers_to("camieg"))
    figures.rebuild(paris(2026, 11, 23, 9))
    return {"big": big, "small": small}


# Adding up


@pytest.mark.django_db
def test_each_event_counts_in_its_week_of_paris(autumn: dict[str, object]) -> None:
    assert week(date(2026, 11, 2)) == {"received": 3, "refused": 1, "withdrawn": 1}
    assert week(date(2026, 11, 9)) == {"received": 1, "accepted": 1, "complemented": 1}
    assert week(date(2026, 11, 16), "camieg") == {"received": 1}
    assert week(date(2026, 11, 2), employer=autumn["big"]) == {"received": 3, "refused": 1, "withdrawn": 1}
    assert not WeeklyFigure.objects.filter(week=date(2026, 11, 23)).exists()


@pytest.mark.django_db
def test_figures_are_the_same_however_often_they_are_added_up(autumn: dict[str, object]) -> None:
    def all_of_them() -> list[tuple[object, ...]]:
        return sorted(WeeklyFigure.objects.values_list("week", "motif_code", *figures.SUMS))

    before = all_of_them()
    figures.refresh(paris(2026, 11, 10, 9), weeks=3)
    figures.rebuild(paris(2026, 11, 23, 9))
    assert all_of_them() == before
    WeeklyFigure.objects.all().delete()
    assert figures.rebuild(paris(2026, 11, 23, 9)) == 4
    assert all_of_them() == before


@THREE_WEEKS_LATER
@pytest.mark.django_db
def test_the_queue_is_measured_by_due_date(autumn: dict[str, object]) -> None:
    assert sorted(QueueDepth.objects.values_list("due_on", "waiting")) == [
        (date(2026, 11, 24), 1),
        (date(2026, 11, 30), 1),
    ]
    QueueEntry.objects.filter(status="in_progress").update(due_on=date(2026, 12, 1))
    figures.measure_queue(timezone.now())
    assert list(QueueDepth.objects.values_list("due_on", "waiting")) == [(date(2026, 12, 1), 2)]


@pytest.mark.django_db
def test_employers_are_ranked_by_period(autumn: dict[str, object]) -> None:
    ranks = EmployerRank.objects.filter(weeks=4).order_by("rank")
    assert list(ranks.values_list("employer", "received", "decided", "complemented")) == [
        (autumn["big"].pk, 4, 2, 1),
        (autumn["small"].pk, 1, 0, 0),
    ]


@pytest.mark.django_db
def test_an_empty_portal_has_figures() -> None:
    assert figures.rebuild(timezone.now()) == 0
    assert not WeeklyFigure.objects.exists()


# The page


@THREE_WEEKS_LATER
@pytest.mark.django_db
def test_the_page_says_each_number(lead: Client, autumn: dict[str, object]) -> None:
    text = lead.get(URL, {"semaines": "4"}).content.decode()
    assert "5\xa0reçues et 2\xa0décidées en 4\xa0semaines" in text
    assert "2\xa0en cours, dont 1 au-delà du délai de 10\xa0jours ouvrés" in text
    assert "50\xa0% des décisions ont demandé un complément" in text
    assert "Grand employeur" in text
    assert " style=" not in text
    for svg in re.findall(r"<svg viewBox=\"0 0 960.*?</svg>", text, re.DOTALL):
        assert "<title" in svg
        assert "<desc" in svg
    assert "&lt;svg" not in text


@THREE_WEEKS_LATER
@pytest.mark.django_db
def test_one_employer_s_figures(lead: Client, autumn: dict[str, object]) -> None:
    EmployerFactory(name="Grand magasin")
    text = lead.get(URL, {"employeur": "=Petit"}).content.decode()
    assert "1\xa0reçue et 0\xa0décidée" in text
    assert "1\xa0en cours, dont 0 au-delà" in text
    assert "Employeurs qui envoient" not in text
    for wrong, words in (("inconnu", "Aucun"), ("grand", "Plusieurs"), (NAUGHTY, "Aucun")):
        answer = lead.get(URL, {"employeur": wrong, "semaines": "7"})
        assert answer.status_code == 200
        assert f"{words} employeur" in answer.content.decode()
        assert NAUGHTY not in answer.content.decode()


@THREE_WEEKS_LATER
@pytest.mark.django_db
def test_the_same_numbers_as_csv(lead: Client, autumn: dict[str, object]) -> None:
    def table(name: str) -> list[list[str]]:
        answer = lead.get(f"{URL}{name}/", {"semaines": "4"})
        assert answer["Content-Type"].startswith("text/csv")
        assert "attachment" in answer["Content-Disposition"]
        return list(csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    assert table("semaines")[2] == ["09/11/2026", "1", "1", "1", "0", "0"]
    assert table("ages")[0] == ["Jours ouvrés écoulés", "En cours", "En retard"]
    assert table("motifs")[1] == ["Employeur conjoint", "2", "1", "50\xa0%"]
    assert table("employeurs")[2][0] == "'=Petit"
    assert lead.get(f"{URL}autre/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["=1+1", " =1+1", "\u200b=1+1", "＝1+1", "\t@A1"])
def test_no_name_of_an_employer_is_a_formula(name: str, lead: Client) -> None:
    employer = EmployerFactory(name=name)
    EmployerRank.objects.create(employer=employer, weeks=4, rank=1, received=3, decided=0, complemented=0)
    answer = lead.get(f"{URL}employeurs/", {"semaines": "4"})
    row = list(csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))[1]
    assert row[0].startswith("'")
    assert row[2:] == ["3", "0", ""], "a share of nothing is an empty cell, which no apostrophe precedes"


@pytest.mark.django_db
def test_only_who_leads_sees_the_figures(client: Client) -> None:
    client.force_login(StaffFactory())
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}semaines/").status_code == 403
    assert "Chiffres du centre" not in client.get("/gestion/dispenses/dispense/").content.decode()
    client.force_login(LeadFactory())
    assert "Chiffres du centre" in client.get("/gestion/dispenses/dispense/").content.decode()
    assert "pas encore calculés" in client.get(URL).content.decode()


@pytest.mark.django_db
def test_the_page_costs_the_same_queries_whatever_there_is(lead: Client, staff: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert lead.get(URL).status_code == 200
        return len(queries)

    cost()
    empty = cost()
    for stage in ("in_progress", "accepted", "refused", "withdrawn", "ended"):
        DispenseFactory(**{stage: True}, staff=staff)
    figures.rebuild(timezone.now())
    assert cost() == empty <= 10


# Drawing

COUNTS = st.lists(st.integers(0, 2_000_000), min_size=1, max_size=60)


@given(values=COUNTS)
def test_any_numbers_are_drawn_inside_the_picture(values: list[int]) -> None:
    labels = [f"s{index}" for index in range(len(values))]
    bars = [
        Bar(label, value, charts.number(value), alert=value % 2 == 0)
        for label, value in zip(labels, values, strict=True)
    ]
    for svg in (
        charts.lines(
            "a", "Titre", "Texte", labels, [Series("Reçues", values), Series("Décidées", values[::-1], dashed=True)]
        ),
        charts.columns("b", "Titre", "Texte", bars, after=0, line="Délai"),
        charts.ranking("c", "Titre", "Texte", bars),
    ):
        drawn = ET.fromstring(svg)
        _, _, width, height = map(float, drawn.attrib["viewBox"].split())
        for shape in drawn.iter("rect"):
            x, y = float(shape.attrib["x"]), float(shape.attrib["y"])
            assert 0 <= x <= x + float(shape.attrib["width"]) <= width
            assert 0 <= y <= y + float(shape.attrib["height"]) <= height
        for point in (p for line in drawn.iter("polyline") for p in line.attrib["points"].split()):
            assert 0 <= float(point.split(",")[1]) <= height


def test_words_are_never_markup_in_a_picture() -> None:
    svg = charts.ranking("c", NAUGHTY, NAUGHTY, [Bar(NAUGHTY, 1, NAUGHTY)])
    assert "<script" not in svg
    assert "&lt;script" in svg


@given(top=st.integers(0, 10**9))
def test_a_grid_has_few_round_lines(top: int) -> None:
    step = charts.step_of(top)
    assert step * 5 >= top
    assert str(step).rstrip("0") in {"1", "2", "5"}
    assert step <= max(1, top), "two lines at least"


@pytest.mark.django_db
def test_weeks_beyond_the_last_two_are_added_up_at_night(staff: User) -> None:
    old = timezone.now() - timedelta(days=70)
    with time_machine.travel(old):
        DispenseFactory(in_progress=True)
    figures.refresh(timezone.now())
    assert not WeeklyFigure.objects.exists()
    figures.rebuild(timezone.now())
    assert WeeklyFigure.objects.filter(employer=None).count() == 1
