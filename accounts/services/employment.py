"""The employment of somebody changes: contract, departure, affiliation. Rooms above register to follow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from accounts.models import Employee

FOLLOWED = {"left_on", "affiliated_on", "contract_type", "contract_ends_on"}


@dataclass(frozen=True)
class Change:
    """The employee as written and locked; `before`: the former value of each attribute that changed."""

    employee: Employee
    before: Mapping[str, Any]
    at: datetime


class Follower(Protocol):
    """What must change with an employment, in the same transaction."""

    def hold(self, employee_id: int) -> None:
        """Lock what `follow` will change. The employee's row is locked after: two who meet wait in one order."""

    def follow(self, change: Change) -> None:
        """Do what the change brings about."""


_followers: list[Follower] = []


def register(follower: Follower) -> None:
    """Have `follower` told of each change, once."""
    if follower not in _followers:
        _followers.append(follower)


def concerns(attributes: Iterable[str]) -> bool:
    """Whether a change of these attributes of Employee is one of the employment."""
    return not FOLLOWED.isdisjoint(attributes)


def hold(employee_id: int) -> None:
    """To be called in the transaction of the change, before the employee's row is locked."""
    for follower in _followers:
        follower.hold(employee_id)


def tell(change: Change) -> None:
    """To be called once the employee's row is written, in the same transaction."""
    for follower in _followers:
        follower.follow(change)
