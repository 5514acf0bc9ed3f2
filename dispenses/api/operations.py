"""The operations of the API. Each is a few lines: the work is in the modules beside."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Query
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from accounts import services
from accounts.enums import ApiScope
from accounts.exceptions import ContractOver, KeyUsedOtherwise
from accounts.models import ApiToken
from accounts.read_only import refuse_over
from dispenses.api import payroll, pushing, request_body, states
from dispenses.api.access import Token
from dispenses.api.problems import CONTENT_TYPE, Problem, of_status, response
from dispenses.api.schemas import (
    EmployeeOut,
    EmployeesOut,
    EmployeesQuery,
    IdempotencyKey,
    PayrollChangesOut,
    PayrollQuery,
    PushIn,
    PushOut,
    TokenOut,
    problems_of,
)


def _without_null(schema: dict[str, Any]) -> None:
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        schema.update(choices[0])


class _Api(NinjaAPI):
    """Ninja's, whose OpenAPI document tells that errors are application/problem+json and that no parameter is null."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**kwargs)
        for methods in document["paths"].values():
            for operation in methods.values():
                for parameter in operation.get("parameters", []):
                    _without_null(parameter["schema"])
                for status, answer in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST:
                        answer["content"] = {CONTENT_TYPE: answer["content"].pop("application/json")}
        return document


api = _Api(
    title="API du portail de dispense",
    version="1.0.0",
    description="Pré-affilier des salariés et suivre leur dispense depuis un logiciel de ressources humaines.",
    urls_namespace="api",
    docs_url=None,
    docs_decorator=login_not_required,
    parser=request_body.StrictParser(),
    servers=[{"url": settings.PORTAL_BASE_URL}],
)


def _on_problem(request: HttpRequest, problem: Any) -> HttpResponse:
    return response(request, problem)


def _on_wrong_form(request: HttpRequest, error: Any) -> HttpResponse:
    if any(found["loc"][0] == "header" for found in error.errors):
        return response(request, Problem("cle_absente"))
    return response(request, request_body.refused(error.errors))


def _on_http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return response(request, request_body.unreadable(request) or of_status(error.status_code))


def _on_nothing(request: HttpRequest, error: Any) -> HttpResponse:
    return response(request, Problem("introuvable"))


api.add_exception_handler(Problem, _on_problem)
api.add_exception_handler(ValidationError, _on_wrong_form)
api.add_exception_handler(Http404, _on_nothing)
api.add_exception_handler(HttpError, _on_http_error)


def _token(request: HttpRequest) -> ApiToken:
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    return token


@api.get(
    "/token",
    auth=Token(),
    response={200: TokenOut, **problems_of(400, 401, 429)},
    operation_id="get_token",
    url_name="token",
    summary="Vérifier son jeton",
    description="Le jeton de la requête, son employeur, ses droits et sa date de fin. Pour essayer une connexion.",
)
def get_token(request: HttpRequest) -> TokenOut:
    token = _token(request)
    return TokenOut(
        name=token.name,
        employer=token.employer.name,
        siret=token.employer.siret,
        scopes=token.scopes,
        expires_at=timezone.localtime(token.expires_at),
    )


@api.get(
    "/employees",
    auth=Token(ApiScope.READ),
    response={200: EmployeesOut, **problems_of(400, 401, 403, 422, 429)},
    operation_id="list_employees",
    url_name="employees",
    summary="Lire où en sont les salariés",
    description=(
        "Les salariés de l’employeur, du changement le plus ancien au plus récent. Gardez le dernier next_cursor\xa0: "
        "il donne, plus tard, ceux qui ont changé depuis."
    ),
)
def list_employees(request: HttpRequest, query: Query[EmployeesQuery]) -> EmployeesOut:
    request_body.refuse_unknown_parameters(request, set(EmployeesQuery.model_fields))
    return states.page(_token(request), query)


@api.get(
    "/employees/{int:employee_id}",
    auth=Token(ApiScope.READ),
    response={200: EmployeeOut, **problems_of(400, 401, 403, 404, 429)},
    operation_id="get_employee",
    url_name="employee",
    summary="Lire où en est un salarié",
    description="Un salarié de l’employeur\xa0; celui d’un autre employeur est introuvable.",
)
def get_employee(request: HttpRequest, employee_id: int) -> EmployeeOut:
    return states.one(_token(request), employee_id)


@api.get(
    "/payroll/changes",
    auth=Token(ApiScope.READ),
    response={200: PayrollChangesOut, **problems_of(400, 401, 403, 422, 429)},
    operation_id="list_payroll_changes",
    url_name="payroll",
    summary="Lire ce qui a changé pour la paie",
    description=(
        "Les salariés dont la dispense, les dates, le matricule, l’établissement ou le départ ont changé depuis le "
        "curseur, une fois chacun\xa0; tous, sans curseur. Gardez le dernier next_cursor pour la fois suivante\xa0: "
        "rien n’est manqué, même de ce qui change pendant la lecture."
    ),
)
def list_payroll_changes(request: HttpRequest, query: Query[PayrollQuery]) -> PayrollChangesOut:
    request_body.refuse_unknown_parameters(request, set(PayrollQuery.model_fields))
    return payroll.page(_token(request), query)


@api.post(
    "/employees",
    auth=Token(ApiScope.WRITE),
    response={200: PushOut, **problems_of(400, 401, 403, 409, 413, 415, 422, 429)},
    operation_id="push_employees",
    url_name="employees",
    summary="Pré-affilier et mettre à jour des salariés",
    description=(
        "De 1 à 500 salariés, reconnus par leur matricule. Un inconnu est pré-affilié et reçoit son invitation\xa0; un "
        "salarié connu est mis à jour ou laissé tel quel. Chaque ligne a son résultat. La même Idempotency-Key avec le "
        "même corps rend la même réponse sans rien refaire, pendant 48 heures."
    ),
)
def push_employees(request: HttpRequest, push: PushIn, idempotency_key: IdempotencyKey) -> HttpResponse:
    token = _token(request)
    try:
        refuse_over(token.employer)
        answer, replayed = services.once(
            employer=token.employer,
            key=idempotency_key,
            body=request_body.read(request),
            act=lambda: pushing.push_all(token, push.employees).model_dump_json(),
        )
    except ContractOver as refusal:
        raise Problem("contrat_termine", str(refusal)) from refusal
    except KeyUsedOtherwise as error:
        raise Problem("cle_deja_utilisee", "Prenez une nouvelle Idempotency-Key pour un nouveau contenu.") from error
    done = HttpResponse(answer, content_type="application/json; charset=utf-8")
    done["Idempotent-Replayed"] = "true" if replayed else "false"
    return done
