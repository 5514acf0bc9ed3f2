"""Decisions that are taken: the one that waits for its time, those that stayed without effect, in words."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from dispenses.desk.rights import UNDO_ALL
from dispenses.enums import Pending
from dispenses.models import Dispense, PendingDecision
from dispenses.request import undo
from dispenses.request.decisions.registry import DECISIONS, content_of

MAX_DIGITS = 19  # of a key of the database


def around(dispense: Dispense, user: User) -> dict[str, Any]:
    """What the page shows of the decisions already taken on this request."""
    taken = list(PendingDecision.objects.filter(dispense=dispense).select_related("taken_by", "settled_by"))
    pending = next((row for row in taken if row.state == Pending.WAITING), None)
    without_effect = (Pending.UNDONE.value, Pending.VOID.value)
    return {
        "pending": pending,
        "pending_is_mine": pending is not None and pending.taken_by_id == user.pk,
        "pending_words": done(pending) if pending else "",
        "pending_hour": hour(pending) if pending else "",
        "pending_content": content_of(pending).words() if pending else [],
        "pending_due": pending is not None and pending.effective_at <= timezone.now(),
        "may_undo": pending is not None and (pending.taken_by_id == user.pk or user.has_perm(UNDO_ALL)),
        "undone": [
            {"words": done(row), "row": row, "content": content_of(row).words()}
            for row in taken
            if row.state in without_effect
        ],
    }


def done(row: PendingDecision) -> str:
    """« dispense validée », what the decision did or will do."""
    return DECISIONS[row.name].done


def begun_again(dispense: Dispense, asked: str) -> PendingDecision | None:
    """The undone decision of this request whose words `asked` (its key, as typed) wants back; None without one."""
    found = _find(dispense.number, asked)
    return found if found and found.state == Pending.UNDONE else None


def _find(number: int, key: str) -> PendingDecision | None:
    if not (key.isascii() and key.isdigit() and len(key) < MAX_DIGITS):
        return None
    return PendingDecision.objects.filter(dispense=number, pk=int(key)).select_related("settled_by").first()


def said(dispense: Dispense, words: str, pending: PendingDecision | None) -> SafeString:
    """What is told once a decision is taken, with the way to undo it; `words`: what it did."""
    if pending is None:
        return format_html("Demande N°{}\xa0: {}, le salarié est prévenu.", dispense.number, words)
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    return format_html(
        "Demande N°{}\xa0: {}. Le salarié sera prévenu à {}. "
        '<a href="{}#annuler" data-desk-undo>Revenir pour annuler</a>',
        dispense.number,
        words,
        hour(pending),
        page,
    )


def hour(row: PendingDecision) -> str:
    """« 10 h 47 », when the decision takes effect."""
    at = timezone.localtime(row.effective_at)
    return f"{at.hour}\xa0h\xa0{at:%M}"


def news(number: int, user: User, shown: str) -> str:
    """What to tell whoever reads a page on which the waiting decision is `shown` ("" for none), not the one of now."""
    if waiting := undo.waiting(number):
        who = "Vous venez" if waiting.taken_by_id == user.pk else f"{waiting.taken_by} vient"
        return f"{who} de décider\xa0: {done(waiting)}, avec effet à {hour(waiting)}."
    before = _find(number, shown)
    if before and before.state == Pending.UNDONE:
        return f"La décision a été annulée par {before.settled_by}\xa0: la demande est comme avant."
    return "La décision qui attendait n’attend plus."
