"""A chase settled beforehand, on its day; indexes of the dates that the list of employees is sorted and filtered by."""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0048_letters_written_down"),
    ]

    operations = [
        migrations.AddField(
            model_name="reminderrun",
            name="cancelled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="annulée le"),
        ),
        migrations.AddField(
            model_name="reminderrun",
            name="chosen",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reminderrun",
            name="due_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                verbose_name="part le",
            ),
        ),
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
                    ("chased", "Relance envoyée"),
                    ("reminded", "Relance de plusieurs salariés"),
                    ("reminder_planned", "Relance prévue"),
                    ("reminder_cancelled", "Relance annulée"),
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
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(fields=["employer", "hired_on", "sort_name", "id"], name="employee_by_hire"),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                condition=models.Q(("contract_ends_on__isnull", False), ("left_on__isnull", True)),
                fields=["employer", "contract_ends_on"],
                name="employee_contract_ending",
            ),
        ),
    ]
