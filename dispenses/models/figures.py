"""The centre's figures, added up beforehand so that a page never adds up requests. All of it may be made anew."""

from typing import ClassVar

from django.db import models

from accounts.models import Employer


class WeeklyFigure(models.Model):
    """What came in and what was decided in a week, by motif: of one employer, or of all (`employer` null)."""

    week = models.DateField("semaine du lundi")
    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, null=True, related_name="+")
    motif_code = models.SlugField("motif", max_length=50, db_index=False)
    received = models.PositiveIntegerField("reçues", default=0)
    accepted = models.PositiveIntegerField("validées", default=0)
    refused = models.PositiveIntegerField("refusées", default=0)
    withdrawn = models.PositiveIntegerField("annulées par le salarié", default=0)
    complemented = models.PositiveIntegerField("décidées après un complément", default=0)

    class Meta:
        verbose_name = "chiffre de la semaine"
        verbose_name_plural = "chiffres des semaines"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "week", "motif_code"], name="weekly_figure_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.week} {self.motif_code}"


class QueueDepth(models.Model):
    """How many requests waited for the centre, by due date, at the last measure."""

    due_on = models.DateField("échéance", primary_key=True)
    waiting = models.PositiveIntegerField("en attente")
    measured_at = models.DateTimeField("mesuré le")

    class Meta:
        verbose_name = "attente par échéance"
        verbose_name_plural = "attentes par échéance"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.due_on} : {self.waiting}"


class EmployerRank(models.Model):
    """The employers that send most in the last `weeks` weeks."""

    weeks = models.PositiveSmallIntegerField("semaines")
    rank = models.PositiveSmallIntegerField("rang")
    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="+")
    received = models.PositiveIntegerField("reçues")
    decided = models.PositiveIntegerField("décidées")
    complemented = models.PositiveIntegerField("décidées après un complément")

    class Meta:
        verbose_name = "rang d’un employeur"
        verbose_name_plural = "rangs des employeurs"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["weeks", "rank"], name="employer_rank_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.employer}"
