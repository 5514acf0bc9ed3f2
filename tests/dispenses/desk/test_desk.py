"""The centre's desk: the queue and the page of a request."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from dispenses.documents import examination
from dispenses.models import Consultation, Dispense, Motif
from dispenses.queue.rows import rebuild
from dispenses.request import drafts, sending
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from tests.factories import (
    CONJOINT_ANSWERS,
    ActeFactory,
    DispenseFactory,
    EmployeeFactory,
    StaffFactory,
    UserFactory,
    add_file,
    answers_to,
)
from tests.files import encoded

pytestmark = pytest.mark.django_db

QUEUE = "/gestion/dispenses/dispense/"
NAUGHTY = "<script>alert(1)</script>"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory(first_name="Gilles", last_name="Centre"))
    return client


def page(number: int) -> str:
    return reverse("admin:dispenses_dispense_change", args=[number])


def content(response: Any) -> bytes:
    """Bytes of a download, read to the end so that the file is closed."""
    return b"".join(response.streaming_content)


def numbers(client: Client, **params: Any) -> list[int]:
    response = client.get(QUEUE, params)
    assert response.status_code == 200
    return [row.number for row in response.context["rows"]]


def sent(dispense: Dispense, at: datetime) -> Dispense:
    Dispense.objects.filter(number=dispense.number).update(submitted_at=at)
    rebuild()
    return dispense


# The queue


def test_the_queue_shows_what_awaits_a_decision_oldest_first(desk: Client) -> None:
    now = timezone.now()
    recent = sent(DispenseFactory(in_progress=True), now - timedelta(days=1))
    old = sent(DispenseFactory(in_progress=True), now - timedelta(days=12))
    for stage in ("awaiting_complement", "accepted", "refused", "withdrawn"):
        DispenseFactory(**{stage: True})
    DispenseFactory()
    assert numbers(desk) == [old.number, recent.number]
    text = desk.get(QUEUE).content.decode()
    assert "12\xa0jours" in text
    assert "1\xa0jour<" in text
    assert "ea-badge--run" in text


def test_a_draft_is_never_shown(desk: Client) -> None:
    draft = DispenseFactory()
    for params in ({"statut": "toutes"}, {"statut": "draft"}, {"q": str(draft.number)}, {"q": draft.matricule}):
        assert draft.number not in numbers(desk, **params)
    assert desk.get(page(draft.number)).status_code == 404
    file = draft.justificatifs.first()
    assert desk.get(reverse("admin:dispenses_dispense_justificatif", args=[draft.number, file.pk])).status_code == 404
    answer = desk.post(reverse("admin:dispenses_dispense_decision", args=[draft.number, "accept"]), {})
    assert answer.status_code == 404


@pytest.mark.parametrize("status", ["in_progress", "awaiting_complement", "accepted", "refused", "withdrawn", "ended"])
def test_each_status_has_its_list(desk: Client, status: str) -> None:
    wanted = DispenseFactory(**{status: True})
    other = DispenseFactory(**{"accepted" if status != "accepted" else "refused": True})
    assert numbers(desk, statut=status) == [wanted.number]
    assert set(numbers(desk, statut="toutes")) == {wanted.number, other.number}


def test_a_search_finds_whatever_the_status(desk: Client) -> None:
    employee = EmployeeFactory(activated=True, first_name="Zélie", last_name="O'Brien", matricule="84021")
    done = DispenseFactory(employee=employee, accepted=True)
    DispenseFactory(in_progress=True)
    for term in (str(done.number), f"N°{done.number}", "84021", "O'Brien", "zélie o'bri", " 84021 "):
        assert numbers(desk, q=term) == [done.number], term
    assert numbers(desk, q=str(done.number)[:-1]) == []
    assert numbers(desk, q="84021", statut="refused") == []
    for term in ("99999999999999999999", "²", "%", "' OR 1=1", NAUGHTY, "‮"):
        assert numbers(desk, q=term) == []


def test_filters_by_motif_employer_and_period(desk: Client) -> None:
    ours = DispenseFactory(in_progress=True)
    other = DispenseFactory(in_progress=True, motif=Motif.objects.get(code="camieg"), answers=answers_to("camieg"))
    sent(ours, datetime(2026, 3, 31, 21, 59, tzinfo=UTC))  # 31 March at 23:59 in Paris
    sent(other, datetime(2026, 3, 31, 22, 0, tzinfo=UTC))  # 1 April at midnight in Paris
    employer = ours.employee.employer
    assert numbers(desk, motif="conjoint") == [ours.number]
    assert numbers(desk, employeur=employer.siret) == [ours.number]
    assert numbers(desk, employeur=employer.name) == [ours.number]
    assert numbers(desk, envoyee_au="2026-03-31") == [ours.number]
    assert numbers(desk, envoyee_du="2026-04-01") == [other.number]
    assert numbers(desk, envoyee_du="2026-03-31", envoyee_au="2026-04-01") == [ours.number, other.number]
    for wrong in ("hier", "0001-01-01", "2026-02-30", NAUGHTY):
        assert len(numbers(desk, envoyee_du=wrong)) == 2
    assert len(numbers(desk, envoyee_au="9999-12-31", statut="inconnu")) == 2


def test_a_filter_keeps_the_rest_of_the_address(desk: Client) -> None:
    text = desk.get(QUEUE, {"statut": "accepted", "employeur": f'"{NAUGHTY}'}).content.decode()
    assert '<option value="accepted" selected>' in text
    assert "&quot;&lt;script&gt;" in text
    assert NAUGHTY not in text


def test_the_queue_costs_the_same_queries_whatever_its_length(desk: Client) -> None:
    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url).status_code == 200
        return len(queries)

    first, _ = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    cost(QUEUE)
    queue, request = cost(QUEUE), cost(page(first.number))
    for _ in range(3):
        DispenseFactory(in_progress=True)
    decide(ComplementContent(message="Il manque la carte."), dispense=first, user=StaffFactory())
    add_file(first, "", "photo.pdf")
    sending.complete(dispense=first, user=first.employee.user)
    assert cost(QUEUE) == queue <= 11
    assert cost(page(first.number)) == request <= 25


def test_the_most_urgent_request_opens_first(desk: Client) -> None:
    url = reverse("admin:dispenses_dispense_suivante")
    assert desk.post(url).url == QUEUE
    old = DispenseFactory(in_progress=True)
    DispenseFactory(in_progress=True)
    assert desk.get(url).url == QUEUE
    assert desk.post(url).url == page(old.number)


# One request


def test_the_acte_shown_is_the_one_that_the_rules_read(desk: Client) -> None:
    hired_on = timezone.localdate() + timedelta(days=40)
    dispense = DispenseFactory(in_progress=True, hired_on=hired_on)
    ActeFactory(employer=dispense.employee.employer, in_force_from=hired_on - timedelta(days=1))
    text = " ".join(desk.get(page(dispense.number)).content.decode().split())
    assert "Décision unilatérale de l’employeur (DUE) en vigueur à partir du" in text


def test_the_page_shows_everything_that_decides(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True, matricule="AUTRE-1")
    ActeFactory(employer=dispense.employee.employer, in_force_from=date(2020, 1, 1))
    text = desk.get(page(dispense.number)).content.decode()
    for words in (
        f"<h1>{dispense.employee.full_name}, N°{dispense.number}</h1>",
        dispense.employee.employer.name,
        "attestation_conjoint.pdf",
        "carte_mutuelle.pdf",
        "art. D911-2, 3° a",
        "Je déclare sur l’honneur être dans une des situations suivantes",
        "Mutuelle du Lac",
        "AUTRE-1",
        f"Pré-affiliation&nbsp;: {dispense.employee.matricule}",
        "en vigueur depuis le 1er\xa0janvier 2020",
        "Demande envoyée",
        "Ce motif est de droit",
        "La dispense n’a pas de date de fin connue d’avance",
    ):
        assert words in text, words
    assert "Manquant" not in text
    assert "<script>" not in text
    assert " style=" not in text


def test_a_document_asked_for_and_absent_is_said(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    dispense.justificatifs.filter(piece="carte_mutuelle").update(piece="")
    text = desk.get(page(dispense.number)).content.decode()
    assert "Manquant" in text
    assert "Un document demandé manque&nbsp;: Copie de votre carte mutuelle" in text
    assert "Autre document (facultatif)" in text


def test_the_end_date_is_shown_before_the_decision(desk: Client) -> None:
    end = timezone.localdate() + timedelta(days=90)
    raw = f"{end.day}/{end.month}/{end.year}"
    motif, answers = Motif.objects.get(code="c2s"), answers_to("c2s", couverture_jusquau=raw)
    dispense = DispenseFactory(in_progress=True, motif=motif, answers=answers)
    assert "La dispense prendra fin le <strong>" in desk.get(page(dispense.number)).content.decode()
    desk.post(*accept(dispense))
    dispense.refresh_from_db()
    assert dispense.ends_on == end


def accept(dispense: Dispense) -> tuple[str, dict[str, str]]:
    url = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "accept"])
    return url, {"accept-seen": dispense.status_at.isoformat(), "accept-comment": ""}


def test_each_declaration_signed_is_kept_in_sight(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    drafts.save_answers(dispense=dispense, answers={"assureur": "Mutuelle des Alpes"})
    preparing = desk.get(page(dispense.number)).content.decode()
    assert "Mutuelle des Alpes" not in preparing
    sending.complete(dispense=dispense, user=dispense.employee.user)
    text = desk.get(page(dispense.number)).content.decode()
    assert "Déclarations précédentes" in text
    assert text.index("Mutuelle des Alpes") < text.index("Déclarations précédentes") < text.index("Mutuelle du Lac")


def test_a_file_in_preparation_is_not_the_centre_s(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    file = add_file(dispense, "carte_mutuelle", "nouvelle-carte.pdf")
    url = reverse("admin:dispenses_dispense_original", args=[dispense.number, file.pk])
    assert "nouvelle-carte.pdf" not in desk.get(page(dispense.number)).content.decode()
    assert desk.post(url, {"raison": "Vérification"}).status_code == 404
    sending.complete(dispense=dispense, user=dispense.employee.user)
    assert "nouvelle-carte.pdf" in desk.get(page(dispense.number)).content.decode()
    assert content(desk.post(url, {"raison": "Vérification"})).startswith(b"%PDF")


def test_words_of_people_are_never_markup(desk: Client) -> None:
    employee = EmployeeFactory(activated=True, first_name=NAUGHTY, last_name=NAUGHTY, employer__name=NAUGHTY)
    dispense = DispenseFactory(
        employee=employee,
        matricule=NAUGHTY[:30],
        answers={**CONJOINT_ANSWERS, "assureur": NAUGHTY, "titulaire": NAUGHTY},
    )
    add_file(dispense, "", f"{NAUGHTY}.pdf")
    sending.submit(dispense=dispense, user=employee.user)
    decide(ComplementContent(message=NAUGHTY), dispense=dispense, user=StaffFactory(first_name=NAUGHTY))
    for url in (page(dispense.number), f"{QUEUE}?statut=toutes", f"{QUEUE}?q={NAUGHTY}"):
        text = desk.get(url).content.decode()
        assert NAUGHTY not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "abc", "²", "1%2F2", "add%2F"])
def test_a_number_that_is_nobody_s_is_a_404(desk: Client, number: str) -> None:
    assert desk.get(f"{QUEUE}{number}/change/").status_code == 404


# Documents


def test_a_document_leaves_as_an_attachment_and_its_reading_is_kept(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = dispense.justificatifs.first()
    dispense.justificatifs.filter(pk=file.pk).update(name='carte "é"; drôle.pdf')
    url = reverse("admin:dispenses_dispense_original", args=[dispense.number, file.pk])
    response = desk.post(url, {"raison": " Signature  à vérifier "})
    assert content(response).startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("attachment;")
    assert "filename*=utf-8''carte%20%22%C3%A9%22%3B%20dr%C3%B4le.pdf" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "no-store"
    reading = Consultation.objects.get()
    assert (reading.dispense_id, reading.document, reading.kind) == (dispense.number, file.pk, "original")
    assert reading.reason == "Signature à vérifier"
    journal = desk.get(reverse("admin:dispenses_dispense_consultations", args=[dispense.number])).content.decode()
    assert "carte &quot;é&quot;; drôle.pdf" in journal
    assert "Gilles Centre" in journal
    assert "Signature à vérifier" in journal


@pytest.mark.parametrize("reason", ["", "  ", "a", "x" * 301])
def test_an_original_without_its_reason_stays(desk: Client, reason: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    url = reverse("admin:dispenses_dispense_original", args=[dispense.number, dispense.justificatifs.first().pk])
    answer = desk.post(url, {"raison": reason}, follow=True)
    assert "raison" in answer.content.decode()
    assert desk.get(url).status_code == 405
    assert not Consultation.objects.exists()


def test_what_is_downloaded_is_a_copy_of_the_pages(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    taken = Image.Exif()
    taken[0x013B] = "Virginie Durand"
    file = add_file(dispense, "", "IMG_12.jpg")
    file.file.save(
        "x", ContentFile(encoded(Image.new("RGB", (300, 400), (9, 90, 200)), "JPEG", exif=taken)), save=False
    )
    file.content_type, file.sent_at = "image/jpeg", timezone.now()
    file.save()
    url = reverse("admin:dispenses_dispense_justificatif", args=[dispense.number, file.pk])
    assert "pas encore de copie" in desk.get(url, follow=True).content.decode()
    examination.examine(file.pk)
    answer = desk.get(url)
    assert "Virginie" not in answer.content.decode("latin-1")
    assert 'filename="IMG_12 (copie).pdf"' in answer["Content-Disposition"]
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 1
        assert pdf.docinfo == {}
    page = pypdfium2.PdfDocument(answer.content)[0]
    red, green, blue = page.render(scale=1).to_pil().convert("RGB").getpixel((50, 50))
    assert blue > green > red
    assert Consultation.objects.get().kind == "copy"


def test_a_document_belongs_to_its_request(desk: Client) -> None:
    one, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    file = other.justificatifs.first()
    for number, pk in ((one.number, file.pk), (10**20, file.pk), (one.number, 10**20)):
        assert desk.get(f"{QUEUE}{number}/justificatif/{pk}/").status_code == 404
    assert not Consultation.objects.exists()


def test_a_document_whose_bytes_are_out_of_reach_is_said(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = dispense.justificatifs.first()
    file.file.storage.delete(file.file.name)
    url = reverse("admin:dispenses_dispense_original", args=[dispense.number, file.pk])
    response = desk.post(url, {"raison": "Vérification"}, follow=True)
    assert "Ce document n’est pas disponible pour l’instant" in response.content.decode()
    assert not Consultation.objects.exists()


# Rights


def test_nothing_is_added_deleted_or_edited_by_hand(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    desk.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert desk.get(f"{QUEUE}add/").status_code == 403
    assert desk.post(f"{QUEUE}{dispense.number}/delete/", {"post": "yes"}).status_code == 403
    desk.post(page(dispense.number), {"status": "accepted", "matricule": "X", "_save": "1"})
    unchanged = Dispense.objects.get(number=dispense.number)
    assert (unchanged.status, unchanged.matricule) == ("in_progress", dispense.matricule)
    motif = Motif.objects.get(code="conjoint")
    url = reverse("admin:dispenses_motif_change", args=[motif.pk])
    assert "Copie de votre carte mutuelle" in desk.get(url).content.decode()
    assert desk.post(url, {"label": "Autre"}).status_code == 403


def test_who_may_only_look_decides_nothing(client: Client) -> None:
    reader = StaffFactory(in_group=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_dispense"))
    client.force_login(reader)
    dispense = DispenseFactory(in_progress=True)
    response = client.get(page(dispense.number))
    assert response.status_code == 200
    assert "<textarea" not in response.content.decode()
    assert client.post(*accept(dispense)).status_code == 403
    assert Dispense.objects.get(number=dispense.number).status == "in_progress"


def test_staff_without_the_group_see_nothing(client: Client) -> None:
    client.force_login(StaffFactory(in_group=False))
    dispense = DispenseFactory(in_progress=True)
    file = dispense.justificatifs.first()
    url = reverse("admin:dispenses_dispense_justificatif", args=[dispense.number, file.pk])
    for address in (QUEUE, page(dispense.number), url, reverse("admin:dispenses_dispense_suivante")):
        assert client.get(address).status_code == 403
    assert client.post(*accept(dispense)).status_code == 403
