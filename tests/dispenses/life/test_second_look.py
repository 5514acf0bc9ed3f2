"""Dispenses whose acte changed under them want a second look: nothing ends, and the centre clears it once."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.enums import ActeKind
from accounts.models import Acte, Employer
from dispenses.life import second_look
from dispenses.life.ends import end_dispenses
from dispenses.life.second_look import record_second_looks
from dispenses.models import Dispense, Motif
from dispenses.request import closing, looks
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reopen import ReopenContent
from dispenses.request.decisions.uphold import UpholdContent
from dispenses.request.transitions import apply, lock
from dispenses.workflow import Role
from portal.lib.dates import instant
from tests.dispenses.life.granted import DAY, granted
from tests.dispenses.request.test_races import together
from tests.factories import ActeFactory, EmployeeFactory, LeadFactory, StaffFactory

pytestmark = pytest.mark.django_db
FROM = date(2027, 1, 1)
EVE = FROM - timedelta(days=1)


def changed(code: str, **version: object) -> Dispense:
    """A dispense granted under a DUE that a version took the place of on FROM."""
    former = ActeFactory(in_force_until=EVE)
    employee = EmployeeFactory(activated=True, employer=former.employer)
    dispense = granted(code=code, employee=employee)
    next_version(dispense, **version)
    return dispense


def next_version(dispense: Dispense, since: date = FROM, **version: object) -> Acte:
    """A version that takes the place of the last one of the employer."""
    former = dispense.employee.employer.actes.latest("in_force_from")
    Acte.objects.filter(pk=former.pk).update(in_force_until=since - timedelta(days=1))
    acte: Acte = ActeFactory(
        **{"employer": former.employer, "in_force_from": since, "opened_motifs": former.opened_motifs, **version},
        first_set_up_on=former.first_set_up_on,
        set_up_kind=former.set_up_kind,
    )
    return acte


def wanted() -> dict[int, date | None]:
    """Since when each of the dispenses that want a second look does."""
    return dict(Dispense.objects.filter(looks.WANTED).values_list("number", "look_on"))


def uphold(dispense: Dispense, user: Any = None) -> Dispense:
    return decide(UpholdContent(reason="Le salarié était déjà là."), dispense=dispense, user=user or StaffFactory())


# What makes it so


def test_a_motif_that_is_no_longer_opened_is_looked_at_and_not_ended() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    assert record_second_looks() == 1
    assert wanted() == {dispense.number: FROM}
    assert record_second_looks() == 0
    assert end_dispenses() == 0


def test_one_that_is_still_opened_is_not() -> None:
    changed("temps_partiel")
    assert record_second_looks() == 0


@pytest.mark.parametrize("kind", [ActeKind.ACCORD, ActeKind.REFERENDUM])
def test_who_was_there_before_is_looked_at_when_everybody_is_bound(kind: ActeKind) -> None:
    dispense = changed("present_avant_due", kind=kind)
    record_second_looks()
    assert wanted() == {dispense.number: FROM}


def test_only_from_the_first_day_of_the_version() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    assert record_second_looks(EVE) == 0
    assert record_second_looks(FROM) == 1
    assert wanted() == {dispense.number: FROM}


def test_what_is_over_or_was_asked_since_is_not() -> None:
    over, since = (changed("temps_partiel", opened_motifs=[]) for _ in range(2))
    Dispense.objects.filter(pk=over.pk).update(ends_on=DAY - timedelta(days=1))
    at = instant(FROM, 9)
    Dispense.objects.filter(pk=since.pk).update(submitted_at=at, decided_at=at)
    assert record_second_looks() == 0


def test_a_company_that_the_insurer_has_left_stays_as_it_is() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    Employer.objects.filter(pk=dispense.employee.employer_id).update(insured_until=DAY - timedelta(days=1))
    assert record_second_looks() == 0


def test_an_acte_without_another_before_closes_nothing() -> None:
    employer = ActeFactory(opened_motifs=[]).employer
    granted(code="temps_partiel", employee=EmployeeFactory(activated=True, employer=employer))
    assert record_second_looks() == 0


def test_a_job_that_runs_after_another_version_still_says_since_when() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    next_version(dispense, DAY)
    record_second_looks()
    assert wanted() == {dispense.number: FROM}


def test_a_version_that_opens_it_again_lets_go_of_it() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks(FROM)
    next_version(dispense, DAY, opened_motifs=["temps_partiel"])
    assert record_second_looks() == 1
    assert wanted() == {}


def test_a_version_that_was_written_by_mistake_lets_go_of_it() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks()
    Acte.objects.filter(in_force_from=FROM).delete()
    assert record_second_looks() == 1
    dispense.refresh_from_db()
    assert (dispense.look_on, dispense.look_acte_on) == (None, None)


def test_another_cause_stays_when_the_acte_lets_go() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    card = FROM - timedelta(days=40)
    Dispense.objects.filter(pk=dispense.pk).update(look_card_by=card, look_on=card)
    record_second_looks()
    assert wanted() == {dispense.number: card}
    Acte.objects.filter(in_force_from=FROM).update(opened_motifs=["temps_partiel"])
    record_second_looks()
    assert wanted() == {dispense.number: card}


def test_an_employer_is_brought_up_to_date_alone() -> None:
    ours, theirs = (changed("temps_partiel", opened_motifs=[]) for _ in range(2))
    assert second_look.record_of(ours.employee.employer) == 1
    assert wanted() == {ours.number: FROM}
    assert theirs.number not in wanted()


def test_what_no_acte_has_a_say_in_is_never_closed() -> None:
    """The job passes them over: the rules, asked of each motif, say the same."""
    motifs = list(Motif.objects.all())
    subject = closing.subject_to_acte(motifs)
    former = ActeFactory(in_force_until=EVE, opened_motifs=[motif.code for motif in motifs])
    for kind in ActeKind:
        acte = ActeFactory.build(employer=former.employer, in_force_from=FROM, opened_motifs=[], kind=kind)
        acte.first_set_up_on, acte.set_up_kind = former.first_set_up_on, former.set_up_kind
        closed = closing.closed_between(former, acte, motifs)
        assert {one.motif.pk for one in closed} <= {motif.pk for motif in subject}
    assert 0 < len(subject) < len(motifs)


# What clears it


def test_upheld_it_is_in_the_history_and_does_not_come_back() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks()
    before = Dispense.objects.get(pk=dispense.pk)
    upheld = uphold(dispense)
    event = upheld.events.first()
    assert (event.label, event.comment) == ("Réexaminée\xa0: toujours fondée", "Le salarié était déjà là.")
    assert event.at == upheld.status_at
    assert wanted() == {}
    assert (upheld.effective_on, upheld.ends_on, upheld.decided_by) == (
        *(before.effective_on, before.ends_on, before.decided_by),
    )
    assert record_second_looks() == 0


def test_upheld_it_comes_back_for_a_new_cause_only() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks(FROM)
    uphold(dispense)
    reopened, closed_again = FROM + timedelta(days=20), FROM + timedelta(days=40)
    next_version(dispense, reopened, opened_motifs=["temps_partiel"])
    assert record_second_looks() == 0
    next_version(dispense, closed_again, opened_motifs=[])
    assert record_second_looks() == 1
    assert wanted() == {dispense.number: closed_again}


def test_reopened_it_was_looked_at() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks()
    decide(ReopenContent(reason="À revoir."), dispense=dispense, user=LeadFactory())
    assert wanted() == {}
    dispense.refresh_from_db()
    assert dispense.look_on is None


def test_ended_it_wants_nothing_unless_it_comes_back() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks()
    move = {"role": Role.SYSTEM, "user": None, "at": instant(DAY, 10), "comment": "Départ, puis retour."}
    apply(lock(dispense), "end", **move)
    assert wanted() == {}
    apply(lock(dispense), "restore", **move)
    assert wanted() == {dispense.number: FROM}


def test_it_wants_nothing_while_another_dispense_takes_over() -> None:
    dispense = changed("temps_partiel", opened_motifs=[])
    record_second_looks()
    latter = granted()
    Dispense.objects.filter(pk=dispense.pk).update(superseded_by=latter)
    assert wanted() == {}
    Dispense.objects.filter(pk=latter.pk).update(employee=dispense.employee)
    decide(ReopenContent(reason="Erreur."), dispense=latter, user=LeadFactory())
    assert wanted() == {dispense.number: FROM}


# However it runs


def test_batches_leave_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_look, "BATCH", 2)
    monkeypatch.setattr(second_look, "EMPLOYERS", 1)
    dispense = changed("temps_partiel", opened_motifs=[])
    others = [granted(code="temps_partiel", employee=_colleague(dispense)) for _ in range(4)]
    assert record_second_looks() == 5
    assert wanted().keys() == {dispense.number, *(other.number for other in others)}


def test_killed_in_the_middle_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (changed("temps_partiel", opened_motifs=[]) for _ in range(2))
    whole = second_look._record

    def dying(employer: Any, *rest: Any) -> int:
        if employer.pk == second.employee.employer_id:
            raise KeyboardInterrupt
        return whole(employer, *rest)

    monkeypatch.setattr(second_look, "_record", dying)
    with pytest.raises(KeyboardInterrupt):
        record_second_looks()
    assert wanted().keys() == {first.number}
    monkeypatch.undo()
    assert record_second_looks() == 1
    assert wanted().keys() == {first.number, second.number}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_and_a_decision_agree() -> None:
    kept, upheld = (changed("temps_partiel", opened_motifs=[]) for _ in range(2))
    record_second_looks()
    staff = StaffFactory()
    together(record_second_looks, lambda: uphold(upheld, staff), record_second_looks)
    record_second_looks()
    assert wanted() == {kept.number: FROM}


def _colleague(dispense: Dispense) -> Any:
    return EmployeeFactory(activated=True, employer=dispense.employee.employer)
