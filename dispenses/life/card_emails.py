"""Mails about cards that did not come: one for each to the correspondents, one for all to the centre."""

from collections.abc import Sequence
from datetime import date

from accounts.models import User
from accounts.services import tell_correspondents
from dispenses.life import messages
from dispenses.models import Dispense
from dispenses.request.emails import to_warn
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance
from portal.lib.typography import numbers_in_words

NAMED = 20


def card_late(dispense: Dispense) -> None:
    """The proof asked for since the contract reached twelve months did not come. Raises ValueError without its day."""
    if dispense.look_card_by is None:
        raise ValueError("Aucune carte n’est attendue.")
    employee = dispense.employee
    tell_correspondents(
        employee.employer,
        messages.CardLate(
            employee_name=employee.full_name,
            employer_name=employee.employer.name,
            number=dispense.number,
            card_by=dispense.look_card_by,
            to_warn=to_warn(dispense),
            list_url=absolute(entrance("employees")),
        ),
        key=f"card-late:{dispense.number}:{dispense.look_card_by}",
    )


def cards_late(person: User, numbers: Sequence[int], today: date) -> None:
    """To somebody of the centre: the dispenses of which the card did not come, in one mail."""
    enqueue(
        messages.CardsLate(
            person_name=person.full_name,
            count=len(numbers),
            numbers=numbers_in_words(numbers[:NAMED], len(numbers)),
            desk_url=absolute(f"{entrance('queue')}?suite=regard"),
        ),
        to=person.email,
        dedup_key=f"cards-late:{person.pk}:{today}:{numbers[0]}",
    )
