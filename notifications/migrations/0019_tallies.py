"""What every process counts together: tasks done and failed, mails that did not leave."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0018_request_of_a_mail")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("task_done", "Tâche faite"),
                            ("task_failed", "Tâche en échec"),
                            ("mail_postponed", "E-mail remis à plus tard"),
                            ("mail_abandoned", "E-mail abandonné"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key", models.CharField(max_length=100)),
                ("count", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, default="", max_length=60)),
            ],
            options={
                "verbose_name": "compte d’exploitation",
                "verbose_name_plural": "comptes d’exploitation",
                "permissions": [("operate", "Peut suivre l’exploitation et relancer ce qui a échoué")],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="tally_once")],
            },
        ),
    ]
