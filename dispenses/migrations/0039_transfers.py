"""Transfers of a company, and the requests that pass with them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0035_contracts_transferred"),
        ("dispenses", "0038_cards_awaited"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="premier jour chez le nouvel employeur")),
                ("establishment", models.CharField(blank=True, max_length=14, verbose_name="établissement transféré")),
                ("planned_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="demandé le")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="annulé le")),
                ("position", models.BigIntegerField(default=0)),
                ("moved", models.PositiveIntegerField(default=0, verbose_name="salariés transférés")),
                ("left_out", models.JSONField(default=list, verbose_name="salariés écartés")),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="terminé le")),
                (
                    "former",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.employer",
                        verbose_name="employeur qui transfère",
                    ),
                ),
                (
                    "new",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.employer",
                        verbose_name="nouvel employeur",
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="demandé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfert d’entreprise",
                "verbose_name_plural": "transferts d’entreprise",
                "ordering": ["-id"],
                "default_permissions": ("add", "change", "view"),
            },
        ),
        migrations.CreateModel(
            name="TransferredDispense",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("since", models.DateTimeField()),
                (
                    "dispense",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="transfers", to="dispenses.dispense"
                    ),
                ),
                (
                    "former",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passed_dispenses",
                        to="accounts.employee",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dispenses", to="dispenses.transfer"
                    ),
                ),
            ],
            options={
                "verbose_name": "demande transférée",
                "verbose_name_plural": "demandes transférées",
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("cancelled_at__isnull", True), ("finished_at__isnull", True)),
                fields=["day"],
                name="transfer_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("former", models.F("new")), _negated=True), name="transfer_to_another"
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at__isnull", True), ("finished_at__isnull", True)),
                fields=("former", "establishment"),
                name="transfer_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferreddispense",
            constraint=models.UniqueConstraint(fields=("dispense", "transfer"), name="transferred_dispense_once"),
        ),
    ]
