"""« Puis-je être dispensé ? »: a few answers become a situation, that the rules judge as they judge any request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dispenses.enums import EndRule, Yearly
from dispenses.law.assessment import Assessment
from dispenses.law.cases import Moment
from dispenses.law.codes import MotifCode
from dispenses.law.moments import asked_until
from dispenses.law.numbers import MOMENT_DAYS
from dispenses.law.questions import (
    COLLECTIVE,
    COLLECTIVE_COVERS,
    CONTRACT,
    CONTRACT_KIND,
    COVERED_BY,
    COVERED_SINCE,
    COVERING_JOB,
    END_QUESTIONS,
    INDIVIDUAL,
    OTHER_COVER,
    PRESENT,
    PUBLIC,
    QUESTIONS,
    REACHES_SHARE,
    SOLIDARITY,
    YES,
    Cover,
    Kind,
)
from dispenses.law.quotations import QUOTATIONS, QUOTED_FROM
from dispenses.law.rules import ActeRules, StatedActe
from dispenses.law.situation import Ground, Person, Situation, Standing
from portal.lib.badges import Badge, Tone
from portal.lib.typography import NBSP, long_day

COVERED_UNTIL = END_QUESTIONS[EndRule.COVERED_UNTIL.value]
WITH_AN_END = (Cover.INDIVIDUAL, Cover.SOLIDARITY)
"""Covers of which the last day ends the dispense: it is asked."""

PAYING_COVER: dict[Cover, str] = {
    **dict.fromkeys(COLLECTIVE_COVERS, COLLECTIVE),
    Cover.INDIVIDUAL: INDIVIDUAL,
    Cover.MADELIN: INDIVIDUAL,
    Cover.SOLIDARITY: SOLIDARITY,
    Cover.PUBLIC: PUBLIC,
}
"""What the employer's health payment is judged by (L911-7-1, II): the answer to COVERED_BY that a cover amounts to."""


@dataclass(frozen=True)
class GuideAnswers:
    """What was answered; "" or None for what was not. `set_up_kind`: an ActeKind. `share`: employees pay a part."""

    cover: Cover
    covering_job: str = ""
    covered_since: date | None = None
    covered_until: date | None = None
    reaches_share: str = ""
    present: str = ""
    set_up_kind: str = ""
    set_up_on: date | None = None
    share: bool = False

    def known(self, person: Person) -> dict[str, object]:
        """The answers by key of question, those that were not given left out."""
        fixed_term = person.contract_ends_on is not None
        found: dict[str, object] = {
            OTHER_COVER: self.cover,
            COVERING_JOB: self.covering_job,
            CONTRACT_KIND: COLLECTIVE if self.cover in COLLECTIVE_COVERS else "",
            COVERED_BY: PAYING_COVER.get(self.cover, ""),
            COVERED_SINCE: self.covered_since,
            COVERED_UNTIL: self.covered_until,
            CONTRACT[0]: person.hired_on if fixed_term else None,
            CONTRACT[1]: person.contract_ends_on,
            REACHES_SHARE: self.reaches_share,
            PRESENT: self.present,
        }
        return {key: value for key, value in found.items() if value}

    def stated_acte(self) -> list[ActeRules]:
        """The acte as far as the employee knows it: none without the day and the kind of the set-up."""
        if self.present != YES or self.set_up_on is None or not self.set_up_kind:
            return []
        kind, day = self.set_up_kind, self.set_up_on
        share_from = day if self.share else None
        return [StatedActe(kind, day, first_set_up_on=day, set_up_kind=kind, employee_share_from=share_from)]


def situation_of(
    answers: GuideAnswers,
    person: Person,
    day: date,
    *,
    actes: Sequence[ActeRules] | None,
    granted_until: Mapping[str, date],
) -> Situation:
    """The situation that the answers describe on `day`; `actes`: the employer's versions, None without an employer."""
    return Situation(
        person=person,
        actes=answers.stated_acte() if actes is None else actes,
        day=day,
        answers=answers.known(person),
        granted_until=granted_until,
        partial=True,
        acte_unread=actes is None,
    )


def typed_answers(answers: GuideAnswers, person: Person, extra_fields: Sequence[str]) -> dict[str, str]:
    """The same answers as the wizard keeps them as typed, for the questions that a motif asks."""
    known = answers.known(person)
    asked = [key for key in extra_fields if QUESTIONS[key].kind in {Kind.CHOICE, Kind.DATE}]
    return {key: _typed(known[key]) for key in asked if key in known}


def _typed(value: object) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Finding:
    """One motif in the answer of the guide."""

    label: str
    code: str
    help_text: str
    legal_basis: str
    by_acte: bool
    assessment: Assessment
    ask_by: date | None

    @property
    def is_open(self) -> bool:
        return self.assessment.standing is Standing.OPEN

    @property
    def depends(self) -> bool:
        return self.assessment.standing is Standing.DEPENDS

    @property
    def is_closed(self) -> bool:
        return self.assessment.standing is Standing.CLOSED

    @property
    def badge(self) -> Badge:
        return BADGES[self.assessment.standing]

    @property
    def when(self) -> str:
        """Until when it may be asked, in a sentence."""
        entry = self.assessment.entry
        if self.ask_by:
            return f"Au plus tard le {long_day(self.ask_by)}."
        if entry is None or entry.moment is Moment.ANY_TIME:
            return "À tout moment, sauf si l’acte de l’entreprise en dispose autrement."
        return WHEN[entry.moment]

    @property
    def by_custom(self) -> bool:
        """Whether the last day comes from the number of days that the law does not give."""
        entry, ends_on = self.assessment.entry, self.assessment.ends_on
        return self.ask_by not in {None, ends_on} and entry is not None and entry.moment is not Moment.ANY_TIME

    @property
    def quotation(self) -> str:
        return QUOTATIONS.get(MotifCode(self.code), "") if self.code in set(MotifCode) else ""

    @property
    def quoted_from(self) -> str:
        return QUOTED_FROM.get(MotifCode(self.code), "") if self.code in set(MotifCode) else ""

    @property
    def gives_health_payment(self) -> bool:
        """Whether the employer owes its payment instead (L911-7-1, IV)."""
        return self.assessment.entry is not None and self.assessment.entry.health_payment

    def concerns(self, cover: Cover) -> bool:
        """Whether it rests on the cover that the employee has, under a contract like theirs: why is it closed, then?"""
        entry = self.assessment.entry
        out_of_place = any(reason.ground in {Ground.CONTRACT, Ground.LENGTH} for reason in self.assessment.against)
        return entry is not None and cover in entry.covers and not out_of_place

    @property
    def end(self) -> str:
        """When the dispense ends, in a sentence."""
        found = self.assessment
        if found.ends_on:
            after = found.affiliation_due_on
            due = f", au plus tard{NBSP}: l’adhésion est due le {long_day(after)}" if after else ""
            return f"Le {long_day(found.ends_on)}{due}."
        if found.motif.end_rule == EndRule.COVERED_UNTIL:
            individual = found.entry is not None and found.entry.individual
            return (
                "À la prochaine échéance annuelle du contrat, même s’il se renouvelle ensuite."
                if individual
                else "À la date de fin inscrite sur l’attestation."
            )
        if found.motif.end_rule == EndRule.CONTRACT_END:
            return "À la fin du contrat de travail."
        return OPEN_END[found.yearly]


BADGES = {
    Standing.OPEN: Badge("Ouvert", "circle-check", Tone.OK),
    Standing.DEPENDS: Badge("À vérifier", "circle-help", Tone.WAIT),
    Standing.CLOSED: Badge("Fermé", "ban"),
    Standing.NOT_YOURS: Badge("Fermé", "ban"),
}
WHEN = {
    Moment.OTHER_COVER: f"Dans les {MOMENT_DAYS} jours qui suivent le début de l’autre couverture.",
    Moment.HIRE_OR_SETUP: f"Dans les {MOMENT_DAYS} jours qui suivent l’embauche ou la mise en place de la couverture.",
    Moment.SETUP: f"Dans les {MOMENT_DAYS} jours qui suivent la mise en place de la couverture.",
}
OPEN_END = {
    Yearly.NONE: "Pas de date de fin.",
    Yearly.PRUDENCE: "Quand cette situation prend fin. L’assureur demande de la confirmer chaque année.",
    Yearly.LAW: "Quand cette situation prend fin. La loi demande de la justifier chaque année.",
}


def finding(assessment: Assessment, situation: Situation, *, label: str, help_text: str, by_acte: bool) -> Finding:
    """What the guide says of a motif judged for that situation."""
    motif = assessment.motif
    ask_by = asked_until(motif, assessment.entry, situation)
    if ask_by and assessment.ends_on:
        ask_by = min(ask_by, assessment.ends_on)
    return Finding(
        label=label,
        code=motif.code,
        help_text=help_text,
        legal_basis=motif.legal_basis,
        by_acte=by_acte,
        assessment=assessment,
        ask_by=ask_by if ask_by and ask_by >= situation.day else None,
    )
