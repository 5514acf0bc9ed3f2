from django.db import migrations


class Migration(migrations.Migration):
    """The one end that a row kept beside its last day is among its ends by cause."""

    dependencies = [("dispenses", "0035_ends_by_cause")]

    operations = [migrations.RemoveField("dispense", "own_ends_on")]
