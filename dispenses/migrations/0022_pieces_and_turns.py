"""Packs are written in pieces that are put end to end; files remember when a worker last took them up.

A pack that was being prepared begins again: its parts were made for another way of assembling.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

OPEN = ["queued", "preparing"]


def begin_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    packs = apps.get_model("dispenses", "EvidencePack").objects.using(schema_editor.connection.alias)
    packs.filter(status__in=OPEN).update(parts=0, last_employee=0, done=0)
    packs.exclude(status__in=OPEN).filter(parts=0).update(step="done")


class Migration(migrations.Migration):
    dependencies = [
        ("dispenses", "0021_dates_of_a_dispense"),
    ]

    operations = [
        migrations.AddField(
            model_name="justificatif",
            name="examined_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="evidencepack",
            name="digest",
            field=models.CharField(blank=True, editable=False, max_length=224),
        ),
        migrations.AddField(
            model_name="evidencepack",
            name="joined",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="evidencepack",
            name="joined_bytes",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="evidencepack",
            name="joining",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="evidencepack",
            name="step",
            field=models.CharField(
                choices=[
                    ("employees", "Dispenses à écrire"),
                    ("end", "Listes et sceau à écrire"),
                    ("join", "Morceaux à assembler"),
                    ("done", "Rien"),
                ],
                default="employees",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.RunPython(begin_again, migrations.RunPython.noop),
    ]
