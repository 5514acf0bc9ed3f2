import re

from django.db import migrations

LINE = re.compile(r"^(Document lu|Aperçu lu)\xa0: (.*) \(n°(\d+)\)$", re.DOTALL)
BATCH = 500


def move(apps, schema_editor):
    """The readings written so far in the admin's log, which may be emptied, go to a table of their own."""
    entries = apps.get_model("admin", "LogEntry").objects.filter(
        content_type__app_label="dispenses", content_type__model="dispense", change_message__contains=" lu\xa0: "
    )
    consultations = apps.get_model("dispenses", "Consultation").objects
    moved, last = [], 0
    while batch := list(entries.filter(pk__gt=last).select_related("user").order_by("pk")[:BATCH]):
        last = batch[-1].pk
        for entry in batch:
            if found := LINE.match(entry.change_message):
                consultations.create(
                    at=entry.action_time,
                    user=entry.user,
                    by_centre=entry.user.is_staff,
                    dispense_id=int(entry.object_id),
                    document=int(found[3]),
                    name=found[2][:150],
                    kind="original" if found[1] == "Document lu" else "pages",
                )
                moved.append(entry.pk)
    for start in range(0, len(moved), BATCH):
        apps.get_model("admin", "LogEntry").objects.filter(pk__in=moved[start : start + BATCH]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("dispenses", "0009_notes_presence_consultations"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
