"""Invitations and the links that carry them."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.enums import InvitationState, RevocationReason
from accounts.models.employers import Employee
from portal.lib.typography import of

INVITATION_LIFETIME = timedelta(hours=60 * 24)
LIVE = Q(used_at__isnull=True, revoked_at__isnull=True, expired_at__isnull=True)
"""An invitation whose link may still be used, or was not yet seen to have expired."""


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
    # Of the code printed on a letter in place of a link, "" for an invitation sent by mail (docs/adr/0087).
    letter_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
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
                condition=LIVE,
            ),
            models.Index(fields=["letter_hash"], name="invitation_of_letter", condition=~Q(letter_hash="")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["employee"],
                name="invitation_one_live",
                condition=LIVE,
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
        return f"Invitation {of(str(self.employee))} du {timezone.localtime(self.sent_at):%d/%m/%Y}"

    @property
    def is_letter(self) -> bool:
        """Whether it went out on paper: it proves no mailbox."""
        return bool(self.letter_hash)

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
