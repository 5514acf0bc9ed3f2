"""What may be typed in the answers to a motif's questions, and what is said of the rest."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from dispenses.guide.forms import GuideForm
from dispenses.law.answers import clean_precisions, precisions_in_words
from dispenses.member.forms import MotifForm, PrecisionsForm, SituationForm
from dispenses.member.motifs import Offer, Open
from dispenses.models import Motif
from tests.factories import answers_to

pytestmark = pytest.mark.django_db


def errors(code: str, **raw: str) -> dict[str, str]:
    """What is said of these answers, the others being right."""
    return clean_precisions(Motif.objects.get(code=code), answers_to(code, **raw))[1]


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).strftime("%d/%m/%Y")


@pytest.mark.parametrize("typed", ["42,50", "42.5", " 42,50 € ", "42\xa0,50", "0042,50"])
def test_amounts_as_french_people_type_them(typed: str) -> None:
    motif = Motif.objects.get(code="temps_partiel")
    cleaned, wrong = clean_precisions(motif, {"cotisation": typed, "brut": "400"})
    assert wrong == {}
    assert cleaned["cotisation"] == Decimal("42.50")


@pytest.mark.parametrize("typed", ["", "abc", "-4", "0", "1e9", "٤٢", "42,505", "999999999", "4,2,5", "NaN", "½"])
def test_wrong_amounts(typed: str) -> None:
    assert "cotisation" in errors("temps_partiel", cotisation=typed, brut="400")


@pytest.mark.parametrize(("contribution", "refused"), [("99,99", True), ("100", False), ("100,01", False)])
def test_ten_percent_to_the_cent(contribution: str, refused: bool) -> None:
    found = errors("temps_partiel", cotisation=contribution, brut="1000")
    assert bool(found) is refused
    assert not refused or "n’atteint pas 10\xa0%" in found["cotisation"]


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False), (300, False)])
def test_a_cover_already_over(days: int, refused: bool) -> None:
    assert bool(errors("c2s", couverture_jusquau=in_days(days))) is refused


@pytest.mark.time_machine("2026-03-01T12:00:00+01:00")
@pytest.mark.parametrize(
    ("start", "end", "long"),
    [
        ("1/3/2026", "28/2/2027", True),
        ("1/3/2026", "27/2/2027", False),
        ("15/1/2026", "14/1/2027", True),
        ("15/1/2026", "13/1/2027", False),
        ("29/2/2024", "27/2/2027", True),
    ],
)
def test_twelve_months_to_the_day(start: str, end: str, long: bool) -> None:
    assert bool(errors("cdd_12_mois_et_plus", debut_contrat=start, fin_contrat=end)) is not long
    assert bool(errors("cdd_moins_12_mois", debut_contrat=start, fin_contrat=end)) is long


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("1/2/2027", "1/1/2027", "doit suivre son début"),
        ("1/1/2019", "1/6/2019", "Ce contrat est terminé"),
        ("31/2/2027", "1/6/2027", "Cette date n’existe pas"),
        ("31/13/2026", "1/6/2027", "Le mois"),
        ("//", "1/6/2027", "Indiquez"),
        ("1/1/", "1/6/2027", "doit comporter une année"),
    ],
)
@pytest.mark.time_machine("2026-11-23T12:00:00+01:00")
def test_wrong_contract_dates(start: str, end: str, words: str) -> None:
    assert words in " ".join(errors("contrat_court", debut_contrat=start, fin_contrat=end).values())


@pytest.mark.parametrize(
    ("code", "question", "value", "words"),
    [
        ("conjoint", "nature_contrat", "individuelle", "demande un contrat collectif"),
        ("parent", "nature_contrat", "individuelle", "demande un contrat collectif"),
        ("alsace_moselle", "emploi_couvrant", "cet_emploi", "par un autre emploi"),
        ("camieg", "emploi_couvrant", "cet_emploi", "par un autre emploi"),
        ("contrat_court", "couverture_par", "c2s", "invoquez plutôt la Complémentaire santé solidaire"),
        ("contrat_court", "couverture_par", "pirate", "Choisissez une réponse"),
        ("c2s", "couverture_jusquau", "31/12/2017", "ne peut pas finir avant de commencer"),
    ],
)
@pytest.mark.time_machine("2017-06-01T12:00:00+02:00")
def test_answers_that_the_law_does_not_take(code: str, question: str, value: str, words: str) -> None:
    assert words in errors(code, debut_contrat="1/6/2017", fin_contrat="1/8/2017", **{question: value})[question]


@pytest.mark.parametrize(("day", "refused"), [("1/1/1950", False), ("31/12/1949", True), ("1/1/2101", True)])
def test_the_guide_and_the_request_take_the_same_days(day: str, refused: bool) -> None:
    assert ("couverture_depuis" in errors("conjoint", couverture_depuis=day)) is refused
    parts = {f"depuis_{index}": part for index, part in enumerate(day.split("/"))}
    assert ("depuis" in GuideForm({"couverture": "conjoint", **parts}).errors) is refused


@pytest.mark.parametrize("typed", ["", " ", "a" * 121, "a\x07b", "‮txet"])
def test_wrong_texts(typed: str) -> None:
    assert "assureur" in errors("conjoint", assureur=typed, titulaire="Paul")


def test_answers_in_words() -> None:
    motif = Motif.objects.get(code="temps_partiel")
    assert precisions_in_words(motif, {"cotisation": "42,5", "brut": "abc"}) == [
        ("Cotisation mensuelle à votre charge, en euros", "42,50\xa0€"),
        ("Salaire brut mensuel, en euros", "abc"),
    ]


def test_precisions_form_keeps_what_was_typed() -> None:
    motif = Motif.objects.get(code="c2s")
    form = PrecisionsForm(
        {"couverture_jusquau_0": "31", "couverture_jusquau_1": "13", "couverture_jusquau_2": "2026", "intrus": "x"},
        motif=motif,
        raw={},
    )
    assert not form.is_valid()
    assert form.typed() == {"couverture_depuis": "", "couverture_jusquau": "31/13/2026"}
    again = PrecisionsForm(motif=motif, raw=form.typed())
    assert 'value="13"' in str(again["couverture_jusquau"])


def test_situation_limits() -> None:
    far = timezone.localdate() + timedelta(days=500)
    form = SituationForm(
        {"matricule": "a" * 31, "hired_on_0": far.day, "hired_on_1": far.month, "hired_on_2": far.year}
    )
    assert set(form.errors) == {"matricule", "hired_on"}
    form = SituationForm({"matricule": "  L   12 ", "hired_on_0": "3/9/2018", "hired_on_1": "", "hired_on_2": ""})
    assert form.is_valid()
    assert form.cleaned_data == {"matricule": "L 12", "hired_on": date(2018, 9, 3)}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"motif": "conjoint"}, "conjoint"),
        ({"famille": "couvert_par_ailleurs", "motif": "camieg"}, "camieg"),
        ({"famille": "solidaire"}, "c2s"),
        ({"famille": "solidaire", "motif": "conjoint"}, "c2s"),  # the family was changed last
        ({"famille": "couvert_par_ailleurs"}, None),
        ({"famille": "rien"}, None),
        ({"motif": "acs_cmuc"}, None),
        ({}, None),
    ],
)
def test_choice_of_a_motif(data: dict[str, str], code: str | None) -> None:
    offered = Motif.objects.filter(code__in=["conjoint", "camieg", "c2s"])
    form = MotifForm(data, offer=Offer(Open(motif, (), ()) for motif in offered))
    assert form.is_valid() is (code is not None)
    if code:
        assert form.cleaned_data["chosen"].code == code
