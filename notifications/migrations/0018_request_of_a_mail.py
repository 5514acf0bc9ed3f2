"""Of which request a mail is: the number that its lines in the log have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0017_heartbeats")]

    operations = [
        migrations.AddField(
            model_name="outgoingemail",
            name="request_number",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
