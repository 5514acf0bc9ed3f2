"""What the mails of a decision say: dates and what to signal to the employee, the group alone to the correspondent."""

from datetime import date

import pytest

from dispenses.models import Dispense, Motif
from dispenses.request import emails
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.factories import CorrespondentFactory, DispenseFactory

pytestmark = pytest.mark.django_db


def told(code: str, *, ends_on: date | None = None, status: Status = Status.ACCEPTED) -> OutgoingEmail:
    """The mail to the correspondent about a decision on such a request."""
    dispense = DispenseFactory(stage=status)
    CorrespondentFactory(employer=dispense.employee.employer)
    OutgoingEmail.objects.all().delete()
    dispense.motif = Motif.objects.get(code=code)
    dispense.effective_on, dispense.ends_on = date(2027, 1, 4), ends_on
    emails.decided(dispense)
    return OutgoingEmail.objects.get(kind="decision_to_correspondent")


def test_a_correspondent_reads_group_and_dates() -> None:
    said = told("conjoint", ends_on=date(2027, 6, 30)).text_body
    for words in ("catégorie\xa0: Couvert par ailleurs", "à compter du 4 janvier 2027", "jusqu’au 30 juin 2027"):
        assert words in said
    assert "onjoint" not in said
    assert "Versement" not in said


def test_a_short_contract_asks_for_the_health_payment() -> None:
    said = told("contrat_court").text_body
    assert "Versement santé dû (Code de la sécurité sociale, L911-7-1), à vérifier." in said
    assert "sans date de fin connue" in said


def test_a_refusal_says_nothing_more() -> None:
    said = told("contrat_court", status=Status.REFUSED).text_body
    assert "est refusée" in said
    assert "catégorie" not in said
    assert "Versement" not in said


def test_the_employee_reads_what_to_signal() -> None:
    dispense: Dispense = DispenseFactory(accepted=True)
    said = OutgoingEmail.objects.get(dedup_key=f"dispense-decided:{dispense.number}").text_body
    assert "Signalez sans attendre tout changement\xa0: votre autre couverture qui s’arrête" in said
