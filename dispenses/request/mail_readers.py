"""Who reads, at the centre, the mails about requests: who reads the requests themselves, but for parties to them."""

from django.db.models import QuerySet

from accounts.models import User
from dispenses import parties
from dispenses.documents.messages import MATTER
from dispenses.models import Dispense
from notifications import matters

READ = "dispenses.view_dispense"


def _closed(user: User) -> QuerySet[Dispense, str] | None:
    """Numbers of the requests to which the person is a party."""
    interests = parties.interests(user)
    return parties.numbers(interests) if interests else None


def register() -> None:
    """Tell the outbox, once the apps are ready."""
    matter = matters.Matter(label="E-mail sur une demande", may_read=lambda user: user.has_perm(READ), closed=_closed)
    matters.register(MATTER, matter)
