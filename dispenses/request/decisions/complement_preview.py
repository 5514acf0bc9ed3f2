"""What an employee would read of a complement that is not asked for yet. Nothing is saved."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from accounts.models import User
from dispenses.models import Complement, Dispense, PieceVerdict
from dispenses.request import emails
from dispenses.request.contents import pieces
from dispenses.request.decisions.verdicts import Judgement


def of(dispense: Dispense, user: User, message: str, judgements: Iterable[Judgement]) -> dict[str, Any]:
    """The mail with the wording in force and the beginning of « Compléter ma demande ».

    `named`: what the text says that a mail should not, the motif and its documents.
    """
    now = timezone.now()
    to, subject, text = emails.complement_preview(dispense, message)
    return {
        "to": to,
        "subject": subject,
        "text": text,
        "named": named(dispense, message),
        "complement": Complement(dispense=dispense, message=message, asked_at=now, asked_by=user),
        "verdicts": [PieceVerdict(dispense=dispense, at=now, by=user, **asdict(one)) for one in judgements],
    }


def named(dispense: Dispense, message: str) -> list[str]:
    """The motif, the documents and the files of this request that the message names."""
    called = (dispense.motif.full_label, dispense.motif.label) if dispense.motif else ()
    states = pieces(dispense, sent_only=True)
    labels = [piece.label.removesuffix(" (recommandé)") for piece in states if piece.code]
    files = [file.name for piece in states for file in piece.files]
    said = message.casefold()
    motif = next((words for words in called if words.casefold() in said), "")
    return list(dict.fromkeys(words for words in (motif, *labels, *files) if words and words.casefold() in said))
