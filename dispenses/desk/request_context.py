"""What the page of a request shows, whoever reads it: documents, declarations, acte. Its decisions are in views.py."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.forms import Form
from django.utils import timezone

from accounts.models import User
from dispenses.contact import questions
from dispenses.desk import checks, looking_again, presence, queries, returned
from dispenses.desk.forms import MessageForm, NoteForm
from dispenses.desk.rights import ADD_NOTE, OTHER_EMPLOYERS
from dispenses.desk.rows import due
from dispenses.law import rules
from dispenses.law.answers import clean_precisions
from dispenses.law.assessment import assess
from dispenses.models import ActeText, Declaration, Dispense, InternalNote, Motif, QueueEntry
from dispenses.parties import Interests
from dispenses.request import contents, eligibility
from dispenses.request.contents import PieceState


def around(dispense: Dispense, interests: Interests) -> dict[str, Any]:
    """Context of the fragments of `admin/dispenses/dispense/demande/`, but for that of the decisions."""
    pieces = contents.pieces(dispense, sent_only=True)
    queries.mark_same_files(dispense, interests)
    came_back = returned.mark(dispense, pieces)
    declarations = list(dispense.declarations.all())
    declaration = declarations[-1] if declarations else None
    actes = list(dispense.employee.employer.actes.all())
    asked_on = timezone.localdate(dispense.submitted_at)
    acte = rules.acte_for(actes, day=asked_on, hired_on=dispense.hired_on)
    case = _case(dispense, dispense.motif, pieces, declaration) if dispense.motif else None
    again = looking_again.lines(dispense, actes, timezone.localdate())
    lines = checks.in_order([*again, *(checks.check(case) if case else [])])
    counts = Counter(line.verdict.value for line in lines)
    return {
        "dispense": dispense,
        "pieces": [piece for piece in pieces if piece.required or piece.files],
        "files": [file for piece in pieces for file in piece.files],
        "came_back": came_back,
        "missing": [piece for piece in pieces if piece.required and not piece.files],
        "declaration": declaration,
        "earlier": declarations[-2::-1],
        "assessed": assess(case.motif, case.situation) if case else None,
        "acte": acte,
        "acte_to_come": acte is not None and acte.in_force_from > asked_on,
        "acte_texts": list(ActeText.objects.filter(acte=acte).order_by("-pk")) if acte else [],
        "acte_at_hire": rules.acte_in_force(actes, dispense.hired_on) if dispense.hired_on else None,
        "doubts": [line for line in lines if line.verdict is not checks.Verdict.PASS],
        "passed": [line for line in lines if line.verdict is checks.Verdict.PASS],
        "counts": {verdict.value: counts[verdict.value] for verdict in checks.Verdict},
        "look_again": looking_again.causes(dispense),
        "masked_nir": dispense.employee.masked_nir,
        "antivirus": bool(settings.PORTAL_CLAMD),
    }


def for_reader(
    dispense: Dispense, user: User, interests: Interests, note: Form | None = None, message: Form | None = None
) -> dict[str, Any]:
    """What depends on who reads: who else is there, the notes, the person's other requests."""
    place: QueueEntry | None = getattr(dispense, "queue_entry", None)
    same_person = queries.same_person(dispense, interests, everywhere=user.has_perm(OTHER_EMPLOYERS))
    return {
        "place": place,
        "due": due(place.status, place.due_on, place.days_left, timezone.localdate()) if place else None,
        "others": presence.welcome(user, dispense.number),
        "notes": list(InternalNote.objects.filter(dispense=dispense).select_related("author")),
        "note_form": note or (NoteForm() if user.has_perm(ADD_NOTE) else None),
        "exchanges": list(questions.of_request(dispense).select_related("answered_by")),
        "message_form": message or MessageForm(),
        "may_answer": user.has_perm("dispenses.change_question"),
        "same_person": same_person,
        "followed_by": [one for one in same_person if one.follows_id == dispense.number],
    }


def _case(dispense: Dispense, motif: Motif, pieces: list[PieceState], declaration: Declaration | None) -> checks.Case:
    """The request as the checks read it: what was sent, never what is being prepared."""
    actes = dispense.employee.employer.actes.all()
    asked_on = timezone.localdate(dispense.submitted_at)
    hired_on = dispense.hired_on or dispense.employee.hired_on
    by_law = {piece.code for piece in motif.required_justificatifs.all() if piece.by_law}
    return checks.Case(
        motif=motif,
        actes=list(actes),
        granted_until=eligibility.granted_until(dispense.employee, motif, but=dispense.number),
        contract_type=dispense.employee.contract_type,
        hired_on=hired_on,
        known_hired_on=dispense.employee.hired_on,
        asked_on=asked_on,
        today=timezone.localdate(),
        answers=clean_precisions(motif, dict(dispense.answers))[0],
        pieces=tuple(
            checks.PieceFacts(piece.label, piece.code in by_law, bool(piece.files), piece.provided, piece.recommended)
            for piece in pieces
            if piece.required or piece.recommended
        ),
        files=tuple(
            checks.FileFacts(file.name, file.received_at, file.hints, tuple(file.seen_in))
            for piece in pieces
            for file in piece.files
        ),
        signed_at=declaration.signed_at if declaration else None,
        part_time=dispense.employee.part_time,
        known_contract_end=dispense.employee.contract_ends_on,
    )
