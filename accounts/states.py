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
    to_do: str  # what a correspondent does then
    counted: str  # after a number of employees, and in the list's filter
    counted_one: str  # after none or one
    fill: str  # class of its part of the bar
    badge: Badge
    awaited: tuple[str, str] = ("", "")  # what one employee, and several, have to do: whoever has it may be chased

    def of(self, count: int) -> str:
        """What so many employees are, after the number: in French none is counted as one."""
        return self.counted if count > 1 else self.counted_one


# In the order of the list.
STATES: tuple[State, ...] = (
    State(
        standing=Standing.TO_AFFILIATE,
        key="a_affilier",
        label="À affilier",
        explained="À affilier\xa0: demande sans suite ou dispense finie, et pas d’affiliation déclarée",
        to_do=(
            "Affiliez ce salarié auprès de l’assureur, puis déclarez-le affilié sur sa fiche. Sa demande est refusée "
            "ou annulée, ou sa dispense a pris fin."
        ),
        counted="à affilier",
        counted_one="à affilier",
        fill="ea-c8",
        badge=Badge("À affilier", "circle-alert", Tone.WAIT),
    ),
    State(
        standing=Standing.INVITED,
        key="invite",
        label="Invité",
        explained="Invité, compte pas encore activé",
        to_do=(
            "Relancez-le s’il ne répond pas\xa0: renvoyez le lien, ou réimprimez sa lettre. Le lien et le code durent "
            "60\xa0jours\xa0; des rappels partent d’eux-mêmes après 7, 30 et 53\xa0jours."
        ),
        counted="invitations sans réponse",
        counted_one="invitation sans réponse",
        fill="ea-c4",
        badge=Badge("Invité", "mail"),
        awaited=("n’a pas activé son compte", "n’ont pas activé leur compte"),
    ),
    State(
        standing=Standing.ACTIVE,
        key="active",
        label="Compte activé, choix à faire",
        explained="Compte activé, choix à faire",
        to_do=(
            "Rien d’obligatoire\xa0: il adhère ou demande une dispense. Sans demande de sa part, la couverture est "
            "obligatoire et vous l’affiliez."
        ),
        counted="comptes activés, choix à faire",
        counted_one="compte activé, choix à faire",
        fill="ea-c5",
        badge=Badge("Choix à faire", "user", Tone.RUN),
        awaited=("doit faire son choix", "doivent faire leur choix"),
    ),
    State(
        standing=Standing.TO_COMPLETE,
        key="a_completer",
        label="Dossier à compléter",
        explained="Dossier à compléter par le salarié",
        to_do=(
            "Rien\xa0: le centre de gestion lui a demandé un complément et le lui rappelle. Vous pouvez lui en parler, "
            "jamais lui demander ce qui touche à sa santé."
        ),
        counted="dossiers à compléter",
        counted_one="dossier à compléter",
        fill="ea-c3",
        badge=Badge("Dossier à compléter", "circle-alert", Tone.WAIT),
        awaited=("doit compléter son dossier", "doivent compléter leur dossier"),
    ),
    State(
        standing=Standing.IN_PROGRESS,
        key="en_cours",
        label="Dispense en cours",
        explained="Dispense en cours d’examen",
        to_do="Rien\xa0: le centre de gestion répond. Sa cotisation reste due jusqu’à la décision.",
        counted="dispenses en cours",
        counted_one="dispense en cours",
        fill="ea-c2",
        badge=Badge("Dispense en cours", "clock", Tone.RUN),
    ),
    State(
        standing=Standing.DISPENSED,
        key="dispense",
        label="Dispensé",
        explained="Dispensé",
        to_do=(
            "Ne prélevez pas sa cotisation à compter du jour que dit sa fiche, et jusqu’à celui qu’elle dit. Quand la "
            "dispense prend fin, il passe «\xa0À affilier\xa0»."
        ),
        counted="dispensés",
        counted_one="dispensé",
        fill="ea-c1",
        badge=Badge("Dispensé", "check", Tone.OK),
    ),
    State(
        standing=Standing.AFFILIATED,
        key="affilie",
        label="Affilié",
        explained="Affilié à la complémentaire santé, déclaré par l’employeur",
        to_do="Rien\xa0: l’affiliation que vous avez déclarée est en cours.",
        counted="affiliés",
        counted_one="affilié",
        fill="ea-c6",
        badge=Badge("Affilié", "shield", Tone.OK),
    ),
    State(
        standing=Standing.LEFT,
        key="parti",
        label="Parti",
        explained="Parti de l’entreprise",
        to_do="Rien\xa0: son dernier jour est passé. Une nouvelle embauche ouvre une nouvelle fiche.",
        counted="partis",
        counted_one="parti",
        fill="ea-c7",
        badge=Badge("Parti", "log-out"),
    ),
)
BY_KEY: dict[str, State] = {state.key: state for state in STATES}
BY_STANDING: dict[int, State] = {state.standing: state for state in STATES}
CHOICES: list[tuple[int, str]] = [(state.standing.value, state.label) for state in STATES]

# What may be said of somebody invited, by what became of the link.
NOT_INVITED = Badge("Pas encore invité", "calendar")
LINK_ASKED_AGAIN = Badge("Nouveau lien demandé", "mail", Tone.WAIT)
LINK_REVOKED = Badge("Lien révoqué", "ban")
LINK_EXPIRED = Badge("Lien expiré", "hourglass")
LETTER_TO_PRINT = Badge("Lettre à imprimer", "mail", Tone.WAIT)  # no address, and nothing on paper that opens anything
