"""The end of an employment and what follows: who left may come back, a matricule and an address are free again."""

import django.db.models.deletion
from django.db import migrations, models

STANDINGS = [
    (0, "Invité"),
    (1, "Compte activé, choix à faire"),
    (2, "Dossier à compléter"),
    (3, "Dispense en cours"),
    (4, "Dispensé"),
    (5, "Affilié"),
    (6, "Parti"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0028_names_that_sort")]

    operations = [
        migrations.AddField(
            "employee", "left_on", models.DateField(blank=True, null=True, verbose_name="dernier jour de travail")
        ),
        migrations.AddField(
            "employee", "affiliated_on", models.DateField(blank=True, null=True, verbose_name="affilié le")
        ),
        migrations.AddField(
            "employee",
            "rehired_from",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.employee",
                verbose_name="fiche d’avant",
            ),
        ),
        migrations.AlterField(
            "employee",
            "standing",
            models.PositiveSmallIntegerField(choices=STANDINGS, default=0, editable=False, verbose_name="situation"),
        ),
        migrations.RemoveConstraint("employee", "employee_email_once"),
        migrations.RemoveConstraint("employee", "employee_matricule_once"),
        migrations.AddConstraint(
            "employee",
            models.UniqueConstraint(
                condition=models.Q(("left_on__isnull", True)),
                fields=("employer", "professional_email"),
                name="employee_email_once",
                violation_error_message="Cette adresse est déjà celle d’un salarié de l’entreprise.",
            ),
        ),
        migrations.AddConstraint(
            "employee",
            models.UniqueConstraint(
                condition=models.Q(("left_on__isnull", True)),
                fields=("employer", "matricule"),
                name="employee_matricule_once",
                violation_error_message="Ce matricule est déjà celui d’un salarié de l’entreprise.",
            ),
        ),
    ]
