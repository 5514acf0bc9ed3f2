"""Where an employee stands: each state declared once, read by lists, filters, exports, the API, figures and pages."""

from dataclasses import dataclass
from enum import IntEnum

from portal.lib.badges import Badge, Tone


class Standing(IntEnum):
    """The state as a row keeps it; its number is the order of the list: what the employer must do comes first."""

    TO_AFFILIATE = -1
    INVITED = 0
    ACTIVE = 1
    TO_COMPLETE = 2
    IN_PROGRESS = 3
    DISPENSED = 4
    AFFILIATED = 5
    LEFT = 6


@dataclass(frozen=True)
class State:
    """One state and all that is said of it."""

    standing: Standing
    key: str  # in addresses and in the API
    label: str  # in exports and in the admin
    explained: str  # for who integrates the API
    counted: str  # after a number of employees, and in the list's filter
    fill: str  # class of its part of the bar
    badge: Badge


# In the order of the list.
STATES: tuple[State, ...] = (
    State(
        standing=Standing.TO_AFFILIATE,
        key="a_affilier",
        label="À affilier",
        explained="À affilier\xa0: demande sans suite ou dispense finie, et pas d’affiliation déclarée",
        counted="à affilier",
        fill="ea-c8",
        badge=Badge("À affilier", "circle-alert", Tone.WAIT),
    ),
    State(
        standing=Standing.INVITED,
        key="invite",
        label="Invité",
        explained="Invité, compte pas encore activé",
        counted="invitations sans réponse",
        fill="ea-c4",
        badge=Badge("Invité", "mail"),
    ),
    State(
        standing=Standing.ACTIVE,
        key="active",
        label="Compte activé, choix à faire",
        explained="Compte activé, choix à faire",
        counted="comptes activés, choix à faire",
        fill="ea-c5",
        badge=Badge("Choix à faire", "user", Tone.RUN),
    ),
    State(
        standing=Standing.TO_COMPLETE,
        key="a_completer",
        label="Dossier à compléter",
        explained="Dossier à compléter par le salarié",
        counted="dossiers à compléter",
        fill="ea-c3",
        badge=Badge("Dossier à compléter", "circle-alert", Tone.WAIT),
    ),
    State(
        standing=Standing.IN_PROGRESS,
        key="en_cours",
        label="Dispense en cours",
        explained="Dispense en cours d’examen",
        counted="dispenses en cours",
        fill="ea-c2",
        badge=Badge("Dispense en cours", "clock", Tone.RUN),
    ),
    State(
        standing=Standing.DISPENSED,
        key="dispense",
        label="Dispensé",
        explained="Dispensé",
        counted="dispensés",
        fill="ea-c1",
        badge=Badge("Dispensé", "check", Tone.OK),
    ),
    State(
        standing=Standing.AFFILIATED,
        key="affilie",
        label="Affilié",
        explained="Affilié à la complémentaire santé, déclaré par l’employeur",
        counted="affiliés",
        fill="ea-c6",
        badge=Badge("Affilié", "shield", Tone.OK),
    ),
    State(
        standing=Standing.LEFT,
        key="parti",
        label="Parti",
        explained="Parti de l’entreprise",
        counted="partis",
        fill="ea-c7",
        badge=Badge("Parti", "log-out"),
    ),
)
BY_KEY: dict[str, State] = {state.key: state for state in STATES}
BY_STANDING: dict[int, State] = {state.standing: state for state in STATES}
CHOICES: list[tuple[int, str]] = [(state.standing.value, state.label) for state in STATES]

# What may be said of somebody invited, by what became of the link.
LINK_ASKED_AGAIN = Badge("Nouveau lien demandé", "mail", Tone.WAIT)
LINK_REVOKED = Badge("Lien révoqué", "ban")
LINK_EXPIRED = Badge("Lien expiré", "hourglass")
LETTER_TO_PRINT = Badge("Lettre à imprimer", "mail", Tone.WAIT)  # no address, and nothing on paper that opens anything
