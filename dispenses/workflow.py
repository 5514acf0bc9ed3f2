"""The process of a dispense, as one table. No database here: the services apply it, the tests and the docs read it."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    DRAFT = "draft"
    IN_PROGRESS = "in_progress"
    AWAITING_COMPLEMENT = "awaiting_complement"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Role(StrEnum):
    EMPLOYEE = "employee"
    STAFF = "staff"
    SYSTEM = "system"


STATUS_LABELS: dict[Status, str] = {
    Status.DRAFT: "Brouillon",
    Status.IN_PROGRESS: "En cours",
    Status.AWAITING_COMPLEMENT: "En attente de complément",
    Status.ACCEPTED: "Traitée",
    Status.REFUSED: "Refusée",
    Status.WITHDRAWN: "Annulée",
    Status.ENDED: "Échue",
}

STATUS_MEANINGS: dict[Status, str] = {
    Status.DRAFT: "Votre demande n’est pas encore envoyée.",
    Status.IN_PROGRESS: "Le centre de gestion a réceptionné la demande.",
    Status.AWAITING_COMPLEMENT: (
        "Le centre de gestion est en attente de complément d’informations ou d’une pièce justificative."
    ),
    Status.ACCEPTED: "La demande de dispense est validée, le dossier d’adhésion est clôturé.",
    Status.REFUSED: "La demande de dispense n’a pas été acceptée. Le motif de la décision figure dans l’historique.",
    Status.WITHDRAWN: "Vous avez annulé cette demande.",
    Status.ENDED: "La dispense a pris fin : l’affiliation est due.",
}


@dataclass(frozen=True)
class Transition:
    """One allowed move: who may make it, from where to where, and whether a reason must be given."""

    name: str
    sources: tuple[Status, ...]
    target: Status
    role: Role
    reason_required: bool
    label: str


TRANSITIONS: dict[str, Transition] = {
    transition.name: transition
    for transition in (
        Transition("submit", (Status.DRAFT,), Status.IN_PROGRESS, Role.EMPLOYEE, False, "Demande envoyée"),
        Transition(
            "request_complement",
            (Status.IN_PROGRESS,),
            Status.AWAITING_COMPLEMENT,
            Role.STAFF,
            True,
            "Complément demandé",
        ),
        Transition(
            "complete", (Status.AWAITING_COMPLEMENT,), Status.IN_PROGRESS, Role.EMPLOYEE, False, "Complément envoyé"
        ),
        Transition("accept", (Status.IN_PROGRESS,), Status.ACCEPTED, Role.STAFF, False, "Demande validée"),
        Transition(
            "refuse",
            (Status.IN_PROGRESS, Status.AWAITING_COMPLEMENT),
            Status.REFUSED,
            Role.STAFF,
            True,
            "Demande refusée",
        ),
        Transition(
            "withdraw",
            (Status.IN_PROGRESS, Status.AWAITING_COMPLEMENT),
            Status.WITHDRAWN,
            Role.EMPLOYEE,
            False,
            "Demande annulée",
        ),
        Transition(
            "reopen",
            (Status.ACCEPTED, Status.REFUSED),
            Status.IN_PROGRESS,
            Role.STAFF,
            True,
            "Demande rouverte",
        ),
        Transition("end", (Status.ACCEPTED,), Status.ENDED, Role.SYSTEM, True, "Dispense échue"),
    )
}

OPEN_STATUSES = (Status.DRAFT, Status.IN_PROGRESS, Status.AWAITING_COMPLEMENT)


def allowed(status: str, role: Role) -> list[Transition]:
    """Transitions that `role` may make from `status`, in the order of the table."""
    return [t for t in TRANSITIONS.values() if t.role == role and status in t.sources]


def mermaid() -> str:
    """The table as a Mermaid state diagram, for docs/architecture.md."""
    lines = ["stateDiagram-v2", f"    [*] --> {Status.DRAFT}"]
    lines += [
        f"    {source} --> {transition.target} : {transition.name} ({transition.role})"
        for transition in TRANSITIONS.values()
        for source in transition.sources
    ]
    lines += [f'    {status} : {status} – "{label}"' for status, label in STATUS_LABELS.items()]
    return "\n".join(lines)
