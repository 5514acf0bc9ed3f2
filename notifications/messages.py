"""What a mail is: a typed class that the room of its cause declares, and the list of all that were declared.

A room declares its mails in its `messages.py`, which its app imports when it is ready (`apps.py`); nothing here knows
one of them. Templates: `templates/emails/<room>/<kind>.html` and `.txt`. No mail tells anybody's motif, nor
anything of health.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_args, get_type_hints

from notifications.enums import Urgency


@dataclass(frozen=True)
class Mark:
    """A field for those who write wordings: its French name between braces, and an example for the trial.

    `private`: never in the subject, which mail servers keep in their logs and which stays in clear. `essential`: a mail
    without it would fail its reader. `link`: an address; the layout puts the first one of a message under its button.
    """

    name: str
    example: Any
    private: bool = False
    essential: bool = False
    link: bool = False


def link(name: str) -> Mark:
    """The mark of an address."""
    return Mark(name, f"https://portail.example/{name}/exemple/", link=True)


# Marks of the fields that any room may have.
PersonName = Annotated[str, Mark("nom", "Virginie Durand")]
ContactEmail = Annotated[str, Mark("adresse_contact", "contact@exemple.fr")]
LastDay = Annotated[date, Mark("date_limite", date(2027, 1, 31), essential=True)]


@dataclass(frozen=True)
class Message:
    """Base of every mail. `sensitive`: the body carries a secret, encrypted while it waits, blanked once sent.

    `urgency`: whether it leaves before the others. `lives`: for how long after its writing what it carries is worth
    sending; beyond, another mail says so in its place (notifications.late). `matter`: what it speaks of, when not
    everybody at the centre may read it (notifications.matters).

    `kind` is stored with each mail: it never changes and no other takes it. `template`: its path without the ending.
    """

    kind: ClassVar[str]
    label: ClassVar[str]  # what administrators read
    subject: ClassVar[str]
    sensitive: ClassVar[bool] = False
    matter: ClassVar[str] = ""
    urgency: ClassVar[Urgency] = Urgency.USUAL
    lives: ClassVar[timedelta | None] = None
    template: ClassVar[str]
    marks: ClassVar[Mapping[str, Mark]] = MappingProxyType({})  # by field, in their order
    days: ClassVar[frozenset[str]] = frozenset()  # the fields that are dates

    def about(self) -> str:
        """The key of what it speaks of, within its matter; "" for a mail that everybody at the centre may read."""
        return ""


One = TypeVar("One", bound=Message)
_declared: dict[str, type[Message]] = {}
_as_json = json.JSONEncoder(default=date.isoformat, ensure_ascii=False).encode


@dataclass_transform(frozen_default=True)
def mail(message: type[One]) -> type[One]:
    """Make a class one of the portal's mails. Raises TypeError for a field without a mark, or two under one mark.

    Raises ValueError for a kind that another class has.
    """
    made = dataclass(frozen=True)(message)
    made.marks = MappingProxyType(_marks(made))
    made.days = frozenset(name for name, hint in get_type_hints(made).items() if hint in (date, date | None))
    made.template = f"emails/{made.__module__.rpartition('.')[0].replace('.', '/')}/{made.kind}"
    other = _declared.setdefault(made.kind, made)
    if (other.__module__, other.__qualname__) != (made.__module__, made.__qualname__):
        raise ValueError(f"{made.kind} : déjà le message {other.__module__}.{other.__qualname__}")
    return made


def _marks(message: type[Message]) -> dict[str, Mark]:
    hints = get_type_hints(message, include_extras=True)
    found: dict[str, Mark] = {}
    for field in fields(message):
        marks = [one for one in get_args(hints[field.name]) if isinstance(one, Mark)]
        if len(marks) != 1:
            raise TypeError(f"{message.__qualname__}.{field.name} : un repère et un seul")
        found[field.name] = marks[0]
    if len({mark.name for mark in found.values()}) < len(found):
        raise TypeError(f"{message.__qualname__} : deux champs ont le même repère")
    return found


def declared() -> list[type[Message]]:
    """Every mail of the portal, room after room, each in the order of its module."""
    return sorted(_declared.values(), key=lambda message: message.__module__)


def message_of(kind: str) -> type[Message]:
    """The class of a kind. Raises KeyError for one that no room declares (any more)."""
    return _declared[kind]


def label_of(kind: str) -> str:
    """What people read of a kind; the kind itself when no room declares it any more."""
    return _declared[kind].label if kind in _declared else kind


def dump(message: Message) -> str:
    """The values of a message as JSON, so that it can be written now and rendered later."""
    return _as_json(vars(message))


def load(kind: str, values: str) -> Message:
    """The message whose `dump` is `values`. Raises ValueError or TypeError if its class changed since, or is gone."""
    if kind not in _declared:
        raise ValueError(f"Message inconnu : {kind}")
    found = _declared[kind]
    read = json.loads(values)
    return found(
        **{name: date.fromisoformat(v) if name in found.days and v is not None else v for name, v in read.items()}
    )
