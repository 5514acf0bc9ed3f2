"""Wordings of the mails that administrators write: their marks, what must stay, how they are filled, which one holds.

A stored wording is plain text with marks (portal.lib.placeholders). No template engine reads it.
"""

import re
import time
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any, get_type_hints

from django.db.models import Max
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from notifications.catalogue import ALL, Message
from notifications.models import EmailText
from portal.lib import placeholders

KEPT_SECONDS = 10.0
# How a field of the catalogue is called by those who write; every field of every message.
MARKS = {
    "person_name": "nom",
    "employee_name": "salarie",
    "employer_name": "entreprise",
    "activation_url": "lien_activation",
    "sign_in_url": "lien_connexion",
    "reset_url": "lien_mot_de_passe",
    "set_password_url": "lien_mot_de_passe",
    "list_url": "lien_salaries",
    "follow_url": "lien_suivi",
    "packs_url": "lien_preuves",
    "period": "periode",
    "expires_on": "date_limite",
    "created_on": "date_creation",
    "ends_on": "date_fin",
    "asked_on": "date_demande",
    "days_left": "jours_restants",
    "minutes": "minutes",
    "hours": "heures",
    "code": "code",
    "codes_left": "codes_restants",
    "identifier": "identifiant",
    "contact_email": "adresse_contact",
    "number": "numero",
    "decision": "decision",
    "what_to_do": "consigne",
    "message": "message",
    "since": "depuis_le",
    "activated": "comptes_actives",
    "submitted": "demandes_envoyees",
    "decided": "demandes_traitees",
    "asked": "liens_demandes",
    "expired": "liens_expires",
    "stop_url": "lien_arret",
}
# Never in the subject, which mail servers keep in their logs and which stays in clear.
PRIVATE = {"code", "message", "what_to_do"}
# Without these the mail would fail its reader. The button's address is always there: the layout puts it.
ESSENTIAL = {
    "code",
    "message",
    "what_to_do",
    "expires_on",
    "decision",
    "identifier",
    "employee_name",
    "hours",
    "minutes",
}
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
LINK_STYLE = "color:#0b5563;word-break:break-all"


@dataclass(frozen=True)
class Wording:
    """A subject, a body of paragraphs separated by an empty line, and the words of the button ("" without one)."""

    subject: str
    body: str
    button: str


def message_of(kind: str) -> type[Message]:
    """The class of the catalogue. Raises KeyError for a kind that does not exist."""
    return _classes()[kind]


@lru_cache(maxsize=1)
def _classes() -> dict[str, type[Message]]:
    return {message.kind.value: message for message in ALL}


def marks(message: type[Message]) -> dict[str, str]:
    """Field of the message by mark, in the order of its fields."""
    return {MARKS[field.name]: field.name for field in fields(message)}


def button_field(message: type[Message]) -> str:
    """The address under the button: the first one of the message; "" when it has none."""
    return next((field.name for field in fields(message) if field.name.endswith("_url")), "")


def subject_marks(message: type[Message]) -> list[str]:
    """Marks that a subject may have: no address, nothing private."""
    return [mark for mark, name in marks(message).items() if not name.endswith("_url") and name not in PRIVATE]


def required_marks(message: type[Message]) -> list[str]:
    """Marks that the body must have."""
    button = button_field(message)
    return [
        mark for mark, name in marks(message).items() if name in ESSENTIAL or (name.endswith("_url") and name != button)
    ]


def problems(message: type[Message], wording: Wording) -> dict[str, list[str]]:
    """French messages by part (subject, body, button) on what prevents this wording from being sent."""
    found = {
        "subject": placeholders.problems(wording.subject, subject_marks(message)),
        "body": placeholders.problems(wording.body, list(marks(message)), required_marks(message)),
        "button": placeholders.problems(wording.button, ()),
    }
    if not wording.subject.strip():
        found["subject"].append("Écrivez un objet")
    if not wording.body.strip():
        found["body"].append("Écrivez le texte du message")
    if button_field(message) and not wording.button.strip():
        found["button"].append("Écrivez le libellé du bouton")
    return {part: messages for part, messages in found.items() if messages}


# Filling


def _words(value: object, *, short: bool) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}" if short else date_format(value, "j F Y")
    return "" if value is None else str(value)


def shown_values(message: Message, *, short: bool = False) -> dict[str, str]:
    """What each mark becomes: dates in words, or « 31/01/2027 » when `short`; "" for what has no value."""
    return {mark: _words(getattr(message, name), short=short) for mark, name in marks(type(message)).items()}


def fill_subject(message: Message, wording: Wording) -> str:
    """The subject of this message. Raises KeyError for a mark that it does not have."""
    return placeholders.fill(wording.subject, shown_values(message, short=True))


def fill_paragraphs(message: Message, wording: Wording) -> list[str]:
    """Paragraphs of the text part, without those of which a mark has nothing to say. Raises KeyError likewise."""
    shown = shown_values(message)
    return [placeholders.fill(paragraph, shown) for paragraph in _kept(wording.body, shown)]


def fill_html(message: Message, wording: Wording) -> list[SafeString]:
    """The same paragraphs in HTML: everything escaped, addresses clickable, line breaks kept."""
    shown = shown_values(message)
    names = marks(type(message))
    safe = {
        mark: format_html('<a href="{}" style="{}">{}</a>', value, LINK_STYLE, value)
        if names[mark].endswith("_url")
        else escape(value)
        for mark, value in shown.items()
    }
    filled = (placeholders.fill(escape(paragraph), safe) for paragraph in _kept(wording.body, shown))
    return [mark_safe(paragraph.replace("\n", "<br>")) for paragraph in filled]


def _kept(body: str, shown: dict[str, str]) -> list[str]:
    """Paragraphs without the sentences of which a mark is empty: « Valable jusqu’au {date_fin}. » may go."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    kept = (_said(paragraph.strip(), shown) for paragraph in lines.split("\n\n"))
    return [paragraph for paragraph in kept if paragraph]


def _said(paragraph: str, shown: dict[str, str]) -> str:
    def says(text: str) -> bool:
        return all(shown.get(mark, "?") for mark in placeholders.marks(text))

    return paragraph if says(paragraph) else " ".join(part for part in _SENTENCES.split(paragraph) if says(part))


# Which one holds


class _Kept:
    by_kind: dict[str, EmailText] | None = None
    until = 0.0  # of time.monotonic


def current(kind: str) -> EmailText | None:
    """The stored wording that holds for this kind, None for the default one; kept 10 seconds in each process."""
    now = time.monotonic()
    if _Kept.by_kind is None or now >= _Kept.until:
        last = EmailText.objects.order_by().values("kind").annotate(last=Max("pk")).values("last")
        rows = EmailText.objects.filter(pk__in=last, original=False)
        _Kept.by_kind, _Kept.until = {row.kind: row for row in rows}, now + KEPT_SECONDS
    return _Kept.by_kind.get(kind)


def forget() -> None:
    """Read the database again at the next mail."""
    _Kept.by_kind = None


def wording_of(row: EmailText) -> Wording:
    """The three texts of a version."""
    return Wording(row.subject, row.body, row.button)


# An example of every value


def sample(message: type[Message]) -> Message:
    """The message with believable values, for a preview."""
    hints = get_type_hints(message)
    return message(**{field.name: _sample(field.name, hints[field.name]) for field in fields(message)})


_EXAMPLES: dict[str, Any] = {
    "person_name": "Virginie Durand",
    "employee_name": "Virginie Durand",
    "employer_name": "Ateliers du Levant",
    "period": "du 01/01/2024 au 31/12/2026",
    "number": 20964,
    "code": "482913",
    "identifier": "virginie.durand@exemple.fr",
    "contact_email": "contact@exemple.fr",
    "decision": "acceptée",
    "message": "Le document reçu est illisible.\nJoignez une autre photo.",
    "what_to_do": "Ouvrez votre demande et joignez une autre copie de ce document.",
    "days_left": 7,
    "minutes": 15,
    "hours": 72,
    "codes_left": 9,
}


def _sample(name: str, hint: Any) -> Any:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    if name.endswith("_url"):
        return f"https://portail.example/{MARKS[name]}/exemple/"
    if hint is int:
        return 3
    return date(2027, 1, 31) if hint in (date, date | None) else f"[{MARKS[name]}]"
