"""The legal cases, by edition, and the documents that each asks for."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from dispenses.enums import EndRule, MotifFamily, Opening, Yearly
from portal.lib.typography import NBSP


def in_full(family: str, label: str) -> str:
    """A motif by itself: its label, after its family where the label alone would be cut from its meaning.

    « CDD ou apprentissage : moins de 12 mois… ». At most 160 characters.
    """
    if family != MotifFamily.CDD or label.startswith(("CDD", MotifFamily.CDD.label)):
        return label
    return f"{MotifFamily.CDD.label}{NBSP}: {label[:1].lower()}{label[1:]}"


class Motif(models.Model):
    """One edition of a legal case: its wording and rules between two dates. Never rewritten once used."""

    code = models.SlugField("code", max_length=50)
    in_force_from = models.DateField("en vigueur depuis le", null=True, blank=True)
    in_force_until = models.DateField("en vigueur jusqu’au", null=True, blank=True)
    family = models.CharField("famille", max_length=20, choices=MotifFamily.choices)
    label = models.CharField("libellé", max_length=120)
    help_text = models.CharField("aide", max_length=300, blank=True)
    declaration = models.TextField("situation déclarée sur l’honneur")
    legal_basis = models.CharField("fondement", max_length=200)
    opening = models.CharField("ouvert", max_length=5, choices=Opening.choices)
    due_only = models.BooleanField("réservé aux DUE avec cotisation salariale", default=False)
    contract_types = models.JSONField("types de contrat", default=list, blank=True, help_text="Vide : tous.")
    extra_fields = models.JSONField("précisions demandées", default=list, blank=True)
    end_rule = models.CharField("fin de la dispense", max_length=15, choices=EndRule.choices)
    yearly = models.CharField(
        "confirmation chaque année demandée par", max_length=8, choices=Yearly.choices, default=Yearly.NONE
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "motif"
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "in_force_from"], name="motif_edition_once", nulls_distinct=False),
            models.UniqueConstraint(
                fields=["code"], name="motif_one_edition_without_end", condition=Q(in_force_until__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(in_force_until__isnull=True)
                | Q(in_force_from__isnull=True)
                | Q(in_force_until__gte=F("in_force_from")),
                name="motif_dates_in_order",
                violation_error_message="La fin de l’édition précède son début.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_label

    @property
    def full_label(self) -> str:
        """How it is called away from its family."""
        return in_full(self.family, self.label)


class RequiredJustificatif(models.Model):
    """A document that a motif asks for."""

    motif = models.ForeignKey(Motif, on_delete=models.CASCADE, related_name="required_justificatifs")
    code = models.SlugField("code", max_length=50)
    label = models.CharField("document", max_length=150)
    help_text = models.CharField("aide", max_length=300, blank=True)
    by_law = models.BooleanField("exigé par la loi elle-même", default=False)
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "justificatif demandé"
        verbose_name_plural = "justificatifs demandés"
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["motif", "code"], name="required_justificatif_once"),
        ]

    def __str__(self) -> str:
        return self.label
