"""Whether the portal is closed for a while: every process reads it."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("notifications", "0019_tallies")]

    operations = [
        migrations.CreateModel(
            name="Maintenance",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="depuis le")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="jusque vers")),
                ("words", models.CharField(blank=True, default="", max_length=300, verbose_name="ce qui est dit")),
            ],
            options={
                "verbose_name": "maintenance",
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=Q(id=1), name="maintenance_one_row")],
            },
        ),
    ]
