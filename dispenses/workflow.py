"""The process of a dispense: each status declared once, and its moves as one table. No database here.

Services apply it; pages, lists, exports, the API, the tests and the docs read it.
"""

from dataclasses import dataclass
from enum import StrEnum

from accounts.states import Standing
from portal.lib.badges import Badge, Tone


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


ASKED, GRANTED = "Prise d’effet, si elle est acceptée", "Dispense à compter du"


@dataclass(frozen=True)
class Facts:
    """One status and all that is said of it."""

    badge: Badge
    meaning: str  # for the employee
    is_open: bool = False  # there is at most one such request at a time
    at_home: bool = False  # said on the employee's first page
    effect: str = ""  # how the first day of the dispense is named, where there is one or may be
    event_icon: str = "info"  # of the moves that lead to it, in the history
    standing: Standing | None = None  # of its employee, if another than without a request

    @property
    def label(self) -> str:
        return self.badge.label


STATUSES: dict[Status, Facts] = {
    Status.DRAFT: Facts(
        badge=Badge("Brouillon", "pencil"),
        meaning="Votre demande n’est pas encore envoyée.",
        is_open=True,
        at_home=True,
    ),
    Status.IN_PROGRESS: Facts(
        badge=Badge("En cours", "clock", Tone.RUN),
        meaning="Le centre de gestion a réceptionné la demande.",
        effect=ASKED,
        is_open=True,
        at_home=True,
        event_icon="send",
        standing=Standing.IN_PROGRESS,
    ),
    Status.AWAITING_COMPLEMENT: Facts(
        badge=Badge("En attente de complément", "circle-alert", Tone.WAIT),
        meaning="Le centre de gestion est en attente de complément d’informations ou d’une pièce justificative.",
        effect=ASKED,
        is_open=True,
        at_home=True,
        event_icon="message",
        standing=Standing.TO_COMPLETE,
    ),
    Status.ACCEPTED: Facts(
        badge=Badge("Traitée", "check", Tone.OK),
        meaning="Elle est acceptée\xa0: la demande de dispense est validée, le dossier d’adhésion est clôturé.",
        effect=GRANTED,
        at_home=True,
        event_icon="check",
        standing=Standing.DISPENSED,
    ),
    Status.REFUSED: Facts(
        badge=Badge("Refusée", "ban"),
        meaning="La demande de dispense n’a pas été acceptée. Le motif de la décision figure dans l’historique.",
        at_home=True,
        standing=Standing.TO_AFFILIATE,
    ),
    Status.WITHDRAWN: Facts(
        badge=Badge("Annulée", "undo"),
        meaning="Vous avez annulé cette demande, ou votre contrat de travail a pris fin avant la décision.",
        standing=Standing.TO_AFFILIATE,
    ),
    Status.ENDED: Facts(
        badge=Badge("Échue", "hourglass"),
        meaning="La dispense a pris fin.",
        effect=GRANTED,
        at_home=True,
        standing=Standing.TO_AFFILIATE,
    ),
}
# The same, for who only wants the words: a stored status is found in it as it is.
STATUS_LABELS: dict[str, str] = {status.value: facts.label for status, facts in STATUSES.items()}
OPEN_STATUSES = tuple(status for status, facts in STATUSES.items() if facts.is_open)
SENT_OPEN = [status.value for status in OPEN_STATUSES if status is not Status.DRAFT]
"""Values of the open statuses of requests that were sent: a draft was not."""
GRANTED_STATUSES = tuple(status for status, facts in STATUSES.items() if facts.effect == GRANTED)


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
        Transition("uphold", (Status.ACCEPTED,), Status.ACCEPTED, Role.STAFF, True, "Réexaminée\xa0: toujours fondée"),
        Transition(
            "reopen",
            (Status.ACCEPTED, Status.REFUSED),
            Status.IN_PROGRESS,
            Role.STAFF,
            True,
            "Demande rouverte",
        ),
        Transition(
            "replace", (Status.ACCEPTED,), Status.ACCEPTED, Role.SYSTEM, True, "Remplacée par une autre dispense"
        ),
        Transition(
            "lapse",
            (Status.IN_PROGRESS, Status.AWAITING_COMPLEMENT),
            Status.WITHDRAWN,
            Role.SYSTEM,
            True,
            "Demande classée sans décision",
        ),
        Transition("restore", (Status.ACCEPTED, Status.ENDED), Status.ACCEPTED, Role.SYSTEM, True, "Reprend son cours"),
        Transition("date_end", (Status.ACCEPTED,), Status.ACCEPTED, Role.SYSTEM, True, "Date de fin modifiée"),
        Transition(
            "flag_proof", (Status.ACCEPTED,), Status.ACCEPTED, Role.SYSTEM, True, "Preuve annuelle à renouveler"
        ),
        Transition("confirm", (Status.ACCEPTED,), Status.ACCEPTED, Role.EMPLOYEE, False, "Situation confirmée"),
        Transition(
            "announce_end", (Status.ACCEPTED,), Status.ACCEPTED, Role.EMPLOYEE, True, "Fin de la dispense annoncée"
        ),
        Transition("end", (Status.ACCEPTED,), Status.ENDED, Role.SYSTEM, True, "Dispense échue"),
        Transition("reinstate", (Status.ENDED,), Status.ACCEPTED, Role.STAFF, True, "Fin annulée"),
    )
}


PASSED = "transfer"
OTHER_EVENTS = {PASSED: "Contrat de travail transféré"}
"""Lines of the history that are no move: the status stays."""


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
