"""The journal of consultations also tells who looked at an employee's page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dispenses", "0047_corrections"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consultation",
            name="kind",
            field=models.CharField(
                choices=[
                    ("pages", "Aperçu"),
                    ("copy", "Copie"),
                    ("original", "Original"),
                    ("page", "Page du salarié"),
                ],
                max_length=8,
                verbose_name="lecture",
            ),
        ),
    ]
