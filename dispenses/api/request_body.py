"""The body of a request, read strictly: JSON, of bounded size and depth, without what databases refuse."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, RawPostDataException
from ninja.parser import Parser

from dispenses.api.problems import Problem

MAX_BODY = 1_000_000  # bytes

# What pydantic finds wrong with the form of a value → what to do, in French.
REMEDIES = {
    "twice": "Donnez ce paramètre une seule fois",
    "string_pattern_mismatch": "Ce texte n’a pas la forme attendue\xa0: recopiez-le sans le modifier",
    "missing": "Ce champ est obligatoire\xa0: ajoutez-le",
    "extra_forbidden": "Ce champ est inconnu\xa0: retirez-le",
    "string_type": "Écrivez un texte entre guillemets",
    "bool_type": "Écrivez true ou false, sans guillemets",
    "int_type": "Écrivez un nombre entier",
    "int_parsing": "Écrivez un nombre entier",
    "list_type": "Écrivez une liste entre crochets",
    "model_attributes_type": "Écrivez un objet entre accolades",
    "model_type": "Écrivez un objet entre accolades",
    "dict_type": "Écrivez un objet entre accolades",
    "too_short": "Donnez au moins un élément",
    "too_long": "Donnez 500\xa0éléments au plus par envoi",
    "string_unicode": "Ce texte contient un caractère incomplet\xa0: vérifiez son encodage",
    "string_too_long": "Ce texte est trop long",
    "greater_than_equal": "Ce nombre est trop petit",
    "less_than_equal": "Ce nombre est trop grand",
}


class StrictParser(Parser):
    """JSON only, without NaN, without a name given twice in an object."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The decoded body. Raises Problem, which ninja turns into a bare 400: `unreadable` finds it again."""
        try:
            return self._parsed(request)
        except Problem as problem:
            request.api_problem = problem  # type: ignore[attr-defined]
            raise

    @staticmethod
    def _parsed(request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise Problem("type_refuse", "Envoyez l’en-tête Content-Type: application/json.")
        try:
            body = read(request)
            parsed = json.loads(body, parse_constant=_refuse_constant, object_pairs_hook=_unique)
            if b"\\ud" in body.lower():  # half a character: no database keeps it, no answer can tell it
                json.dumps(parsed, ensure_ascii=False).encode()
            return parsed
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueError
            raise Problem("requete_illisible", "Le corps n’est pas du JSON valide en UTF-8.") from error


def unreadable(request: HttpRequest) -> Problem | None:
    """Why the body of this request could not be parsed."""
    problem: Problem | None = getattr(request, "api_problem", None)
    return problem


def refuse_unknown_parameters(request: HttpRequest, known: set[str]) -> None:
    """Raises Problem for a query parameter of another name, or given twice."""
    for name, values in request.GET.lists():
        if name not in known or len(values) > 1:
            error = {"type": "extra_forbidden" if name not in known else "twice", "loc": ("query", name)}
            raise refused([error])


def read(request: HttpRequest) -> bytes:
    """The raw body. Raises Problem past MAX_BODY bytes, or when the connection breaks."""
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise too_large() from error
    except (RawPostDataException, OSError) as error:
        raise Problem("requete_illisible") from error
    if len(body) > MAX_BODY:
        raise too_large()
    return body


def too_large() -> Problem:
    """The problem of a body past MAX_BODY bytes."""
    return Problem("corps_trop_grand", "Envoyez 500\xa0salariés et 1\xa0Mo au plus par requête.")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("name given twice")
    return found


def refused(errors: list[dict[str, Any]]) -> Problem:
    """The problem of a content whose form is wrong, from what pydantic found: where, and what to do."""
    told = []
    for error in errors[:50]:
        place, *path = [str(part) for part in error["loc"]]
        path = path[1:] if place == "body" else path
        told.append(
            {
                "where": place,
                "pointer": "".join(f"/{part}" for part in path),
                "code": str(error["type"]),
                "message": _remedy(error),
            }
        )
    return Problem("contenu_refuse", "Corrigez les points de «\xa0errors\xa0»\xa0: rien n’a été enregistré.", told)


def _remedy(error: dict[str, Any]) -> str:
    if error["type"] in ("literal_error", "enum"):
        allowed = str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
        return f"Valeurs admises\xa0: {allowed.replace(chr(39), '')}"
    if "date" in str(error["type"]) or "timezone" in str(error["type"]):
        return "Écrivez une date et une heure comme 2026-09-01T08:00:00+02:00"
    return REMEDIES.get(str(error["type"]), "Cette valeur n’a pas la forme attendue")
