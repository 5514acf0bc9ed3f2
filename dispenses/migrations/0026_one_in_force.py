"""At most one dispense in force for an employee, told by the database (PostgreSQL alters no table that it writes to)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0025_life_of_a_dispense")]

    operations = [
        migrations.AddConstraint(
            "dispense",
            models.UniqueConstraint(
                condition=models.Q(("status", "accepted"), ("superseded_by__isnull", True)),
                fields=("employee",),
                name="dispense_one_in_force",
                violation_error_message="Une autre dispense est en vigueur pour ce salarié.",
            ),
        ),
    ]
