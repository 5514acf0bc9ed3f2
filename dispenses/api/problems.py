"""Errors of the API: application/problem+json (RFC 9457), in French, each with a stable `code`."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from portal.lib.links import absolute

CONTENT_TYPE = "application/problem+json"

# Code, part of the API → status and title. The detail says what to do.
PROBLEMS: dict[str, tuple[int, str]] = {
    "requete_illisible": (400, "La requête ne peut pas être lue"),
    "cle_absente": (400, "L’en-tête Idempotency-Key est absent ou mal formé"),
    "jeton_refuse": (401, "Le jeton est absent, inconnu, expiré ou révoqué"),
    "jeton_arrete": (401, "Le jeton est arrêté"),
    "droit_absent": (403, "Le jeton n’a pas ce droit"),
    "contrat_termine": (403, "Le contrat de l’entreprise avec l’assureur a pris fin"),
    "introuvable": (404, "Rien à cette adresse"),
    "methode_refusee": (405, "Cette adresse ne connaît pas cette méthode"),
    "corps_trop_grand": (413, "Le corps de la requête est trop grand"),
    "type_refuse": (415, "Le corps doit être du JSON"),
    "contenu_refuse": (422, "Le contenu n’a pas la forme attendue"),
    "cle_deja_utilisee": (409, "Cette clé a déjà servi pour un autre contenu"),
    "trop_de_requetes": (429, "Trop de requêtes"),
    "maintenance": (503, "Le portail est fermé pour maintenance"),
    "panne": (500, "Un problème est survenu chez nous"),
}
DETAILS = {
    "cle_absente": "Envoyez une Idempotency-Key propre à cet envoi, par exemple un UUID (1 à 200 caractères ASCII).",
    "introuvable": "Vérifiez l’adresse et l’identifiant. Un salarié d’un autre employeur est introuvable.",
    "methode_refusee": "Voyez l’en-tête Allow et la documentation.",
    "requete_illisible": "Vérifiez l’adresse, les paramètres et le corps de la requête.",
    "maintenance": (
        "Rien n’a été fait de cette requête. Renvoyez-la, avec la même Idempotency-Key, après le délai de l’en-tête "
        "Retry-After."
    ),
    "panne": "Réessayez plus tard avec la même Idempotency-Key\xa0: rien ne sera fait deux fois.",
}


@dataclass
class Problem(Exception):
    """An error to answer. `errors`: what is wrong where, for a content refused."""

    code: str
    detail: str = ""
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer that tells a problem."""
    status, title = PROBLEMS[problem.code]
    body: dict[str, Any] = {
        "type": f"{absolute(reverse('api_documentation'))}#{problem.code}",
        "title": title,
        "status": status,
        "code": problem.code,
        "detail": problem.detail or DETAILS.get(problem.code, title),
    }
    if problem.errors:
        body["errors"] = problem.errors
    answer = HttpResponse(json.dumps(body, ensure_ascii=False), content_type=CONTENT_TYPE, status=status)
    for name, value in problem.headers.items():
        answer[name] = value
    return answer


def of_status(status: int) -> Problem:
    """The problem that a bare status tells, for what is answered before or after the API itself."""
    codes = {number: code for code, (number, _) in reversed(PROBLEMS.items()) if code != "maintenance"}
    if status in codes:
        return Problem(codes[status])
    return Problem("requete_illisible" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "panne")
