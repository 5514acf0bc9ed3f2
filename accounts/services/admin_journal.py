"""The journal of administration: every line of the admin's own log, copied where nobody can change it."""

import getpass
import json
import os
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry

from accounts.enums import Act
from accounts.models import JournalEntry, User

ACTS = {ADDITION: Act.ADDED, CHANGE: Act.CHANGED, DELETION: Act.DELETED}
OPERATIONS = "exploitation"  # what such a line is about
VALUES = "values"  # beside Django's own words in the JSON of a log's message


def with_values(message: list[dict[str, Any]], lines: list[str]) -> list[dict[str, Any]]:
    """The message of a log with what changed, which Django's pages leave aside."""
    return [*message, {VALUES: lines}] if lines else message


def copy_log_entry(instance: LogEntry, created: bool, **_: Any) -> None:
    """Write the line of the journal, in the transaction of the act: neither goes without the other."""
    if not created:
        return
    kind = instance.content_type
    JournalEntry.objects.create(
        at=instance.action_time,
        user_id=instance.user_id,
        who=f"{instance.user.full_name} <{instance.user.email}>",
        act=ACTS[instance.action_flag],
        kind=kind.name if kind else "",
        object_id=str(instance.object_id or "")[:64],
        object=instance.object_repr,
        detail=_detail(instance),
    )


def note_command(*, about: User, detail: str) -> None:
    """Write down what the operator did to an account with a command of manage.py, which no account signs.

    `who` names the account of the machine that ran it.
    """
    JournalEntry.objects.create(
        user=None,
        who=f"Ligne de commande ({_operator()})",
        act=Act.CHANGED,
        kind=str(User._meta.verbose_name),
        object_id=str(about.pk),
        object=str(about)[:200],
        detail=detail,
    )


def note_own(*, by: User, detail: str) -> None:
    """Write down what somebody did to their own account, which is in question once another says not to have done it.

    By name and number, without the address: it may be a personal one, and the line stays.
    """
    JournalEntry.objects.create(
        user=by,
        who=by.full_name,
        act=Act.CHANGED,
        kind=str(User._meta.verbose_name),
        object_id=str(by.pk),
        object=by.full_name[:200],
        detail=detail,
    )


def note_operation(*, by: User | None, object: str, detail: str) -> None:
    """Write down what was done to the running portal, by somebody or with a command of manage.py (`by` None)."""
    JournalEntry.objects.create(
        user=by,
        who=f"{by.full_name} <{by.email}>" if by else f"Ligne de commande ({_operator()})",
        act=Act.CHANGED,
        kind=OPERATIONS,
        object=object[:200],
        detail=detail,
    )


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose number has no name
        return f"uid {os.getuid()}"


def _detail(entry: LogEntry) -> str:
    """Each value that changed on a line of its own, after the words of the log when these say more."""
    try:
        parts = json.loads(entry.change_message) if entry.change_message.startswith("[") else []
    except ValueError:
        parts = []
    parts = [part for part in parts if isinstance(part, dict)]
    values = [line for part in parts for line in part.get(VALUES, [])]
    of_rows_below = any("name" in said for part in parts for said in part.values() if isinstance(said, dict))
    return "\n".join(values if values and not of_rows_below else [entry.get_change_message(), *values]).strip()
