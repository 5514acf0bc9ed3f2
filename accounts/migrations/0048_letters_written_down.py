"""What a letter is called where acts and tries are told: the database keeps the same columns."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0047_one_address"),
    ]

    operations = [
        migrations.AlterField(
            model_name="companyevent",
            name="act",
            field=models.CharField(
                choices=[
                    ("corrected", "Informations corrigées"),
                    ("departed", "Départ déclaré"),
                    ("departure_cancelled", "Départ annulé"),
                    ("affiliated", "Affiliation déclarée"),
                    ("unaffiliated", "Affiliation retirée"),
                    ("rehired", "Nouvelle embauche"),
                    ("transferred", "Contrat transféré"),
                    ("resent", "Lien renvoyé"),
                    ("letter", "Lettre imprimée"),
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
                    ("payroll_added", "Profil de paie ajouté"),
                    ("payroll_changed", "Profil de paie modifié"),
                    ("payroll_removed", "Profil de paie supprimé"),
                ],
                max_length=20,
                verbose_name="acte",
            ),
        ),
        migrations.AlterField(
            model_name="trycount",
            name="kind",
            field=models.CharField(
                choices=[
                    ("place", "Ce compte, depuis cette adresse"),
                    ("account", "Ce compte, toutes adresses confondues"),
                    ("address", "Cette adresse, tous comptes confondus"),
                    ("device", "Ce compte, depuis un appareil connu"),
                    ("current", "Mot de passe actuel, une fois connecté"),
                    ("letter", "Code d’une lettre, depuis cette adresse"),
                ],
                max_length=10,
                verbose_name="essais comptés",
            ),
        ),
    ]
