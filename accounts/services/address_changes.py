"""A professional address that changes: an invitation goes where it leads, so all the correspondents are told."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from accounts import messages
from accounts.models import Employer
from accounts.services.people import people_to_notify
from notifications.messages import Message
from notifications.outbox import Outgoing, enqueue_many
from portal.lib.links import absolute, entrance

ALONE = 10  # changes made together that are told one by one; beyond, in one mail
NAMED = 20  # of which that mail names so many
NO_ADDRESS = "aucune adresse"


@dataclass(frozen=True)
class AddressChange:
    """Whose address changed, and how."""

    employee_name: str
    before: str
    after: str


def tell_address_changes(
    *, employer: Employer, changes: Sequence[AddressChange], by: str, count: int | None = None
) -> None:
    """Mail the employer's correspondents, in the transaction of the changes: one mail for each, or one for all.

    `by`: who changed them, in words. `count`: how many there were, told in one mail, when `changes` are but the first.
    """
    list_url = absolute(entrance("employees"))
    told: list[Message] = []
    if count is None and len(changes) <= ALONE:
        told += [
            messages.AddressChanged(
                employee_name=change.employee_name,
                employer_name=employer.name,
                before=change.before,
                after=change.after,
                by=by,
                list_url=list_url,
            )
            for change in changes
        ]
    else:
        count = len(changes) if count is None else count
        named = [f"{change.employee_name} : {change.before} → {change.after}" for change in changes[:NAMED]]
        if (others := count - len(named)) > 0:
            named.append(f"… et {others} autre{'s' if others > 1 else ''}")
        told.append(
            messages.AddressesChanged(
                employer_name=employer.name,
                count=count,
                changes="\n".join(named),
                by=by,
                list_url=list_url,
            )
        )
    if told:
        enqueue_many(
            [
                Outgoing(message, to=address, dedup_key=f"address-changed:{uuid.uuid4().hex}")
                for address in people_to_notify(employer)
                for message in told
            ]
        )
