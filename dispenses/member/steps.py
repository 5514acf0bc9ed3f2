"""The steps of the wizard: their names, titles and order, and where each missing thing is corrected."""

from django.urls import reverse

from dispenses.law.answers import clean_precisions, questions_of
from dispenses.law.assessment import Assessment
from dispenses.law.questions import Kind
from dispenses.models import Dispense
from dispenses.request.contents import lacking, missing, pieces, raw_answers

STEPS: tuple[tuple[str, str], ...] = (
    ("situation", "Votre situation"),
    ("motif", "Votre motif"),
    ("justificatifs", "Vos justificatifs"),
    ("verification", "Vérification et envoi"),
)
TITLES = tuple(title for _, title in STEPS)
FIRST_FIELD = {"situation": "id_matricule", "motif": "id_motif", "justificatifs": "pieces"}


def first_blocked(dispense: Dispense, step: str) -> str | None:
    """The earlier step to do before `step` may be shown, None when it may."""
    if step in {"motif", "justificatifs", "verification"} and (not dispense.matricule or dispense.hired_on is None):
        return "situation"
    if step in {"justificatifs", "verification"} and dispense.motif_id is None:
        return "motif"
    return None


def first_unfinished(draft: Dispense) -> str:
    """The step at which a draft is gone on with: the first where something lacks, the last when nothing does.

    Without a motif it is the first step of all: what it shows was given by the employer, and is to be checked.
    """
    if draft.motif_id is None:
        return "situation"
    problems = missing(draft)
    return problems[0][0] if problems else "verification"


def input_name(piece: str) -> str:
    """What the page calls the input of a document; the free one has no code."""
    return piece or "autre"


def problem_links(dispense: Dispense, problems: list[tuple[str, str]], found: Assessment) -> list[tuple[str, str]]:
    """(address of the field, message) of each thing that prevents sending.

    `problems` as dispenses.request.contents.missing gives them; `found`: how the request stands before the law.
    """
    anchors = _anchors(dispense, found)
    return [
        (f"{reverse(f'demande_{step}', args=[dispense.number])}#{anchors.get(message, FIRST_FIELD[step])}", message)
        for step, message in problems
    ]


def _anchors(dispense: Dispense, found: Assessment) -> dict[str, str]:
    """Id of the control that each message of the third step is about."""
    if dispense.motif is None:
        return {}
    _, errors = clean_precisions(dispense.motif, raw_answers(dispense))
    controls = {
        question.key: f"id_{question.key}{'_0' if question.kind in {Kind.DATE, Kind.CHOICE} else ''}"
        for question in questions_of(dispense.motif)
    }
    anchors = {reason.words: controls[reason.question] for reason in found.against if reason.question in controls}
    anchors |= {message: controls[key] for key, message in errors.items()}
    return anchors | {lacking(piece): f"fichier-{input_name(piece.code)}" for piece in pieces(dispense)}
