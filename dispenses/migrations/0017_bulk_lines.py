import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def lines_of_results(apps, schema_editor):
    """What was one list per run becomes a row per request; a run that a stopped process left unfinished ends here."""
    run_class, line_class = apps.get_model("dispenses", "BulkRun"), apps.get_model("dispenses", "BulkLine")
    for run in run_class.objects.all():
        results = run.results or []
        line_class.objects.bulk_create(
            [line_class(run=run, number=number, seen="", done=done, told=told[:500]) for number, done, told in results]
        )
        run.finished_at = run.at
        run.save(update_fields=["finished_at"])


class Migration(migrations.Migration):
    dependencies = [
        ("dispenses", "0016_verdicts_window_reminders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(verbose_name="demande")),
                ("seen", models.CharField(max_length=40)),
                ("done", models.BooleanField(null=True, verbose_name="faite")),
                ("told", models.CharField(blank=True, max_length=500, verbose_name="suite")),
            ],
            options={
                "verbose_name": "ligne d’une décision en lot",
                "ordering": ["pk"],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="data",
            field=models.JSONField(default=dict, verbose_name="contenu"),
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="terminée le"),
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="leased_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(fields=["by", "-at"], name="bulk_run_of_one"),
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["at"], name="bulk_run_due"),
        ),
        migrations.AddField(
            model_name="bulkline",
            name="decision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="dispenses.pendingdecision"
            ),
        ),
        migrations.AddField(
            model_name="bulkline",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="dispenses.bulkrun"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkline",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="bulk_line_once"),
        ),
        migrations.RunPython(lines_of_results, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="bulkrun",
            name="results",
        ),
    ]
