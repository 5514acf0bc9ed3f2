"""The promised answer, as the employee reads it: which day, and what is said of it while it waits or is late."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import F

from dispenses.queue import delays
from dispenses.workflow import Status
from portal.lib.typography import NBSP, long_day

DUE: dict[str, Any] = {"answer_due_on": F("queue_entry__due_on")}
"""Annotation of a request with the day of its promised answer."""
INCLUDED = ", ce jour compris"


def promised_on(asked_on: date) -> date:
    """The last day of the answer promised to a request that comes in on `asked_on`."""
    return delays.shift(asked_on, settings.PORTAL_DELAY_WORKING_DAYS)


def delay_in_words() -> str:
    """The promise as a length: « 10 jours ouvrés »."""
    days: int = settings.PORTAL_DELAY_WORKING_DAYS
    return f"{days}{NBSP}jour{'s' if days > 1 else ''} ouvré{'s' if days > 1 else ''}"


def day_in_words(due_on: date) -> str:
    """« 14 décembre 2026, ce jour compris »."""
    return f"{long_day(due_on)}{INCLUDED}"


def answer_words(status: str, due_on: date | None, today: date) -> str:
    """When the answer comes, in a sentence; "" once it is given, or before the request is sent."""
    if due_on is None:
        return ""
    if status == Status.AWAITING_COMPLEMENT:
        return "Le délai de réponse est arrêté. Il repart le jour où vous envoyez votre complément."
    if status != Status.IN_PROGRESS:
        return ""
    if due_on < today:
        return (
            f"Nous devions vous répondre avant le {day_in_words(due_on)}{NBSP}: nous sommes en retard, et nous vous "
            "prions de nous en excuser. Votre demande est toujours à l’examen."
        )
    return f"Réponse avant le {day_in_words(due_on)}."
