"""Each end of a dispense is kept by its cause: what `ends_on`, `end_cause` and `own_ends_on` said goes to `ends`.

The last day of no dispense moves. Of two ends on one day, the cause told is the first of ORDER, as it is from now on.

The portal may be at work meanwhile: each batch is a transaction of its own, and the column `own_ends_on`, which the image
of before still reads, stays in PostgreSQL until the next release.
"""

from datetime import timedelta

from django.db import migrations, transaction
from django.utils import timezone

from portal.lib.typography import long_day

BATCH = 500
ANNOUNCED = ("situation", "given_up")
GIVEN_UP = "Je souhaite adhérer"
ORDER = ["departure", "replaced", "situation", "given_up", "contract", "rule", "unconfirmed"]


class ForgetField(migrations.RemoveField):
    """The column is forgotten, and stays. SQLite, which makes tables anew from what is known of them, drops it."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


def by_cause(apps, schema_editor):
    """The ends that each row knew, by cause; those that have theirs already are left as they are."""
    Dispense = apps.get_model("dispenses", "Dispense")
    _by_batches(Dispense.objects.filter(ends_on__isnull=False, ends={}), _to_causes, schema_editor)


def _by_batches(rows, write, schema_editor):
    """`write` some rows at a time, locked, in a transaction of their own: stopped, it goes on where it was."""
    last = 0
    while True:
        with transaction.atomic(using=schema_editor.connection.alias):
            rows_left = rows.filter(pk__gt=last).select_related("employee", "superseded_by").order_by("pk")
            batch = list(rows_left.select_for_update(of=("self",))[:BATCH])
            if not batch:
                return
            write(rows.model, batch)
        last = batch[-1].pk


def _to_causes(Dispense, batch):
    for dispense in batch:
        known = ends_of(dispense, announced(dispense))
        dispense.ends = {cause: day.isoformat() for cause, day in sorted(known.items())}
        if dispense.end_cause:
            dispense.end_cause = min((day, ORDER.index(cause), cause) for cause, day in known.items())[2]
    Dispense.objects.bulk_update(batch, ["ends", "end_cause"])


def ends_of(dispense, said):
    """Each end by cause. `said`: the cause of the end that the employee gave before another hid it, and its day."""
    day, cause, own = dispense.ends_on, dispense.end_cause or "rule", dispense.own_ends_on
    known = {cause: day}
    if own and own > day or (own == day and cause in ANNOUNCED and not dispense.superseded_by):
        known[said[0] if said and said[1] == long_day(own) else "rule"] = own
    if dispense.superseded_by and (dispense.status == "accepted" or cause == "departure"):
        latter = dispense.superseded_by
        since = latter.effective_on or (timezone.localdate(latter.decided_at) if latter.decided_at else None)
        add(known, "replaced", since - timedelta(days=1) if since else None)
    if dispense.status == "accepted":
        add(known, "departure", dispense.employee.left_on)
    return known


def add(known, cause, day):
    if day and day >= min(known.values()):
        known.setdefault(cause, day)


def announced(dispense):
    """What the employee said last, when another end has taken its place: its cause, and the day in words."""
    if dispense.own_ends_on is None or dispense.end_cause not in {"replaced", "departure", "unconfirmed"}:
        return None
    said = dispense.events.filter(transition__in=["announce_end", "accept", "reinstate"])
    event = said.order_by("-rank", "-at").first()
    if event is None or event.transition != "announce_end":
        return None
    head, _, reason = event.comment.partition(". ")
    return ("given_up" if reason.startswith(GIVEN_UP) else "situation"), head.rpartition("\xa0: ")[2]


def one_own_end(apps, schema_editor):
    """Going back: of the other ends, the first is the one that the row leaves for that of its cause."""
    Dispense = apps.get_model("dispenses", "Dispense")
    _by_batches(Dispense.objects.exclude(ends={}), _to_one, schema_editor)


def _to_one(Dispense, batch):
    for dispense in batch:
        dispense.own_ends_on = own_end(dispense)
    Dispense.objects.bulk_update(batch, ["own_ends_on"])


def own_end(dispense):
    cause = dispense.end_cause or "rule"
    if dispense.superseded_by_id and cause not in {"replaced", "departure"}:
        return dispense.ends_on
    others = dispense.ends.keys() - {cause, "replaced", "departure"}
    return None if cause == "rule" else min((dispense.ends[other] for other in others), default=None)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dispenses", "0035_ends_by_cause")]

    operations = [
        migrations.RunPython(by_cause, one_own_end),
        ForgetField("dispense", "own_ends_on"),
    ]
