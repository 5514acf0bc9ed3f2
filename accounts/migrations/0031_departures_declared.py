"""Departures and affiliations as a correspondent declares them; who is about to leave, or has left, is found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0029_departures"),
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
                ],
                max_length=20,
                verbose_name="acte",
            ),
        ),
        migrations.AlterField(
            model_name="employee",
            name="rehired_from",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="rehires",
                to="accounts.employee",
                verbose_name="fiche d’avant",
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="revocation_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("resent", "Remplacée par un nouveau lien"),
                    ("correspondent", "Révoquée par le correspondant"),
                    ("not_me", "Signalée par le destinataire : ne fait pas partie de l’entreprise"),
                    ("deactivated", "Compte désactivé"),
                    ("left", "Salarié parti"),
                ],
                max_length=15,
                verbose_name="motif de révocation",
            ),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                condition=models.Q(("left_on__isnull", False)), fields=["employer", "matricule"], name="employee_gone"
            ),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                condition=models.Q(("left_on__isnull", False), models.Q(("standing", 6), _negated=True)),
                fields=["left_on"],
                name="employee_leaving",
            ),
        ),
    ]
