"""One example of every e-mail."""

from dataclasses import fields
from datetime import date
from typing import Any

from notifications.messages import Message

# Values that would show what is not escaped, or kept; a field that is not here has the example of its mark.
VALUES: dict[str, Any] = {
    "person_name": "Virginie D’Été <b>",
    "employee_name": "Virginie D’Été <b>",
    "employer_name": "Boulangerie & Fils",
    "activation_url": "https://portail.example/activation/secret-du-lien/",
    "join_url": "https://portail.example/activation/correspondant/secret-du-lien/",
    "sign_in_url": "https://portail.example/connexion/",
    "reset_url": "https://portail.example/mot-de-passe/1/secret-du-lien/",
    "set_password_url": "https://portail.example/mot-de-passe/2/secret-du-lien/",
    "undo_url": "https://portail.example/adresse-precedente/secret-du-lien/",
    "list_url": "https://portail.example/employeur/",
    "follow_url": "https://portail.example/demandes/",
    "packs_url": "https://portail.example/employeur/preuves/",
    "period": "du 01/01/2024 au 31/12/2026",
    "expires_on": date(2026, 12, 1),
    "asked_on": date(2026, 11, 16),
    "created_on": date(2018, 9, 5),
    "effective_on": date(2026, 12, 1),
    "ends_on": date(2027, 1, 31),
    "days_left": 7,
    "codes_left": 9,
    "minutes": 15,
    "hours": 72,
    "code": "482913",
    "identifier": "virginie@exemple.fr",
    "contact_email": "contact@portail.example",
    "number": 20964,
    "since": date(2026, 11, 16),
    "activated": 3,
    "submitted": 12,
    "decided": 2,
    "asked": 1,
    "expired": 4,
    "stop_url": "https://portail.example/recapitulatif/1:abc/",
    "decision": "acceptée",
    "what_to_do": "Ouvrez votre demande et joignez une autre copie de ce document.",
    "message": "Merci de joindre l’attestation.\nElle doit vous citer.",
}


def names(kind: type[Message]) -> list[str]:
    """What the mail is made of."""
    return [field.name for field in fields(kind)]


def example(kind: type[Message], **changes: Any) -> Message:
    """The message of that class, filled in."""
    shown = {field: mark.example for field, mark in kind.marks.items()}
    return kind(**{name: {**shown, **VALUES, **changes}[name] for name in names(kind)})
