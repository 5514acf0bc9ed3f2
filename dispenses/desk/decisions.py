"""A decision of the centre: refused when the request changed after the page was read."""

from typing import Any

from django.db import transaction

from accounts.models import User
from dispenses import services
from dispenses.exceptions import TransitionRefused
from dispenses.models import Dispense
from dispenses.workflow import STATUS_LABELS, Status

NBSP = "\xa0"


@transaction.atomic
def decide(*, number: int, name: str, user: User, seen: str, data: dict[str, Any]) -> Dispense:
    """Make the transition `name` ("request_complement", "accept" or "refuse") through its service.

    `seen` is the instant (ISO 8601) of the status that the reader had on the page; the row is locked before it is
    compared, so that two readers never decide on the same page. Raises TransitionRefused when it differs.
    """
    current = Dispense.objects.select_for_update(of=("self",)).get(number=number)
    if seen != current.status_at.isoformat():
        label = STATUS_LABELS[Status(current.status)].lower()
        raise TransitionRefused(
            f"La demande N°{number} a changé entre-temps{NBSP}: son statut est «{NBSP}{label}{NBSP}». "
            "Relisez-la. Rien n’a été modifié."
        )
    if name == "request_complement":
        return services.request_complement(dispense=current, user=user, message=data["message"])
    if name == "accept":
        return services.accept(dispense=current, user=user, comment=data["comment"])
    return services.refuse(dispense=current, user=user, reason=data["reason"], rule=data["rule"])
