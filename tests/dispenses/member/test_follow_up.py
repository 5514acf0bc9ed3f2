"""« Suivi de mes demandes », the complement, and taking a request back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee
from dispenses.models import Dispense
from dispenses.request import drafts, sending
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from dispenses.workflow import Status
from portal.lib.dates import add_years
from portal.lib.typography import long_day
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.factories import TYPED, DispenseFactory, EmployeeFactory, StaffFactory, UserFactory
from tests.files import heic_bytes

pytestmark = pytest.mark.django_db
SUIVI = "/demandes/"
ANSWERS = TYPED


def test_nothing_yet() -> None:
    client = Client()
    client.force_login(EmployeeFactory(activated=True).user)
    page = text(client.get(SUIVI))
    assert "Vous n’avez pas encore de demande." in page
    assert "Demander une dispense" in page


def test_a_card_ends_with_its_beginning() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    page = text(signed_in(dispense).get(SUIVI))
    assert f"Dispense N°{dispense.number}" in page
    assert "En attente de complément" in page
    assert "Il manque la carte de mutuelle." in page
    assert f'href="{url("completer", dispense)}"' in page
    assert page.index("Complément demandé") < page.index("Date d’initialisation")
    today = timezone.localdate()
    assert f"Le {today:%d/%m/%Y}\xa0: Dispense pour l’assuré {dispense.employee.full_name}" in page


def test_a_refusal_says_why_and_what_next() -> None:
    dispense = DispenseFactory(refused=True)
    page = text(signed_in(dispense).get(SUIVI))
    assert "L’attestation ne vous cite pas." in page
    assert "art. D911-2, 3° a" in page
    assert "faire une nouvelle demande" in page


@pytest.mark.parametrize("stage", list(Status))
def test_every_status_has_its_page(stage: Status) -> None:
    dispense = DispenseFactory(stage=stage)
    assert signed_in(dispense).get(SUIVI).status_code == 200


def test_a_draft_is_abandoned_by_post_only() -> None:
    draft = DispenseFactory()
    client = signed_in(draft)
    assert "n’est pas encore envoyée" in text(client.get(SUIVI))
    assert "Abandonner cette demande" in text(client.get(url("abandonner", draft)))
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.post(url("abandonner", draft)).status_code == 404
    assert client.post(url("abandonner", draft)).url == SUIVI
    draft.refresh_from_db()
    assert draft.abandoned_at


def test_a_draft_abandoned_comes_back_with_its_files_for_a_week() -> None:
    draft = DispenseFactory()
    client = signed_in(draft)
    client.post(url("abandonner", draft))
    assert "Demande de dispense abandonnée" in text(client.get(SUIVI))
    assert "Reprendre ma demande" not in text(client.get("/"))
    assert client.get(url("verification", draft)).url == client.get(url("reprendre", draft)).url == SUIVI
    assert client.post(url("verification", draft), {"honour": "on"}).url == SUIVI
    assert client.post(url("abandonner", draft), {"reprendre": "1"}).url == url("reprendre", draft)
    draft.refresh_from_db()
    assert draft.abandoned_at is None
    assert draft.justificatifs.count() == 2
    client.post(url("abandonner", draft))
    assert drafts.purge_drafts(timezone.now() + timedelta(days=6)) == 0
    assert drafts.purge_drafts(timezone.now() + timedelta(days=8)) == 1
    assert not Dispense.objects.exists()


def test_a_new_request_takes_the_place_of_one_abandoned() -> None:
    draft = DispenseFactory()
    client = signed_in(draft)
    client.post(url("abandonner", draft))
    client.post(reverse("demande_nouvelle"), {"employee": draft.employee_id})
    assert Dispense.objects.get().pk != draft.pk


def test_the_first_page_offers_one_abandoned_before_it_is_erased() -> None:
    draft = drafts.abandon_draft(dispense=DispenseFactory())
    client = signed_in(draft)
    page = text(client.get("/"))
    last_day = drafts.comes_back_until(draft)
    assert last_day
    assert f"jusqu’au {long_day(last_day)}".replace("\xa0", " ") in " ".join(page.split())
    assert "elle est effacée aussitôt" in page
    assert page.index("Reprendre la demande abandonnée") < page.index("L’effacer et en commencer une autre")
    assert "Demander une dispense</button>" not in page
    client.post(url("abandonner", draft), {"reprendre": "1"})
    assert "Reprendre la demande abandonnée" not in text(client.get("/"))


def test_a_sent_request_is_not_abandoned_but_withdrawn() -> None:
    dispense = DispenseFactory(in_progress=True)
    client = signed_in(dispense)
    client.post(url("abandonner", dispense))
    assert "Annuler la demande" in text(client.get(url("annuler", dispense)))
    dispense.refresh_from_db()
    assert dispense.status == Status.IN_PROGRESS
    client.post(url("annuler", dispense))
    dispense.refresh_from_db()
    assert dispense.status == Status.WITHDRAWN
    again = client.post(url("annuler", dispense), follow=True)
    assert "a changé entre-temps" in text(again)


def test_pages_of_ten(django_assert_num_queries: Any) -> None:
    user = UserFactory()
    for index in range(11):
        employee = EmployeeFactory(user=user, activated_at=timezone.now())
        DispenseFactory(employee=employee, stage=Status.IN_PROGRESS if index % 2 else Status.DRAFT)
    client = Client()
    client.force_login(user)
    numbers = list(Dispense.objects.order_by("-number").values_list("number", flat=True))
    client.get(SUIVI)  # the session is written once
    with django_assert_num_queries(3):  # session, account, requests
        client.get(SUIVI)
    cache.clear()
    with django_assert_num_queries(4):  # and the events of the cards that are not kept
        page = text(client.get(SUIVI))
    assert page.count("<article") == 10
    assert f"?avant={numbers[9]}" in page
    older = text(client.get(SUIVI, {"avant": numbers[9]}))
    assert older.count("<article") == 1
    assert "Il n’y a pas de demande plus ancienne" in text(client.get(SUIVI, {"avant": 1}))
    for naughty in ("", "abc", "-1", "9" * 40, "²", "1e3"):
        assert client.get(SUIVI, {"avant": naughty}).status_code == 200


def test_cards_kept_are_never_out_of_date() -> None:
    dispense = DispenseFactory(stage=Status.IN_PROGRESS)
    staff, client = StaffFactory(), signed_in(dispense)
    assert "Il manque la carte." not in text(client.get(SUIVI))
    decide(ComplementContent(message="Il manque la carte."), dispense=dispense, user=staff)
    page = text(client.get(SUIVI))
    assert page.count("Il manque la carte.") == 2  # what is awaited, and the history
    sending.withdraw(dispense=dispense, user=dispense.employee.user)
    page = text(client.get(SUIVI))
    assert "Annulée" in page
    assert "Compléter ma demande" not in page


def test_the_name_on_a_card_kept_follows_the_employee() -> None:
    dispense = DispenseFactory(stage=Status.IN_PROGRESS)
    client = signed_in(dispense)
    assert "Nouveau-Nom" not in text(client.get(SUIVI))
    Employee.objects.filter(pk=dispense.employee_id).update(last_name="Nouveau-Nom")
    assert "Nouveau-Nom" in text(client.get(SUIVI))


def test_a_complement_is_answered_in_one_sending() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    client = signed_in(dispense)
    page = text(client.get(url("completer", dispense)))
    assert "Il manque la carte de mutuelle." in page
    assert "Mutuelle du Lac" in page
    assert "Ce que votre choix change" in page
    assert f"prendra effet le <strong>{long_day(dispense.effective_on, ' ')}</strong>" in page
    assert "si vous l’envoyez aujourd’hui" not in page
    assert page.count("Déjà envoyé") == 2
    assert "retirer" not in page
    photo = SimpleUploadedFile("IMG_7.HEIC", heic_bytes(), "image/heic")
    kept = client.post(
        url("completer", dispense),
        {**ANSWERS, "assureur": "Autre", "fichier_carte_mutuelle": photo, "joindre": "carte_mutuelle"},
    )
    assert kept.url == url("completer", dispense)
    page = text(client.get(url("completer", dispense)))
    assert "IMG_7.HEIC" in page
    assert 'value="Autre"' in page
    refused = text(client.post(url("completer", dispense), {**ANSWERS, "envoyer": "1"}))
    assert "Cochez la déclaration sur l’honneur" in refused
    sent = client.post(url("completer", dispense), {**ANSWERS, "honour": "on", "envoyer": "1"})
    assert sent.url == SUIVI
    dispense.refresh_from_db()
    assert dispense.status == Status.IN_PROGRESS
    assert dispense.declarations.count() == 2
    assert not dispense.justificatifs.filter(sent_at__isnull=True).exists()
    again = client.post(url("completer", dispense), {**ANSWERS, "honour": "on"}, follow=True)
    assert "Aucun complément n’est attendu" in text(again)


def test_a_complement_counts_its_dates_from_the_day_asked_and_the_last_signature() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    client = signed_in(dispense)
    asked, signed = timezone.now() - timedelta(days=40), timezone.localdate()
    Dispense.objects.filter(pk=dispense.pk).update(submitted_at=asked)
    page = text(client.get(url("completer", dispense)))
    assert f"puisque vous l’avez demandée le {long_day(timezone.localdate(asked), ' ')}" in page
    assert f"au plus tard le <strong>{long_day(add_years(signed, 1), ' ')}</strong>" in page


def test_a_complement_is_finished_later() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    client = signed_in(dispense)
    answer = client.post(url("completer", dispense), {"assureur": "à moitié", "plus_tard": "1"}, follow=True)
    assert "pas encore envoyées" in text(answer)
    assert 'value="à moitié"' in text(client.get(url("completer", dispense)))
    dispense.refresh_from_db()
    assert dispense.answers["assureur"] == "Mutuelle du Lac"


def test_an_evidence_already_sent_stays() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    sent = dispense.justificatifs.first()
    assert sent is not None
    client = signed_in(dispense)
    client.post(reverse("justificatif_retirer", args=[dispense.number, sent.pk]))
    client.post(url("completer", dispense), {"retirer": sent.pk})
    assert dispense.justificatifs.count() == 2
