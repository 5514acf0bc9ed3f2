from datetime import date, timedelta

import pytest

from accounts.enums import ActeKind, ContractType
from dispenses.law import rules
from dispenses.law.catalogue import CATALOGUE, load
from dispenses.law.situation import Standing
from dispenses.models import Motif
from dispenses.request import eligibility
from tests.factories import ActeFactory, EmployeeFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
DE_DROIT = {
    "conjoint",
    "parent",
    "multi_employeur",
    "alsace_moselle",
    "camieg",
    "fonction_publique",
    "madelin",
    "individuelle",
    "c2s",
}


def open_codes(contract: ContractType, *, day: date = TODAY, acte: bool = True, **fields: object) -> set[str]:
    """The motifs that an employee hired on that day (or as `fields` say) may send."""
    employee = EmployeeFactory(contract_type=contract, **{"hired_on": day, **fields})
    if acte:
        ActeFactory(employer=employee.employer)
    return {motif.code for motif, found in eligibility.offered(employee, day) if found.may_be_sent}


def test_without_an_acte_only_the_motifs_of_right_are_open() -> None:
    assert open_codes(ContractType.CDI, acte=False) == DE_DROIT


def test_an_acte_opens_its_motifs_and_a_due_those_present_before_it() -> None:
    late = DE_DROIT - {"individuelle"}  # its first term is over
    assert open_codes(ContractType.CDI, hired_on=date(2018, 9, 3)) == late | {"present_avant_due"}
    assert open_codes(ContractType.CDI, hired_on=date(2020, 1, 1)) == late


@pytest.mark.parametrize(
    ("contract", "more"),
    [
        (ContractType.CDD, {"cdd_12_mois_et_plus", "cdd_moins_12_mois", "contrat_court"}),
        (ContractType.APPRENTI, {"cdd_12_mois_et_plus", "cdd_moins_12_mois", "temps_partiel"}),
        (ContractType.MISSION, {"cdd_12_mois_et_plus", "cdd_moins_12_mois", "contrat_court"}),
    ],
)
def test_contract_types_restrict_motifs(contract: ContractType, more: set[str]) -> None:
    assert open_codes(contract) == DE_DROIT | more


def test_part_time_is_for_part_timers() -> None:
    assert open_codes(ContractType.CDI, part_time=True) == DE_DROIT | {"temps_partiel"}


def test_present_before_is_for_a_due_with_employee_contribution() -> None:
    employee = EmployeeFactory(hired_on=date(2018, 1, 1))
    acte = ActeFactory(employer=employee.employer, employee_share_from=None)
    motif = Motif.objects.get(code="present_avant_due")

    def standing() -> Standing:
        acte.save()
        return eligibility.motif_for(employee, motif, date(2020, 2, 1)).standing

    assert standing() is Standing.NOT_YOURS
    acte.employee_share_from = acte.in_force_from
    assert standing() is Standing.OPEN
    acte.set_up_kind = ActeKind.ACCORD
    assert standing() is Standing.NOT_YOURS


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2018, 9, 5), "acs_cmuc"),
        (date(2019, 10, 31), "acs_cmuc"),
        (date(2019, 11, 1), "c2s"),
        (TODAY, "c2s"),
    ],
)
def test_acs_gives_way_to_c2s(day: date, code: str) -> None:
    codes = open_codes(ContractType.CDI, day=day)
    assert codes & {"acs_cmuc", "c2s"} == {code}


def test_the_acte_in_force_is_that_of_the_day() -> None:
    employee = EmployeeFactory()
    old = ActeFactory(employer=employee.employer, in_force_from=date(2010, 1, 1), in_force_until=date(2019, 12, 31))
    new = ActeFactory(employer=employee.employer, in_force_from=date(2020, 1, 1))
    actes = [old, new]
    assert rules.acte_in_force(actes, date(2009, 12, 31)) is None
    assert rules.acte_in_force(actes, date(2019, 12, 31)) == old
    assert rules.acte_in_force(actes, date(2020, 1, 1)) == new


def test_a_version_is_of_the_set_up_of_the_one_before() -> None:
    first = ActeFactory(in_force_from=date(2016, 1, 1), in_force_until=date(2025, 12, 31), kind=ActeKind.DUE)
    version = ActeFactory(employer=first.employer, in_force_from=date(2026, 1, 1), kind=ActeKind.ACCORD)
    assert (version.first_set_up_on, version.set_up_kind) == (date(2016, 1, 1), ActeKind.DUE)
    assert (first.first_set_up_on, first.set_up_kind) == (date(2016, 1, 1), ActeKind.DUE)


def test_end_date_comes_from_the_motif_rule() -> None:
    end = TODAY + timedelta(days=90)
    assert rules.end_date(Motif.objects.get(code="c2s"), {"couverture_jusquau": end}) == end
    assert rules.end_date(Motif.objects.get(code="cdd_moins_12_mois"), {"fin_contrat": end}) == end
    assert rules.end_date(Motif.objects.get(code="conjoint"), {"couverture_jusquau": end}) is None


def test_catalogue_loads_once_with_the_documents_of_the_law() -> None:
    assert load() == 0
    assert Motif.objects.count() == len(CATALOGUE) == 19
    conjoint = Motif.objects.get(code="conjoint")
    assert [p.code for p in conjoint.required_justificatifs.all()] == ["attestation_conjoint", "carte_mutuelle"]
    by_law = Motif.objects.filter(required_justificatifs__by_law=True).values_list("code", flat=True)
    assert set(by_law) == {"cdd_12_mois_et_plus", "contrat_court", "acte_f_couverture_collective"}
    assert not Motif.objects.get(code="cdd_moins_12_mois").required_justificatifs.exists()
