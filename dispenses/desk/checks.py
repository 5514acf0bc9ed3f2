"""What a machine can check of a request before somebody decides. Pure: no database, no clock. It decides nothing.

Law: Code de la sécurité sociale, articles D911-2, D911-5, R242-1-6 and L911-7; loi n° 89-1009, article 11;
Cass. soc. 13 January 2021, n° 19-19.219. Days are dates in Europe/Paris.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from dispenses.enums import EndRule, Yearly
from dispenses.law import rules
from dispenses.law.assessment import assess
from dispenses.law.cases import MotifEntry
from dispenses.law.catalogue import BY_CODE
from dispenses.law.numbers import MOMENT_DAYS
from dispenses.law.questions import CONTRACT, END_QUESTIONS
from dispenses.law.situation import Person, Situation, Standing
from dispenses.law.yearly import asked_by
from portal.lib.typography import NBSP, quoted, short_day

DRIFT_DAYS = 31  # between the hire and the beginning of the contract
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

    motif: rules.MotifRules
    actes: Sequence[rules.ActeRules]
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
    granted_until: Mapping[str, date] = field(default_factory=dict)

    @property
    def situation(self) -> Situation:
        """The employee and the acte on the day of the sending, as the rules of the law read them."""
        person = Person(self.contract_type, self.hired_on, self.known_contract_end, self.part_time)
        return Situation(person, self.actes, self.asked_on, self.answers, granted_until=self.granted_until)

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
    return in_order(line for make in CHECKS for line in make(case))


def in_order(lines: Iterable[Check]) -> list[Check]:
    """Failures first, then what is to be looked at."""
    return sorted(lines, key=lambda line: list(Verdict).index(line.verdict))


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


# What the law and the acte open


VERDICTS = {
    Standing.OPEN: Verdict.PASS,
    Standing.DEPENDS: Verdict.LOOK,
    Standing.CLOSED: Verdict.FAIL,
    Standing.NOT_YOURS: Verdict.FAIL,
}


def _law(case: Case) -> Iterator[Check]:
    """What the rules say of the request on the day of its sending, the very ones that the employee's pages ask."""
    for reason in assess(case.motif, case.situation).reasons:
        warns = reason.warns or reason.leaves_room
        yield Check(Verdict.LOOK if warns else VERDICTS[reason.standing], reason.title, reason.words, reason.article)


def _to_confirm(case: Case) -> Iterator[Check]:
    if case.entry and case.entry.to_confirm:
        yield Check(Verdict.LOOK, "Point que les textes laissent ouvert", case.entry.to_confirm, case.motif.legal_basis)


# What was answered


def _contract(case: Case) -> Iterator[Check]:
    start, end = map(case.day, CONTRACT)
    if start is None or end is None:
        return
    if end < start:
        return  # the rules say so
    span = f"Du {short_day(start)} au {short_day(end)}"
    if abs((start - case.hired_on).days) > DRIFT_DAYS:
        detail = f"{span}, pour une embauche le {short_day(case.hired_on)}{NBSP}: renouvellement ou erreur{NBSP}?"
        yield Check(Verdict.LOOK, "Dates du contrat", detail, SIGNED)
    else:
        yield Check(Verdict.PASS, "Dates du contrat", f"{span}, dans l’ordre.", SIGNED)


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


def _over(case: Case) -> Iterator[Check]:
    """An end that was to come when the request was sent, and has passed since."""
    end = rules.end_date(case.motif, case.answers)
    if end is not None and case.asked_on <= end < case.today:
        detail = f"Le {short_day(end)}, passé depuis la demande."
        yield Check(Verdict.LOOK, "Fin de la dispense, aujourd’hui", detail, case.motif.legal_basis)
    elif case.motif.end_rule == EndRule.OPEN and (asked := asked_by(case.motif, case.situation.acte)) != Yearly.NONE:
        by = "par la loi" if asked == Yearly.LAW else "par l’assureur"
        detail = f"Sans date connue d’avance, à confirmer chaque année, demandé {by}."
        yield Check(Verdict.PASS, "Fin de la dispense", detail, case.motif.legal_basis)


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
    *(_law, _to_confirm, _hire, _contract, _known_end, _over),
    *(_pieces, _signature, _names, _dates, _quality, _same),
)
