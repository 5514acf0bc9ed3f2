"""The queue of the requests already sent, and the index of its search."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone

from dispenses.queue import delays
from portal.lib import searching

BATCH = 1000
EMPLOYEE_MOVES = ("submit", "complete", "withdraw")


def row(model: Any, dispense: Any) -> Any:
    events = sorted(dispense.events.all(), key=lambda event: (event.at, event.pk))
    happened = [(timezone.localdate(event.at), event.to_status == "in_progress") for event in events[1:]]
    clock = delays.replay(
        [(timezone.localdate(dispense.submitted_at), True), *happened], delay=settings.PORTAL_DELAY_WORKING_DAYS
    )
    employee = dispense.employee
    return model(
        dispense=dispense,
        status=dispense.status,
        submitted_at=dispense.submitted_at,
        active_at=max([dispense.submitted_at, *(e.at for e in events[1:] if e.transition in EMPLOYEE_MOVES)]),
        decided_at=dispense.decided_at,
        due_on=clock.due_on,
        days_left=clock.days_left,
        employer_id=employee.employer_id,
        motif_code=dispense.motif.code,
        motif_family=dispense.motif.family,
        search=searching.search_text(
            employee.last_name,
            getattr(employee, "birth_name", ""),
            employee.first_name,
            dispense.matricule,
            employee.matricule,
        ),
    )


def batches(model: Any) -> Iterator[list[Any]]:
    sent = model.objects.filter(submitted_at__isnull=False).select_related("employee", "motif")
    last = 0
    while batch := list(sent.prefetch_related("events").filter(number__gt=last).order_by("number")[:BATCH]):
        last = batch[-1].number
        yield batch


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entry = apps.get_model("dispenses", "QueueEntry")
    for batch in batches(apps.get_model("dispenses", "Dispense")):
        entry.objects.bulk_create([row(entry, dispense) for dispense in batch])


def index_search(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Trigrams, where the server has them: elsewhere a search reads the rows, which a small database affords."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute("CREATE INDEX queue_by_words ON dispenses_queueentry USING gin (search gin_trgm_ops)")


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0007_queue")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(index_search, migrations.RunPython.noop),
    ]
