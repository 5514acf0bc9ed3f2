"""One index finds what is to be confirmed: « dispense_to_confirm » serves the jobs as it serves the desk."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0030_what_a_request_follows")]

    operations = [migrations.RemoveIndex("dispense", "dispense_confirming")]
