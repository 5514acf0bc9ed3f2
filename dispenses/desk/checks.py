"""What a machine can check of a request before somebody decides. Pure: no database, no clock. It decides nothing.

Law: Code de la sécurité sociale, articles D911-2, D911-5, R242-1-6 and L911-7; loi n° 89-1009, article 11;
Cass. soc. 13 January 2021, n° 19-19.219. Days are dates in Europe/Paris.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from accounts.enums import ActeKind, ContractType
from dispenses.enums import EndRule, Opening
from dispenses.law import rules
from dispenses.law.cases import Moment, MotifEntry
from dispenses.law.catalogue import BY_CODE
from dispenses.law.numbers import MOMENT_DAYS, reaches_share, share_in_words
from dispenses.law.questions import CONTRACT, END_QUESTIONS, SHARE
from portal.lib.dates import add_months
from portal.lib.typography import NBSP, euros, quoted, short_day

DRIFT_DAYS = 31  # between the hire and the beginning of the contract
MOMENTS = "Code de la sécurité sociale, art. D911-5"
SIGNED = "Déclaration sur l’honneur"


class Verdict(StrEnum):
    FAIL = "fail"
    LOOK = "look"
    PASS = "pass"  # noqa: S105 – a verdict


@dataclass(frozen=True)
class Check:
    """One line: what was checked, what came out, under which rule. `requests`: numbers to go and see."""

    verdict: Verdict
    title: str
    detail: str
    rule: str = ""
    requests: tuple[int, ...] = ()


class MotifFacts(rules.MotifRules, Protocol):
    """What the checks read of an edition of a motif, beside its rules."""

    legal_basis: str
    yearly_proof: bool


@dataclass(frozen=True)
class PieceFacts:
    """A document asked for: `readable` when a file without virus stands under it, `recommended` by the acte only."""

    label: str
    by_law: bool
    received: bool
    readable: bool
    recommended: bool = False


@dataclass(frozen=True)
class FileFacts:
    """A document received and what its automatic reading says (dispenses.documents.hints); `same`: other requests."""

    name: str
    received_at: datetime
    hints: dict[str, object]
    same: tuple[int, ...] = ()


@dataclass(frozen=True)
class Case:
    """One request as the checks read it. `answers`: clean values by key of question."""

    motif: MotifFacts
    acte: rules.ActeRules | None
    acte_at_hire: rules.ActeRules | None
    contract_type: str
    hired_on: date
    known_hired_on: date
    asked_on: date
    today: date
    answers: dict[str, object]
    pieces: tuple[PieceFacts, ...] = ()
    files: tuple[FileFacts, ...] = ()
    signed_at: datetime | None = None
    part_time: bool = False
    known_contract_end: date | None = None

    @property
    def entry(self) -> MotifEntry | None:
        """What the law attaches to the motif; None for one that the catalogue does not have."""
        return BY_CODE.get(self.motif.code)

    def day(self, key: str) -> date | None:
        """The answer `key` when it is a date."""
        value = self.answers.get(key)
        return value if isinstance(value, date) else None


def check(case: Case) -> list[Check]:
    """Every check that the motif calls for, failures first, then what is to be looked at; the order is stable."""
    found = [line for make in CHECKS for line in make(case)]
    return sorted(found, key=lambda line: list(Verdict).index(line.verdict))


# Who and when


def _hire(case: Case) -> Iterator[Check]:
    title, rule = "Date d’embauche", "Pré-affiliation par l’employeur"
    if case.hired_on != case.known_hired_on:
        detail = f"Le salarié déclare le {short_day(case.hired_on)}, l’employeur le {short_day(case.known_hired_on)}."
        yield Check(Verdict.LOOK, title, detail, rule)
    elif (case.hired_on - case.asked_on).days > MOMENT_DAYS:
        yield Check(Verdict.LOOK, title, f"Elle est lointaine{NBSP}: le {short_day(case.hired_on)}.", rule)
    else:
        yield Check(Verdict.PASS, title, f"Le {short_day(case.hired_on)}, comme l’employeur l’a déclarée.", rule)


def _moment(case: Case) -> Iterator[Check]:
    title, entry = "Moment de la demande", case.entry
    if entry is None or entry.moment is Moment.ANY_TIME:
        return
    asked = f"Demande du {short_day(case.asked_on)}"
    setup = case.acte.in_force_from if case.acte and case.acte.in_force_from > case.hired_on else None
    if entry.moment is not Moment.SETUP and _near(case.hired_on, case.asked_on):
        yield Check(Verdict.PASS, title, f"{asked}, à l’embauche du {short_day(case.hired_on)}.", MOMENTS)
    elif setup and _near(setup, case.asked_on):
        yield Check(Verdict.PASS, title, f"{asked}, à la mise en place du {short_day(setup)}.", MOMENTS)
    elif entry.moment is Moment.OTHER_COVER:
        detail = (
            f"{asked}, loin de l’embauche et de la mise en place{NBSP}: vérifiez sur les documents que l’autre "
            "couverture a pris effet à ce moment."
        )
        yield Check(Verdict.LOOK, title, detail, MOMENTS)
    else:
        at_setup = entry.moment is Moment.SETUP
        when = "à la mise en place de la couverture" if at_setup else "à l’embauche ou à la mise en place"
        detail = f"{asked}{NBSP}: ce motif ne s’invoque qu’{when} (plus de {MOMENT_DAYS}{NBSP}jours d’écart)."
        yield Check(Verdict.FAIL, title, detail, MOMENTS)


def _near(moment: date, asked_on: date) -> bool:
    return (asked_on - moment).days <= MOMENT_DAYS


# What the law and the acte open


def _law(case: Case) -> Iterator[Check]:
    title, motif = "Motif ouvert par la loi", case.motif
    if rules.in_force(motif.in_force_from, motif.in_force_until, case.asked_on):
        yield Check(Verdict.PASS, title, f"En vigueur le {short_day(case.asked_on)}.", motif.legal_basis)
        return
    bounds = [f"depuis le {short_day(motif.in_force_from)}"] if motif.in_force_from else []
    bounds += [f"jusqu’au {short_day(motif.in_force_until)}"] if motif.in_force_until else []
    detail = f"Pas en vigueur le {short_day(case.asked_on)}{NBSP}: {' '.join(bounds)}."
    yield Check(Verdict.FAIL, title, detail, motif.legal_basis)


def _contract_type(case: Case) -> Iterator[Check]:
    if not case.motif.contract_types:
        return
    labels = dict(ContractType.choices)
    kind = labels.get(case.contract_type, case.contract_type)
    if case.contract_type in case.motif.contract_types:
        yield Check(Verdict.PASS, "Type de contrat", f"{kind}, admis par ce motif.", case.motif.legal_basis)
        return
    allowed = ", ".join(labels.get(code, code) for code in case.motif.contract_types)
    detail = f"{kind}, alors que ce motif est réservé à{NBSP}: {allowed}."
    yield Check(Verdict.FAIL, "Type de contrat", detail, case.motif.legal_basis)


def _acte(case: Case) -> Iterator[Check]:
    if case.motif.opening != Opening.ACTE:
        return
    title, code, rule = "Motif ouvert par l’acte", case.motif.code, case.motif.legal_basis
    if case.acte is None and case.acte_at_hire is None:
        yield Check(Verdict.FAIL, title, "Aucun acte de l’employeur n’est enregistré à cette date.", rule)
    elif case.acte is not None and code in case.acte.opened_motifs:
        detail = f"L’acte en vigueur depuis le {short_day(case.acte.in_force_from)} le prévoit."
        yield Check(Verdict.PASS, title, detail, rule)
    elif case.acte_at_hire is not None and code in case.acte_at_hire.opened_motifs:
        detail = f"Seul l’acte du {short_day(case.acte_at_hire.in_force_from)}, en vigueur à l’embauche, le prévoyait."
        yield Check(Verdict.LOOK, title, detail, rule)
    else:
        yield Check(Verdict.FAIL, title, "L’acte en vigueur ne prévoit pas ce motif.", rule)


def _due(case: Case) -> Iterator[Check]:
    if not case.motif.due_only:
        return
    title, rule, acte = "Présent avant la DUE", case.motif.legal_basis, case.acte
    if acte is None or acte.kind != ActeKind.DUE:
        yield Check(Verdict.FAIL, title, "L’acte en vigueur n’est pas une décision unilatérale.", rule)
    elif not acte.employee_contribution:
        yield Check(Verdict.FAIL, title, "La DUE ne met aucune cotisation à la charge du salarié.", rule)
    elif case.hired_on < acte.in_force_from:
        detail = f"Embauché le {short_day(case.hired_on)}, avant la DUE du {short_day(acte.in_force_from)}."
        yield Check(Verdict.PASS, title, detail, rule)
    else:
        detail = f"Embauché le {short_day(case.hired_on)}, après la DUE du {short_day(acte.in_force_from)}."
        yield Check(Verdict.FAIL, title, detail, rule)


# What was answered


def _contract(case: Case) -> Iterator[Check]:
    start, end = map(case.day, CONTRACT)
    if start is None or end is None:
        return
    if end < start:
        detail = f"La fin ({short_day(end)}) précède le début ({short_day(start)})."
        yield Check(Verdict.FAIL, "Dates du contrat", detail, SIGNED)
        return
    span = f"Du {short_day(start)} au {short_day(end)}"
    if abs((start - case.hired_on).days) > DRIFT_DAYS:
        detail = f"{span}, pour une embauche le {short_day(case.hired_on)}{NBSP}: renouvellement ou erreur{NBSP}?"
        yield Check(Verdict.LOOK, "Dates du contrat", detail, SIGNED)
    else:
        yield Check(Verdict.PASS, "Dates du contrat", f"{span}, dans l’ordre.", SIGNED)
    yield from _length(case, start, end, span)


def _known_end(case: Case) -> Iterator[Check]:
    end, known = case.day(END_QUESTIONS[EndRule.CONTRACT_END.value]), case.known_contract_end
    if end is None or known is None:
        return
    title, rule = "Fin du contrat", "Pré-affiliation par l’employeur"
    if end == known:
        yield Check(Verdict.PASS, title, f"Le {short_day(end)}, comme l’employeur l’a déclarée.", rule)
    else:
        detail = f"Le salarié déclare le {short_day(end)}, l’employeur le {short_day(known)}."
        yield Check(Verdict.LOOK, title, detail, rule)


def _part_time(case: Case) -> Iterator[Check]:
    if case.entry is None or not case.entry.part_time:
        return
    title, rule = "Temps partiel ou apprentissage", case.motif.legal_basis
    if case.part_time or case.contract_type == ContractType.APPRENTI:
        yield Check(Verdict.PASS, title, "Déclaré par l’employeur.", rule)
    else:
        yield Check(Verdict.LOOK, title, "L’employeur n’a déclaré ni temps partiel ni apprentissage.", rule)


def _length(case: Case, start: date, end: date, span: str) -> Iterator[Check]:
    title, rule = "Durée du contrat", case.motif.legal_basis
    length = case.entry.length if case.entry else None
    if length is None:
        return
    words = length.words.replace(" mois", f"{NBSP}mois")
    if length.fits(start, end):
        yield Check(Verdict.PASS, title, f"{span}{NBSP}: ce motif demande {words}.", rule)
    else:
        yield Check(Verdict.FAIL, title, f"{span}, alors que ce motif demande {words}.", rule)


def _ratio(case: Case) -> Iterator[Check]:
    contribution, gross = map(case.answers.get, SHARE)
    if not isinstance(contribution, Decimal) or not isinstance(gross, Decimal) or gross <= 0:
        return
    title, rule = f"Cotisation d’au moins {share_in_words()} du brut", case.motif.legal_basis
    percent = f"{contribution / gross * 100:.2f}".replace(".", ",")
    detail = f"{euros(contribution)} sur {euros(gross)}{NBSP}: {percent}{NBSP}%."
    yield Check(Verdict.PASS if reaches_share(contribution, gross) else Verdict.FAIL, title, detail, rule)


def _end(case: Case) -> Iterator[Check]:
    title, rule = "Fin de la dispense", case.motif.legal_basis
    if case.motif.end_rule == EndRule.OPEN:
        if case.motif.yearly_proof:
            yield Check(Verdict.PASS, title, "Sans date connue d’avance, justificatif à renouveler chaque année.", rule)
        return
    end = rules.end_date(case.motif, case.answers)
    if end is None:
        yield Check(Verdict.FAIL, title, "La date dont elle dépend n’a pas été donnée.", rule)
    elif end < case.asked_on:
        yield Check(Verdict.FAIL, title, f"Le {short_day(end)}, avant la demande.", rule)
    elif end < case.today:
        yield Check(Verdict.LOOK, title, f"Le {short_day(end)}, passé depuis la demande.", rule)
    elif (far := case.entry and case.entry.far_end) and end > add_months(case.asked_on, far.months):
        yield Check(Verdict.LOOK, title, f"Le {short_day(end)}{far.words}", far.rule or rule)
    else:
        yield Check(Verdict.PASS, title, f"Le {short_day(end)}.", rule)


# What was sent


def _pieces(case: Case) -> Iterator[Check]:
    for piece in case.pieces:
        rule = f"{case.motif.legal_basis} (preuve exigée par la loi)" if piece.by_law else "Documents demandés du motif"
        if piece.readable:
            yield Check(Verdict.PASS, piece.label, "Reçu.", rule)
        elif piece.recommended and not piece.received:
            detail = "Absent\xa0: l’acte le recommande seulement, la déclaration sur l’honneur suffit."
            yield Check(Verdict.LOOK, piece.label, detail, "Acte de l’employeur")
        elif piece.received:
            yield Check(Verdict.FAIL, piece.label, "Reçu, mais mis à l’écart par l’antivirus.", rule)
        else:
            yield Check(Verdict.FAIL, piece.label, "Demandé et absent.", rule)


def _signature(case: Case) -> Iterator[Check]:
    title, last = "Déclaration signée", max((file.received_at for file in case.files), default=None)
    if case.signed_at is None:
        yield Check(Verdict.FAIL, title, "Aucune déclaration signée.", SIGNED)
    elif last is not None and last > case.signed_at:
        yield Check(Verdict.FAIL, title, "Un document a été reçu après la signature.", SIGNED)
    else:
        yield Check(Verdict.PASS, title, "Après tous les documents." if case.files else "Sans document joint.", SIGNED)


# What was read automatically


def _names(case: Case) -> Iterator[Check]:
    if not case.files:
        return
    title, rule = "Nom du salarié dans les documents", "Lecture automatique"
    found = [file.name for file in case.files if file.hints.get("name")]
    if found:
        yield Check(Verdict.PASS, title, f"Lu dans {quoted(*found)}.", rule)
    elif any(file.hints.get("readable") for file in case.files):
        yield Check(Verdict.LOOK, title, "Non trouvé dans le texte lu.", rule)
    else:
        yield Check(Verdict.LOOK, title, "Texte non lu automatiquement.", rule)


def _dates(case: Case) -> Iterator[Check]:
    key = END_QUESTIONS.get(case.motif.end_rule, "")
    declared, read = case.day(key), {day: file.name for file in reversed(case.files) for day in _read(file)}
    if declared is None or not read:
        return
    title, rule, day = "Date de fin dans les documents", "Lecture automatique", short_day(declared)
    if day in read:
        yield Check(Verdict.PASS, title, f"Le {day} est lu dans {quoted(read[day])}.", rule)
    else:
        yield Check(
            Verdict.LOOK, title, f"Le {day} n’est pas parmi les premières dates lues{NBSP}: {_some(read)}.", rule
        )


def _read(file: FileFacts) -> list[str]:
    found = file.hints.get("dates")
    return [str(day) for day in found] if isinstance(found, list) else []


def _some(words: dict[str, str]) -> str:
    return ", ".join(list(words)[:6])


def _quality(case: Case) -> Iterator[Check]:
    for file in case.files:
        faults = [
            words
            for key, words in (("small", "photo petite"), ("blurred", "image peut-être floue"))
            if file.hints.get(key)
        ]
        if faults:
            detail = f"{quoted(file.name)}{NBSP}: {', '.join(faults)}."
            yield Check(Verdict.LOOK, "Lisibilité", detail, "Lecture automatique")


def _same(case: Case) -> Iterator[Check]:
    for file in case.files:
        if file.same:
            detail = f"{quoted(file.name)} est aussi joint à une autre demande."
            yield Check(Verdict.LOOK, "Même fichier ailleurs", detail, "Empreinte SHA-256", file.same)


CHECKS: tuple[Callable[[Case], Iterator[Check]], ...] = (
    *(_law, _acte, _due, _contract_type, _moment, _hire, _contract, _known_end, _part_time, _ratio, _end),
    *(_pieces, _signature, _names, _dates, _quality, _same),
)
