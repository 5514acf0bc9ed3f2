"""Sealing again with the first key what an older one sealed, a batch at a time, beside the running portal.

A batch is a short transaction; what is already right is read and not written, so that a rotation that was stopped goes
on where it was by beginning again. What somebody changes meanwhile is theirs: it is sealed with the first key already.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models, transaction

from portal.lib.sealing import SealedField, sealed_anew

BATCH = 500
Change = Callable[[str], str | None]  # of one value: None when it is right; raises InvalidToken


@dataclass
class Count:
    """What a rotation found: `old` were, or with `check` still are, under an older key; `lost` under none known."""

    right: int = 0
    old: int = 0
    lost: int = 0


def columns() -> Iterator[SealedField]:
    """Each sealed column of the database."""
    for model in apps.get_models():
        yield from (field for field in model._meta.local_fields if isinstance(field, SealedField))


def rotate_column(field: SealedField, *, check: bool) -> Count:
    """Seal anew the values of one column; with `check`, only count."""
    rows = field.model._default_manager.exclude(**{field.attname: ""})
    if field.only:
        rows = rows.filter(**{field.only: True})
    return rotate_values(rows, field.attname, lambda sealed: sealed_anew(sealed, field.purpose), check=check)


def rotate_values(rows: models.QuerySet[Any], name: str, change: Change, *, check: bool) -> Count:
    """Make each value of the column `name` what `change` makes of it; with `check`, only count."""
    count, last = Count(), None
    while True:
        after = rows.order_by("pk") if last is None else rows.filter(pk__gt=last).order_by("pk")
        batch = list(after.values_list("pk", name)[:BATCH])
        if not batch:
            return count
        last = batch[-1][0]
        changed = _changed(batch, change, count)
        if changed and not check:
            _write(rows.model, name, changed)


def _changed(batch: list[tuple[Any, str]], change: Change, count: Count) -> list[tuple[Any, str, str]]:
    """Key, value and new value of those that change; all are counted."""
    found = []
    for pk, value in batch:
        try:
            new = change(value)
        except InvalidToken:
            count.lost += 1
            continue
        if new is None:
            count.right += 1
        else:
            count.old += 1
            found.append((pk, value, new))
    return found


def _write(model: type[models.Model], name: str, changed: list[tuple[Any, str, str]]) -> None:
    """A value that is no more what was read is left: whoever wrote it sealed it."""
    with transaction.atomic():
        for pk, value, new in changed:
            model._default_manager.filter(pk=pk, **{name: value}).update(**{name: new})
