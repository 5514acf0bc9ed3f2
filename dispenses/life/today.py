"""What a dispense granted is on one day, for its employee: one sentence, what it means, and what to do first."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dispenses.enums import EndCause, Yearly
from dispenses.life.beginning import goes_on, is_never_begun
from dispenses.life.changing import affiliation_due
from dispenses.life.confirming import is_over, last_covered, may_confirm, opens_on
from dispenses.models import Dispense
from dispenses.request.endings import ANNOUNCED
from portal.lib.dates import ONE_DAY
from portal.lib.typography import long_day

ENDING_DAYS = 60
"""Days before its last day from which a dispense is said to end."""

QUICK = "Une minute suffit si rien n’a changé."


class Stage(StrEnum):
    LATER = "later"
    IN_FORCE = "in_force"
    TO_CONFIRM = "to_confirm"
    TO_RENEW = "to_renew"
    ENDING = "ending"
    OVER = "over"
    KEPT = "kept"  # as it was on the last day of the insurer's contract of the employer: nothing changes since


@dataclass(frozen=True)
class Action:
    """The page that comes first, by the name of its address, and the words of its button."""

    page: str
    words: str


CHANGE = Action("demande_changement", "Ma situation change")
CONFIRM = Action("demande_confirmer", "Confirmer ma situation")
AFTERWARDS = Action("demande_fin", "Préparer la suite")
ACTIONS = {
    Stage.LATER: CHANGE,
    Stage.IN_FORCE: CHANGE,
    Stage.TO_CONFIRM: CONFIRM,
    Stage.TO_RENEW: CONFIRM,
    Stage.ENDING: AFTERWARDS,
    Stage.OVER: AFTERWARDS,
    Stage.KEPT: AFTERWARDS,
}


@dataclass(frozen=True)
class Today:
    """`title`: the sentence; `details`: what comes with it; `may_change`: whether its end may still be given."""

    stage: Stage
    title: str
    details: tuple[str, ...]
    if_nothing: str = ""  # what comes of it, after « Si vous ne faites rien »; "" where the rest says it already

    @property
    def action(self) -> Action:
        return ACTIONS[self.stage]

    @property
    def may_change(self) -> bool:
        return self.stage not in {Stage.OVER, Stage.KEPT}

    @property
    def holds(self) -> str:
        """What the dispense is, whatever there is to do: the sentence of one that is to confirm comes second."""
        return self.details[0] if self.stage in {Stage.TO_CONFIRM, Stage.TO_RENEW} else self.title

    @property
    def waits(self) -> bool:
        """Whether the employee has something to do."""
        return self.stage not in {Stage.LATER, Stage.IN_FORCE, Stage.KEPT}


def today_of(dispense: Dispense, today: date) -> Today:
    """What is said on `today` of a dispense granted, ended or not."""
    kept_since = dispense.employee.employer.insured_until
    if kept_since and kept_since < today:
        return _kept(dispense, kept_since)
    stage = _stage(dispense, today)
    details = tuple(_details(dispense, stage, today))
    return Today(stage, _TITLES[stage](dispense, today), details, _if_nothing(dispense, stage))


def _if_nothing(dispense: Dispense, stage: Stage) -> str:
    """What silence brings, as dispenses.life.confirmations has it."""
    if stage is Stage.IN_FORCE:
        return "votre dispense continue. Signalez seulement ce qui change."
    if stage is Stage.TO_CONFIRM and dispense.motif and dispense.motif.yearly == Yearly.LAW:
        return "votre dispense prend fin ce jour-là, et vous devez adhérer dès le lendemain."
    if stage in {Stage.TO_CONFIRM, Stage.TO_RENEW}:
        return "votre dispense continue, mais elle n’est plus prouvée\xa0: votre employeur en est averti."
    return ""


def _kept(dispense: Dispense, until: date) -> Today:
    """What it was on the last day of the insurer's contract, after which nobody confirms it and nothing ends it."""
    if is_over(dispense, until):
        return Today(Stage.OVER, _over(dispense, until), ())
    contract = "contrat de votre entreprise avec l’assureur"
    if dispense.effective_on and dispense.effective_on > until:
        said = f"Votre dispense devait commencer le {long_day(dispense.effective_on)}, après la fin du {contract}."
        return Today(Stage.KEPT, said, ())
    return Today(Stage.KEPT, f"Vous étiez dispensé d’adhésion le {long_day(until)}, dernier jour du {contract}.", ())


def _stage(dispense: Dispense, today: date) -> Stage:
    if is_over(dispense, today):
        return Stage.OVER
    if dispense.effective_on and dispense.effective_on > today:
        return Stage.LATER
    if may_confirm(dispense, today):
        return Stage.TO_RENEW if dispense.unconfirmed_since else Stage.TO_CONFIRM
    return Stage.ENDING if _is_ending(dispense, today) else Stage.IN_FORCE


def _is_ending(dispense: Dispense, today: date) -> bool:
    """Whether it ends soon, or on a day that the employee gave, without another that takes over."""
    if dispense.ends_on is None or dispense.end_cause == EndCause.REPLACED:
        return False
    return dispense.end_cause in ANNOUNCED or dispense.ends_on - today <= timedelta(days=ENDING_DAYS)


def _since(dispense: Dispense, _: date) -> str:
    since = f" depuis le {long_day(dispense.effective_on)}" if dispense.effective_on else ""
    return f"Vous êtes dispensé d’adhésion{since}{_until(dispense)}."


def _until(dispense: Dispense) -> str:
    return f", jusqu’au {long_day(dispense.ends_on)} compris" if dispense.ends_on else ""


def _later(dispense: Dispense, today: date) -> str:
    return f"Vous serez dispensé d’adhésion à partir du {long_day(dispense.effective_on or today)}{_until(dispense)}."


def _to_confirm(dispense: Dispense, today: date) -> str:
    return f"Votre dispense est à confirmer au plus tard le {long_day(dispense.confirm_by or today)}."


def _to_renew(dispense: Dispense, today: date) -> str:
    return f"Preuve à renouveler depuis le {long_day(dispense.unconfirmed_since or today)}."


def _ending(dispense: Dispense, today: date) -> str:
    return f"Votre dispense prend fin le {long_day(dispense.ends_on or today)}, ce jour compris."


def _over(dispense: Dispense, today: date) -> str:
    last_day = last_covered(dispense, today)
    if dispense.effective_on and is_never_begun(dispense, last_day):
        return f"Votre dispense, qui devait commencer le {long_day(dispense.effective_on)}, ne commence pas."
    return f"Votre dispense a pris fin le {long_day(last_day)}." if last_day else "Votre dispense a pris fin."


_TITLES = {
    Stage.LATER: _later,
    Stage.IN_FORCE: _since,
    Stage.TO_CONFIRM: _to_confirm,
    Stage.TO_RENEW: _to_renew,
    Stage.ENDING: _ending,
    Stage.OVER: _over,
}


def _details(dispense: Dispense, stage: Stage, today: date) -> list[str]:
    if stage in {Stage.TO_CONFIRM, Stage.TO_RENEW}:
        by_law = dispense.motif is not None and dispense.motif.yearly == Yearly.LAW
        effort = "Un nouveau document est à joindre\xa0: la loi le demande chaque année." if by_law else QUICK
        return [_since(dispense, today), effort]
    if dispense.end_cause == EndCause.REPLACED and dispense.ends_on:
        return [f"La dispense N°{dispense.superseded_by_id} prend le relais le {long_day(dispense.ends_on + ONE_DAY)}."]
    if stage in {Stage.ENDING, Stage.OVER} and (due := due_on(dispense, today)):
        verb = "devez" if due <= today else "devrez"
        return [f"Vous {verb} adhérer à partir du {long_day(due)}, sauf nouvelle dispense."]
    if stage in {Stage.LATER, Stage.IN_FORCE} and (asked := opens_on(dispense)):
        return [f"À confirmer chaque année\xa0: vous pourrez le faire à partir du {long_day(asked)}."]
    return []


def due_on(dispense: Dispense, today: date) -> date | None:
    """The day from which the employee has to join; None without an end, or when the contract of employment ends."""
    last_day = last_covered(dispense, today)
    if is_never_begun(dispense, last_day) and goes_on(dispense):
        return None
    if last_day is None or dispense.end_cause in {EndCause.REPLACED, EndCause.DEPARTURE}:
        return None
    return affiliation_due(dispense, last_day)
