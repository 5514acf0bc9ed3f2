"""Typed readers of the environment. Every variable may also come from a file named in `<NAME>_FILE`.

An empty variable counts as absent: that is what compose files give for what nobody set.
"""

import os
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 50  # characters
SHORTEST_TOKEN = 32
_MISSING = object()


def text(name: str, default: object = _MISSING) -> str:
    """Value of `name`, else the content of the file named by `name_FILE`, else `default`.

    Raises ImproperlyConfigured when there is none of the three, or when the file cannot be read.
    """
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE : {path} est illisible ({error.strerror}).") from error
    if default is _MISSING:
        raise ImproperlyConfigured(f"La variable d'environnement {name} (ou {name}_FILE) est obligatoire.")
    return str(default)


def installed(name: str, module: str, *, extra: str) -> None:
    """Raises ImproperlyConfigured when `name` is given and the library that it asks for is absent."""
    if text(name, "") and find_spec(module.partition(".")[0]) is None:
        raise ImproperlyConfigured(
            f"{name} demande les bibliothèques de l’option «\xa0{extra}\xa0»\xa0: voir docs/operations.md."
        )


def flag(name: str, *, default: bool) -> bool:
    """True for 1/true/oui/yes/on, False for 0/false/non/no/off. Raises ImproperlyConfigured for anything else."""
    value = text(name, "1" if default else "0").strip().lower()
    if value in {"1", "true", "oui", "yes", "on"}:
        return True
    if value in {"0", "false", "non", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} doit valoir 1 ou 0, pas « {value} ».")


def integer(name: str, default: int) -> int:
    """Whole number. Raises ImproperlyConfigured for anything else."""
    value = text(name, default)
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} doit être un nombre entier, pas « {value} ».") from error


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated words, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secrets(name: str) -> list[str]:
    """Keys of 50 characters or more, separated by commas, blanks or ends of line. Raises ImproperlyConfigured.

    None when there is no such variable. The message tells which one is too short, and shows none.
    """
    found = text(name, "").replace(",", " ").split()
    for place, key in enumerate(found, start=1):
        if len(key) < SHORTEST_KEY:
            raise ImproperlyConfigured(
                f"{name}\xa0: la clé n°\xa0{place} doit compter au moins {SHORTEST_KEY} caractères."
            )
    return found


def ports(name: str, default: str) -> list[int]:
    """Comma-separated TCP ports. Raises ImproperlyConfigured for anything else, or for none."""
    found = words(name, default)
    if not found or not all(port.isascii() and port.isdigit() and 0 < int(port) < 65_536 for port in found):
        raise ImproperlyConfigured(
            f"{name} doit donner des ports séparés par des virgules, pas « {text(name, default)} »."
        )
    return [int(port) for port in found]
