"""What the machine says of a request before somebody decides: pure, no database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispenses.desk.checks import Case, FileFacts, PieceFacts, Verdict, check
from dispenses.law.catalogue import CATALOGUE
from dispenses.law.numbers import lasts
from portal.lib.dates import add_months

ASKED = date(2026, 3, 2)
MOTIFS: dict[str, Any] = {
    entry.code: SimpleNamespace(**{f: getattr(entry, f) for f in type(entry).__dataclass_fields__})
    for entry in CATALOGUE
}
ACTE = SimpleNamespace(
    kind="due",
    in_force_from=date(2020, 1, 1),
    in_force_until=None,
    opened_motifs=["cdd_12_mois_et_plus", "cdd_moins_12_mois", "temps_partiel"],
    recommended_pieces=[],
    yearly_policies=[],
    first_set_up_on=date(2020, 1, 1),
    set_up_kind="due",
    employee_share_from=date(2020, 1, 1),
)
FILE = FileFacts("carte.pdf", datetime(2026, 3, 1, 9, tzinfo=UTC), {"readable": True, "name": True, "dates": []})
PASS, LOOK, FAIL = Verdict.PASS, Verdict.LOOK, Verdict.FAIL


def case(code: str = "conjoint", **changes: Any) -> Case:
    """A request without fault: hired three weeks before, everything sent and signed."""
    plain = Case(
        motif=MOTIFS[code],
        actes=[ACTE],
        contract_type="cdi",
        hired_on=date(2026, 2, 9),
        known_hired_on=date(2026, 2, 9),
        asked_on=ASKED,
        today=ASKED + timedelta(days=3),
        answers={},
        pieces=(PieceFacts("Attestation", False, True, True),),
        files=(FILE,),
        signed_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )
    if "hired_on" in changes:
        changes.setdefault("known_hired_on", changes["hired_on"])
    return replace(plain, **changes)


def verdict(title: str, of: Case) -> Verdict | None:
    """What is said under `title`; None when nothing is."""
    found = [line for line in check(of) if line.title == title]
    assert len(found) <= 1, found
    return found[0].verdict if found else None


def contract(start: date, end: date) -> dict[str, Any]:
    return {"contract_type": "cdd", "hired_on": start, "answers": {"debut_contrat": start, "fin_contrat": end}}


OF_PEOPLE_PRESENT = {"present_avant_due", "acte_1_present"}


@pytest.mark.parametrize("code", [code for code in MOTIFS if code != "acs_cmuc"])
def test_a_request_without_fault_passes_everything(code: str) -> None:
    start = date(2026, 2, 9)
    end = {"cdd_12_mois_et_plus": date(2027, 2, 8), "cdd_moins_12_mois": date(2026, 8, 31)}.get(code, date(2026, 4, 30))
    answers = {
        "nature_contrat": "collective",
        "emploi_couvrant": "conjoint",
        "couverture_par": "individuelle",
        "couverture_depuis": date(2024, 1, 1),
        "couverture_jusquau": date(2026, 12, 31),
        "debut_contrat": start,
        "fin_contrat": end,
        "cotisation": Decimal("50"),
        "brut": Decimal("400"),
    }
    kinds = MOTIFS[code].contract_types
    days = {"first_set_up_on": date(2026, 2, 20), "employee_share_from": date(2026, 2, 20)}
    acte = SimpleNamespace(
        **{**vars(ACTE), "opened_motifs": list(MOTIFS)} | (days if code in OF_PEOPLE_PRESENT else {})
    )
    found = check(case(code, answers=answers, actes=[acte], contract_type=kinds[0] if kinds else "cdi", part_time=True))
    doubts = [line for line in found if line.verdict is not PASS]
    assert [line for line in doubts if line.title != "Point que les textes laissent ouvert"] == []
    assert bool(doubts) is bool(MOTIFS[code].to_confirm)
    assert all(line.rule and line.detail for line in found)


@pytest.mark.parametrize(
    ("code", "hired_on", "setup", "expected"),
    [
        ("conjoint", ASKED, date(2020, 1, 1), PASS),
        ("conjoint", ASKED - timedelta(days=60), date(2020, 1, 1), PASS),
        ("conjoint", ASKED - timedelta(days=61), date(2020, 1, 1), LOOK),
        ("conjoint", ASKED + timedelta(days=20), date(2020, 1, 1), PASS),
        ("c2s", date(2019, 1, 1), date(2020, 1, 1), LOOK),
        ("individuelle", date(2019, 1, 1), date(2020, 1, 1), FAIL),
        ("individuelle", date(2019, 1, 1), ASKED - timedelta(days=60), PASS),
        ("individuelle", date(2019, 1, 1), ASKED - timedelta(days=61), LOOK),
        ("individuelle", ASKED - timedelta(days=365), date(2020, 1, 1), LOOK),
        ("individuelle", ASKED - timedelta(days=366), date(2020, 1, 1), FAIL),
        ("individuelle", date(2026, 1, 15), date(2020, 1, 1), PASS),
        ("contrat_court", date(2019, 1, 1), date(2018, 1, 1), LOOK),
        ("present_avant_due", date(2019, 1, 1), ASKED - timedelta(days=10), PASS),
        ("present_avant_due", date(2019, 1, 1), date(2020, 1, 1), LOOK),
        ("present_avant_due", ASKED, date(2020, 1, 1), LOOK),
        ("temps_partiel", date(2019, 1, 1), date(2020, 1, 1), None),
        ("cdd_moins_12_mois", date(2019, 1, 1), date(2020, 1, 1), None),
    ],
)
def test_each_motif_has_its_moments(code: str, hired_on: date, setup: date, expected: Verdict | None) -> None:
    days = dict.fromkeys(("in_force_from", "first_set_up_on", "employee_share_from"), setup)
    of = case(code, hired_on=hired_on, actes=[SimpleNamespace(**{**vars(ACTE), **days})])
    assert verdict("Moment de la demande", of) is expected


def test_without_an_acte_only_the_hire_is_a_moment() -> None:
    of = case("individuelle", hired_on=date(2019, 1, 1), actes=[])
    assert verdict("Moment de la demande", of) is FAIL


@pytest.mark.parametrize(
    ("code", "start", "end", "expected"),
    [
        ("cdd_12_mois_et_plus", date(2026, 2, 9), date(2027, 2, 8), PASS),
        ("cdd_12_mois_et_plus", date(2026, 2, 9), date(2027, 2, 7), FAIL),
        ("cdd_12_mois_et_plus", date(2024, 2, 29), date(2025, 2, 27), PASS),
        ("cdd_12_mois_et_plus", date(2024, 2, 29), date(2025, 2, 26), FAIL),
        ("cdd_moins_12_mois", date(2026, 2, 9), date(2027, 2, 7), PASS),
        ("cdd_moins_12_mois", date(2026, 2, 9), date(2027, 2, 8), FAIL),
        ("contrat_court", date(2026, 2, 9), date(2026, 5, 7), PASS),
        ("contrat_court", date(2026, 2, 9), date(2026, 5, 8), FAIL),
        ("contrat_court", date(2025, 11, 30), date(2026, 2, 26), PASS),
        ("contrat_court", date(2025, 11, 30), date(2026, 2, 27), FAIL),
        ("contrat_court", date(2026, 2, 9), date(2026, 2, 9), PASS),
        ("conjoint", date(2026, 2, 9), date(2026, 5, 8), None),
    ],
)
def test_a_contract_has_the_length_that_its_motif_asks_for(
    code: str, start: date, end: date, expected: Verdict | None
) -> None:
    assert verdict("Durée du contrat", case(code, **contract(start, end))) is expected


def test_dates_of_a_contract_are_in_order_and_near_the_hire() -> None:
    start = date(2026, 2, 9)
    assert verdict("Dates du contrat", case("cdd_moins_12_mois", **contract(start, start))) is PASS
    backwards = case("cdd_moins_12_mois", **contract(start, start - timedelta(days=1)))
    assert verdict("Durée du contrat", backwards) is FAIL
    assert verdict("Dates du contrat", backwards) is None
    late = contract(start, date(2026, 8, 31)) | {"hired_on": start - timedelta(days=32)}
    assert verdict("Dates du contrat", case("cdd_moins_12_mois", **late)) is LOOK


@pytest.mark.parametrize(("known", "expected"), [(None, None), (date(2026, 8, 31), PASS), (date(2026, 9, 1), LOOK)])
def test_the_end_of_the_contract_is_the_employer_s(known: date | None, expected: Verdict | None) -> None:
    dates = contract(date(2026, 2, 9), date(2026, 8, 31))
    assert verdict("Fin du contrat", case("cdd_moins_12_mois", known_contract_end=known, **dates)) is expected


@pytest.mark.parametrize(
    ("code", "kind", "part_time", "expected"),
    [
        ("temps_partiel", "cdi", True, PASS),
        ("temps_partiel", "apprenti", False, PASS),
        ("temps_partiel", "cdi", False, FAIL),
        ("conjoint", "cdi", True, None),
    ],
)
def test_part_time_is_declared_by_the_employer(code: str, kind: str, part_time: bool, expected: Verdict | None) -> None:
    assert verdict("Temps partiel ou apprentissage", case(code, contract_type=kind, part_time=part_time)) is expected


@given(start=st.dates(date(1990, 1, 1), date(2090, 1, 1)), months=st.integers(1, 24))
def test_a_month_later_is_a_month_later(start: date, months: int) -> None:
    end = add_months(start, months) - timedelta(days=1)
    assert lasts(start, end, months)
    assert not lasts(start, end - timedelta(days=1), months)
    assert (add_months(start, months).month - start.month) % 12 == months % 12


@pytest.mark.parametrize(
    ("code", "acte", "at_hire", "expected"),
    [
        ("temps_partiel", ["temps_partiel"], ["temps_partiel"], PASS),
        ("temps_partiel", ["cdd_moins_12_mois"], ["cdd_moins_12_mois"], FAIL),
        ("temps_partiel", [], ["temps_partiel"], FAIL),
        ("temps_partiel", None, ["temps_partiel"], FAIL),
        ("temps_partiel", ["temps_partiel"], None, PASS),
        ("temps_partiel", None, None, FAIL),
        ("conjoint", None, None, None),
    ],
)
def test_an_optional_motif_is_opened_by_the_acte_in_force(
    code: str, acte: list[str] | None, at_hire: list[str] | None, expected: Verdict | None
) -> None:
    def version(motifs: list[str] | None, first: date, last: date | None) -> list[Any]:
        own = {"opened_motifs": motifs, "in_force_from": first, "in_force_until": last}
        return [] if motifs is None else [SimpleNamespace(**{**vars(ACTE), **own})]

    hired_on = date(2025, 6, 1)
    actes = [*version(at_hire, date(2020, 1, 1), date(2025, 12, 31)), *version(acte, date(2026, 1, 1), None)]
    assert verdict("Motif ouvert par l’acte", case(code, actes=actes, hired_on=hired_on)) is expected


@pytest.mark.parametrize(
    ("code", "asked_on", "expected"),
    [
        ("acs_cmuc", date(2019, 10, 31), PASS),
        ("acs_cmuc", date(2019, 11, 1), FAIL),
        ("c2s", date(2019, 11, 1), PASS),
        ("c2s", date(2019, 10, 31), FAIL),
        ("conjoint", date(1990, 1, 1), PASS),
    ],
)
def test_a_motif_is_in_force_on_the_day_of_the_request(code: str, asked_on: date, expected: Verdict) -> None:
    assert verdict("Motif ouvert par la loi", case(code, asked_on=asked_on)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PASS),
        ({"kind": "accord"}, FAIL),
        ({"set_up_kind": "accord"}, FAIL),
        ({"employee_share_from": None}, FAIL),
        ({"employee_share_from": date(2015, 1, 1)}, FAIL),
        ({"employee_share_from": date(2018, 9, 3)}, FAIL),
        ({"employee_share_from": date(2018, 9, 4)}, PASS),
    ],
)
def test_present_before_a_due_that_makes_employees_pay(changes: dict[str, Any], expected: Verdict) -> None:
    acte = SimpleNamespace(**{**vars(ACTE), **changes})
    assert (
        verdict("Présent avant la DUE", case("present_avant_due", hired_on=date(2018, 9, 3), actes=[acte])) is expected
    )
    assert verdict("Présent avant la DUE", case("present_avant_due", actes=[])) is FAIL
    assert verdict("Présent avant la DUE", case("conjoint")) is None


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("cdd_moins_12_mois", "cdd", PASS),
        ("cdd_moins_12_mois", "mission", PASS),
        ("cdd_moins_12_mois", "apprenti", FAIL),  # no end: a contract of apprenticeship without term
        ("cdd_moins_12_mois", "cdi", FAIL),
        ("contrat_court", "mission", PASS),
        ("contrat_court", "apprenti", FAIL),
        ("conjoint", "cdi", None),
    ],
)
def test_a_motif_reserved_to_some_contracts(code: str, kind: str, expected: Verdict | None) -> None:
    assert verdict("Type de contrat", case(code, contract_type=kind)) is expected


@pytest.mark.parametrize(
    ("contribution", "gross", "expected"),
    [("50", "500", PASS), ("49.99", "500", FAIL), ("50.01", "500", PASS), ("1", "10.01", FAIL), (None, "500", None)],
)
def test_the_contribution_reaches_a_tenth_of_the_gross(
    contribution: str | None, gross: str, expected: Verdict | None
) -> None:
    answers = {"brut": Decimal(gross)} | ({"cotisation": Decimal(contribution)} if contribution else {})
    assert verdict("Cotisation d’au moins 10\xa0% du brut", case("temps_partiel", answers=answers)) is expected


@pytest.mark.parametrize(
    ("code", "until", "expected"),
    [
        ("individuelle", date(2026, 12, 31), PASS),
        ("individuelle", date(2027, 2, 9), PASS),
        ("individuelle", date(2027, 2, 10), LOOK),
        ("individuelle", date(2026, 3, 1), FAIL),
        ("individuelle", date(2026, 3, 3), PASS),
        ("individuelle", None, FAIL),
        ("c2s", date(2027, 3, 9), PASS),
        ("c2s", date(2027, 3, 10), LOOK),
        ("conjoint", None, PASS),
        ("present_avant_due", None, None),
    ],
)
def test_the_end_is_known_and_to_come(code: str, until: date | None, expected: Verdict | None) -> None:
    answers = {"couverture_jusquau": until} if until else {}
    assert verdict("Fin de la dispense", case(code, answers=answers)) is expected


def test_an_end_that_has_passed_since_the_request_is_told() -> None:
    for until, expected in ((date(2026, 3, 4), LOOK), (date(2026, 3, 5), None)):
        of = case("individuelle", answers={"couverture_jusquau": until})
        assert verdict("Fin de la dispense, aujourd’hui", of) is expected


@pytest.mark.parametrize(
    ("hired_on", "known", "expected"),
    [
        (date(2026, 2, 9), date(2026, 2, 9), PASS),
        (date(2026, 2, 9), date(2026, 2, 10), LOOK),
        (date(2026, 5, 2), date(2026, 5, 2), LOOK),
        (date(2026, 5, 1), date(2026, 5, 1), PASS),
    ],
)
def test_the_hire_is_the_one_that_the_employer_declared(hired_on: date, known: date, expected: Verdict) -> None:
    assert verdict("Date d’embauche", case(hired_on=hired_on, known_hired_on=known)) is expected


def test_each_document_asked_for_is_there_and_opens() -> None:
    for received, readable, expected in ((True, True, PASS), (True, False, FAIL), (False, False, FAIL)):
        piece = PieceFacts("Carte", True, received, readable)
        line = next(line for line in check(case(pieces=(piece,))) if line.title == "Carte")
        assert line.verdict is expected
        assert "exigée par la loi" in line.rule


def test_a_document_that_the_acte_only_recommends_may_be_absent() -> None:
    for received, readable, expected in ((False, False, LOOK), (True, True, PASS), (True, False, FAIL)):
        piece = PieceFacts("Carte", False, received, readable, recommended=True)
        assert verdict("Carte", case(pieces=(piece,))) is expected


def test_the_declaration_is_signed_after_the_documents() -> None:
    title, signed = "Déclaration signée", datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert verdict(title, case(signed_at=None)) is FAIL
    assert verdict(title, case(files=(replace(FILE, received_at=signed),))) is PASS
    assert verdict(title, case(files=(replace(FILE, received_at=signed + timedelta(seconds=1)),))) is FAIL
    assert verdict(title, case(files=())) is PASS


@pytest.mark.parametrize(
    ("hints", "name", "dates", "quality"),
    [
        ({"readable": True, "name": True, "dates": ["31/12/2026"]}, PASS, PASS, None),
        ({"readable": True, "name": False, "dates": ["01/01/2020"]}, LOOK, LOOK, None),
        ({"readable": False, "small": True, "blurred": False}, LOOK, None, LOOK),
        ({}, LOOK, None, None),
    ],
)
def test_what_was_read_automatically(
    hints: dict[str, Any], name: Verdict, dates: Verdict | None, quality: Verdict | None
) -> None:
    answers = {"couverture_jusquau": date(2026, 12, 31)}
    of = case("individuelle", files=(replace(FILE, hints=hints),), answers=answers)
    assert verdict("Nom du salarié dans les documents", of) is name
    assert verdict("Date de fin dans les documents", of) is dates
    assert verdict("Lisibilité", of) is quality


def test_the_same_file_elsewhere_leads_there() -> None:
    line = next(line for line in check(case(files=(replace(FILE, same=(20001, 20002)),))) if line.requests)
    assert (line.verdict, line.requests) == (LOOK, (20001, 20002))


def test_failures_come_first() -> None:
    of = case("individuelle", hired_on=date(2019, 1, 1), answers={"couverture_jusquau": date(2028, 1, 1)})
    order = [line.verdict for line in check(of)]
    assert order == sorted(order, key=list(Verdict).index)
    assert {*order} == {*Verdict}
