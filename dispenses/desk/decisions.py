"""The decisions as the page of a request offers them: their forms, what goes around them, what is said once taken."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.forms import CharField
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from dispenses import phrases, reading, services
from dispenses.desk.documents import complement_for
from dispenses.desk.forms import FORMS, DecisionForm
from dispenses.desk.rights import REOPEN, UNDO_ALL
from dispenses.enums import Opening, Pending, PhraseKind
from dispenses.models import Dispense, PendingDecision, PieceVerdict, StandardPhrase
from dispenses.services import reminders
from dispenses.workflow import Role, Status, allowed

DONE = {
    "request_complement": "complément demandé",
    "accept": "dispense validée",
    "refuse": "demande refusée",
    "reopen": "demande rouverte",
}
KINDS = {
    "request_complement": PhraseKind.COMPLEMENT,
    "accept": PhraseKind.END_DATE,
    "refuse": PhraseKind.REFUSAL,
    "reopen": PhraseKind.REOPEN,
}
CLOSING = "Complément jamais reçu"


def moves(dispense: Dispense, user: User) -> list[str]:
    """Names of the decisions that `user` may take now."""
    names = [move.name for move in allowed(dispense.status, Role.STAFF)]
    return [name for name in names if name != "reopen" or user.has_perm(REOPEN)]


def is_de_droit(dispense: Dispense) -> bool:
    return dispense.motif is not None and dispense.motif.opening == Opening.DROIT


def offered_phrases(dispense: Dispense) -> list[StandardPhrase]:
    """The standard phrases of every decision on this request, in one query."""
    motif = dispense.motif.code if dispense.motif else ""
    found = StandardPhrase.objects.filter(Q(motif="") | Q(motif=motif), piece="", kind__in=KINDS.values(), active=True)
    return list(found)


def build(
    name: str,
    dispense: Dispense,
    data: Mapping[str, Any] | None = None,
    known: list[StandardPhrase] | None = None,
) -> DecisionForm:
    """The form of a decision on this request, with what was posted or with what is proposed.

    `known`: the standard phrases, when they were read already.
    """
    rule = services.computed_end(dispense) if name == "accept" else None
    offered = [p for p in (offered_phrases(dispense) if known is None else known) if p.kind == KINDS[name]]
    texts = [(str(p.pk), phrases.written(p, dispense, until=rule), p.title) for p in offered]
    initial: dict[str, Any] = {"seen": dispense.status_at.isoformat()}
    more: dict[str, Any] = {}
    if name == "request_complement":
        initial["message"] = complement_for(dispense.justificatifs.all())
        more["pieces"] = [p for p in reading.pieces(dispense, sent_only=True) if p.required or p.recommended]
    elif name == "accept":
        more |= {"dispense": dispense, "rule": rule}
    elif name == "refuse":
        more["de_droit"] = is_de_droit(dispense)
        if may_close(dispense):
            initial["reason"] = next((text for _, text, title in texts if title == CLOSING), "")
    kinds = [(key, text) for key, text, _ in texts]
    return FORMS[name](data, initial=initial, prefix=name, phrases=kinds, **more)


def may_close(dispense: Dispense) -> bool:
    """Whether the complement asked was left without an answer in spite of the reminders."""
    awaited = dispense.status == Status.AWAITING_COMPLEMENT
    complement = reading.open_complement(dispense) if awaited else None
    return complement is not None and reminders.may_close(complement, timezone.now())


def content(name: str, cleaned: dict[str, Any]) -> dict[str, Any]:
    """What the decision keeps of the form."""
    data = {key: value for key, value in cleaned.items() if key not in ("seen", "phrases")}
    if name == "accept":
        data["end_reason"] = data.pop("end_why", "")
    return data


def around(dispense: Dispense, user: User, bound: Mapping[str, DecisionForm]) -> dict[str, Any]:
    """What the page shows beside the forms; `bound`: those just posted, whose words are kept even without a form."""
    taken = list(PendingDecision.objects.filter(dispense=dispense).select_related("taken_by", "settled_by"))
    pending = next((row for row in taken if row.state == Pending.WAITING), None)
    basis = [dispense.motif.legal_basis] if dispense.motif else []
    return {
        "ends_on": services.computed_end(dispense),
        "de_droit": is_de_droit(dispense),
        "rules": [*basis, "Pièce justificative absente (CSS, D911-2)", "Clause de l’acte de l’employeur"],
        "may_close": may_close(dispense),
        "pending": pending,
        "pending_words": DONE.get(pending.name, "") if pending else "",
        "may_undo": pending is not None and (pending.taken_by_id == user.pk or user.has_perm(UNDO_ALL)),
        "undone": [
            (DONE.get(row.name, ""), row) for row in taken if row.state in (Pending.UNDONE.value, Pending.VOID.value)
        ],
        "kept": [
            (field.label, field.value())
            for form in bound.values()
            for field in form
            if isinstance(field.field, CharField) and not field.is_hidden and field.value()
        ],
        "verdicts": list(PieceVerdict.objects.filter(dispense=dispense).select_related("by")),
    }


def said(dispense: Dispense, name: str, pending: PendingDecision | None) -> SafeString:
    """What is told once a decision is taken, with the way to undo it."""
    if pending is None:
        return format_html("Demande N°{}\xa0: {}, le salarié est prévenu.", dispense.number, DONE[name])
    until = timezone.localtime(pending.effective_at).strftime("%H:%M")
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    return format_html(
        'Demande N°{}\xa0: {}. Le salarié sera prévenu à {}. <a href="{}">Revenir à la demande pour annuler</a>',
        dispense.number,
        DONE[name],
        until,
        page,
    )
