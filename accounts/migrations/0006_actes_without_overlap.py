from datetime import timedelta

from django.db import migrations, models


def close_overlaps(apps, schema_editor):
    """A version that overlaps the next one ends the day before it, which is how the portal already read them."""
    Acte = apps.get_model("accounts", "Acte")
    following = {}
    for acte in Acte.objects.order_by("employer_id", "-in_force_from", "-pk"):
        later = following.get(acte.employer_id)
        if later and (acte.in_force_until is None or acte.in_force_until >= later):
            acte.in_force_until = later - timedelta(days=1)
            acte.save(update_fields=["in_force_until"])
        following[acte.employer_id] = acte.in_force_from


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_employee_of_a_file"),
    ]

    operations = [
        migrations.RunPython(close_overlaps, migrations.RunPython.noop),
        migrations.AddField(
            model_name="acte",
            name="recommended_pieces",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Codes « motif:document » : sans eux, la déclaration sur l’honneur suffit.",
                verbose_name="documents seulement recommandés",
            ),
        ),
        migrations.AddConstraint(
            model_name="acte",
            constraint=models.UniqueConstraint(
                fields=("employer", "in_force_from"),
                name="acte_one_version_a_day",
                violation_error_message="Une version de l’acte commence déjà ce jour-là.",
            ),
        ),
        migrations.AddConstraint(
            model_name="acte",
            constraint=models.UniqueConstraint(
                condition=models.Q(("in_force_until__isnull", True)),
                fields=("employer",),
                name="acte_one_version_without_end",
                violation_error_message="Une version de l’acte est déjà sans fin.",
            ),
        ),
    ]
