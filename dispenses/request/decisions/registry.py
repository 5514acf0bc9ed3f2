"""Every decision of the centre, by the name of its transition, in the order in which many requests are offered them."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from dispenses import parties
from dispenses.models import Dispense, PendingDecision
from dispenses.request.decisions.accept import Accept
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.complement import RequestComplement
from dispenses.request.decisions.content import Content
from dispenses.request.decisions.refuse import Refuse
from dispenses.request.decisions.reinstate import Reinstate
from dispenses.request.decisions.reopen import Reopen
from dispenses.request.decisions.uphold import Uphold
from dispenses.request.transitions import lock

DECISIONS: dict[str, Decision[Any]] = {
    decision.name: decision for decision in (Accept(), RequestComplement(), Refuse(), Uphold(), Reopen(), Reinstate())
}


def of(content: Content) -> Decision[Any]:
    """The decision that says such a content. Raises LookupError for one that is no decision's."""
    for decision in DECISIONS.values():
        if decision.content is type(content):
            return decision
    raise LookupError(f"No decision says {type(content).__name__}.")


@transaction.atomic
def decide(content: Content, *, dispense: Dispense, user: User) -> Dispense:
    """Give effect at once to what `content` says. Returns the request as it is now.

    Raises TransitionRefused when the decision may not be taken: another status, something missing, a party to it.
    """
    locked, decision = lock(dispense), of(content)
    parties.refuse(user, locked)
    decision.check(locked, content)
    decision.apply(locked, user, content, timezone.now())
    return locked


def content_of(row: PendingDecision) -> Content:
    """What a waiting decision says. Raises KeyError for a decision that the portal does not know."""
    content: Content = DECISIONS[row.name].content.read(row.data)
    return content
