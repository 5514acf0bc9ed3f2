"""People: accounts, employers, the employees they declare and the invitations these receive."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.enums import ActeKind, ContractType, InvitationState, RevocationReason

INVITATION_LIFETIME = timedelta(hours=60 * 24)


def normalize_email(value: str) -> str:
    """Address as it is stored and compared: stripped, lower case (an account is one address whatever its case)."""
    return value.strip().lower()


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalize_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """New account; without a password the account cannot sign in until one is chosen."""
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Account holder (adhérent, correspondant or staff). The identifier is the e-mail address."""

    email = models.EmailField("adresse e-mail", unique=True, max_length=254)
    first_name = models.CharField("prénom", max_length=100)
    last_name = models.CharField("nom", max_length=100)
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("membre du centre de gestion", default=False)
    marketing_consent_at = models.DateTimeField("consentement aux e-mails commerciaux le", null=True, blank=True)
    created_at = models.DateTimeField("créé le", default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        self.email = normalize_email(self.email)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Employer(models.Model):
    name = models.CharField("raison sociale", max_length=200)
    siret = models.CharField("SIRET", max_length=14, unique=True)
    enrolment_url = models.URLField(
        "adresse d’adhésion",
        blank=True,
        help_text="Page où le salarié souscrit le contrat de l’entreprise (bouton « Commencer »).",
    )

    class Meta:
        verbose_name = "employeur"
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Acte(models.Model):
    """The employer's founding act (Code de la sécurité sociale, L911-1), one version per period."""

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="actes", verbose_name="employeur")
    kind = models.CharField("nature", max_length=12, choices=ActeKind.choices)
    in_force_from = models.DateField("en vigueur depuis le")
    in_force_until = models.DateField("en vigueur jusqu’au", null=True, blank=True)
    opened_motifs = models.JSONField(
        "motifs ouverts", default=list, blank=True, help_text="Codes des motifs facultatifs que l’acte prévoit."
    )
    employee_contribution = models.BooleanField("cotisation à la charge du salarié", default=True)

    class Meta:
        verbose_name = "acte"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(in_force_until__isnull=True) | Q(in_force_until__gte=F("in_force_from")),
                name="acte_dates_in_order",
                violation_error_message="La fin de l’acte précède son début.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} du {self.in_force_from:%d/%m/%Y} – {self.employer}"


class Correspondent(models.Model):
    """Right of a user to act for an employer."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="correspondent_roles", verbose_name="compte")
    employer = models.ForeignKey(
        Employer, on_delete=models.CASCADE, related_name="correspondents", verbose_name="employeur"
    )

    class Meta:
        verbose_name = "correspondant"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "employer"], name="correspondent_once_per_employer"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.employer}"


class Employee(models.Model):
    """A person at an employer (salarié). One user may be several employees."""

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="employees", verbose_name="employeur")
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="employees", verbose_name="compte"
    )
    first_name = models.CharField("prénom", max_length=100)
    last_name = models.CharField("nom", max_length=100)
    professional_email = models.EmailField("adresse e-mail professionnelle", max_length=254)
    matricule = models.CharField("matricule", max_length=30)
    hired_on = models.DateField("date d’embauche")
    contract_type = models.CharField("type de contrat", max_length=10, choices=ContractType.choices)
    pre_affiliated_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="pré-affilié par"
    )
    created_at = models.DateTimeField("pré-affilié le", default=timezone.now, editable=False)
    activated_at = models.DateTimeField("compte activé le", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "salarié"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["employer", "last_name", "first_name", "id"], name="employee_by_name"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employer", "professional_email"],
                name="employee_email_once",
                violation_error_message="Cette adresse est déjà celle d’un salarié de l’entreprise.",
            ),
            models.UniqueConstraint(
                fields=["employer", "matricule"],
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

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Invitation(models.Model):
    """One period of 60 × 24 hours in which an employee may activate the account."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="invitations")
    sent_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("expire le")
    used_at = models.DateTimeField("utilisée le", null=True, blank=True)
    revoked_at = models.DateTimeField("révoquée le", null=True, blank=True)
    revocation_reason = models.CharField(
        "motif de révocation", max_length=15, choices=RevocationReason.choices, blank=True
    )
    expired_at = models.DateTimeField("constatée expirée le", null=True, blank=True)
    renewal_requested_at = models.DateTimeField("nouveau lien demandé le", null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField("rappels envoyés", default=0)

    # What step 1 of the activation gathered, kept until step 2.
    registered_at = models.DateTimeField(null=True, blank=True)
    personal_email = models.EmailField(max_length=254, blank=True)
    marketing_consent = models.BooleanField(default=False)
    code_hash = models.CharField(max_length=64, blank=True)
    code_sent_at = models.DateTimeField(null=True, blank=True)
    code_attempts = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "invitation"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["expires_at"],
                name="invitation_live_by_expiry",
                condition=Q(used_at__isnull=True, revoked_at__isnull=True, expired_at__isnull=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employee"],
                name="invitation_one_live",
                condition=Q(used_at__isnull=True, revoked_at__isnull=True, expired_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(expires_at=F("sent_at") + INVITATION_LIFETIME), name="invitation_lives_60_days"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(used_at__lt=F("expires_at")), name="invitation_used_before_expiry"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revocation_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revocation_reason="")),
                name="invitation_revocation_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation de {self.employee} du {timezone.localtime(self.sent_at):%d/%m/%Y}"

    def state(self, now: datetime) -> InvitationState:
        """What the link answers at `now`; time decides, whether or not the sweep has passed."""
        if self.used_at:
            return InvitationState.USED
        if self.revoked_at:
            return InvitationState.REVOKED
        if self.expired_at or now >= self.expires_at:
            return InvitationState.EXPIRED
        return InvitationState.LIVE


class InvitationLink(models.Model):
    """A secret sent by e-mail for an invitation: the first mail's, then one per reminder. Only hashes are kept."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "lien d’activation"

    def __str__(self) -> str:
        return f"Lien de l’invitation {self.invitation_id}"


class PasswordResetRequest(models.Model):
    """An address typed on « mot de passe oublié »; answered by a task, so that every address takes the same time."""

    email = models.EmailField(max_length=254)
    requested_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "demande de mot de passe"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["email", "requested_at"], name="password_reset_by_email"),
            models.Index(
                fields=["requested_at"], name="password_reset_unanswered", condition=Q(answered_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} – {self.requested_at:%d/%m/%Y %H:%M}"
