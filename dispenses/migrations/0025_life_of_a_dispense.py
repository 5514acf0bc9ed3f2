"""The life of a dispense: one in force at a time, why it ends, what was told of it."""

from datetime import timedelta

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Count

CAUSES = [
    ("rule", "Fin prévue par le motif"),
    ("replaced", "Nouvelle dispense accordée"),
    ("situation", "Changement de situation"),
    ("given_up", "Renonciation à la dispense"),
    ("departure", "Fin du contrat de travail"),
    ("contract", "Changement de contrat"),
    ("unconfirmed", "Absence de confirmation annuelle"),
]
DISPENSED = 4
BATCH = 500


def one_in_force(apps, schema_editor):
    """Of several dispenses granted to one employee, each gives way to the next on its eve; all are « Dispensé »."""
    Dispense, Employee = apps.get_model("dispenses", "Dispense"), apps.get_model("accounts", "Employee")
    granted = Dispense.objects.filter(status="accepted")
    granted.filter(ends_on__isnull=False).update(end_cause="rule")
    several = granted.values("employee").annotate(total=Count("pk")).filter(total__gt=1).order_by()
    replaced = 0
    for employee in several.values_list("employee", flat=True):
        rows = list(granted.filter(employee=employee).order_by("decided_at", "number"))
        for former, latter in zip(rows, rows[1:], strict=False):
            since = latter.effective_on or django.utils.timezone.localdate(latter.decided_at)
            eve = since - timedelta(days=1)
            former.superseded_by, former.own_ends_on = latter, former.ends_on
            if former.ends_on is None or former.ends_on > eve:
                former.ends_on, former.end_cause = eve, "replaced"
            former.save(update_fields=["superseded_by", "own_ends_on", "ends_on", "end_cause"])
            replaced += 1
    last = 0
    while batch := list(
        granted.filter(employee__gt=last).order_by("employee").values_list("employee", flat=True)[:BATCH]
    ):
        last = batch[-1]
        Employee.objects.filter(pk__in=batch).update(standing=DISPENSED)
    if replaced:
        print(f" {replaced} dispense(s) remplacée(s) par la suivante", end="")  # noqa: T201 – the operator reads it


def number_on(apps, schema_editor):
    """SQLite makes the table anew to add a column, and an empty one forgets that requests are numbered from 20000."""
    if schema_editor.connection.vendor == "sqlite" and not apps.get_model("dispenses", "Dispense").objects.exists():
        schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'dispenses_dispense'")
        schema_editor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('dispenses_dispense', 19999)")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0029_departures"), ("dispenses", "0024_acte_texts")]

    operations = [
        migrations.AddField(
            "dispense",
            "unconfirmed_since",
            models.DateField(blank=True, null=True, verbose_name="preuve à renouveler depuis le"),
        ),
        migrations.AddField(
            "dispense",
            "end_cause",
            models.CharField(
                blank=True,
                choices=CAUSES,
                default="",
                editable=False,
                max_length=20,
                verbose_name="pourquoi cette fin",
            ),
        ),
        migrations.AddField(
            "dispense",
            "superseded_by",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="supersedes",
                to="dispenses.dispense",
                verbose_name="remplacée par",
            ),
        ),
        migrations.AddField(
            "dispense",
            "own_ends_on",
            models.DateField(blank=True, editable=False, null=True, verbose_name="fin avant d’être remplacée"),
        ),
        migrations.RunPython(number_on, migrations.RunPython.noop),
        migrations.CreateModel(
            "LifeStep",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(max_length=30, verbose_name="étape")),
                ("target", models.DateField(verbose_name="jour visé")),
                ("told_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="dite le")),
                (
                    "dispense",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="dispenses.dispense"
                    ),
                ),
            ],
            options={
                "verbose_name": "étape d’une dispense",
                "verbose_name_plural": "étapes des dispenses",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("dispense", "step", "target"), name="life_step_once")],
            },
        ),
        migrations.RunPython(one_in_force, migrations.RunPython.noop),
    ]
