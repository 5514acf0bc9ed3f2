"""A large company: so many invited, of whom some will come; the centre's reviewers. Prints who they are, as JSON."""

import json
import sys

import django

django.setup()

from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import tokens  # noqa: E402
from accounts.models import INVITATION_LIFETIME, Employee, Invitation, InvitationLink  # noqa: E402
from notifications.models import OutgoingEmail  # noqa: E402
from tests.factories import TYPED, ActeFactory, EmployeeFactory, EmployerFactory, StaffFactory  # noqa: E402

TOGETHER = 5000


def invite(count: int) -> list[str]:
    """Secrets of the invitations of `count` employees of one company."""
    employer, now, found = EmployerFactory(), timezone.now(), list[str]()
    ActeFactory(employer=employer)
    while len(found) < count:
        people = EmployeeFactory.build_batch(min(TOGETHER, count - len(found)), employer=employer)
        Employee.objects.bulk_create(people)
        made = [Invitation(employee=one, sent_at=now, expires_at=now + INVITATION_LIFETIME) for one in people]
        Invitation.objects.bulk_create(made)
        secrets = [tokens.mint_token() for _ in made]
        InvitationLink.objects.bulk_create(
            InvitationLink(invitation=one, token_hash=tokens.hash_token(secret), created_at=now)
            for one, secret in zip(made, secrets, strict=True)
        )
        found += secrets
    return found


def reviewer() -> str:
    """The session of somebody of the centre, signed in."""
    client = Client()
    client.force_login(StaffFactory())
    return client.cookies["session"].value


def delays() -> list[float]:
    """Seconds that each mail of the morning waited; infinite for one that has not left."""
    rows = OutgoingEmail.objects.values_list("created_at", "sent_at")
    return sorted((sent - made).total_seconds() if sent else float("inf") for made, sent in rows)


def main() -> None:
    if sys.argv[1] == "mails":
        print(json.dumps(delays()))
        return
    invited, reviewers = map(int, sys.argv[1:])
    at_work = [reviewer() for _ in range(reviewers)]
    print(json.dumps({"invited": invite(invited), "reviewers": at_work, "answers": TYPED}))


if __name__ == "__main__":
    main()
