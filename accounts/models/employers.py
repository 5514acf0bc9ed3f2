"""Employers, their founding acts, who acts for them and whom they employ."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.enums import ActeKind, ContractType, Digest
from accounts.models.users import User
from accounts.nir import PURPOSE, clear_nir, masked_nir
from accounts.states import CHOICES, Standing
from accounts.tokens import mint_guide_key
from portal.lib import searching
from portal.lib.names import refuse_link
from portal.lib.sealing import SealedField


class Employer(models.Model):
    name = models.CharField("raison sociale", max_length=200, validators=[refuse_link])
    siret = models.CharField("SIRET", max_length=14, unique=True)
    enrolment_url = models.URLField(
        "adresse d’adhésion",
        blank=True,
        help_text="Page où le salarié souscrit le contrat de l’entreprise (bouton «\xa0Commencer\xa0»).",
    )
    insured_until = models.DateField(
        "fin du contrat d’assurance",
        null=True,
        blank=True,
        help_text="Dernier jour du contrat de l’entreprise avec l’assureur, inclus. Ses correspondants sont prévenus "
        "soixante jours avant. À partir du lendemain, tout se lit et rien ne change plus. Vide\xa0: pas de fin connue.",
    )
    # The end that its correspondents were told, so that each is told once.
    told_insured_until = models.DateField(null=True, blank=True, editable=False)
    # Heading, made plain, that a correspondent took for a column of the file when several could be it.
    import_headings = models.JSONField(default=dict, blank=True, editable=False)
    # What the address of the company's guide holds, until a correspondent changes it.
    guide_key = models.CharField(max_length=32, unique=True, default=mint_guide_key, editable=False)
    search = models.TextField(blank=True, default="", editable=False)
    sort_name = models.CharField(max_length=searching.KEY_LENGTH, blank=True, default="", editable=False)

    class Meta:
        verbose_name = "employeur"
        ordering: ClassVar[list[str]] = ["sort_name", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep up what is derived of the name: what is searched, what sorts."""
        self.search, self.sort_name = searching.search_text(self.name), searching.sort_key(self.name)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search", "sort_name"}
        super().save(*args, **kwargs)

    def is_read_only(self, day: date) -> bool:
        """Whether the insurer's contract is over on `day`: all may be read, nothing changes."""
        return self.insured_until is not None and self.insured_until < day


class Acte(models.Model):
    """The employer's founding act (Code de la sécurité sociale, L911-1), one version per period."""

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="actes", verbose_name="employeur")
    kind = models.CharField("nature", max_length=12, choices=ActeKind.choices)
    in_force_from = models.DateField("en vigueur depuis le")
    in_force_until = models.DateField("en vigueur jusqu’au", null=True, blank=True)
    opened_motifs = models.JSONField(
        "motifs ouverts", default=list, blank=True, help_text="Codes des motifs facultatifs que l’acte prévoit."
    )
    recommended_pieces = models.JSONField(
        "documents seulement recommandés",
        default=list,
        blank=True,
        help_text="Codes «\xa0motif:document\xa0»\xa0: sans eux, la déclaration sur l’honneur suffit.",
    )
    first_set_up_on = models.DateField(
        "première mise en place le",
        blank=True,
        help_text="Jour où la couverture a été mise en place pour la première fois, le même pour toutes les versions. "
        "Vide\xa0: celui de la version précédente, ou le début de celle-ci.",
    )
    set_up_kind = models.CharField(
        "mise en place par",
        max_length=12,
        choices=ActeKind.choices,
        blank=True,
        help_text="Nature de la première mise en place. Vide\xa0: celle de la version précédente, ou de celle-ci.",
    )
    employee_share_from = models.DateField(
        "part à la charge du salarié depuis le",
        null=True,
        blank=True,
        help_text="Premier jour où les salariés paient une part. Vide\xa0: l’employeur paie tout.",
    )
    employer_keeps_justificatifs = models.BooleanField(
        "justificatifs conservés par l’employeur",
        default=False,
        help_text="L’acte prévoit que l’employeur conserve les justificatifs\xa0: ils entrent alors dans ses dossiers "
        "de preuves. Sinon, le centre de gestion les garde seul.",
    )
    withholds_c2s = models.BooleanField(
        "C2S\xa0: motif de droit, pièce conservée par l’assureur",
        default=False,
        db_default=False,
        help_text="Les dossiers de preuves de l’employeur ne nomment alors pas la Complémentaire santé solidaire et ne "
        "contiennent pas ses documents\xa0: l’assureur les garde seul, et les présente à l’inspecteur.",
    )
    yearly_policies = models.JSONField(
        "confirmation annuelle",
        default=list,
        blank=True,
        help_text="Codes «\xa0motif:politique\xa0», pour les motifs que l’assureur fait confirmer par prudence.",
    )

    class Meta:
        verbose_name = "acte"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "in_force_from"],
                name="acte_one_version_a_day",
                violation_error_message="Une version de l’acte commence déjà ce jour-là.",
            ),
            models.UniqueConstraint(
                fields=["employer"],
                name="acte_one_version_without_end",
                condition=Q(in_force_until__isnull=True),
                violation_error_message="Une version de l’acte est déjà sans fin.",
            ),
            models.CheckConstraint(
                condition=Q(in_force_until__isnull=True) | Q(in_force_until__gte=F("in_force_from")),
                name="acte_dates_in_order",
                violation_error_message="La fin de l’acte précède son début.",
            ),
            models.CheckConstraint(
                condition=Q(first_set_up_on__lte=F("in_force_from")),
                name="acte_set_up_first",
                violation_error_message="La première mise en place ne peut pas suivre le début de cette version.",
            ),
            models.CheckConstraint(
                condition=Q(employee_share_from__isnull=True) | Q(employee_share_from__gte=F("first_set_up_on")),
                name="acte_share_after_set_up",
                violation_error_message="Les salariés ne peuvent pas payer une part avant la première mise en place.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} du {self.in_force_from:%d/%m/%Y} – {self.employer}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A first set-up that is not given is that of the version before, or this one."""
        if not self.first_set_up_on or not self.set_up_kind:
            before = self.before()
            self.first_set_up_on = self.first_set_up_on or (before.first_set_up_on if before else self.in_force_from)
            self.set_up_kind = self.set_up_kind or (before.set_up_kind if before else self.kind)
        super().save(*args, **kwargs)

    def before(self) -> "Acte | None":
        """The version that this one follows, None for the first one."""
        earlier = Acte.objects.filter(employer=self.employer_id, in_force_from__lt=self.in_force_from)
        return earlier.order_by("in_force_from").last()


class Correspondent(models.Model):
    """Right of a user to act for an employer."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="correspondent_roles", verbose_name="compte")
    employer = models.ForeignKey(
        Employer, on_delete=models.CASCADE, related_name="correspondents", verbose_name="employeur"
    )

    digest = models.CharField("récapitulatif par e-mail", max_length=6, choices=Digest.choices, default=Digest.WEEKLY)
    digest_until = models.DateTimeField("récapitulatif arrêté au", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "correspondant"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "employer"], name="correspondent_once_per_employer"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.employer}"


def search_of(person: Any) -> str:
    """The text in which an employee, or one who is declared, is looked for: either name finds them."""
    return searching.search_text(
        person.last_name, person.birth_name, person.first_name, person.matricule, person.professional_email
    )


def employed(day: date) -> Q:
    """Employees who have not left before `day`."""
    return Q(left_on__isnull=True) | Q(left_on__gte=day)


def insured(day: date, employer: str = "") -> Q:
    """Rows whose employer has the insurer's contract on `day`; `employer`: the path to it, with its last « __ »."""
    return Q(**{f"{employer}insured_until__isnull": True}) | Q(**{f"{employer}insured_until__gte": day})


def first_standing(*, user_id: int | None, affiliated_on: date | None) -> Standing:
    """Where an employee stands before any request, as dispenses.queue.standing has it."""
    if affiliated_on:
        return Standing.AFFILIATED
    return Standing.ACTIVE if user_id else Standing.INVITED


class Employee(models.Model):
    """A person at an employer (salarié). One user may be several employees."""

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="employees", verbose_name="employeur")
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="employees", verbose_name="compte"
    )
    first_name = models.CharField("prénom", max_length=100, blank=True)  # "": one name alone, in last_name
    last_name = models.CharField("nom", max_length=100, help_text="Nom d’usage, ou nom de naissance sans nom d’usage.")
    birth_name = models.CharField("nom de naissance", max_length=100, blank=True)
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    sealed_nir = SealedField("NIR chiffré", purpose=PURPOSE, blank=True, editable=False)
    # "": invited by a letter, they give an address of theirs at the activation.
    professional_email = models.EmailField("adresse e-mail professionnelle", max_length=254, blank=True)
    matricule = models.CharField("matricule", max_length=30)
    hired_on = models.DateField("date d’embauche")
    contract_type = models.CharField("type de contrat", max_length=10, choices=ContractType.choices)
    contract_ends_on = models.DateField("fin du contrat", null=True, blank=True)
    left_on = models.DateField("dernier jour de travail", null=True, blank=True)
    affiliated_on = models.DateField("affilié le", null=True, blank=True)
    rehired_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="rehires", verbose_name="fiche d’avant"
    )
    # The row of the same contract at the employer that it came from, and its first day here (docs/adr/0066).
    transferred_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="transfers", editable=False
    )
    transferred_on = models.DateField("transféré le", null=True, blank=True, editable=False)
    part_time = models.BooleanField("temps partiel", default=False)
    category = models.CharField("catégorie", max_length=60, blank=True)
    establishment_siret = models.CharField("SIRET de l’établissement", max_length=14, blank=True)
    pre_affiliated_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="pré-affilié par"
    )
    created_at = models.DateTimeField("pré-affilié le", default=timezone.now, editable=False)
    activated_at = models.DateTimeField("compte activé le", null=True, blank=True, editable=False)
    changed_at = models.DateTimeField("dernier changement", default=timezone.now, editable=False)
    # The import that declared this employee and whose invitations wait for their day.
    held_import = models.ForeignKey(
        "accounts.ImportRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="held",
        editable=False,
        db_index=False,  # few wait: the index below holds them alone
    )
    # Kept up by the activation and by each move of a request (dispenses.queue.standing), so that no list computes it.
    standing = models.SmallIntegerField("situation", choices=CHOICES, default=Standing.INVITED.value, editable=False)
    search = models.TextField(blank=True, default="", editable=False)
    sort_name = models.CharField(max_length=searching.KEY_LENGTH, blank=True, default="", editable=False)

    class Meta:
        permissions = [
            ("detach_employee", "Peut détacher un salarié d’un compte"),
            ("assist_employee", "Peut renvoyer l’invitation d’un salarié et corriger sa fiche"),
        ]
        verbose_name = "salarié"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer", "sort_name", "id"], name="employee_by_name"),
            models.Index(fields=["employer", "changed_at", "id"], name="employee_by_change"),
            models.Index(fields=["employer", "standing", "sort_name", "id"], name="employee_by_standing"),
            models.Index(fields=["employer", "hired_on", "sort_name", "id"], name="employee_by_hire"),
            models.Index(
                fields=["employer", "contract_ends_on"],
                name="employee_contract_ending",
                condition=Q(contract_ends_on__isnull=False, left_on__isnull=True),
            ),
            models.Index(fields=["held_import", "id"], name="employee_held", condition=Q(held_import__isnull=False)),
            models.Index(fields=["employer", "matricule"], name="employee_gone", condition=Q(left_on__isnull=False)),
            models.Index(
                fields=["left_on"],
                name="employee_leaving",
                condition=Q(left_on__isnull=False) & ~Q(standing=Standing.LEFT.value),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "professional_email"],
                condition=Q(left_on__isnull=True) & ~Q(professional_email=""),
                name="employee_address_once",
                violation_error_message="Cette adresse est déjà celle d’un salarié de l’entreprise.",
            ),
            models.UniqueConstraint(
                fields=["employer", "matricule"],
                condition=Q(left_on__isnull=True),
                name="employee_matricule_once",
                violation_error_message="Ce matricule est déjà celui d’un salarié de l’entreprise.",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True, activated_at__isnull=True)
                | Q(user__isnull=False, activated_at__isnull=False),
                name="employee_activation_coherence",
                violation_error_message="Un salarié activé a un compte et une date d’activation.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep up what is derived: what is searched, what sorts, and the first steps of somebody invited."""
        self.search, self.sort_name = search_of(self), searching.sort_key(self.last_name, self.first_name)
        if self.standing == Standing.INVITED:
            self.standing = first_standing(user_id=self.user_id, affiliated_on=self.affiliated_on)
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "search", "sort_name", *(["standing"] if "user" in fields else [])}
        super().save(*args, **kwargs)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def here_since(self) -> date:
        """The first day at this employer: the hire, or that of a transfer, which the contract survives."""
        return max(self.hired_on, self.transferred_on or self.hired_on)

    def has_left(self, day: date) -> bool:
        """Whether the last day at work was before `day`."""
        return self.left_on is not None and self.left_on < day

    @property
    def masked_nir(self) -> str:
        """The NIR as it may be shown, its key alone legible; "" without one or when no known secret key opens it."""
        return masked_nir(clear_nir(self.sealed_nir))
