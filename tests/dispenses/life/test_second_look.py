"""Dispenses whose acte changed under them: a list for the centre, no end."""

from datetime import date, timedelta

import pytest

from accounts.enums import ActeKind
from accounts.models import Acte
from dispenses.life.ends import end_dispenses
from dispenses.life.second_look import second_looks
from dispenses.models import Dispense
from tests.dispenses.life.granted import DAY, granted
from tests.factories import ActeFactory, EmployeeFactory

pytestmark = pytest.mark.django_db
FROM = date(2027, 1, 1)


def changed(code: str, **version: object) -> Dispense:
    """A dispense granted under a DUE that a version took the place of on FROM."""
    former = ActeFactory(in_force_until=FROM - timedelta(days=1))
    ActeFactory(
        **{"employer": former.employer, "in_force_from": FROM, "opened_motifs": former.opened_motifs, **version},
        first_set_up_on=former.first_set_up_on,
        set_up_kind=former.set_up_kind,
    )
    return granted(code=code, employee=EmployeeFactory(activated=True, employer=former.employer))


def numbers(today: date = DAY) -> list[int]:
    return [dispense.number for look in second_looks(today) for dispense in look.dispenses]


def test_a_motif_that_is_no_longer_opened_is_listed_and_not_ended() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    assert numbers() == [dispense.number]
    look = next(second_looks(DAY))
    assert look.acte.in_force_from == FROM
    assert "temps_partiel" in {one.motif.code for one in look.closed}
    assert end_dispenses() == 0


def test_one_that_is_still_opened_is_not_listed() -> None:
    changed("temps_partiel")
    assert numbers() == []


@pytest.mark.parametrize("kind", [ActeKind.ACCORD, ActeKind.REFERENDUM])
def test_who_was_there_before_is_looked_at_when_everybody_is_bound(kind: ActeKind) -> None:
    dispense = changed("present_avant_due", kind=kind)
    assert numbers() == [dispense.number]
    assert end_dispenses() == 0


def test_only_from_the_first_day_of_the_version_and_while_in_force() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    assert numbers(FROM - timedelta(days=1)) == []
    assert numbers(FROM) == [dispense.number]
    Dispense.objects.update(ends_on=DAY - timedelta(days=1))
    assert numbers(DAY) == []


def test_a_first_version_closes_nothing() -> None:
    granted(employee=EmployeeFactory(activated=True, employer=ActeFactory().employer))
    assert Acte.objects.count() == 1
    assert numbers() == []
