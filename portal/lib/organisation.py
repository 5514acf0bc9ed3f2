"""The organisation with which people may sign in, as the settings describe it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provider:
    """Where people sign in, and what is believed of its answers.

    `levels`: the `acr` asked for, of which one must come back. `factors`: the `acr` or `amr` that say that a second
    factor was given there. `trusted_addresses`: an address without `email_verified` counts as verified.
    """

    issuer: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("openid", "email")
    levels: tuple[str, ...] = ()
    factors: frozenset[str] = frozenset()
    trusted_addresses: bool = False
