"""What is to be confirmed is found by its day, as what ends is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0032_payroll")]

    operations = [
        migrations.AddIndex(
            "dispense",
            models.Index(condition=models.Q(("status", "accepted")), fields=["confirm_by"], name="dispense_confirming"),
        ),
    ]
