"""A third cause of a second look: the contract passed to an employer whose acte does not open the motif."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0036_no_own_end")]

    operations = [
        migrations.AddField(
            "dispense",
            "look_transfer_on",
            models.DateField("transférée, à revoir, le", blank=True, editable=False, null=True),
        ),
    ]
