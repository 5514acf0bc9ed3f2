"""The decisions as the page of a request offers them: their forms and what goes around them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BooleanField
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from dispenses.desk.documents import complement_for
from dispenses.desk.forms import FORMS, AcceptForm, DecisionForm
from dispenses.enums import Opening, PhraseKind
from dispenses.models import ComplementReminder, Dispense, PendingDecision, PieceVerdict, StandardPhrase
from dispenses.request import contents, decisions, phrases, reminders
from dispenses.request.permissions import REOPEN
from dispenses.workflow import Role, Status, allowed

KINDS = {
    "request_complement": PhraseKind.COMPLEMENT,
    "accept": PhraseKind.END_DATE,
    "refuse": PhraseKind.REFUSAL,
    "reopen": PhraseKind.REOPEN,
}
CLOSING = "Complément jamais reçu"


def moves(dispense: Dispense, user: User) -> list[str]:
    """Names of the decisions that `user` may take now: none on a request of one's own."""
    if is_own(dispense, user):
        return []
    names = [move.name for move in allowed(dispense.status, Role.STAFF)]
    return [name for name in names if name != "reopen" or user.has_perm(REOPEN)]


def is_own(dispense: Dispense, user: User) -> bool:
    return dispense.employee.user_id == user.pk


def is_de_droit(dispense: Dispense) -> bool:
    return dispense.motif is not None and dispense.motif.opening == Opening.DROIT


def offered_phrases(dispense: Dispense) -> list[StandardPhrase]:
    """The standard phrases of every decision on this request and of its documents, in one query."""
    return list(phrases.offered(dispense.motif.code if dispense.motif else ""))


def build(
    name: str,
    dispense: Dispense,
    data: QueryDict | None = None,
    known: list[StandardPhrase] | None = None,
    again: PendingDecision | None = None,
) -> DecisionForm:
    """The form of a decision on this request, with what was posted or with what is proposed.

    `known`: the standard phrases, when they were read already; `again`: an undone decision whose words come back.
    """
    rule = decisions.computed_end(dispense) if name == "accept" else None
    known = offered_phrases(dispense) if known is None else known
    offered = [p for p in known if p.kind == KINDS[name]]
    until = _typed_end(data) or rule
    texts = [(str(p.pk), phrases.written(p, dispense, until=until), p.title) for p in offered]
    initial: dict[str, Any] = {"seen": dispense.status_at.isoformat()}
    more: dict[str, Any] = {}
    if name == "request_complement":
        initial["message"] = complement_for(dispense.justificatifs.all())
        more["pieces"] = [p for p in contents.pieces(dispense, sent_only=True) if p.required or p.recommended]
        more["reasons"] = {p.code: _reasons(known, dispense, p) for p in more["pieces"]}
    elif name == "accept":
        more |= {"dispense": dispense, "rule": rule}
    elif name == "refuse":
        more["de_droit"] = is_de_droit(dispense)
        if may_close(dispense):
            initial["reason"] = next((text for _, text, title in texts if title == CLOSING), "")
    if again:
        initial |= _words_of(again)
    kinds = [(key, text) for key, text, _ in texts]
    form = FORMS[name](data, initial=initial, prefix=name, phrases=kinds, **more)
    form.compose()
    return form


def _reasons(known: list[StandardPhrase], dispense: Dispense, piece: contents.PieceState) -> list[str]:
    """What is often said of that document when it is to be replaced."""
    said = [phrase for phrase in known if phrase.kind == PhraseKind.PIECE and phrase.piece in ("", piece.code)]
    return [phrases.written(phrase, dispense, document=piece.label) for phrase in said]


def _typed_end(data: QueryDict | None) -> date | None:
    """The end date of the posted form of a validation, None without a right one: it fills the phrases."""
    try:
        typed = data.get("accept-ends_on", "") if data else ""
        return AcceptForm.base_fields["ends_on"].clean(typed) or None
    except ValidationError:
        return None


def _words_of(taken: PendingDecision) -> dict[str, Any]:
    """The fields of a form, from what the decision kept of it: the reverse of `content`."""
    fields = {key: value for key, value in taken.data.items() if value and key != "judgements"}
    fields["end_why"] = fields.pop("end_reason", "")
    for one in taken.data.get("judgements", []):
        fields[f"avis_{one['piece']}"], fields[f"raison_{one['piece']}"] = one["verdict"], one.get("reason", "")
    return fields


def may_close(dispense: Dispense) -> bool:
    """Whether the complement asked was left without an answer in spite of the reminders."""
    awaited = dispense.status == Status.AWAITING_COMPLEMENT
    complement = contents.open_complement(dispense) if awaited else None
    return complement is not None and reminders.may_close(complement, timezone.now())


def content(name: str, cleaned: dict[str, Any]) -> dict[str, Any]:
    """What the decision keeps of the form."""
    data = {key: value for key, value in cleaned.items() if key not in ("seen", "phrases")}
    if name == "accept":
        data["end_reason"] = data.pop("end_why", "")
    return data


def around(dispense: Dispense, bound: Mapping[str, DecisionForm]) -> dict[str, Any]:
    """What the page shows beside the forms; `bound`: those just posted, whose words are kept even without a form."""
    basis = [dispense.motif.legal_basis] if dispense.motif else []
    return {
        "ends_on": decisions.computed_end(dispense),
        "de_droit": is_de_droit(dispense),
        "rules": [*basis, "Pièce justificative absente (CSS, D911-2)", "Clause de l’acte de l’employeur"],
        "may_close": may_close(dispense),
        "kept": [line for form in bound.values() for line in _typed(form)],
        "reminders": list(ComplementReminder.objects.filter(complement__dispense=dispense).order_by("sent_at")),
        "verdicts": list(PieceVerdict.objects.filter(dispense=dispense).select_related("by")),
    }


def _typed(form: DecisionForm) -> list[tuple[str, str]]:
    """What was typed or chosen, as (label, text) pairs."""
    lines = []
    for field in form:
        value = field.value()
        if value and isinstance(value, str) and not field.is_hidden and not isinstance(field.field, BooleanField):
            choices = dict(getattr(field.field, "choices", ()))
            lines.append((str(field.label), str(choices.get(value, value))))
    return lines
