"""Wrong passwords that still count, and until when the next try has to wait."""

from datetime import datetime, timedelta
from math import ceil
from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.enums import TryKind

FIRST_WAIT = timedelta(seconds=15)
DOUBLINGS = 6  # from 15 seconds to a quarter of an hour
LONGEST_WAIT = timedelta(minutes=15)
FREE_TRIES = {
    TryKind.PLACE: 5,
    TryKind.ACCOUNT: 20,
    TryKind.ADDRESS: 100,  # a company goes out by one address
    TryKind.DEVICE: 5,
    TryKind.CURRENT: 5,
    TryKind.LETTER: 20,  # a workshop activates by one address
}
FORGOTTEN_EVERY = {kind: timedelta(hours=1) for kind in TryKind} | {TryKind.ADDRESS: timedelta(seconds=30)}


class TryCount(models.Model):
    """Wrong passwords of one kind, counted together. One of them is forgotten each hour (see FORGOTTEN_EVERY).

    The count is kept as the instant at which the last of them is forgotten: it goes down by itself, and a row whose
    instant has passed says nothing any more.
    """

    kind = models.CharField("essais comptés", max_length=10, choices=TryKind.choices)
    account = models.CharField("compte demandé", max_length=254, blank=True)
    address = models.CharField("adresse IP", max_length=50, blank=True)
    device = models.CharField("appareil", max_length=30, blank=True)
    tried_at = models.DateTimeField("dernier essai", default=timezone.now)
    forgotten_at = models.DateTimeField("oublié le", default=timezone.now)
    open_at = models.DateTimeField("prochain essai possible le", null=True, blank=True)

    class Meta:
        verbose_name = "compte d’essais de mot de passe"
        verbose_name_plural = "comptes d’essais de mot de passe"
        ordering: ClassVar[list[str]] = ["-tried_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "kind", "address", "device"], name="one_count_of_tries")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["forgotten_at"], name="tries_forgotten")]

    def __str__(self) -> str:
        return f"{self.account or 'tous les comptes'}, {self.where}"

    @property
    def where(self) -> str:
        """Where these tries came from, in French."""
        if self.kind == TryKind.DEVICE:
            return "un appareil connu"
        if self.kind == TryKind.CURRENT:
            return "une session ouverte"
        return self.address or ("toutes les adresses" if self.kind == TryKind.ACCOUNT else "adresse inconnue")

    def failures(self, now: datetime) -> int:
        """How many wrong passwords count at that instant."""
        return max(0, ceil((self.forgotten_at - now) / FORGOTTEN_EVERY[TryKind(self.kind)]))

    def wait(self, now: datetime) -> timedelta:
        """How long the next try has to wait, from that instant."""
        return max(self.open_at - now, timedelta()) if self.open_at else timedelta()

    def add(self, now: datetime) -> None:
        """Count one more, and close the door for a while when it is one too many. The row is to be saved."""
        kind = TryKind(self.kind)
        every, free = FORGOTTEN_EVERY[kind], FREE_TRIES[kind]
        most = now + every * (free + DOUBLINGS)  # what more would not make the wait longer is not kept
        self.tried_at = now
        self.forgotten_at = min(max(self.forgotten_at, now) + every, most)
        beyond = self.failures(now) - free
        self.open_at = now + min(FIRST_WAIT * 2**beyond, LONGEST_WAIT) if beyond >= 0 else None
