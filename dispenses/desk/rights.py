"""Who reads the desk, and which requests it opens to them: checked before anything is read."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User
from dispenses.models import Dispense
from dispenses.parties import Interests
from dispenses.request.permissions import REASSIGN
from portal.lib.refusals import Forbidden

Desk = ModelAdmin[Dispense]
ALL_CONSULTATIONS = "dispenses.view_consultations"
UNDO_ALL = REASSIGN
ADD_NOTE = "dispenses.add_internalnote"
OTHER_EMPLOYERS = "accounts.view_employee"


def reader(desk: Desk, request: HttpRequest) -> User:
    """The member of the centre who asks. Raises PermissionDenied without the right to see requests."""
    if not desk.has_view_or_change_permission(request) or not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def decider(desk: Desk, request: HttpRequest) -> User:
    """The member of the centre who acts. Raises PermissionDenied without the right to decide."""
    if not desk.has_change_permission(request) or not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def refuse_parties(interests: Interests, *, owner: int | None, employer: int, number: int = 0) -> None:
    """Raises Forbidden, in words, when what is about an employee is closed to the person of these interests."""
    if words := interests.why(owner=owner, employer=employer, number=number):
        raise Forbidden(words)
