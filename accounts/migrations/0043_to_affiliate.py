"""A state of its own for who is to be affiliated: before all others in the list, hence a number under theirs."""

from django.db import migrations, models

STANDINGS = [
    (-1, "À affilier"),
    (0, "Invité"),
    (1, "Compte activé, choix à faire"),
    (2, "Dossier à compléter"),
    (3, "Dispense en cours"),
    (4, "Dispensé"),
    (5, "Affilié"),
    (6, "Parti"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0035_contracts_transferred")]

    operations = [
        migrations.AlterField(
            "employee",
            "standing",
            models.SmallIntegerField(choices=STANDINGS, default=0, editable=False, verbose_name="situation"),
        ),
    ]
