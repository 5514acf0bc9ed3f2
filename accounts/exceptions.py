class AlreadyPreAffiliated(Exception):
    """The employer already has this employee: `field` tells by what, the message is French."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ActivationRefused(Exception):
    """A link or a code that cannot be used; the message is French. `field` names the wrong input, "" for the link."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class SecondFactorRefused(Exception):
    """A code that does not open the session; the message is French."""


class TokenRefused(Exception):
    """A token of the API cannot be made; the message is French."""


class KeyUsedOtherwise(Exception):
    """An idempotency key that already served for another content."""


class StaffRefused(Exception):
    """An account that cannot become a member of the centre; the message is French."""


class CompanyRefused(Exception):
    """An act on the company's correspondents that is not possible; the message is French."""
