"""The end of the insurer's contract of an employer, and the one that its correspondents were told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0030_journal_never_emptied"),
    ]

    operations = [
        migrations.AddField(
            model_name="employer",
            name="insured_until",
            field=models.DateField(
                blank=True,
                help_text="Dernier jour du contrat de l’entreprise avec l’assureur, inclus. Ses correspondants sont "
                "prévenus soixante jours avant. À partir du lendemain, tout se lit et rien ne change plus. Vide : pas "
                "de fin connue.",
                null=True,
                verbose_name="fin du contrat d’assurance",
            ),
        ),
        migrations.AddField(
            model_name="employer",
            name="told_insured_until",
            field=models.DateField(blank=True, editable=False, null=True),
        ),
    ]
