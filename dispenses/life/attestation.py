"""The attestation of a dispense granted: what others may read of it on that day, without its motif (PDF/UA-1)."""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dispenses.life.beginning import is_never_begun
from dispenses.life.confirming import is_over, last_covered
from dispenses.models import Dispense
from dispenses.workflow import GRANTED_STATUSES
from portal.lib.pdf import pdf
from portal.lib.typography import NBSP, long_day

TEMPLATE = Path(__file__).with_name("attestation.typ")
ENDLESS = "sans date de fin connue"


def may_be_attested(dispense: Dispense, today: date) -> bool:
    """Whether the dispense is granted and has, or had, a day at least."""
    return dispense.status in GRANTED_STATUSES and not is_never_begun(dispense, last_covered(dispense, today))


def attestation_pdf(dispense: Dispense, today: date) -> bytes:
    """The attestation as it stands on `today`: the same bytes all day long while nothing changes.

    Raises ValueError for a request that `may_be_attested` refuses.
    """
    if not may_be_attested(dispense, today):
        raise ValueError("Une attestation porte sur une dispense accordée, qui a commencé ou commencera.")
    return pdf(TEMPLATE.read_text(encoding="utf-8"), contents(dispense, today))


def contents(dispense: Dispense, today: date) -> dict[str, object]:
    """What it says, for the template."""
    last_day = last_covered(dispense, today)
    return {
        "title": f"Attestation de dispense d’adhésion – Dispense N°{dispense.number}",
        "portal": settings.PORTAL_NAME,
        "insurer": settings.PORTAL_INSURER,
        "colours": settings.PORTAL_BRAND.colours,
        "intro": _intro(dispense, today),
        "facts": [
            ["Salarié", dispense.employee.full_name],
            ["Entreprise", dispense.employee.employer.name],
            ["Matricule", dispense.matricule],
            ["Dispense acceptée le", long_day(timezone.localdate(dispense.decided_at))],
            ["À compter du", long_day(_first_day(dispense))],
            ["Jusqu’au", f"{long_day(last_day)}, ce jour compris" if last_day else ENDLESS],
            *_confirmation(dispense, today),
        ],
        "limits": [
            f"Cette attestation dit ce qui est enregistré le {long_day(today)}. Elle ne dit ni le motif de la "
            "dispense, ni les documents qui le justifient.",
            "Le salarié signale tout changement de sa situation. Pendant la dispense, il ne cotise pas au contrat "
            "collectif de son entreprise et n’en reçoit aucune prestation.",
        ],
        "place": f"Fait le {long_day(today)}, par {settings.PORTAL_INSURER}.",
        "contact": f"Pour la vérifier{NBSP}: {settings.PORTAL_CONTACT_EMAIL}, {settings.PORTAL_CONTACT_PHONE}.",
        "seal": dispense.history_seal,
    }


def _first_day(dispense: Dispense) -> date:
    return dispense.effective_on or timezone.localdate(dispense.submitted_at)


def _intro(dispense: Dispense, today: date) -> str:
    if is_over(dispense, today):
        verb = "a été dispensée"
    elif _first_day(dispense) > today:
        verb = "sera dispensée"
    else:
        verb = "est dispensée"
    return (
        f"{settings.PORTAL_INSURER} atteste que la personne nommée ci-dessous {verb} d’adhérer à la couverture "
        "complémentaire santé mise en place à titre collectif et obligatoire dans son entreprise."
    )


def _confirmation(dispense: Dispense, today: date) -> list[list[str]]:
    """What is asked of the employee each year, if anything is while the dispense goes on."""
    if is_over(dispense, today):
        return []
    if dispense.unconfirmed_since:
        return [["Confirmation annuelle", f"attendue depuis le {long_day(dispense.unconfirmed_since)}"]]
    return [["À confirmer au plus tard le", long_day(dispense.confirm_by)]] if dispense.confirm_by else []
