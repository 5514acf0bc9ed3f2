"""When, and how, the cover was first set up, and since when employees pay a share: what the motifs hang on.

What is known of the past: the first set-up is the earliest version that the portal holds, and a share is paid since the
first of the versions without interruption that say so. The number of versions is told, for the centre to check them.
"""

from itertools import groupby

from django.db import migrations, models
from django.db.models import F, Q

KINDS = [
    ("accord", "Accord collectif"),
    ("referendum", "Référendum"),
    ("due", "Décision unilatérale de l’employeur (DUE)"),
]


def fill(apps, schema_editor):
    Acte = apps.get_model("accounts", "Acte")
    versions = list(Acte.objects.order_by("employer_id", "in_force_from"))
    for _, group in groupby(versions, key=lambda acte: acte.employer_id):
        first, since = None, None
        for acte in group:
            first = first or acte
            since = (since or acte.in_force_from) if acte.employee_contribution else None
            acte.first_set_up_on, acte.set_up_kind = first.in_force_from, first.kind
            acte.employee_share_from = since
    Acte.objects.bulk_update(versions, ["first_set_up_on", "set_up_kind", "employee_share_from"], batch_size=500)
    if versions:
        print(f" {len(versions)} version(s) d’acte datées de leur première mise en place, à vérifier", end="")  # noqa: T201 – the operator reads it


def back(apps, schema_editor):
    apps.get_model("accounts", "Acte").objects.filter(employee_share_from__isnull=True).update(
        employee_contribution=False
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_import_headings")]

    operations = [
        migrations.AddField(
            "acte",
            "first_set_up_on",
            models.DateField(blank=True, null=True, verbose_name="première mise en place le"),
        ),
        migrations.AddField(
            "acte",
            "set_up_kind",
            models.CharField(
                blank=True,
                choices=KINDS,
                default="",
                max_length=12,
                help_text="Nature de la première mise en place. Vide : celle de la version précédente, ou de celle-ci.",
                verbose_name="mise en place par",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "acte",
            "employee_share_from",
            models.DateField(
                blank=True,
                null=True,
                help_text="Premier jour où les salariés paient une part. Vide : l’employeur paie tout.",
                verbose_name="part à la charge du salarié depuis le",
            ),
        ),
        migrations.RunPython(fill, back),
        migrations.AlterField(
            "acte",
            "first_set_up_on",
            models.DateField(
                blank=True,
                help_text="Jour où la couverture a été mise en place pour la première fois, le même pour toutes les "
                "versions. Vide : celui de la version précédente, ou le début de celle-ci.",
                verbose_name="première mise en place le",
            ),
        ),
        migrations.RemoveField("acte", "employee_contribution"),
        migrations.AddConstraint(
            "acte",
            models.CheckConstraint(
                condition=Q(first_set_up_on__lte=F("in_force_from")),
                name="acte_set_up_first",
                violation_error_message="La première mise en place ne peut pas suivre le début de cette version.",
            ),
        ),
    ]
