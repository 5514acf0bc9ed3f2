"""What the employee and the centre see of a document: its state, its pages, advice and hints, and who read it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispenses.member import upload
from dispenses.models import Consultation, Dispense, Justificatif, PieceVerdict
from dispenses.request import sending
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.factories import DispenseFactory, StaffFactory, UserFactory, add_file, add_pictures

pytestmark = pytest.mark.django_db

STATES = [
    ("pending", "Analyse antivirus en cours"),
    ("clean", "Aucun virus trouvé"),
    ("infected", "Contient un virus"),
    ("failed", "Analyse antivirus impossible"),
]


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def antivirus(settings: Any) -> None:
    settings.PORTAL_CLAMD = "unix:///essai"


def state(dispense: Dispense, status: str, **fields: Any) -> Justificatif:
    """The first document of the request, in that state; the others are clean."""
    dispense.justificatifs.update(scan_status="clean", scanned_at=timezone.now())
    first = dispense.justificatifs.first()
    values = {"scan_status": status, "scan_detail": "Eicar" if status == "infected" else "", **fields}
    Justificatif.objects.filter(pk=first.pk).update(**values)
    Dispense.objects.filter(pk=dispense.pk).update(has_virus=status == "infected")
    return Justificatif.objects.get(pk=first.pk)


def desk_page(dispense: Dispense) -> str:
    return reverse("admin:dispenses_dispense_change", args=[dispense.number])


@pytest.mark.parametrize(("status", "words"), STATES)
def test_every_state_is_said_on_every_page(antivirus: None, desk: Client, status: str, words: str) -> None:
    draft = DispenseFactory()
    state(draft, status)
    for step in ("justificatifs", "verification"):
        assert words in text(signed_in(draft).get(url(step, draft)))
    sent = DispenseFactory(in_progress=True)
    file = state(sent, status)
    owner = signed_in(sent)
    assert words in text(owner.get(reverse("demande_documents", args=[sent.number])))
    assert ("contient un virus" in text(owner.get("/demandes/"))) == (status == "infected")
    assert words in desk.get(desk_page(sent)).content.decode()
    assert words in text(owner.get(reverse("justificatif_apercu", args=[sent.number, file.pk])))


def test_a_portal_without_antivirus_says_so(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    assert "Antivirus désactivé" in text(signed_in(dispense).get(reverse("demande_documents", args=[dispense.number])))
    page = desk.get(desk_page(dispense)).content.decode()
    assert "Antivirus désactivé" in page
    assert "ouvrez ces fichiers sur un poste protégé" in page


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("pending", "Réessayez dans quelques minutes"),
        ("infected", "Ce document contient un virus"),
        ("failed", "n’a pas pu être analysé"),
    ],
)
def test_nothing_is_handed_over_without_a_clean_verdict(antivirus: None, desk: Client, status: str, words: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = add_pictures(state(dispense, status))
    owner = signed_in(dispense)
    address = reverse("justificatif", args=[dispense.number, file.pk])
    answer = owner.get(address, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("demande_documents", args=[dispense.number])
    assert words in text(answer)
    assert f'href="{address}"' not in text(answer)
    desk_address = reverse("admin:dispenses_dispense_justificatif", args=[dispense.number, file.pk])
    assert desk.get(desk_address).status_code == 302
    original = reverse("admin:dispenses_dispense_original", args=[dispense.number, file.pk])
    assert desk.post(original, {"raison": "Vérification"}).status_code == 302
    assert original not in desk.get(desk_page(dispense)).content.decode()
    assert f'href="{desk_address}"' not in desk.get(desk_page(dispense)).content.decode()
    assert owner.get(reverse("justificatif_page", args=[dispense.number, file.pk, 1])).status_code == 404
    assert desk.get(reverse("admin:dispenses_dispense_page", args=[dispense.number, file.pk, 1])).status_code == 404
    assert not Consultation.objects.exists()


def test_a_file_scanned_by_nobody_is_closed_once_there_is_an_antivirus(antivirus: None) -> None:
    dispense = DispenseFactory()
    file = state(dispense, "disabled")
    answer = signed_in(dispense).get(reverse("justificatif", args=[dispense.number, file.pk]))
    assert answer.status_code == 302


def test_pages_are_shown_to_their_owner_and_the_centre_alone(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = add_pictures(dispense.justificatifs.first(), pages=2)
    owner = signed_in(dispense)
    page = text(owner.get(reverse("justificatif_apercu", args=[dispense.number, file.pk])))
    for number in (1, 2):
        address = reverse("justificatif_page", args=[dispense.number, file.pk, number])
        assert f'src="{address}"' in page
        assert f'alt="Page {number} sur 2"' in page
        answer = owner.get(address)
        assert answer["Content-Type"] == "image/png"
        assert answer["Cache-Control"] == "no-store"
        assert answer.content.startswith(b"\x89PNG")
    stranger = Client()
    stranger.force_login(UserFactory())
    for number in (0, 1, 3, 10**12):
        assert stranger.get(reverse("justificatif_page", args=[dispense.number, file.pk, number])).status_code == 404
    assert owner.get(reverse("justificatif_page", args=[dispense.number, file.pk, 3])).status_code == 404
    address = reverse("admin:dispenses_dispense_page", args=[dispense.number, file.pk, 2])
    assert f'src="{address}"' in desk.get(desk_page(dispense)).content.decode()
    assert desk.get(address).content.startswith(b"\x89PNG")


def test_a_picture_that_is_gone_is_a_404() -> None:
    dispense = DispenseFactory()
    file = add_pictures(dispense.justificatifs.first())
    file.file.storage.delete(f"{file.file.name}-1.png")
    assert signed_in(dispense).get(reverse("justificatif_page", args=[dispense.number, file.pk, 1])).status_code == 404


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_a_missing_preview_says_what_to_do(status: str, desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = dispense.justificatifs.first()
    dispense.justificatifs.update(preview_status=status)
    page = text(signed_in(dispense).get(reverse("justificatif_apercu", args=[dispense.number, file.pk])))
    assert ("Rechargez cette page" if status == "pending" else "Téléchargez l’original pour vérifier") in page
    assert ("rechargez la page" if status == "pending" else "ce fichier ne prouve rien") in desk.get(
        desk_page(dispense)
    ).content.decode()


@pytest.mark.time_machine(datetime(2026, 3, 2, 10, 1, tzinfo=UTC), tick=False)
def test_each_reading_is_written_down(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = add_pictures(dispense.justificatifs.first(), pages=3)
    owner = signed_in(dispense)
    for number in (0, 1, 2, 3):  # a thumbnail is not a reading, and the pages of one document are one
        owner.get(reverse("justificatif_page", args=[dispense.number, file.pk, number]))
        desk.get(reverse("admin:dispenses_dispense_page", args=[dispense.number, file.pk, number]))
    place = [dispense.number, file.pk]
    b"".join(owner.get(reverse("justificatif", args=place)).streaming_content)
    original = reverse("admin:dispenses_dispense_original", args=place)
    b"".join(desk.post(original, {"raison": "Vérification"}).streaming_content)
    lines = Consultation.objects.order_by("pk").values_list("by_centre", "dispense_id", "document", "kind")
    expected = [(False, "pages"), (True, "pages"), (False, "original"), (True, "original")]
    assert list(lines) == [(centre, dispense.number, file.pk, kind) for centre, kind in expected]


def test_out_of_reach_bytes_are_said_to_their_owner() -> None:
    dispense = DispenseFactory()
    file = dispense.justificatifs.first()
    file.file.storage.delete(file.file.name)
    answer = signed_in(dispense).get(reverse("justificatif", args=[dispense.number, file.pk]), follow=True)
    assert "Réessayez dans quelques minutes" in text(answer)
    assert not Consultation.objects.exists()


def test_a_missing_object_is_flagged(desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    dispense.justificatifs.update(missing_since=timezone.now())
    assert "Fichier introuvable dans notre stockage" in desk.get(desk_page(dispense)).content.decode()


# A virus


def test_a_virus_in_a_draft_is_to_be_replaced(antivirus: None) -> None:
    draft = DispenseFactory()
    file = state(draft, "infected")
    owner = signed_in(draft)
    page = text(owner.get(url("justificatifs", draft)))
    assert "Retirez-le et joignez une autre copie" in page
    assert "contient un virus" in text(owner.get("/demandes/"))
    answer = owner.post(url("verification", draft), {"honour": "on"})
    assert "Retirez-le et joignez une autre copie" in text(answer)
    assert Dispense.objects.get(number=draft.number).status == "draft"
    owner.post(url("justificatifs", draft), {"retirer": file.pk})
    assert not Justificatif.objects.filter(pk=file.pk).exists()
    assert "contient un virus" not in text(owner.get("/demandes/"))


def test_a_virus_on_the_desk_comes_with_the_words_to_ask_again(antivirus: None, desk: Client) -> None:
    dispense = DispenseFactory(in_progress=True)
    file = state(dispense, "infected")
    page = desk.get(desk_page(dispense)).content.decode()
    assert (
        f"Le fichier «\xa0{file.name}\xa0» contient un virus et n’a pas pu être ouvert. Joignez-en une autre copie"
        in page
    )
    assert "Mis à l’écart (Eicar)" in page
    mailed = page.partition('name="request_complement-message"')[2].partition("</textarea>")[0]
    assert "Un fichier reçu contient un virus" in mailed
    assert file.name not in mailed


# Reading help


def test_advice_before_sending_never_prevents_it() -> None:
    draft = DispenseFactory()
    hints = {"readable": True, "name": False, "dates": [], "small": True, "blurred": True}
    draft.justificatifs.update(hints=hints)
    owner = signed_in(draft)
    page = text(owner.get(url("verification", draft)))
    for words in ("n’avons pas trouvé votre nom", "aucune date", "photo est petite", "paraît flou", "tel quel"):
        assert words in page
    owner.post(url("verification", draft), {"honour": "on"})
    assert Dispense.objects.get(number=draft.number).status == "in_progress"


@pytest.mark.parametrize(
    "hints",
    [
        {},
        {"readable": False},
        {"readable": True, "name": True, "dates": ["05/09/2018"]},
        {"small": False, "blurred": False},
    ],
)
def test_no_advice_without_a_doubt(hints: dict[str, Any]) -> None:
    draft = DispenseFactory()
    draft.justificatifs.update(hints=hints)
    assert "À vérifier, avant d’envoyer" not in text(signed_in(draft).get(url("verification", draft)))


@pytest.mark.parametrize(
    ("hints", "words"),
    [
        (
            {"readable": True, "name": True, "dates": ["05/09/2018"]},
            ["Nom du salarié trouvé", "dates lues\xa0: 05/09/2018"],
        ),
        ({"readable": True, "name": False, "dates": []}, ["Nom du salarié non trouvé", "aucune date lue"]),
        ({"readable": False, "small": True, "blurred": True}, ["Texte non lu", "photo petite", "peut-être floue"]),
    ],
)
def test_hints_for_the_reviewer(desk: Client, hints: dict[str, Any], words: list[str]) -> None:
    dispense = DispenseFactory(in_progress=True)
    dispense.justificatifs.update(hints=hints)
    page = desk.get(desk_page(dispense)).content.decode().replace("&nbsp;", "\xa0")
    page = page.replace("<strong>", "").replace("</strong>", "")
    for word in words:
        assert word in page


def test_the_same_file_in_another_request_is_flagged(desk: Client) -> None:
    one, other, draft = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True), DispenseFactory()
    for dispense, sha256 in ((one, "a"), (other, "a"), (draft, "a")):
        dispense.justificatifs.update(sha256="b" * 63 + str(dispense.number % 10))
        first = dispense.justificatifs.first()
        Justificatif.objects.filter(pk=first.pk).update(sha256=sha256 * 64)
    page = desk.get(desk_page(one)).content.decode()
    assert page.count("Le même fichier est joint à") == 1
    assert f"la demande N°{other.number}" in page
    assert f"la demande N°{draft.number}" not in page


def test_the_desk_reads_many_documents_in_as_many_queries(desk: Client, django_assert_max_num_queries: Any) -> None:
    dispense = DispenseFactory(in_progress=True)
    for number in range(6):
        add_pictures(add_file(dispense, "", f"{number}.pdf"), pages=3)
    dispense.justificatifs.update(sent_at=timezone.now())
    desk.get(desk_page(dispense))
    with django_assert_max_num_queries(26):
        desk.get(desk_page(dispense))


@pytest.mark.parametrize("who", ["desk", "owner"])
def test_a_head_reads_nothing(antivirus: None, desk: Client, who: str) -> None:
    sent = DispenseFactory(in_progress=True)
    file = add_pictures(state(sent, "clean"))
    client, place = (desk, "admin:dispenses_dispense_") if who == "desk" else (signed_in(sent), "")
    for address in (
        reverse(f"{place}justificatif", args=[sent.number, file.pk]),
        reverse(f"{place}page" if place else "justificatif_page", args=[sent.number, file.pk, 1]),
    ):
        answer = client.head(address)
        assert answer.status_code == 200
        assert "Location" not in answer
    assert not Consultation.objects.exists()


def test_the_centre_sees_an_unreadable_file_as_such(antivirus: None, desk: Client) -> None:
    sent = DispenseFactory(in_progress=True)
    state(sent, "clean", preview_status="failed", pages=7)
    page = text(desk.get(desk_page(sent)))
    assert "Illisible" in page
    assert "7\xa0pages" not in page
    assert "est abîmé et n’a pas pu être lu. Joignez-en une autre copie." in page


def turns(page: str) -> dict[str, str]:
    """What each document of the page is said to be since the complement, by the beginning of its tag."""
    return dict(re.findall(r'data-desk-document="([^"]+)"\s+data-desk-piece="[^"]*" data-desk-turn="([^"]*)"', page))


def rejected(dispense: Dispense, piece: str) -> None:
    """Its last complement asks for another document in the place of this one."""
    complement = dispense.complements.get()
    said = {"verdict": "rejected", "reason": "Illisible.", "by": complement.asked_by}
    PieceVerdict.objects.create(dispense=dispense, complement=complement, piece=piece, label=piece, **said)


def test_what_came_with_a_complement_stands_beside_what_it_replaces(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    assert set(turns(desk.get(desk_page(dispense)).content.decode()).values()) == {""}
    card = dispense.justificatifs.get(piece="carte_mutuelle")
    rejected(dispense, "carte_mutuelle")
    replacing = add_file(dispense, "carte_mutuelle", "carte_lisible.pdf")
    free = add_file(dispense, "", "lettre.pdf")
    sending.complete(dispense=dispense, user=dispense.employee.user)
    page = desk.get(desk_page(dispense)).content.decode()
    assert turns(page) == {
        "attestation_conjoint.pdf": "same",
        "carte_mutuelle.pdf": "former",
        "carte_lisible.pdf": "new",
        "lettre.pdf": "new",
    }
    beside = page.split(f'id="document-{replacing.pk}"')[1].split(">")[0]
    assert f'data-desk-former="document-{card.pk}"' in beside
    assert "data-desk-former" not in page.split(f'id="document-{free.pk}"')[1].split(">")[0]
    for words in ("Inchangé", "Remplacé", "Reçu avec le complément"):
        assert words in page, words


def test_a_document_that_nobody_rejected_is_not_said_to_be_replaced(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    rejected(dispense, "attestation_conjoint")
    add_file(dispense, "attestation_conjoint", "attestation_lisible.pdf")
    add_file(dispense, "carte_mutuelle", "carte_verso.pdf")
    sending.complete(dispense=dispense, user=dispense.employee.user)
    found = turns(desk.get(desk_page(dispense)).content.decode())
    assert found == {
        "attestation_conjoint.pdf": "former",
        "attestation_lisible.pdf": "new",
        "carte_mutuelle.pdf": "same",
        "carte_verso.pdf": "new",
    }


def test_pages_of_one_sending_never_stand_among_those_of_another(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    dispense.justificatifs.filter(piece="carte_mutuelle").update(rank=2)
    add_file(dispense, "carte_mutuelle", "carte_verso.pdf")
    names = ["carte_mutuelle.pdf", "carte_verso.pdf"]
    assert [file.name for file in dispense.justificatifs.filter(piece="carte_mutuelle")] == names
    assert [file.name for file in upload.files_of(dispense) if file.piece == "carte_mutuelle"] == names


def test_the_same_file_sent_again_is_told(desk: Client) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    again = add_file(dispense, "carte_mutuelle", "carte_encore.pdf")
    Justificatif.objects.filter(pk=again.pk).update(sha256=dispense.justificatifs.get(name="carte_mutuelle.pdf").sha256)
    sending.complete(dispense=dispense, user=dispense.employee.user)
    assert "c’est le même fichier" in text(desk.get(desk_page(dispense)))
