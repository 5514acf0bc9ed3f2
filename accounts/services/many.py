"""Pre-affiliation of many employees at once: the same rows as one by one, written together."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import Manager
from django.urls import reverse
from django.utils import timezone

from accounts import messages, tokens
from accounts.employee.fields import ATTRIBUTES, Declared
from accounts.models import INVITATION_LIFETIME, Employee, Employer, Invitation, InvitationLink, User
from accounts.models.employers import search_of
from accounts.services.invitations import guide_address
from notifications.outbox import Outgoing, enqueue_many
from portal.lib.bulk_copy import insert_rows, new_keys
from portal.lib.links import absolute
from portal.lib.searching import sort_key


def pre_affiliate_many(*, by: User | None, employer: Employer, people: Sequence[Declared], now: datetime) -> None:
    """Declare `people`, none of whom the employer has yet, and queue their invitations.

    Raises IntegrityError, and nothing is written, when one of them was declared meanwhile.
    """
    if not people:
        return
    with transaction.atomic():
        keys = _declare(by, employer, people, now)
        _invite(employer, people, keys, now)


def _declare(by: User | None, employer: Employer, people: Sequence[Declared], now: datetime) -> list[int]:
    columns = (*ATTRIBUTES, "search", "sort_name", "employer_id", "pre_affiliated_by_id", "created_at")
    rest = (employer.pk, by.pk if by else None, now)
    declared = attrgetter(*ATTRIBUTES)
    rows = [(*declared(person), *_derived(person), *rest) for person in people]
    return _insert(Employee, columns, rows)


def _derived(person: Declared) -> tuple[str, str]:
    """What is searched and what sorts, as Employee.save writes them."""
    return search_of(person), sort_key(person.last_name, person.first_name)


def _insert(
    model: type[Employee] | type[Invitation], columns: Sequence[str], rows: list[tuple[object, ...]]
) -> list[int]:
    """Insert and return the primary keys, in the order of the rows."""
    if connection.vendor == "postgresql":
        keys = new_keys(model, len(rows))
        insert_rows(model, ("id", *columns), [(key, *row) for key, row in zip(keys, rows, strict=True)])
        return keys
    manager: Manager[Any] = model.objects
    made = manager.bulk_create([model(**dict(zip(columns, row, strict=True))) for row in rows])
    return [row.pk for row in made]


def _invite(employer: Employer, people: Sequence[Declared], employees: list[int], now: datetime) -> None:
    expires_at = now + INVITATION_LIFETIME
    columns = ("employee_id", "sent_at", "expires_at")
    invitations = _insert(Invitation, columns, [(key, now, expires_at) for key in employees])
    secrets = [tokens.mint_token() for _ in invitations]
    links = ((key, tokens.hash_token(secret), now) for key, secret in zip(invitations, secrets, strict=True))
    insert_rows(InvitationLink, ("invitation_id", "token_hash", "created_at"), links)
    address = absolute(reverse("activation", args=["JETON"]))
    sign_in_url, expires_on = absolute(reverse("connexion")), timezone.localdate(expires_at)
    guide_at = guide_address(employer)
    enqueue_many(
        [
            Outgoing(
                messages.Invitation(
                    person_name=person.full_name,
                    employer_name=employer.name,
                    activation_url=address.replace("JETON", secret),
                    sign_in_url=sign_in_url,
                    expires_on=expires_on,
                    guide_at=guide_at,
                ),
                to=person.professional_email,
                dedup_key=f"invitation:{key}",
            )
            for person, key, secret in zip(people, invitations, secrets, strict=True)
        ]
    )
