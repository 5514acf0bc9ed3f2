"""The rules of the law, one by one: what each judges of a request, with its words and its article.

Pure. Law: Code de la sécurité sociale, articles D911-2 to D911-6, R242-1-6, L911-7, L911-7-1; loi n° 89-1009,
article 11; Cass. soc. 13 January 2021, n° 19-19.219.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import cached_property

from accounts.enums import ActeKind, ContractType
from dispenses.enums import EndRule, Opening
from dispenses.law.cases import Moment as Moments
from dispenses.law.cases import MotifEntry
from dispenses.law.catalogue import CATALOGUE
from dispenses.law.moments import covered_at, effective_on, is_first_term_over, moment_of, set_up_on
from dispenses.law.numbers import FARTHEST_END, MOMENT_DAYS, reaches_share, share_in_words
from dispenses.law.questions import (
    CONTRACT,
    COVERED_SINCE,
    END_QUESTIONS,
    NO,
    OTHER_COVER,
    PRESENT,
    REACHES_SHARE,
    SHARE,
    YES,
    question_of,
)
from dispenses.law.rules import ActeRules, MotifRules, acte_in_force, end_date, in_force
from dispenses.law.situation import Event, Ground, Moment, Proof, Reason, Situation, Standing
from portal.lib.dates import add_months, add_years
from portal.lib.typography import NBSP, euros, short_day

MOMENTS = "Code de la sécurité sociale, art. D911-5"
CENT = Decimal("0.01")
ACTES = "Code de la sécurité sociale, art. D911-4 et R242-1-6"
FIRST_TERM_RULING = "Cass. soc. 13 janvier 2021, n° 19-19.219"
EVENT_WORDS = {
    Event.HIRE: "à l’embauche du",
    Event.SET_UP: "à la mise en place du",
    Event.COVER: "au début de l’autre couverture, le",
}
OWN_INSURANCE = frozenset(entry.code.value for entry in CATALOGUE if entry.individual)
"""Motifs that rest on the same insurance: its first term, once reached under one, is reached under the others."""

OPEN, DEPENDS, CLOSED, NOT_YOURS = Standing


@dataclass(frozen=True)
class Asked:
    """A motif asked by an employee: what each rule reads."""

    motif: MotifRules
    entry: MotifEntry | None
    situation: Situation
    proofs: tuple[Proof, ...] = ()

    @cached_property
    def moment(self) -> Moment | None:
        """The event at which it is asked; None outside of any moment."""
        return moment_of(self.motif, self.entry, self.situation)

    @cached_property
    def effective_on(self) -> date:
        """First day without the obligation, were it granted as asked."""
        return effective_on(self.motif, self.situation, self.moment)

    @property
    def contract(self) -> tuple[date, date] | None:
        """First and last day of the contract: as answered or, before it was asked, as the employer declared it."""
        start, end = map(self.situation.answered_day, CONTRACT)
        if start and end:
            return start, end
        known_end = self.situation.person.contract_ends_on
        if self.situation.unasked(CONTRACT[1]) and known_end:
            return self.situation.person.hired_on, known_end
        return None


Rule = Callable[[Asked], Iterator[Reason]]


def _law(asked: Asked) -> Iterator[Reason]:
    title, motif, day = "Motif ouvert par la loi", asked.motif, asked.situation.day
    if in_force(motif.in_force_from, motif.in_force_until, day):
        yield Reason(Ground.LAW, OPEN, title, f"En vigueur le {short_day(day)}.", motif.legal_basis)
    elif motif.in_force_from and day < motif.in_force_from:
        words = f"En vigueur seulement depuis le {short_day(motif.in_force_from)}."
        yield Reason(
            Ground.LAW, CLOSED, title, words, motif.legal_basis, reopens=f"le {short_day(motif.in_force_from)}"
        )
    else:
        words = f"Plus en vigueur depuis le {short_day(_after(motif.in_force_until))}."
        yield Reason(Ground.LAW, NOT_YOURS, title, words, motif.legal_basis)


def _after(day: date | None) -> date:
    if day is None:
        raise ValueError("an edition without an end is never over")
    return day + timedelta(days=1)


def _acte(asked: Asked) -> Iterator[Reason]:
    motif, situation = asked.motif, asked.situation
    if motif.opening != Opening.ACTE:
        return
    title, acte = "Motif ouvert par l’acte", situation.acte
    if acte and motif.code in acte.opened_motifs:
        words = f"L’acte du {short_day(acte.in_force_from)} le prévoit."
        yield Reason(Ground.ACTE, OPEN, title, words, motif.legal_basis)
        return
    if situation.acte_unread:
        words = f"Ouvert si l’acte de l’entreprise le prévoit{NBSP}: demandez-le à l’employeur."
        yield Reason(Ground.ACTE, DEPENDS, title, words, ACTES)
        return
    if acte is None:
        words = "Aucun acte de l’employeur n’est enregistré à cette date."
        yield Reason(Ground.ACTE, NOT_YOURS, title, words, ACTES, reopens="si l’acte de l’entreprise le prévoit")
        return
    opening = (v.in_force_from for v in _later_versions(situation, acte) if motif.code in v.opened_motifs)
    later = min(opening, default=None)
    at_hire = acte_in_force(situation.actes, situation.person.hired_on)
    if later:
        words = f"L’acte de l’entreprise ne le prévoit qu’à partir du {short_day(later)}."
        yield Reason(Ground.ACTE, CLOSED, title, words, ACTES, reopens=f"le {short_day(later)}")
    elif at_hire and motif.code in at_hire.opened_motifs:
        words = f"Seul l’acte du {short_day(at_hire.in_force_from)}, en vigueur à l’embauche, le prévoyait."
        yield Reason(Ground.ACTE, CLOSED, title, words, ACTES)
    else:
        words = "L’acte en vigueur ne prévoit pas ce motif."
        yield Reason(Ground.ACTE, NOT_YOURS, title, words, ACTES, reopens="si l’acte de l’entreprise le prévoit")


def _later_versions(situation: Situation, acte: ActeRules) -> list[ActeRules]:
    return [version for version in situation.actes if version.in_force_from > acte.in_force_from]


def _present(asked: Asked) -> Iterator[Reason]:
    motif, acte, hired_on = asked.motif, asked.situation.acte, asked.situation.person.hired_on
    if not motif.due_only and not (asked.entry and asked.entry.before_set_up):
        return
    title, rule = "Présent avant la DUE", motif.legal_basis
    since = set_up_on(motif, asked.situation)
    if acte is None and asked.situation.acte_unread:
        words = (
            "Ouvert si la couverture a été mise en place après l’embauche, par une décision unilatérale de l’employeur "
            "qui fait payer une part aux salariés."
        )
        yield Reason(Ground.PRESENT, DEPENDS, title, words, rule)
    elif acte is None or acte.kind != ActeKind.DUE or acte.set_up_kind != ActeKind.DUE:
        yield Reason(Ground.PRESENT, NOT_YOURS, title, _not_a_due(acte), rule)
    elif since is None and (paid := _paid_from(asked.situation, acte)):
        words = f"La DUE ne met une cotisation à la charge du salarié qu’à partir du {short_day(paid)}."
        yield Reason(Ground.PRESENT, CLOSED, title, words, rule, reopens=f"le {short_day(paid)}")
    elif since is None:
        words = "La DUE ne met aucune cotisation à la charge du salarié."
        yield Reason(Ground.PRESENT, NOT_YOURS, title, words, rule)
    elif hired_on < since:
        words = f"Embauche le {short_day(hired_on)}, avant la DUE du {short_day(since)}."
        yield Reason(Ground.PRESENT, OPEN, title, words, rule)
    else:
        words = f"Embauche le {short_day(hired_on)}, alors que la DUE est du {short_day(since)}{NBSP}: il faut être "
        yield Reason(Ground.PRESENT, NOT_YOURS, title, f"{words}présent avant.", rule)


def _not_a_due(acte: ActeRules | None) -> str:
    if acte is None or acte.set_up_kind != ActeKind.DUE:
        return "La couverture n’a pas été mise en place par une décision unilatérale de l’employeur."
    kind = dict(ActeKind.choices).get(acte.kind, acte.kind).lower()
    return f"Depuis le {short_day(acte.in_force_from)}, un {kind} a pris la place de la décision unilatérale."


def _paid_from(situation: Situation, acte: ActeRules) -> date | None:
    """The day on which a later version of a free DUE makes pay who was there before; None when none does."""
    days = (v.employee_share_from for v in _later_versions(situation, acte) if v.kind == v.set_up_kind == ActeKind.DUE)
    return min((day for day in days if day and situation.person.hired_on < day), default=None)


def _contract_type(asked: Asked) -> Iterator[Reason]:
    motif, person = asked.motif, asked.situation.person
    if not motif.contract_types:
        return
    title, labels = "Type de contrat", dict(ContractType.choices)
    kind = labels.get(person.contract_type, person.contract_type)
    if person.contract_type not in motif.contract_types:
        allowed = ", ".join(labels.get(code, code) for code in motif.contract_types)
        words = f"{kind}, alors que ce motif est réservé à{NBSP}: {allowed}."
        yield Reason(Ground.CONTRACT, NOT_YOURS, title, words, motif.legal_basis)
    elif person.is_apprentice and asked.contract is None and asked.entry and asked.entry.length:
        standing = DEPENDS if asked.situation.unasked(CONTRACT[1]) else NOT_YOURS
        words = "Contrat d’apprentissage, admis s’il a une date de fin\xa0: un apprentissage en CDI ne l’est pas."
        yield Reason(Ground.CONTRACT, standing, title, words, motif.legal_basis)
    else:
        yield Reason(Ground.CONTRACT, OPEN, title, f"{kind}, admis par ce motif.", motif.legal_basis)


def _part_time(asked: Asked) -> Iterator[Reason]:
    if asked.entry is None or not asked.entry.part_time:
        return
    title, rule, person = "Temps partiel ou apprentissage", asked.motif.legal_basis, asked.situation.person
    if person.part_time or person.is_apprentice:
        yield Reason(Ground.PART_TIME, OPEN, title, "Déclaré par l’employeur.", rule)
    else:
        words = "L’employeur n’a déclaré ni temps partiel ni apprentissage."
        yield Reason(
            Ground.PART_TIME, NOT_YOURS, title, words, rule, reopens="si l’employeur corrige le temps de travail"
        )


def _cover(asked: Asked) -> Iterator[Reason]:
    """Who the other cover comes from: what the answers say that the law does not take."""
    for refusal in asked.entry.refusals if asked.entry else ():
        if asked.situation.answered(refusal.question) != refusal.value:
            continue
        yield Reason(
            Ground.COVER,
            NOT_YOURS,
            question_of(refusal.question).label,
            refusal.words,
            refusal.article,
            question=refusal.question,
            instead=refusal.instead.value if refusal.instead else "",
        )


def _rests_on(asked: Asked) -> Iterator[Reason]:
    """What covers the employee, when it was asked before any motif was chosen."""
    cover = asked.situation.answered(OTHER_COVER)
    if cover is None or asked.entry is None or not asked.entry.covers or cover in asked.entry.covers:
        return
    labels = dict(question_of(OTHER_COVER).choices)
    wanted = " ou ".join(_without_capital(labels[one]) for one in asked.entry.covers)
    words = f"Ce motif demande une autre couverture{NBSP}: {wanted}."
    yield Reason(Ground.COVER, NOT_YOURS, "Autre couverture", words, asked.motif.legal_basis, question=OTHER_COVER)


def _without_capital(words: str) -> str:
    return words[:1].lower() + words[1:]


def _individual(asked: Asked) -> Iterator[Reason]:
    """An individual insurance had to exist at the hire or the set-up, and speaks until its first term, once."""
    if asked.entry is None or not asked.entry.individual:
        return
    title, situation = "Couvert au moment de l’embauche ou de la mise en place", asked.situation
    moment, since = covered_at(asked.motif, asked.entry, situation), situation.answered_day(COVERED_SINCE)
    if since and since > moment:
        words = f"Couverture commencée le {short_day(since)}, après le {short_day(moment)}."
        yield Reason(Ground.COVER, NOT_YOURS, title, words, asked.motif.legal_basis, question=COVERED_SINCE)
    elif since:
        words = f"Couverture commencée le {short_day(since)}."
        yield Reason(Ground.COVER, OPEN, title, words, asked.motif.legal_basis)
    elif situation.partial:
        words = f"Ouvert si la couverture existait déjà le {short_day(moment)}."
        yield Reason(Ground.COVER, DEPENDS, title, words, asked.motif.legal_basis)
    granted = (until for code, until in (situation.granted_until or {}).items() if code in OWN_INSURANCE)
    granted_until = max(granted, default=None)
    if granted_until and granted_until >= moment:
        words = (
            f"Déjà invoqué jusqu’au {short_day(granted_until)}{NBSP}: la dispense s’arrête à la première échéance, "
            "même si le contrat est reconduit."
        )
        yield Reason(Ground.COVER, NOT_YOURS, "Première échéance", words, FIRST_TERM_RULING)


def _moment(asked: Asked) -> Iterator[Reason]:
    entry, situation = asked.entry, asked.situation
    if entry is None or entry.moment is Moments.ANY_TIME:
        yield from _late_term(asked)
        return
    title, signed = "Moment de la demande", f"Demande du {short_day(situation.day)}"
    if moment := asked.moment:
        words = f"{signed}, {EVENT_WORDS[moment.event]} {short_day(moment.day)}."
        yield Reason(Ground.MOMENT, OPEN, title, words, MOMENTS)
        return
    since = short_day(situation.day - timedelta(days=MOMENT_DAYS))
    if entry.moment is Moments.OTHER_COVER and not situation.answered_day(COVERED_SINCE):
        words = f"Ouvert si l’autre couverture a commencé le {since} ou après."
        yield Reason(Ground.MOMENT, DEPENDS, title, words, MOMENTS)
        return
    if situation.acte is None and situation.acte_unread and situation.answered(PRESENT) != NO:
        words = f"Ouvert si la couverture de l’entreprise a été mise en place le {since} ou après."
        yield Reason(Ground.MOMENT, DEPENDS, title, words, MOMENTS)
        return
    words = f"{signed}{NBSP}: ce motif s’invoque {MOMENT_WORDS[entry.moment]}, dans les {MOMENT_DAYS}{NBSP}jours."
    yield Reason(
        Ground.MOMENT,
        CLOSED,
        title,
        words,
        MOMENTS,
        reopens=REOPENING[entry.moment],
        leaves_room=not (entry.individual and is_first_term_over(asked.motif, entry, situation)),
    )


MOMENT_WORDS = {
    Moments.HIRE_OR_SETUP: "à l’embauche ou à la mise en place de la couverture",
    Moments.SETUP: "à la mise en place de la couverture",
    Moments.OTHER_COVER: "à l’embauche, à la mise en place, ou quand l’autre couverture commence",
}
REOPENING = {
    Moments.HIRE_OR_SETUP: "une nouvelle embauche, ou la mise en place d’une couverture",
    Moments.SETUP: "la mise en place d’une couverture par décision unilatérale",
    Moments.OTHER_COVER: "une autre couverture qui commence",
}


def _late_term(asked: Asked) -> Iterator[Reason]:
    """A motif that the acte opens at any time, but whose insurance is that of the hire: its first term may be over."""
    entry, situation = asked.entry, asked.situation
    if entry and entry.individual and is_first_term_over(asked.motif, entry, situation):
        moment = covered_at(asked.motif, entry, situation)
        words = f"La première échéance de la couverture du {short_day(moment)} est passée."
        yield Reason(Ground.MOMENT, CLOSED, "Première échéance", words, FIRST_TERM_RULING)


def _length(asked: Asked) -> Iterator[Reason]:
    length = asked.entry.length if asked.entry else None
    if length is None:
        return
    title, rule, wanted = "Durée du contrat", asked.motif.legal_basis, length.words.replace(" mois", f"{NBSP}mois")
    if asked.contract is None:
        if asked.situation.unasked(CONTRACT[1]):
            yield Reason(Ground.LENGTH, DEPENDS, title, f"Ouvert pour {wanted}.", rule)
        return
    start, end = asked.contract
    span, declared = f"Du {short_day(start)} au {short_day(end)}", asked.situation.unasked(CONTRACT[1])
    if end < start:
        words = f"La fin ({short_day(end)}) précède le début ({short_day(start)})."
        yield Reason(Ground.LENGTH, NOT_YOURS, title, words, rule, question=CONTRACT[1])
    elif length.fits(start, end):
        yield Reason(Ground.LENGTH, OPEN, title, f"{span}{NBSP}: ce motif demande {wanted}.", rule)
    else:
        # what the employer declared may be a renewal, or wrong: the answer decides
        standing = DEPENDS if declared else NOT_YOURS
        words = f"{span}, alors que ce motif demande {wanted}."
        instead = length.instead.value if length.instead else ""
        yield Reason(Ground.LENGTH, standing, title, words, rule, question=CONTRACT[1], instead=instead)


def _share(asked: Asked) -> Iterator[Reason]:
    if SHARE[0] not in asked.motif.extra_fields:
        return
    title, rule = f"Cotisation d’au moins {share_in_words()} du brut", asked.motif.legal_basis
    contribution, gross = map(asked.situation.answered, SHARE)
    if not isinstance(contribution, Decimal) or not isinstance(gross, Decimal) or gross <= 0:
        if asked.situation.answered(REACHES_SHARE) == YES:
            yield Reason(Ground.SHARE, OPEN, title, "D’après la réponse donnée.", rule)
        elif asked.situation.unasked(SHARE[0]) and asked.situation.unasked(REACHES_SHARE):
            words = f"Ouvert si la cotisation atteint {share_in_words()} du salaire brut."
            yield Reason(Ground.SHARE, DEPENDS, title, words, rule)
        return
    # cut, not rounded: what is just under the threshold is not written as the threshold
    percent = f"{(contribution / gross * 100).quantize(CENT, ROUND_DOWN)}".replace(".", ",")
    words = f"{euros(contribution)} sur {euros(gross)}{NBSP}: {percent}{NBSP}%."
    standing = OPEN if reaches_share(contribution, gross) else NOT_YOURS
    yield Reason(Ground.SHARE, standing, title, words, rule, question=SHARE[0])


def _end(asked: Asked) -> Iterator[Reason]:
    motif, situation, title = asked.motif, asked.situation, "Fin de la dispense"
    question, rule = END_QUESTIONS.get(motif.end_rule), motif.legal_basis
    if question is None or situation.unasked(question):
        return
    end = end_date(motif, dict(situation.answers or {}))
    if end is None:
        words = "La date dont elle dépend n’a pas été donnée."
        yield Reason(Ground.END, NOT_YOURS, title, words, rule, question=question)
        return
    start = asked.effective_on
    far = asked.entry.far_end if asked.entry else None
    if end < situation.day:
        words = f"Le {short_day(end)}, avant la demande."
        yield Reason(Ground.END, NOT_YOURS, title, words, rule, question=question)
    elif end < start:
        words = f"Le {short_day(end)}, avant que la dispense ne commence, le {short_day(start)}."
        yield Reason(Ground.END, NOT_YOURS, title, words, rule, question=question)
    elif motif.end_rule == EndRule.COVERED_UNTIL and end > add_years(start, FARTHEST_END):
        words = f"Le {short_day(end)}, à plus de {FARTHEST_END}{NBSP}ans du début{NBSP}: la date est à vérifier."
        yield Reason(Ground.END, NOT_YOURS, title, words, rule, question=question)
    elif far and end > add_months(start, far.months):
        yield Reason(Ground.END, OPEN, title, f"Le {short_day(end)}{far.words}", far.rule or rule, warns=True)
    else:
        yield Reason(Ground.END, OPEN, title, f"Le {short_day(end)}.", rule)


def _proof(asked: Asked) -> Iterator[Reason]:
    """The documents that the law itself demands: without them there is no right (R242-1-6, 2° a; L911-7, III)."""
    if asked.situation.provided is None:
        return
    for proof in asked.proofs:
        if proof.by_law and proof.code not in asked.situation.provided:
            words = f"{proof.label}{NBSP}: la loi elle-même exige ce document."
            yield Reason(Ground.PROOF, NOT_YOURS, "Preuve exigée par la loi", words, asked.motif.legal_basis)


ACTE_RULES: tuple[Rule, ...] = (_acte, _present)
RULES: tuple[Rule, ...] = (
    *(_law, *ACTE_RULES, _contract_type, _part_time, _rests_on, _cover),
    *(_individual, _moment, _length, _share, _end, _proof),
)
