"""What the page of a request says of a dispense granted that wants a second look."""

from collections.abc import Iterator, Sequence
from datetime import date

from accounts.models import Acte
from dispenses.desk.checks import Check, Verdict
from dispenses.law.numbers import LONG_CONTRACT
from dispenses.life.transfer_look import against
from dispenses.models import Dispense
from dispenses.request import looks
from dispenses.request.closing import reason_against
from portal.lib.typography import NBSP, short_day

LONG_CONTRACT_PROOF = "Code de la sécurité sociale, art. R242-1-6, 2° a"


def lines(dispense: Dispense, actes: Sequence[Acte], today: date) -> list[Check]:
    """A line for each cause, beside what the machine checks; none while no second look is wanted."""
    if not looks.is_wanted(dispense):
        return []
    return [*_acte(dispense, actes), *_card(dispense, today), *_transfer(dispense, actes)]


def causes(dispense: Dispense) -> list[str]:
    """The causes in words, as the view of the queue gives them."""
    days = (dispense.look_acte_on, dispense.look_card_by, dispense.look_transfer_on)
    return looks.in_words(*days) if looks.is_wanted(dispense) else []


def _acte(dispense: Dispense, actes: Sequence[Acte]) -> Iterator[Check]:
    day = dispense.look_acte_on
    if day is None or dispense.motif is None:
        return
    acte = next((acte for acte in actes if acte.in_force_from == day), None)
    reason = reason_against(acte, dispense.motif) if acte else None
    words = f"L’acte du {short_day(day)} n’ouvre plus ce motif."
    detail = f"{words} {reason.words}" if reason else words
    rule = reason.article if reason else dispense.motif.legal_basis
    yield Check(Verdict.LOOK, "Acte changé depuis la demande", detail, rule)


def _card(dispense: Dispense, today: date) -> Iterator[Check]:
    """A contract prolonged to twelve months: from there the law wants the proof of another cover."""
    if dispense.look_card_by is None:
        return
    late = dispense.look_card_by < today
    detail = f"Nouvelle demande, avec la carte, {'à réclamer' if late else 'attendue'}{NBSP}: elle a été "
    detail += f"demandée au salarié d’ici au {short_day(dispense.look_card_by)}."
    yield Check(Verdict.LOOK, f"Contrat porté à {LONG_CONTRACT}{NBSP}mois", detail, LONG_CONTRACT_PROOF)


def _transfer(dispense: Dispense, actes: Sequence[Acte]) -> Iterator[Check]:
    """A contract that goes on at another employer, whose acte does not open the motif."""
    day = dispense.look_transfer_on
    if day is None or dispense.motif is None:
        return
    why = against(dispense.motif, list(actes), day, dispense.hired_on)
    detail = f"Le contrat de travail se poursuit ici depuis le {short_day(day)}. {why}".strip()
    yield Check(Verdict.LOOK, "Contrat transféré", detail, dispense.motif.legal_basis)
