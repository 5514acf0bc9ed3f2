"""What a service answers when it refuses: words for the person, a code for the program."""

from django.core.exceptions import PermissionDenied


class Forbidden(PermissionDenied):
    """A page closed to somebody for a reason that they may read: the message is French and meant for them."""


class Refusal(Exception):
    """Something that is refused to a person. Each app has its own, with its codes.

    The message is French and meant for the person: it may be worded again at any time, so nobody looks inside it.
    `code` says what happened; `field` names the field to correct, "" when no field is.
    """

    def __init__(self, message: str, *, code: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.field = code, field
