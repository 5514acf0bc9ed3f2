"""What mails speak of that not everybody at the centre may read: a room says who may, nothing here knows of what.

A message class names its matter, and each mail of it keeps the key of what it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When

from notifications.messages import declared
from notifications.models import OutgoingEmail


@dataclass(frozen=True)
class Matter:
    """`label`: what is read in place of the nature of a mail; `may_read`: whether a person reads such things at all.

    `closed`: keys that are closed to that person nonetheless, as a query of one column; None for none.
    """

    label: str
    may_read: Callable[[Any], bool]
    closed: Callable[[Any], QuerySet[Any, Any] | None]


_matters: dict[str, Matter] = {}


def register(name: str, matter: Matter) -> None:
    """Say who reads the mails of the classes that name this matter."""
    _matters[name] = matter


def kinds_of(name: str) -> list[str]:
    """The mails of a matter."""
    return [message.kind for message in declared() if message.matter == name]


def label_of(name: str) -> str:
    """What is read in place of the nature of its mails."""
    return _matters[name].label if name in _matters else "E-mail réservé"


def names() -> list[str]:
    """Every matter that a declared class names."""
    return sorted({message.matter for message in declared() if message.matter})


def reads(name: str, user: Any) -> bool:
    """Whether `user` reads such mails at all."""
    return name in _matters and _matters[name].may_read(user)


def closed_to(user: Any) -> dict[str, Q]:
    """By matter, the mails that `user` may not read; a matter that they read whole is absent.

    A matter that no room registered is closed to all, and so is, for who may not read everything, a mail that does not
    say what it is about.
    """
    found = {}
    for name in names():
        kinds = Q(kind__in=kinds_of(name))
        if not reads(name, user):
            found[name] = kinds
        elif (keys := _matters[name].closed(user)) is not None:
            found[name] = kinds & (Q(about="") | Q(about__in=keys))
    return found


def marked(mails: QuerySet[OutgoingEmail], user: Any) -> QuerySet[OutgoingEmail]:
    """The same mails, each with the matter that closes it to `user` as `closed`, "" for one that they may read."""
    cases = [When(rows, then=Value(name)) for name, rows in closed_to(user).items()]
    return mails.annotate(closed=Case(*cases, default=Value("")) if cases else Value(""))
