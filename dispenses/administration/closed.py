"""Pages of the administration that are closed to the parties to what they show (docs/adr/0038)."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest

from accounts.models import User
from dispenses import parties
from dispenses.request.permissions import MAX_NUMBER
from portal.lib.refusals import Forbidden

CLOSED = (
    "Vous êtes partie à des demandes que ceci concerne, comme salarié ou comme correspondant de l’employeur\xa0: "
    "un membre du centre qui ne l’est pas doit s’en occuper."
)


class ClosedToParties:
    """Rows about requests: a party to one of them finds none of these in the list, and no page of theirs."""

    closed_words = CLOSED

    def closed_to(self, interests: parties.Interests) -> Q:
        """The rows that these interests close."""
        return interests.of_companies()

    def closed_for(self, user: User) -> Q | None:
        """The rows that are closed to `user`, None without any."""
        found = parties.interests(user)
        return self.closed_to(found) if found else None

    def _closed(self, request: HttpRequest) -> Q | None:
        return self.closed_for(request.user) if isinstance(request.user, User) else None

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)  # type: ignore[misc]  # of the ModelAdmin that it is mixed into
        closed = self._closed(request)
        return rows if closed is None else rows.exclude(closed)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Raises Forbidden, with the reason, for a row that is closed to who asks: its page, its history, any other."""
        found = super().get_object(request, object_id, from_field)  # type: ignore[misc]
        if found is None and object_id.isascii() and object_id.isdigit() and int(object_id) <= MAX_NUMBER:
            self.refuse_parties(request, int(object_id))
        return found

    def refuse_parties(self, request: HttpRequest, pk: int) -> None:
        """Raises Forbidden when the row is closed to who asks."""
        closed = self._closed(request)
        if closed is not None and self.model.objects.filter(closed, pk=pk).exists():  # type: ignore[attr-defined]
            raise Forbidden(self.closed_words)


def closed_transfers(user: User) -> Q | None:
    """The transfers of a company that are closed to `user`, None without any: from or to an employer of theirs."""
    keys = parties.employers_of(user)
    return Q(former__in=keys) | Q(new__in=keys) if keys else None
