"""Editions of the motifs: a new one closes the former the day before; a used one is never rewritten."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from dispenses.exceptions import Code, EditionRefused
from dispenses.law import editions
from dispenses.models import Motif, RequiredJustificatif

COPIED = (
    "code",
    "family",
    "label",
    "help_text",
    "declaration",
    "legal_basis",
    "opening",
    "due_only",
    "contract_types",
    "extra_fields",
    "end_rule",
    "yearly",
    "position",
)
PIECE_COPIED = ("code", "label", "help_text", "by_law", "position")


def lock_editions(motif: Motif) -> list[Motif]:
    """Every edition of the motif, oldest first, locked: no request takes one of them, nor another hand, meanwhile."""
    rows = Motif.objects.select_for_update().filter(code=motif.code)
    return sorted(rows, key=lambda edition: edition.in_force_from or date.min)


def is_used(motif: Motif) -> bool:
    """Whether a request, be it a draft, rests on this edition."""
    return motif.dispenses.exists()


def is_last(motif: Motif) -> bool:
    """Whether no edition of the same motif begins later."""
    if motif.in_force_from is None:
        return not Motif.objects.filter(code=motif.code, in_force_from__isnull=False).exists()
    return not Motif.objects.filter(code=motif.code, in_force_from__gt=motif.in_force_from).exists()


def refuse_if_used(motif: Motif) -> None:
    """Raises EditionRefused when a request rests on this edition; to be called with the editions locked."""
    if is_used(motif):
        raise EditionRefused(
            "Une demande vient d’utiliser cette édition\xa0: elle ne se modifie plus. Créez une nouvelle édition.",
            code=Code.EDITION_USED,
        )


@transaction.atomic
def new_edition(*, motif: Motif, starts_on: date) -> Motif:
    """Copy the last edition, in force from `starts_on`; the last one ends the day before. Raises EditionRefused."""
    last = lock_editions(motif)[-1]
    if last.pk != motif.pk:
        raise EditionRefused(
            "Une édition plus récente existe\xa0: c’est d’elle que part la suivante.", code=Code.NOT_THE_LAST
        )
    if starts_on < timezone.localdate():
        raise EditionRefused(
            "Une édition commence aujourd’hui ou plus tard\xa0: le passé ne se réécrit pas.", code=Code.IN_THE_PAST
        )
    if last.in_force_from and starts_on <= last.in_force_from:
        raise EditionRefused(
            f"La nouvelle édition doit commencer après le {last.in_force_from:%d/%m/%Y}.", code=Code.TOO_EARLY
        )
    if last.in_force_until is None or last.in_force_until >= starts_on:
        last.in_force_until = starts_on - timedelta(days=1)
        last.save(update_fields=["in_force_until"])
    edition = Motif.objects.create(in_force_from=starts_on, **{name: getattr(last, name) for name in COPIED})
    RequiredJustificatif.objects.bulk_create(
        RequiredJustificatif(motif=edition, **{name: getattr(piece, name) for name in PIECE_COPIED})
        for piece in last.required_justificatifs.all()
    )
    editions.forget()
    return edition


@transaction.atomic
def close_motif(*, motif: Motif, last_day: date | None) -> Motif:
    """Say when the last edition ends, or that it has no end (None). Sent requests go on. Raises EditionRefused."""
    last = lock_editions(motif)[-1]
    if last.pk != motif.pk:
        raise EditionRefused("Seule la dernière édition peut être fermée ou rouverte.", code=Code.NOT_THE_LAST)
    if last_day and last_day < timezone.localdate():
        raise EditionRefused("Un motif se ferme aujourd’hui ou plus tard.", code=Code.IN_THE_PAST)
    if last_day and last.in_force_from and last_day < last.in_force_from:
        raise EditionRefused(f"Cette édition ne commence que le {last.in_force_from:%d/%m/%Y}.", code=Code.TOO_EARLY)
    last.in_force_until = last_day
    last.save(update_fields=["in_force_until"])
    editions.forget()
    return last


@transaction.atomic
def discard_edition(*, motif: Motif) -> None:
    """Drop an edition that no request uses; the one before it takes its end over. Raises EditionRefused."""
    rows = lock_editions(motif)
    if len(rows) < 2 or rows[-1].pk != motif.pk:
        raise EditionRefused(
            "Seule la dernière édition d’un motif qui en a plusieurs peut être supprimée.", code=Code.NOT_THE_LAST
        )
    refuse_if_used(rows[-1])
    end = rows[-1].in_force_until
    rows[-1].delete()
    rows[-2].in_force_until = end
    rows[-2].save(update_fields=["in_force_until"])
    editions.forget()
