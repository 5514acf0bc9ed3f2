"""Which dispenses a period takes in, what each lacks, what is counted."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from accounts.models import Employer
from dispenses.enums import Lack, Yearly
from dispenses.life.ends import end_dispenses
from dispenses.models import Declaration, Dispense, Motif
from dispenses.packs import proofs
from dispenses.packs.exposure import Exposure, risk
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reinstate import ReinstateContent
from dispenses.workflow import Status
from tests.dispenses.packs.packs import granted, noon
from tests.factories import ActeFactory, EmployeeFactory, EmployerFactory, StaffFactory, answers_to

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)


@pytest.fixture
def employer() -> Employer:
    return ActeFactory().employer


def found(employer: Employer, first: date = FIRST, last: date = LAST) -> list[list[proofs.Proof]]:
    frame = proofs.Frame.of(employer.pk, first=first, last=last, today=TODAY)
    return list(proofs.by_employee(proofs.granted(employer.pk, first, last), frame))


def lacks(employer: Employer, **kwargs: Any) -> list[tuple[Lack, tuple[date, date] | None]]:
    return [(m.kind, m.span) for employee in found(employer, **kwargs) for proof in employee for m in proof.missing]


def at(dispense: Dispense, **changes: Any) -> Dispense:
    Dispense.objects.filter(pk=dispense.pk).update(**changes)
    return dispense


def test_the_period_takes_in_what_was_granted_on_one_of_its_days(employer: Employer) -> None:
    open_, ended, ends_before = (granted(employer, date(2024, 5, 1)) for _ in range(3))
    at(ended, status=Status.ENDED.value, status_at=noon(date(2025, 1, 1)))
    at(ends_before, status=Status.ENDED.value, status_at=noon(date(2025, 1, 1)), ends_on=date(2024, 12, 31))
    on_last_day = granted(employer, LAST)
    granted(employer, LAST + timedelta(days=1))
    late = at(granted(employer, date(2024, 5, 1)), ends_on=date(2024, 12, 31))  # still open past its end
    numbers = {proof.dispense.number for employee in found(employer) for proof in employee}
    assert numbers == {open_.number, ended.number, on_last_day.number, late.number}


def test_a_complete_dispense_lacks_nothing(employer: Employer) -> None:
    granted(employer, date(2025, 3, 1))
    assert lacks(employer) == []


def by_law(dispense: Dispense) -> Dispense:
    """The same, its motif one of those that the law wants proved each year."""
    Motif.objects.filter(pk=dispense.motif_id).update(yearly=Yearly.LAW)
    return dispense


def test_a_yearly_proof_not_renewed(employer: Employer) -> None:
    dispense = granted(employer, date(2024, 3, 10))
    assert lacks(employer) == []  # the insurer's prudence alone asks for it
    by_law(dispense)
    assert lacks(employer) == [(Lack.YEARLY, (date(2025, 3, 10), LAST))]
    again = Declaration.objects.get(dispense=dispense)
    again.pk, again.signed_at, again._state.adding = None, noon(date(2025, 5, 2)), True
    again.save()
    assert lacks(employer) == [(Lack.YEARLY, (date(2025, 3, 10), date(2025, 5, 1)))]


def test_a_new_request_of_the_same_employee_is_a_proof(employer: Employer) -> None:
    first = by_law(granted(employer, date(2024, 3, 10)))
    granted(employer, date(2025, 3, 1), employee=first.employee)
    assert lacks(employer) == []


def test_a_document_that_the_acte_only_recommends_is_not_missed(employer: Employer) -> None:
    dispense = granted(employer, date(2025, 3, 1))
    dispense.justificatifs.all().delete()
    assert [kind for kind, _ in lacks(employer)] == [Lack.PIECE, Lack.PIECE]
    employer.actes.update(
        recommended_pieces=[f"conjoint:{p.code}" for p in dispense.motif.required_justificatifs.all()]
    )
    assert lacks(employer) == []


def test_no_declaration_and_no_acte() -> None:
    employer = EmployerFactory()
    dispense = granted(employer, date(2025, 3, 1))
    Declaration.objects.filter(dispense=dispense)._raw_delete("default")
    assert lacks(employer) == [(Lack.DECLARATION, (date(2025, 3, 1), LAST)), (Lack.NO_ACTE, None)]


def test_past_its_end(employer: Employer) -> None:
    at(granted(employer, date(2025, 3, 1)), ends_on=date(2025, 6, 30))
    assert lacks(employer) == [(Lack.PAST_END, (date(2025, 7, 1), LAST))]


def test_what_ended_is_to_be_checked_and_not_counted(employer: Employer) -> None:
    ended = granted(employer, date(2025, 3, 1))
    at(ended, status=Status.ENDED.value, status_at=noon(date(2025, 6, 30)))
    assert lacks(employer) == [(Lack.NOT_SHOWN_AFFILIATED, None)]
    granted(employer, date(2025, 6, 20), employee=ended.employee)
    assert lacks(employer) == []


def test_the_future_is_not_exposed(employer: Employer) -> None:
    by_law(granted(employer, date(2025, 3, 1)))
    assert lacks(employer, last=date(2027, 12, 31)) == [(Lack.YEARLY, (date(2026, 3, 1), TODAY))]


def test_a_month_counts_once_at_its_worst(employer: Employer) -> None:
    employee = EmployeeFactory(activated=True, employer=employer)
    without = granted(employer, date(2025, 3, 10), employee=employee)
    without.justificatifs.all().delete()
    at(granted(employer, date(2025, 2, 1), employee=employee), ends_on=date(2025, 9, 30))
    other = granted(employer, date(2025, 11, 30))
    other.justificatifs.all().delete()
    exposure = Exposure()
    months = [exposure.add(employee) for employee in found(employer)]
    assert months == [(7, 3), (2, 0)]  # March to September, October to December; November and December
    assert (exposure.employees, exposure.formal, exposure.substance) == (2, 9, 3)
    assert risk(Decimal("40"), exposure.formal, exposure.substance) == Decimal("900.00")
    assert risk(None, 1, 1) is None


def test_motifs_opened_by_an_acte_that_was_replaced(employer: Employer) -> None:
    employer.actes.update(in_force_until=date(2025, 4, 30))
    ActeFactory(employer=employer, in_force_from=date(2025, 5, 1), opened_motifs=[])
    motif = Motif.objects.get(code="acte_d_c2s")
    employer.actes.update(opened_motifs=["acte_d_c2s"])
    for day in (date(2025, 4, 30), date(2025, 5, 1)):
        granted(employer, day, motif=motif, answers=answers_to("acte_d_c2s"))
    employer.actes.filter(in_force_from=date(2025, 5, 1)).update(opened_motifs=[])
    assert lacks(employer) == [(Lack.NOT_OPENED, (date(2025, 5, 1), LAST))]


def test_an_end_that_was_cancelled_shows_and_is_not_counted(employer: Employer) -> None:
    dispense = at(granted(employer, date(2025, 3, 1)), ends_on=date(2025, 5, 31))
    with time_machine.travel(noon(date(2025, 6, 1)), tick=False):
        end_dispenses()
    with time_machine.travel(noon(date(2025, 7, 10)), tick=False):
        content = ReinstateContent(ends_on=date(2026, 5, 31), reason="Attestation mal lue.")
        decide(content, dispense=dispense, user=StaffFactory())
    span = (date(2025, 6, 1), date(2025, 7, 10))
    assert lacks(employer) == [(Lack.END_CANCELLED, span)]
    exposure = Exposure()
    for proof in found(employer):
        assert exposure.add(proof) == (0, 0)
