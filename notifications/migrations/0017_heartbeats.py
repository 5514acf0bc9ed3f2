"""When each part of the portal last gave a sign of life: read by /sante/pret."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0016_webhooks_are_held")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "signe de vie",
                "verbose_name_plural": "signes de vie",
                "default_permissions": (),
            },
        ),
    ]
