"""The decisions as the page of a request offers them, and what goes around their forms."""

from collections.abc import Mapping
from typing import Any

from django.forms import BooleanField

from accounts.models import User
from dispenses.models import ComplementReminder, Dispense, StandardPhrase
from dispenses.request import phrases
from dispenses.request.decisions.accept import computed_end
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.decisions.refuse import is_de_droit, may_close
from dispenses.request.decisions.registry import DECISIONS
from dispenses.workflow import Role, allowed


def offered(dispense: Dispense, user: User) -> list[Decision[Any]]:
    """The decisions that `user`, who reads the request, may take now."""
    found = [DECISIONS[move.name] for move in allowed(dispense.status, Role.STAFF)]
    return [decision for decision in found if decision.is_open(dispense) and user.has_perms(decision.rights)]


def offered_phrases(dispense: Dispense) -> list[StandardPhrase]:
    """The standard phrases of every decision on this request and of its documents, in one query."""
    return list(phrases.offered(dispense.motif.code if dispense.motif else ""))


def around(dispense: Dispense, lost: Mapping[str, DecisionForm]) -> dict[str, Any]:
    """What the page shows beside the forms; `lost`: those just posted, offered no more, whose words are kept."""
    basis = [dispense.motif.legal_basis] if dispense.motif else []
    return {
        "ends_on": computed_end(dispense),
        "de_droit": is_de_droit(dispense),
        "rules": [*basis, "Pièce justificative absente (CSS, D911-2)", "Clause de l’acte de l’employeur"],
        "may_close": may_close(dispense),
        "kept": [line for form in lost.values() for line in _typed(form)],
        "reminders": list(ComplementReminder.objects.filter(complement__dispense=dispense).order_by("sent_at")),
        "verdicts": list(dispense.verdicts.all()),  # with their authors: queries.get_request
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
