"""What comes in and goes out, for the checks and for the OpenAPI document. Descriptions are read by integrators."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ninja import Header, Schema
from pydantic import AwareDatetime, ConfigDict, Field, create_model

from accounts.employee import values
from accounts.employee.fields import BY_ATTRIBUTE, FIELDS, TOLD, EmployeeField
from accounts.states import BY_KEY
from dispenses.workflow import STATUSES, Status

if TYPE_CHECKING:
    StateKey = str
    RefusalCode = str
    SentStatus = str
else:  # the declared words, which a type checker cannot follow
    StateKey = Literal[tuple(BY_KEY)]
    RefusalCode = Literal[tuple(code.value for code in values.Code)]
    SentStatus = Literal[tuple(status.value for status in STATUSES if status is not Status.DRAFT)]
EVENTS: dict[str, str] = {
    "employee.activated": "Le salarié a activé son compte",
    "invitation.expired": "Le lien d’activation a expiré sans servir",
    "dispense.submitted": "Le salarié a envoyé une demande",
    "dispense.complement_requested": "Le centre de gestion demande un complément",
    "dispense.completed": "Le salarié a complété sa demande",
    "dispense.accepted": "La dispense est accordée",
    "dispense.refused": "La dispense est refusée",
    "dispense.withdrawn": "La demande est annulée par le salarié, ou classée car il est parti",
    "dispense.reopened": "Le centre de gestion a rouvert la demande décidée",
    "dispense.ended": "La dispense a pris fin\xa0: «\xa0end_cause\xa0» dit pourquoi, «\xa0affiliation_due_on\xa0» si "
    "une affiliation est due",
    "dispense.updated": "Les dates d’une dispense accordée ont changé",
    "test": "Un essai, demandé depuis l’espace du correspondant",
}
END_CAUSES: dict[str, str] = {
    "rule": "La fin prévue par le motif",
    "replaced": "Une autre dispense prend le relais",
    "employee": "Le salarié l’a indiquée",
    "departure": "Le contrat de travail prend fin",
    "contract": "Le contrat de travail est devenu un CDI",
    "unconfirmed": "La confirmation annuelle n’est pas arrivée",
}
MOST_ROWS = 500
PAGE = 50
CURSOR = r"^[0-9]{1,17}\.[0-9]{1,18}$"
RANK_CURSOR = r"^[0-9]{1,18}$"
LONGEST_PAGE = 200
MATRICULE = BY_ATTRIBUTE["matricule"]

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="Clé propre à cet envoi, par exemple un UUID\xa0: 1 à 200 caractères ASCII sans espace.",
    ),
]


class Strict(Schema):
    """Of a request: a field that is not here is refused, a number is not a text."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _pushed() -> dict[str, Any]:
    """The fields that software pushes: an employee known by the matricule is told the rest or not."""
    return {
        field.api_name: (field.kind, Field(description=field.description))
        if field is MATRICULE
        else (field.kind | None, Field(default=None, description=field.description))
        for field in FIELDS
    }


def _told() -> dict[str, Any]:
    """The fields that are given back, as the database keeps them."""
    return {field.api_name: (_type(field), ...) for field in TOLD}


def _type(field: EmployeeField) -> Any:
    if field.choices:
        return Literal[tuple(field.choices)]  # type: ignore[misc]  # known once the models are
    kind = date if field.is_date else field.kind
    return kind | None if values.stored(field.attribute).null else kind


_Pushed: Any = create_model("_Pushed", __base__=Strict, **_pushed())
_Told: Any = create_model("_Told", __base__=create_model("_Id", __base__=Schema, id=(int, ...)), **_told())


class EmployeeIn(_Pushed):  # type: ignore[misc]  # its fields come from accounts.employee
    """Un salarié, reconnu par son matricule. Pour un salarié connu, un champ absent, nul ou vide reste inchangé.

    Pour un nouveau, il faut au moins un nom (last_name, birth_name ou first_name), professional_email et hired_on.
    """


class PushIn(Strict):
    """De 1 à 500 salariés."""

    employees: Annotated[list[EmployeeIn], Field(min_length=1, max_length=MOST_ROWS)]


class RowError(Schema):
    """Ce qu’il faut corriger dans un champ."""

    field: str = Field(description="Nom du champ.")
    code: RefusalCode = Field(description="Pourquoi, pour un programme\xa0: stable, contrairement au message.")
    message: str = Field(description="Ce qui ne va pas et comment le corriger.")


class RowResult(Schema):
    """Ce qu’il est advenu d’un salarié de l’envoi."""

    index: int = Field(default=0, description="Rang dans l’envoi, à partir de 0.")
    matricule: str = ""
    status: Literal["created", "updated", "unchanged", "invalid"]
    id: int | None = Field(default=None, description="Identifiant du salarié, absent d’une ligne refusée.")
    changed: list[str] = Field(default_factory=list, description="Champs modifiés.")
    errors: list[RowError] = Field(default_factory=list)


class PushOut(Schema):
    """Un résultat par salarié, dans l’ordre de l’envoi. Les lignes refusées n’empêchent pas les autres."""

    created: int
    updated: int
    unchanged: int
    invalid: int
    results: list[RowResult]


class InvitationOut(Schema):
    """La dernière invitation envoyée."""

    status: Literal["live", "used", "revoked", "expired"]
    sent_at: datetime
    expires_at: datetime


class DispenseOut(Schema):
    """La dispense en vigueur ou, sans elle, la dernière demande envoyée. Ni motif précis, ni document."""

    number: int
    status: SentStatus
    status_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    effective_on: date | None = Field(description="Premier jour de la dispense accordée, inclus.")
    ends_on: date | None = Field(description="Dernier jour de la dispense, quand il est connu.")
    confirm_by: date | None = Field(description="Jour avant lequel le salarié la confirme, si elle est à confirmer.")
    motif_group: str | None = Field(description="Groupe du motif, jamais le motif.")


class EmployeeOut(_Told):  # type: ignore[misc]  # its fields come from accounts.employee
    """Où en est un salarié. Le NIR n’est jamais rendu."""

    state: StateKey
    state_label: str
    activated_at: datetime | None
    changed_at: datetime = Field(description="Dernier changement de ce que rend cette API.")
    invitation: InvitationOut | None
    asks_anew: bool = Field(description="Dispensé, avec une nouvelle demande en cours.")
    dispense: DispenseOut | None


class EmployeesOut(Schema):
    """Une page de salariés, du changement le plus ancien au plus récent."""

    employees: list[EmployeeOut]
    next_cursor: str | None = Field(
        description="À passer dans «\xa0cursor\xa0» pour la suite, ou plus tard pour ce qui a changé."
    )
    has_more: bool


class PayrollOut(Schema):
    """Ce que la paie sait d’un salarié, à la date du jour. Ni motif, ni document."""

    id: int
    matricule: str
    siret: str = Field(description="SIRET de l’établissement, à défaut celui de l’entreprise.")
    left_on: date | None = Field(description="Dernier jour de travail, pour qui est parti ou va partir.")
    dispensed: bool = Field(description="Dispensé ce jour.")
    effective_on: date | None = Field(
        description="Premier jour de la dispense, inclus\xa0; après ce jour-ci, elle va commencer."
    )
    ends_on: date | None = Field(description="Dernier jour de la dispense, inclus.")
    affiliation_due_on: date | None = Field(
        description="Jour où l’affiliation est due, le lendemain de la dispense. Nul sans fin connue, si une autre "
        "dispense suit sans interruption, si le salarié est parti ou si son affiliation est déclarée."
    )
    motif_group: str | None = Field(description="Groupe du motif, jamais le motif.")
    noted_at: datetime = Field(description="Quand le changement a été relevé.")


class PayrollChangesOut(Schema):
    """Une page de changements, dans l’ordre où ils ont été relevés. Un salarié y est une fois, tel qu’il est."""

    employees: list[PayrollOut]
    next_cursor: str = Field(
        description="À passer dans «\xa0cursor\xa0» pour la suite, ou plus tard pour ce qui a changé."
    )
    has_more: bool


class TokenOut(Schema):
    """Le jeton de la requête."""

    name: str
    employer: str
    siret: str
    scopes: list[str]
    expires_at: datetime


class ProblemError(Schema):
    """Un point à corriger dans la requête."""

    where: Literal["body", "query", "path", "header"]
    pointer: str = Field(description="Chemin du champ (JSON Pointer, RFC 6901).")
    code: str
    message: str


class ProblemOut(Schema):
    """Une erreur (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str = Field(description="Code stable, à lire par un programme.")
    detail: str
    errors: list[ProblemError] | None = None


class EmployeesQuery(Schema):
    """Filtres et page de la liste."""

    model_config = ConfigDict(extra="forbid")
    state: StateKey | None = Field(default=None, description="État, comme dans « Mes salariés ».")
    matricule: str | None = Field(
        default=None, max_length=values.MATRICULE_LENGTH, pattern=r"^[^\x00]*$", description="Matricule exact."
    )
    changed_since: AwareDatetime | None = Field(None, description="Changés depuis cet instant.")
    cursor: str | None = Field(default=None, pattern=CURSOR, description="next_cursor d’une réponse.")
    limit: int = Field(PAGE, ge=1, le=LONGEST_PAGE, description="Salariés par page.")


class PayrollQuery(Schema):
    """Page des changements."""

    model_config = ConfigDict(extra="forbid")
    cursor: str | None = Field(default=None, pattern=RANK_CURSOR, description="next_cursor d’une réponse.")
    limit: int = Field(PAGE, ge=1, le=LONGEST_PAGE, description="Salariés par page.")


def problems_of(*statuses: int) -> dict[int, Any]:
    """Responses of an operation for these statuses, for the OpenAPI document."""
    return dict.fromkeys(statuses, ProblemOut)
