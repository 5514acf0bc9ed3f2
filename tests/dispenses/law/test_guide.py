"""« Puis-je être dispensé ? » says what the rules say: its answers become a situation, nothing more."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest

from accounts.enums import ActeKind, ContractType
from dispenses.law.answers import clean_precisions
from dispenses.law.assessment import assess
from dispenses.law.catalogue import BY_CODE, CATALOGUE
from dispenses.law.codes import MotifCode
from dispenses.law.guide import GuideAnswers, finding, situation_of, typed_answers
from dispenses.law.moments import asked_until
from dispenses.law.questions import BY_A_JOB, NO, QUESTIONS, THIS_JOB, YES, Cover
from dispenses.law.rules import ActeRules, in_force
from dispenses.law.situation import Person, Situation, Standing
from dispenses.models import Motif
from tests.factories import ActeFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
HIRED = date(2026, 11, 2)
CDI = Person(ContractType.CDI, HIRED)


def found(
    code: MotifCode,
    answers: GuideAnswers,
    person: Person = CDI,
    *,
    actes: list[ActeRules] | None = None,
    day: date = TODAY,
) -> Standing:
    situation = situation_of(answers, person, day, actes=actes, granted_until={})
    return assess(Motif.objects.get(code=code), situation).standing


def situations() -> Iterator[tuple[GuideAnswers, Person]]:
    for cover, kind, months, part_time, present in product(
        Cover, ContractType.values, (2, 6, 14), (False, True), (YES, NO)
    ):
        end = None if kind == ContractType.CDI else HIRED + timedelta(days=30 * months)
        yield (
            GuideAnswers(cover, "autre_emploi" if cover in BY_A_JOB else "", HIRED, present=present),
            Person(kind, HIRED, end, part_time),
        )


def test_each_motif_in_force_is_opened_by_some_answers() -> None:
    """With an acte that opens everything, but a set-up by DUE for those who were there before."""
    everything = [entry.code.value for entry in CATALOGUE]
    days = (date(2020, 1, 1), date(2026, 11, 16))
    actes = [
        ActeFactory.build(in_force_from=day, first_set_up_on=day, set_up_kind="due", opened_motifs=everything)
        for day in days
    ]
    judged = (
        assess(motif, situation_of(answers, person, TODAY, actes=[acte], granted_until={}))
        for motif, acte in product(Motif.objects.all(), actes)
        for answers, person in situations()
    )
    opened = {one.motif.code for one in judged if one.standing < Standing.CLOSED}
    assert opened == {
        entry.code.value for entry in CATALOGUE if in_force(entry.in_force_from, entry.in_force_until, TODAY)
    }


def test_each_motif_says_what_covers_or_that_nothing_has_to() -> None:
    covered = {cover for entry in CATALOGUE for cover in entry.covers}
    assert covered == set(Cover) - {Cover.NONE}
    without = {entry.code for entry in CATALOGUE if not entry.covers}
    assert without == {
        MotifCode.ACS_CMUC,  # no longer in force
        MotifCode.CDD_MOINS_12_MOIS,
        MotifCode.TEMPS_PARTIEL,
        MotifCode.PRESENT_AVANT_DUE,
        MotifCode.ACTE_1_PRESENT,
    }


def test_a_cover_opens_its_motif_and_no_other_of_the_family() -> None:
    answers = GuideAnswers(Cover.SPOUSE, covered_since=date(2020, 1, 1))
    assert found(MotifCode.CONJOINT, answers) is Standing.OPEN
    assert found(MotifCode.PARENT, answers) is Standing.NOT_YOURS
    assert found(MotifCode.INDIVIDUELLE, answers) is Standing.NOT_YOURS


def test_the_regime_local_by_this_very_job_opens_nothing() -> None:
    for job, standing in ((THIS_JOB, Standing.NOT_YOURS), ("conjoint", Standing.OPEN)):
        answers = GuideAnswers(Cover.ALSACE_MOSELLE, job, date(2020, 1, 1))
        assert found(MotifCode.ALSACE_MOSELLE, answers) is standing
    opening = ActeFactory.build(opened_motifs=["acte_f_couverture_collective"], first_set_up_on=date(2020, 1, 1))
    late = Person(ContractType.CDI, date(2018, 1, 8))
    for job, standing in ((THIS_JOB, Standing.NOT_YOURS), ("conjoint", Standing.OPEN)):
        answers = GuideAnswers(Cover.ALSACE_MOSELLE, job, date(2020, 1, 1))
        assert found(MotifCode.ACTE_F_COUVERTURE_COLLECTIVE, answers, late, actes=[opening]) is standing


def test_outside_its_moment_a_motif_is_closed_and_says_what_would_open_it() -> None:
    late = Person(ContractType.CDI, date(2018, 9, 3))
    answers = GuideAnswers(Cover.SPOUSE, covered_since=date(2019, 1, 1), present=NO)
    situation = situation_of(answers, late, TODAY, actes=None, granted_until={})
    judged = assess(Motif.objects.get(code=MotifCode.CONJOINT), situation)
    assert judged.standing is Standing.CLOSED
    assert "une autre couverture qui commence" in [reason.reopens for reason in judged.against]


def test_what_was_not_asked_is_a_condition_never_a_refusal() -> None:
    late = Person(ContractType.CDI, date(2018, 9, 3))
    assert found(MotifCode.CONJOINT, GuideAnswers(Cover.SPOUSE), late) is Standing.DEPENDS
    assert found(MotifCode.INDIVIDUELLE, GuideAnswers(Cover.INDIVIDUAL)) is Standing.DEPENDS
    assert found(MotifCode.CDD_MOINS_12_MOIS, GuideAnswers(Cover.NONE), Person("cdd", HIRED)) is Standing.DEPENDS
    assert (
        found(MotifCode.TEMPS_PARTIEL, GuideAnswers(Cover.NONE), Person("cdi", HIRED, None, True)) is Standing.DEPENDS
    )
    assert found(MotifCode.PRESENT_AVANT_DUE, GuideAnswers(Cover.NONE), late) is Standing.DEPENDS


def test_ten_percent_is_a_yes_or_a_no_and_no_pay_is_asked() -> None:
    part_timer = Person("cdi", HIRED, None, part_time=True)
    acte = ActeFactory.build(opened_motifs=["temps_partiel"], first_set_up_on=date(2020, 1, 1))
    for said, standing in ((YES, Standing.OPEN), (NO, Standing.NOT_YOURS), ("", Standing.DEPENDS)):
        answers = GuideAnswers(Cover.NONE, reaches_share=said)
        assert found(MotifCode.TEMPS_PARTIEL, answers, part_timer, actes=[acte]) is standing


@pytest.mark.parametrize(
    ("kind", "share", "day", "standing"),
    [
        (ActeKind.DUE, True, date(2026, 11, 10), Standing.OPEN),
        (ActeKind.DUE, True, date(2026, 9, 1), Standing.CLOSED),  # more than two months ago
        (ActeKind.DUE, False, date(2026, 11, 10), Standing.NOT_YOURS),
        (ActeKind.ACCORD, True, date(2026, 11, 10), Standing.NOT_YOURS),
    ],
)
def test_who_was_there_before_the_cover(kind: ActeKind, share: bool, day: date, standing: Standing) -> None:
    answers = GuideAnswers(Cover.NONE, present=YES, set_up_kind=kind.value, set_up_on=day, share=share)
    assert found(MotifCode.PRESENT_AVANT_DUE, answers, Person("cdi", date(2019, 4, 1))) is standing


def test_who_came_after_the_cover_is_told_so() -> None:
    for code in (MotifCode.PRESENT_AVANT_DUE, MotifCode.ACTE_1_PRESENT):
        assert found(code, GuideAnswers(Cover.NONE, present=NO)) is Standing.NOT_YOURS


def test_a_known_acte_opens_what_it_says_and_an_unknown_one_leaves_it_to_verify() -> None:
    short = Person("cdd", HIRED, date(2027, 1, 31))
    acte = ActeFactory.build(opened_motifs=["cdd_moins_12_mois"], first_set_up_on=date(2020, 1, 1))
    silent = ActeFactory.build(opened_motifs=[], first_set_up_on=date(2020, 1, 1))
    for actes, standing in ((None, Standing.DEPENDS), ([acte], Standing.OPEN), ([silent], Standing.NOT_YOURS)):
        assert found(MotifCode.CDD_MOINS_12_MOIS, GuideAnswers(Cover.NONE), short, actes=actes) is standing


def test_short_contracts_and_the_cover_that_removes_the_health_payment() -> None:
    short = Person("cdd", HIRED, date(2027, 1, 31))
    for cover, standing in (
        (Cover.INDIVIDUAL, Standing.OPEN),
        (Cover.SOLIDARITY, Standing.NOT_YOURS),
        (Cover.SPOUSE, Standing.NOT_YOURS),
        (Cover.PUBLIC, Standing.NOT_YOURS),
        (Cover.NONE, Standing.NOT_YOURS),
    ):
        assert found(MotifCode.CONTRAT_COURT, GuideAnswers(cover), short) is standing, cover


def test_until_when_it_may_be_asked() -> None:
    motif = Motif.objects.get(code=MotifCode.CONJOINT)
    situation = situation_of(
        GuideAnswers(Cover.SPOUSE, covered_since=date(2026, 11, 10)), CDI, TODAY, actes=None, granted_until={}
    )
    assert asked_until(motif, BY_CODE[motif.code], situation) == date(2027, 1, 9)  # 60 days after the other cover
    acte_f = Motif.objects.get(code=MotifCode.ACTE_F_COUVERTURE_COLLECTIVE)
    assert asked_until(acte_f, BY_CODE[acte_f.code], situation) is None


def test_an_insurance_that_the_acte_opens_is_spoken_of_until_its_first_term() -> None:
    motif = Motif.objects.get(code=MotifCode.ACTE_E_INDIVIDUELLE)
    acte = ActeFactory.build(opened_motifs=[motif.code], first_set_up_on=date(2020, 1, 1))
    answers = GuideAnswers(Cover.INDIVIDUAL, covered_since=date(2020, 1, 1))
    last = date(2027, 11, 2)  # a year after the hire
    for day, standing in ((last, Standing.OPEN), (last + timedelta(days=1), Standing.CLOSED)):
        situation = situation_of(answers, CDI, day, actes=[acte], granted_until={})
        assert asked_until(motif, BY_CODE[motif.code], situation) == last
        judged = assess(motif, situation)
        assert judged.standing is standing
        said = finding(judged, situation, label="", help_text="", by_acte=True)
        assert not said.by_custom


def test_it_is_never_said_to_be_asked_after_its_end() -> None:
    motif = Motif.objects.get(code=MotifCode.C2S)
    answers = GuideAnswers(Cover.SOLIDARITY, covered_since=HIRED, covered_until=date(2026, 11, 30))
    situation = situation_of(answers, CDI, TODAY, actes=None, granted_until={})
    said = finding(assess(motif, situation), situation, label="", help_text="", by_acte=False)
    assert said.ask_by == date(2026, 11, 30)
    assert "1er\xa0décembre" in said.end


def test_the_last_day_and_the_rules_agree_on_every_day() -> None:
    """A motif bound to moments is open, or may be, exactly until the day that the guide says."""
    answers = GuideAnswers(Cover.SPOUSE, covered_since=date(2026, 10, 1), present=NO)
    motif = Motif.objects.get(code=MotifCode.CONJOINT)
    for offset in range(0, 120, 7):
        day = HIRED + timedelta(days=offset)
        situation = situation_of(answers, CDI, day, actes=None, granted_until={})
        last = asked_until(motif, BY_CODE[motif.code], situation)
        assert last is not None
        assert (assess(motif, situation).standing is Standing.OPEN) is (day <= last), day


def test_the_wizard_gets_the_answers_that_were_given_and_judges_them_alike() -> None:
    answers = GuideAnswers(Cover.SPOUSE, covered_since=date(2026, 10, 1))
    motif = Motif.objects.get(code=MotifCode.CONJOINT)
    kept = typed_answers(answers, CDI, motif.extra_fields)
    assert kept == {"nature_contrat": "collective", "couverture_depuis": "01/10/2026"}
    cleaned, errors = clean_precisions(motif, kept)
    assert cleaned["couverture_depuis"] == date(2026, 10, 1)
    assert set(errors) == {"assureur", "titulaire"}
    assert assess(motif, Situation(CDI, [], TODAY, cleaned)).standing is Standing.OPEN


def test_each_answer_kept_is_one_that_its_question_takes() -> None:
    for cover, motif in product(Cover, Motif.objects.all()):
        answers = GuideAnswers(cover, "conjoint" if cover in BY_A_JOB else "", HIRED, date(2027, 6, 30))
        kept = typed_answers(answers, Person("cdd", HIRED, date(2027, 1, 31)), motif.extra_fields)
        for key, text in kept.items():
            choices = dict(QUESTIONS[key].choices)
            assert not choices or text in choices, (motif.code, key)
