"""The key of each company's guide, and the act of changing it."""

import secrets

from django.db import migrations, models

import accounts.tokens

BATCH = 1000
ACTS = [
    ("corrected", "Informations corrigées"),
    ("resent", "Lien renvoyé"),
    ("revoked", "Lien révoqué"),
    ("reminded", "Relance de plusieurs salariés"),
    ("colleague_invited", "Correspondant invité"),
    ("appointed", "Correspondant nommé"),
    ("appointment_asked", "Correspondant proposé"),
    ("appointment_refused", "Correspondant proposé puis refusé"),
    ("colleague_resent", "Invitation de correspondant renvoyée"),
    ("colleague_cancelled", "Invitation de correspondant annulée"),
    ("colleague_expired", "Invitation de correspondant expirée"),
    ("colleague_joined", "Invitation de correspondant acceptée"),
    ("colleague_withdrawn", "Correspondant retiré"),
    ("token_made", "Jeton d’API créé"),
    ("token_taken_over", "Jeton d’API repris"),
    ("token_stopped", "Jeton d’API arrêté"),
    ("token_revoked", "Jeton d’API révoqué"),
    ("webhook_added", "Webhook ajouté"),
    ("webhook_secret", "Secret de webhook changé"),
    ("webhook_paused", "Webhook suspendu"),
    ("webhook_resumed", "Webhook repris"),
    ("webhook_removed", "Webhook supprimé"),
    ("guide_changed", "Adresse du guide changée"),
]


def fill(apps, schema_editor):
    Employer = apps.get_model("accounts", "Employer")
    employers = list(Employer.objects.filter(guide_key="").only("pk"))
    for employer in employers:
        employer.guide_key = secrets.token_hex(16)
    Employer.objects.bulk_update(employers, ["guide_key"], batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0026_acte_options")]

    operations = [
        migrations.AddField(
            "employer", "guide_key", models.CharField(default="", editable=False, max_length=32), preserve_default=False
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            "employer",
            "guide_key",
            models.CharField(default=accounts.tokens.mint_guide_key, editable=False, max_length=32, unique=True),
        ),
        migrations.AlterField(
            "companyevent", "act", models.CharField(choices=ACTS, max_length=20, verbose_name="acte")
        ),
    ]
