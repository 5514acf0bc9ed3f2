"""A member of the centre may help an employee: send the invitation again, correct what was declared."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0045_held_invitations"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="employee",
            options={
                "permissions": [
                    ("detach_employee", "Peut détacher un salarié d’un compte"),
                    ("assist_employee", "Peut renvoyer l’invitation d’un salarié et corriger sa fiche"),
                ],
                "verbose_name": "salarié",
            },
        ),
    ]
