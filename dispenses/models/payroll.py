"""What a company's payroll reads: its profiles of files, the files taken, and the log of what changed for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Employee, Employer
from dispenses.enums import MotifFamily, PayrollDates, PayrollEncoding, PayrollForm, PayrollSeparator

NAME_LENGTH = 60
CODE_LENGTH = 20


class PayrollProfile(models.Model):
    """How an employer's payroll software wants its file.

    `columns`: pairs of a column's key (dispenses.exports.payroll.columns) and its heading, in the order of the file.
    """

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="payroll_profiles")
    name = models.CharField("nom", max_length=NAME_LENGTH)
    columns = models.JSONField("colonnes", default=list)
    yes_code = models.CharField("code de « oui »", max_length=CODE_LENGTH, default="oui")
    no_code = models.CharField("code de « non »", max_length=CODE_LENGTH, default="non", blank=True)
    dates = models.CharField(
        "écriture des dates", max_length=20, choices=PayrollDates.choices, default=PayrollDates.FRENCH
    )
    form = models.CharField("format", max_length=4, choices=PayrollForm.choices, default=PayrollForm.CSV)
    separator = models.CharField(
        "séparateur", max_length=10, choices=PayrollSeparator.choices, default=PayrollSeparator.SEMICOLON
    )
    encoding = models.CharField(
        "encodage", max_length=12, choices=PayrollEncoding.choices, default=PayrollEncoding.UTF8_MARKED
    )
    with_headings = models.BooleanField("ligne d’en-têtes", default=True)
    with_gone = models.BooleanField("salariés partis", default=False)
    changed_at = models.DateTimeField("modifié le", auto_now=True)

    class Meta:
        verbose_name = "profil de paie"
        verbose_name_plural = "profils de paie"
        ordering: ClassVar[list[str]] = ["name", "pk"]
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "name"],
                name="payroll_profile_named_once",
                violation_error_message="Un profil de l’entreprise porte déjà ce nom.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PayrollFile(models.Model):
    """A file of what changed: the lines of the log after `after_rank`, up to `up_to_rank`, on `day`.

    It is the marker of its profile once its last byte has left (`taken_at`).
    """

    profile = models.ForeignKey(PayrollProfile, on_delete=models.CASCADE, related_name="files")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="par")
    begun_at = models.DateTimeField("demandé le", default=timezone.now)
    taken_at = models.DateTimeField("pris en entier le", null=True, blank=True)
    day = models.DateField("situation du")
    after_rank = models.BigIntegerField()
    up_to_rank = models.BigIntegerField()
    rows = models.PositiveIntegerField("lignes")

    class Meta:
        verbose_name = "fichier de paie"
        verbose_name_plural = "fichiers de paie"
        ordering: ClassVar[list[str]] = ["-begun_at", "-id"]
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(up_to_rank__gte=F("after_rank")), name="payroll_file_ranks_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}, {timezone.localtime(self.begun_at):%d/%m/%Y %H:%M}"


class PayrollBook(models.Model):
    """Where the log of an employer stands: its last rank, until when changes were looked for (None: never whole)."""

    employer = models.OneToOneField(
        Employer, on_delete=models.CASCADE, primary_key=True, related_name="payroll_book", verbose_name="employeur"
    )
    head = models.BigIntegerField(default=0)
    followed_at = models.DateTimeField(null=True)
    followed_on = models.DateField(null=True)

    class Meta:
        verbose_name = "suivi pour la paie"
        verbose_name_plural = "suivis pour la paie"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Paie : {self.employer}"


class PayrollChange(models.Model):
    """What payroll could know of an employee from the line `rank` of the log to `until_rank`, its own next line.

    Ranks are given under the lock of the employer's book to what is already committed (dispenses.queue.payroll_log).
    """

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="payroll_changes")
    rank = models.BigIntegerField()
    until_rank = models.BigIntegerField(null=True)
    noted_at = models.DateTimeField()
    matricule = models.CharField(max_length=30)
    establishment_siret = models.CharField(max_length=14, blank=True)
    left_on = models.DateField(null=True)
    dispensed = models.BooleanField()
    effective_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    affiliation_due_on = models.DateField(null=True)
    motif_family = models.CharField(max_length=20, choices=MotifFamily.choices, blank=True)

    class Meta:
        verbose_name = "changement pour la paie"
        verbose_name_plural = "changements pour la paie"
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["employer", "rank"], name="payroll_change_rank"),
            models.UniqueConstraint(
                fields=["employer", "employee"], name="payroll_change_latest", condition=Q(until_rank__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank} : {self.matricule}"
