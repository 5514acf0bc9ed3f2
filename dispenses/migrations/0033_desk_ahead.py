"""What ends, what is to be confirmed and what proof is to be renewed are found by their day, the nearest first.

The status is a column of each index, not a condition: SQLite does not see that a parameter is the value of a condition.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0029_dispenses_to_confirm")]

    operations = [
        migrations.AddIndex(
            "dispense",
            models.Index(
                condition=models.Q(("ends_on__isnull", False)),
                fields=["status", "ends_on", "number"],
                name="dispense_to_end",
            ),
        ),
        migrations.RemoveIndex("dispense", "dispense_ending"),
        migrations.AddIndex(
            "dispense",
            models.Index(
                condition=models.Q(
                    ("confirm_by__isnull", False), ("superseded_by__isnull", True), ("unconfirmed_since__isnull", True)
                ),
                fields=["status", "confirm_by", "number"],
                name="dispense_to_confirm",
            ),
        ),
        migrations.AddIndex(
            "dispense",
            models.Index(
                condition=models.Q(("unconfirmed_since__isnull", False)),
                fields=["status", "unconfirmed_since", "number"],
                name="dispense_to_renew",
            ),
        ),
    ]
