"""A second look on the page of a request: why, the gesture that clears it, and the requests before and after."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Acte
from dispenses.life.second_look import record_second_looks
from dispenses.models import Dispense, Motif, PendingDecision
from dispenses.request.undo import settle_due
from tests.factories import ActeFactory, DispenseFactory, EmployeeFactory, LeadFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(datetime(2027, 3, 10, 9, tzinfo=UTC), tick=False)]
SINCE = date(2027, 3, 1)


@pytest.fixture
def dispense(settings: Any) -> Dispense:
    """A dispense granted to somebody there before the cover; an agreement has taken the place of the DUE since."""
    settings.PORTAL_UNDO_SECONDS = 0
    former = ActeFactory(in_force_until=SINCE - timedelta(days=1))
    employee = EmployeeFactory(activated=True, employer=former.employer)
    granted = DispenseFactory(employee=employee, accepted=True)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    motif = Motif.objects.get(code="present_avant_due")
    Dispense.objects.filter(pk=granted.pk).update(motif=motif, submitted_at=at, decided_at=at, ends_on=None)
    ActeFactory(employer=former.employer, in_force_from=SINCE, kind="accord", first_set_up_on=former.first_set_up_on)
    Acte.objects.update(set_up_kind="due")
    assert record_second_looks() == 1
    return Dispense.objects.get(pk=granted.pk)


def page(client: Client, dispense: Dispense) -> str:
    return client.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()


def uphold(client: Client, dispense: Dispense, reason: str = "Contrat antérieur vérifié.", causes: str = "") -> Any:
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "uphold"])
    said = {"seen": dispense.status_at.isoformat(), "reason": reason, "causes": causes}
    return client.post(url, {f"uphold-{name}": text for name, text in said.items()})


def test_the_page_says_why_with_what_the_acte_says(client: Client, dispense: Dispense) -> None:
    client.force_login(StaffFactory())
    text = page(client, dispense)
    assert "Acte changé depuis la demande" in text
    assert "L’acte du 01/03/2027 n’ouvre plus ce motif." in text
    assert "a pris la place de la décision unilatérale" in text


def test_who_decides_clears_it_with_a_reason(client: Client, dispense: Dispense) -> None:
    client.force_login(StaffFactory())
    assert "Maintenir la dispense" in page(client, dispense)
    assert uphold(client, dispense, reason=" ").status_code == 422
    assert uphold(client, dispense).status_code == 302
    text = page(client, dispense)
    assert "Réexaminée\xa0: toujours fondée" in text
    assert "Contrat antérieur vérifié." in text
    assert "Maintenir la dispense" not in text
    assert "n’ouvre plus ce motif" not in text
    assert client.get("/gestion/dispenses/dispense/", {"suite": "regard"}).context["rows"] == []


def test_it_may_be_undone_like_any_decision(client: Client, dispense: Dispense, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    client.force_login(StaffFactory())
    uphold(client, dispense)
    pending = PendingDecision.objects.get()
    client.post(reverse("admin:dispenses_dispense_annuler", args=[dispense.number, pending.pk]))
    dispense.refresh_from_db()
    assert dispense.look_on == SINCE


def shown_causes(client: Client, dispense: Dispense) -> str:
    """What the form of the page carries of the causes that it shows."""
    return page(client, dispense).partition('name="uphold-causes" value="')[2].partition('"')[0]


def test_a_cause_that_appears_while_it_waits_is_not_settled(client: Client, dispense: Dispense, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    client.force_login(StaffFactory())
    causes = shown_causes(client, dispense)
    assert causes == "look_acte_on:2027-03-01"
    uphold(client, dispense, causes=causes)
    card = date(2027, 4, 9)
    Dispense.objects.filter(pk=dispense.pk).update(look_card_by=card)
    settle_due(datetime(2027, 3, 10, 9, 6, tzinfo=UTC))
    dispense.refresh_from_db()
    assert (dispense.look_on, dispense.look_acte_on, dispense.look_card_by) == (card, None, card)
    assert record_second_looks() == 0
    assert shown_causes(client, dispense) == "look_card_by:2027-04-09"


def test_one_whose_causes_have_all_changed_stays_without_effect(
    client: Client, dispense: Dispense, settings: Any
) -> None:
    settings.PORTAL_UNDO_SECONDS = 300
    client.force_login(StaffFactory())
    uphold(client, dispense, causes=shown_causes(client, dispense))
    card = date(2027, 4, 9)
    Dispense.objects.filter(pk=dispense.pk).update(look_on=card, look_acte_on=None, look_card_by=card)
    settle_due(datetime(2027, 3, 10, 9, 6, tzinfo=UTC))
    dispense.refresh_from_db()
    assert dispense.look_on == card
    assert "n’attend plus de deuxième regard" in PendingDecision.objects.get().told


def test_the_page_of_one_that_came_with_its_contract_says_so(client: Client, dispense: Dispense) -> None:
    client.force_login(StaffFactory())
    Dispense.objects.update(look_acte_on=None, look_transfer_on=SINCE)
    text = page(client, dispense)
    assert "Le contrat de travail se poursuit ici depuis le 01/03/2027. Ce motif tient à la mise en place" in text
    rows = client.get("/gestion/dispenses/dispense/", {"suite": "regard"}).content.decode()
    assert "Contrat transféré le 01/03/2027" in rows


def test_there_is_nothing_to_clear_without_a_cause(client: Client, dispense: Dispense) -> None:
    client.force_login(LeadFactory())
    Dispense.objects.filter(pk=dispense.pk).update(look_on=None, look_acte_on=None)
    assert "Maintenir la dispense" not in page(client, dispense)
    answer = uphold(client, dispense)
    assert answer.status_code == 409
    assert "n’attend pas de deuxième regard" in answer.content.decode()


def test_a_card_that_is_awaited_is_said_then_claimed(client: Client, dispense: Dispense) -> None:
    client.force_login(StaffFactory())
    Dispense.objects.filter(pk=dispense.pk).update(look_card_by=date(2027, 3, 10))
    assert "avec la carte, attendue" in page(client, dispense)
    Dispense.objects.filter(pk=dispense.pk).update(look_card_by=date(2027, 3, 9))
    text = page(client, dispense)
    assert "avec la carte, à réclamer" in text
    assert "carte attendue au plus tard le 09/03/2027" in text


def test_what_a_request_follows_and_what_follows_it_are_links(client: Client, dispense: Dispense) -> None:
    latter = DispenseFactory(employee=dispense.employee, in_progress=True)
    Dispense.objects.filter(pk=latter.pk).update(follows=dispense)
    client.force_login(StaffFactory())
    for shown, words, other in ((latter, "Fait suite à", dispense), (dispense, "Suivie de", latter)):
        link = reverse("admin:dispenses_dispense_change", args=[other.number])
        assert f"<dt>{words}</dt>" in page(client, shown)
        assert f'<a href="{link}">la N°{other.number}</a>' in page(client, shown)


def test_a_draft_that_follows_is_not_for_the_centre(client: Client, dispense: Dispense) -> None:
    draft = DispenseFactory(employee=dispense.employee)
    Dispense.objects.filter(pk=draft.pk).update(follows=dispense)
    client.force_login(StaffFactory())
    assert "Suivie de" not in page(client, dispense)
