"""The documentation page, from the OpenAPI document: no script, nothing from elsewhere."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.states import STATES
from dispenses.api.operations import api
from dispenses.api.problems import PROBLEMS
from dispenses.api.schemas import END_CAUSES, EVENTS
from portal.lib.typography import of

TYPES = {
    "string": "texte",
    "integer": "entier",
    "boolean": "booléen",
    "array": "liste",
    "object": "objet",
    "null": "",
    "number": "nombre",
}
FORMATS = {"date": "date AAAA-MM-JJ", "date-time": "date et heure ISO 8601"}
PARTS = {"query": "paramètre", "path": "adresse", "header": "en-tête"}


@dataclass(frozen=True)
class Line:
    """A field or a parameter, as a table shows it."""

    name: str
    kind: str
    required: bool
    description: str
    place: str = ""


@login_not_required
@require_safe
def api_documentation(request: HttpRequest) -> HttpResponse:
    """What an integrator needs, in one page: access, operations, fields, webhooks, errors."""
    document: dict[str, Any] = api.get_openapi_schema()
    schemas = document["components"]["schemas"]
    context = {
        "title": document["info"]["title"],
        "base": f"{settings.PORTAL_BASE_URL}/api/v1",
        "operations": [
            _operation(path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ],
        "schemas": [_schema(name, schemas[name]) for name in _shown(schemas)],
        "problems": [(code, status, title) for code, (status, title) in PROBLEMS.items()],
        "states": [(state.key, state.explained) for state in STATES],
        "events": EVENTS.items(),
        "end_causes": END_CAUSES.items(),
        "rate": settings.PORTAL_API_RATE,
    }
    return render(request, "dispenses/api/documentation.html", context)


def _shown(schemas: dict[str, Any]) -> list[str]:
    return [name for name in schemas if not name.startswith(("EmployeesQuery", "PayrollQuery", "Input", "NinjaInput"))]


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answer = operation["responses"][200].get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "anchor": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"],
        "parameters": [
            Line(
                name=parameter["name"],
                kind=_kind(parameter["schema"]),
                required=parameter.get("required", False),
                description=parameter["schema"].get("description", parameter.get("description", "")),
                place=PARTS[parameter["in"]],
            )
            for parameter in operation.get("parameters", [])
        ],
        "body": _reference(body),
        "answer": _reference(answer),
        "statuses": [str(status) for status in operation["responses"]],
    }


def _schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    lines = [
        Line(name=field, kind=_kind(inner), required=field in required, description=inner.get("description", ""))
        for field, inner in schema["properties"].items()
    ]
    return {"name": name, "description": schema.get("description", ""), "lines": lines}


def _reference(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: dict[str, Any]) -> str:
    """The type of a value in words."""
    if reference := _reference(schema):
        return reference
    if inner := schema.get("anyOf"):
        return " ou ".join(filter(None, map(_kind, inner)))
    if values := schema.get("enum"):
        return " · ".join(str(value) for value in values)
    if schema.get("type") == "array":
        return f"liste {of(_kind(schema.get('items', {})))}"
    return FORMATS.get(str(schema.get("format")), TYPES.get(str(schema.get("type")), ""))
