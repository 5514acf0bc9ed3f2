"""What a request says, in words and in pieces: read by the pages, the declaration, the receipt and the desk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Acte
from dispenses.documents import acte_texts, limits
from dispenses.enums import EndRule, Judged
from dispenses.law import editions, rules
from dispenses.law.answers import clean_precisions, precisions_in_words
from dispenses.law.assessment import Assessment
from dispenses.law.questions import END_QUESTIONS, INSURER
from dispenses.law.situation import Ground
from dispenses.models import ActeText, Complement, Dispense, Justificatif, RequiredJustificatif
from dispenses.queue.transferred import actes_employer
from dispenses.request import eligibility
from dispenses.workflow import Status
from portal.lib.typography import long_day

OTHER_PIECE = "Autre document (facultatif)"
ASKED_AGAIN = {Judged.REJECTED.value, Judged.MISSING.value}
RECOMMENDED = "Sans lui, votre déclaration sur l’honneur suffit pour envoyer la demande."

DECLARATION = (
    "Je demande à être dispensé(e) de la couverture complémentaire santé mise en place à titre collectif et "
    "obligatoire dans mon entreprise, dont les conditions m’ont été présentées. Je déclare sur l’honneur être "
    "dans une des situations suivantes\xa0: {situation}.{cover}\n\n"
    "J’ai été préalablement informé(e) par mon employeur des conséquences de mon choix. Je renonce à la part de la "
    "cotisation que mon employeur paie, aux prestations du contrat et, si mon contrat de travail est rompu, à la "
    "portabilité.\n\n"
    "IMPORTANT\xa0: Il appartient à l’adhérent de justifier annuellement de la dispense d’adhésion et de signaler "
    "tout changement de situation (notamment changement de régime mutuelle du conjoint en cours d’année). "
    "En demandant une dispense d’adhésion, vous renoncez à cotiser au régime collectif et obligatoire frais de "
    "santé et, en conséquence, vous renoncez en pleine connaissance de cause à tout droit à prestation au titre "
    "du contrat, ainsi qu’au dispositif de portabilité en cas de rupture de votre contrat de travail."
)
"""As signed since the second edition; those signed before are stored word for word. The mention that the employee was
informed beforehand is demanded by R242-1-6, last lines; « IMPORTANT » is the insurer's own text."""


@dataclass(frozen=True)
class PieceState:
    """A document asked for and the files joined under it; `code` "" is the free, optional one."""

    code: str
    label: str
    help_text: str
    required: bool
    files: list[Justificatif]
    recommended: bool = False  # asked for, but lowered by the employer's acte
    by_law: bool = False  # the law itself demands it; else it is the insurer's prudence
    verdict: str = ""  # of the centre, in the complement that awaits an answer
    reason: str = ""  # of that verdict
    unavailable: str = ""  # why the employee cannot give it, as prepared in that complement

    @property
    def asked_by(self) -> str:
        """Who demands it, "" for one that is not demanded: prudence is never said to be law."""
        if not self.required:
            return ""
        return "Exigé par la loi." if self.by_law else "Demandé par l’assureur."

    @property
    def is_asked_again(self) -> bool:
        """Whether the centre wants a new file of it."""
        return self.verdict in ASKED_AGAIN

    @property
    def provided(self) -> bool:
        """Whether a file stands under it, a new one when it is asked again; one with a virus, or that nobody can read,
        does not count."""
        return any(file.stands and not (self.is_asked_again and file.sent_at) for file in self.files)

    @property
    def is_awaited(self) -> bool:
        """Whether it is still to be joined: asked for by the motif or by the centre, and not taken as it is."""
        return self.is_asked_again or (self.required and not self.provided and self.verdict != Judged.ACCEPTED)

    @property
    def is_lacking(self) -> bool:
        """Whether it prevents the sending: no file, and no word on why."""
        return self.is_awaited and not self.provided and not self.unavailable


def open_complement(dispense: Dispense) -> Complement | None:
    """The complement that awaits an answer, if any."""
    return next(
        (c for c in dispense.complements.all() if c.answered_at is None and c.closed_at is None),
        None,
    )


def prepared(dispense: Dispense) -> Dispense:
    """The same row, in memory, with what its employee corrects in the complement in preparation, if anything."""
    complement = open_complement(dispense) if dispense.status == Status.AWAITING_COMPLEMENT else None
    if complement is None or not complement.corrections:
        return dispense
    dispense.matricule = complement.matricule or dispense.matricule
    dispense.hired_on = complement.hired_on or dispense.hired_on
    if complement.motif_id and complement.motif_id != dispense.motif_id:
        dispense.motif_id = complement.motif_id
        editions.with_motif(dispense)
    return dispense


def raw_answers(dispense: Dispense) -> dict[str, str]:
    """Answers to the motif's questions as typed: those being prepared while a complement is awaited."""
    if dispense.status == Status.AWAITING_COMPLEMENT and (complement := open_complement(dispense)):
        return {**dispense.answers, **complement.answers}
    return dict(dispense.answers)


def pieces(
    dispense: Dispense, *, sent_only: bool = False, joined: Iterable[Justificatif] | None = None
) -> list[PieceState]:
    """Every document the motif asks for with its files, then the optional free one; the centre sees what was sent.

    `joined`: the request's files, when they were read already.
    """
    found = dispense.justificatifs.all() if joined is None else joined
    files = [file for file in found if file.sent_at or not sent_only]
    asked: list[RequiredJustificatif] = list(dispense.motif.required_justificatifs.all()) if dispense.motif else []
    codes = {piece.code for piece in asked}
    states = [_asked(dispense, piece, [f for f in files if f.piece == piece.code]) for piece in asked]
    if not sent_only:
        states = _judged(dispense, states)
    rest = [f for f in files if f.piece not in codes]
    return [*states, PieceState("", OTHER_PIECE, "", False, rest)]


def _judged(dispense: Dispense, states: list[PieceState]) -> list[PieceState]:
    """The same with what the complement that awaits an answer says of each, and why some cannot be given.

    What was accepted holds without a file, but no more once none of its files stands.
    """
    complement = open_complement(dispense) if dispense.status == Status.AWAITING_COMPLEMENT else None
    if complement is None:
        return states
    fallen = {one.code for one in states if one.files and not any(file.stands for file in one.files)}
    last = {
        row.piece: row for row in complement.verdicts.all() if row.verdict != Judged.ACCEPTED or row.piece not in fallen
    }
    judged = [
        replace(state, verdict=last[state.code].verdict, reason=last[state.code].reason)
        if state.code in last
        else state
        for state in states
    ]
    return [replace(state, unavailable=complement.unavailable.get(state.code, "")) for state in judged]


def _asked(dispense: Dispense, piece: RequiredJustificatif, files: list[Justificatif]) -> PieceState:
    motif = dispense.motif.code if dispense.motif else ""
    if not piece.by_law and rules.is_recommended(piece, motif=motif, lowered=lowered_pieces(dispense)):
        help_text = f"{piece.help_text} {RECOMMENDED}".strip()
        return PieceState(piece.code, f"{piece.label} (recommandé)", help_text, False, files, recommended=True)
    return PieceState(piece.code, piece.label, piece.help_text, True, files, by_law=piece.by_law)


def acte_of(dispense: Dispense) -> Acte | None:
    """The acte that binds the request, signed when sent, today for a draft; read once per request in hand."""
    if not hasattr(dispense, "acte_of_its_day"):
        day = asked_on(dispense)
        dispense.acte_of_its_day = rules.acte_for(_actes_of(dispense), day=day, hired_on=dispense.hired_on)
    return dispense.acte_of_its_day


def acte_text(dispense: Dispense) -> ActeText | None:
    """The text of that acte, which the employee may read before signing; None while the portal does not have it."""
    acte = acte_of(dispense)
    return acte_texts.current(acte) if acte else None


def asked_on(dispense: Dispense) -> date:
    """The day on which the dispense is asked: of the first sending, today for a draft."""
    return timezone.localdate(dispense.submitted_at) if dispense.submitted_at else timezone.localdate()


def _actes_of(dispense: Dispense) -> Sequence[Acte]:
    """Those of the employer of the day on which it was asked, be it before a transfer."""
    sent = dispense.submitted_at is not None
    employer_id = actes_employer(dispense, asked_on(dispense)) if sent else dispense.employee.employer_id
    if dispense.employer_of_page:  # a page shows it: nothing is decided here
        return editions.actes_of(employer_id)
    return list(Acte.objects.filter(employer=employer_id))


def lowered_pieces(dispense: Dispense) -> list[str]:
    """« motif:document » that the acte of the request's day only recommends."""
    acte = acte_of(dispense)
    return acte.recommended_pieces if acte else []


def remaining_files(dispense: Dispense, *, joined: Iterable[Justificatif] | None = None) -> int:
    """How many files may still be joined to this sending; the pictures of one document are one. `joined`: as above."""
    unsent = _unsent(dispense, joined)
    pictured = {file.piece for file in unsent if file.is_picture}
    return max(0, limits.max_files() - len(pictured) - sum(1 for file in unsent if not file.is_picture))


def remaining_pictures(dispense: Dispense, piece: str, *, joined: Iterable[Justificatif] | None = None) -> int:
    """How many pictures may still be added to those of a document, 0 when it has none yet. `joined`: as above."""
    pictures = sum(1 for file in _unsent(dispense, joined) if file.piece == piece and file.is_picture)
    return max(0, limits.max_pictures() - pictures) if pictures else 0


def _unsent(dispense: Dispense, joined: Iterable[Justificatif] | None) -> list[Justificatif]:
    return [file for file in (dispense.justificatifs.all() if joined is None else joined) if file.sent_at is None]


def missing(dispense: Dispense, found: Assessment | None = None) -> list[tuple[str, str]]:
    """What prevents sending, as (step name, French message), in the order of the steps.

    `found`: how a draft stands before the law, when it was judged already.
    """
    problems: list[tuple[str, str]] = []
    if not dispense.matricule or dispense.hired_on is None:
        problems.append(("situation", "Vérifiez votre matricule et votre date d’embauche"))
    if dispense.motif is None:
        return [*problems, ("motif", "Sélectionnez un motif de dispense")]
    _, errors = clean_precisions(dispense.motif, raw_answers(dispense))
    if dispense.status == Status.DRAFT:
        problems += _closed(found or assessment(dispense), errors)
    elif (complement := open_complement(dispense)) and complement.motif_id:
        problems += _closed(assessment(dispense, day=asked_on(dispense)), errors)
    problems += [("justificatifs", message) for message in errors.values()]
    problems += [("justificatifs", lacking(piece)) for piece in pieces(dispense) if piece.is_lacking]
    return problems


def assessment(
    dispense: Dispense, *, day: date | None = None, joined: Iterable[Justificatif] | None = None
) -> Assessment:
    """How the motif of a request stands with what is in preparation, signed on `day` (today when None).

    `joined`: the request's files, when they were read already. Raises ValueError without a motif.
    """
    return eligibility.of_request(
        dispense,
        answers=raw_answers(dispense),
        actes=_actes_of(dispense),
        files=dispense.justificatifs.all() if joined is None else joined,
        day=day,
    )


def _closed(found: Assessment, errors: dict[str, str]) -> list[tuple[str, str]]:
    """What the law or the acte has against the request, beside the `errors` of its answers and its documents."""
    if found.may_be_sent:
        return []
    grounds = [r for r in found.against if not r.leaves_room and r.ground is not Ground.PROOF]
    in_answers = [r for r in grounds if r.question]
    if whole := [r for r in grounds if not r.question]:
        return [("motif", f"Ce motif n’est pas ouvert pour vous\xa0: choisissez-en un autre. {whole[0].words}")]
    return [("justificatifs", reason.words) for reason in in_answers if reason.question not in errors]


def lacking(piece: PieceState) -> str:
    """What is said of a document that is not joined yet, or whose only file has a virus or cannot be read."""
    if piece.is_asked_again:
        return (
            f"Joignez un nouveau fichier, ou dites pourquoi vous ne pouvez pas fournir ce document\xa0: {piece.label}"
        )
    may_be_removed = any(file.sent_at is None for file in piece.files)
    again = "Retirez-le et joignez une autre copie" if may_be_removed else "Joignez une autre copie"
    if any(file.is_unreadable for file in piece.files):
        return f"Le fichier joint ne peut pas être lu. {again}\xa0: {piece.label}"
    if piece.files:
        return f"Le fichier joint contient un virus. {again}\xa0: {piece.label}"
    return f"Joignez le document demandé\xa0: {piece.label}"


def declaration_text(dispense: Dispense) -> str:
    """The honour declaration, word for word as it will be stored with the request."""
    if dispense.motif is None:
        raise ValueError("Une déclaration porte sur un motif.")
    cleaned, _ = clean_precisions(dispense.motif, raw_answers(dispense))
    return DECLARATION.format(situation=dispense.motif.declaration, cover=_cover_in_words(cleaned))


def _cover_in_words(answers: dict[str, object]) -> str:
    """The insurer and the end of the other cover, as sentences after another one; "" when neither was answered."""
    insurer, until = answers.get(INSURER), answers.get(END_QUESTIONS[EndRule.COVERED_UNTIL.value])
    said = f" Cette autre couverture est assurée par\xa0: {insurer}." if insurer else ""
    return f"{said} Cette couverture prend fin le {long_day(until)}." if isinstance(until, date) else said


def answers_in_words(dispense: Dispense) -> list[tuple[str, str]]:
    """The answers as (label, value) pairs, for the summary, the receipt and the stored declaration."""
    if dispense.motif is None:
        return []
    employee = dispense.employee
    return [
        ("Collaborateur", employee.full_name),
        ("Entreprise", employee.employer.name),
        ("Matricule", dispense.matricule),
        ("Date d’embauche", date_format(dispense.hired_on, "j F Y") if dispense.hired_on else ""),
        ("Motif", dispense.motif.full_label),
        *precisions_in_words(dispense.motif, raw_answers(dispense)),
    ]
