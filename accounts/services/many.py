"""Pre-affiliation of many employees at once: the same rows as one by one, written together."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Manager
from django.urls import reverse
from django.utils import timezone

from accounts import messages, tokens
from accounts.employee.fields import ATTRIBUTES, Declared
from accounts.models import (
    INVITATION_LIFETIME,
    Employee,
    Employer,
    ImportRun,
    Invitation,
    InvitationLink,
    User,
    first_standing,
)
from accounts.models.employers import search_of
from accounts.read_only import refuse_over
from accounts.services.invitations import guide_address
from accounts.services.rehires import account_of, former_employments, tell_rehired
from notifications.outbox import Outgoing, enqueue_many
from portal.lib.bulk_copy import insert_rows, new_keys
from portal.lib.links import absolute
from portal.lib.searching import sort_key


class _Link(NamedTuple):
    """What links somebody declared to an employment that they left: its row, and the account to go on with."""

    former: Employee | None
    user: User | None


def pre_affiliate_many(
    *, by: User | None, employer: Employer, people: Sequence[Declared], now: datetime, held: ImportRun | None = None
) -> None:
    """Declare `people`, none of whom the employer has yet, and queue their invitations, unless those of the import
    `held` wait for their day.

    Who is hired again keeps the account that they have, without an invitation.
    Raises IntegrityError, and nothing is written, when one of them was declared meanwhile; ContractOver once the
    employer's contract with the insurer is over.
    """
    if not people:
        return
    refuse_over(employer)
    with transaction.atomic():
        former = former_employments(employer, people)
        accounts = [account_of(before, one.hired_on) for before, one in zip(former, people, strict=True)]
        links = [_Link(*pair) for pair in zip(former, accounts, strict=True)]
        keys = _declare(by, employer, people, links, now, held)
        unknown = [at for at, link in enumerate(links) if link.user is None and people[at].professional_email]
        if held is None:
            _invite(employer, [people[place] for place in unknown], [keys[place] for place in unknown], now)
        again = {key: link.former for key, link in zip(keys, links, strict=True) if link.former}
        for employee in Employee.objects.filter(pk__in=again).select_related("employer", "user"):
            tell_rehired(employee, again[employee.pk], by)


def invite_many(*, employer: Employer, employees: Sequence[Employee], now: datetime) -> None:
    """Queue the first invitation of employees whom the caller holds. To be called in a transaction."""
    if employees:
        _invite(employer, employees, [employee.pk for employee in employees], now)


def _declare(
    by: User | None,
    employer: Employer,
    people: Sequence[Declared],
    links: Sequence[_Link],
    now: datetime,
    held: ImportRun | None,
) -> list[int]:
    columns = (
        *(*ATTRIBUTES, "search", "sort_name", "standing", "rehired_from_id", "user_id", "activated_at"),
        *("employer_id", "pre_affiliated_by_id", "created_at", "held_import_id"),
    )
    rest = (employer.pk, by.pk if by else None, now)
    waits = held.pk if held else None
    declared = attrgetter(*ATTRIBUTES)
    rows = [
        (
            *declared(person),
            *_derived(person),
            *_linked(person, link, now),
            *rest,
            waits if link.user is None and person.professional_email else None,
        )
        for person, link in zip(people, links, strict=True)
    ]
    return _insert(Employee, columns, rows)


def _linked(person: Declared, link: _Link, now: datetime) -> tuple[int, int | None, int | None, datetime | None]:
    """Where the person stands, the employment before, the account and since when it is theirs."""
    user_id = link.user.pk if link.user else None
    standing = first_standing(user_id=user_id, affiliated_on=person.affiliated_on)
    former_id = link.former.pk if link.former else None
    return standing.value, former_id, user_id, now if user_id else None


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


def _invite(employer: Employer, people: Sequence[Declared | Employee], employees: list[int], now: datetime) -> None:
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
