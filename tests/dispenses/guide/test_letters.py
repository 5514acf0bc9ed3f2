"""The letter that asks for an attestation: each document that somebody else has to write, in PDF and in text."""

import io

import pikepdf
import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from dispenses.law.catalogue import CATALOGUE
from dispenses.request.letters import BLANK, LETTERS, Sender, contents, letter_pdf, letter_text
from tests.factories import DispenseFactory, EmployeeFactory
from tests.pages import page_of

pytestmark = pytest.mark.django_db


def words(pdf: bytes) -> str:
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def read(client: Client, address: str) -> str:
    """The text of a letter, its lines made one."""
    return " ".join(client.get(address).content.decode().split())


def test_a_letter_is_for_a_document_of_the_catalogue() -> None:
    assert set(LETTERS) <= {piece.code for entry in CATALOGUE for piece in entry.pieces}
    assert {"attestation_conjoint", "attestation_parent"} <= set(LETTERS)


@pytest.mark.parametrize("piece", sorted(LETTERS))
def test_it_asks_what_the_law_wants_under_the_article_of_its_motif(piece: str) -> None:
    text = " ".join(
        letter_text(LETTERS[piece], Sender("Virginie Durand", "Ateliers du Levant", "23 novembre 2026")).split()
    )
    assert "collective et obligatoire" in text
    assert text.count("Virginie Durand") == 2
    assert "mon employeur, Ateliers du Levant," in text
    bases = {entry.legal_basis for entry in CATALOGUE for asked in entry.pieces if asked.code == piece}
    assert any(basis.endswith(LETTERS[piece].basis) for basis in bases)


def test_text_and_pdf_say_the_same_on_one_page() -> None:
    letter, sender = LETTERS["attestation_parent"], Sender("Zoé Łukasz", "Comptoir «\xa0Nord\xa0»", "1er mai 2026")
    pdf = letter_pdf(letter, sender)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
        assert opened.Root.MarkInfo.Marked
    said = contents(letter, sender)
    for text in (*said["paragraphs"], *said["closing"]):
        assert "".join(text.split()) in "".join(words(pdf).split())
    assert all(len(line) <= 76 for line in letter_text(letter, sender).splitlines())


def test_in_public_it_has_blanks(client: Client) -> None:
    text = client.get(reverse("lettre_texte", args=["attestation_conjoint"]))
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text["Content-Disposition"] == 'attachment; filename="lettre-attestation-conjoint.txt"'
    assert BLANK in text.content.decode()
    made = client.get(reverse("lettre_pdf", args=["attestation_conjoint"]))
    assert made["Content-Type"] == "application/pdf"
    assert made.content.startswith(b"%PDF")


def test_signed_in_it_has_the_name_and_the_employer_that_is_meant(client: Client) -> None:
    first = EmployeeFactory(activated=True, employer__name="Ateliers du Levant")
    second = EmployeeFactory(activated=True, user=first.user, employer__name="Comptoir du Nord")
    client.force_login(first.user)
    address = reverse("lettre_texte", args=["attestation_parent"])
    for asked, employee in (("", first), (f"?salarie={second.pk}", second), ("?salarie=zzz", first)):
        text = read(client, address + asked)
        assert employee.full_name in text
        assert employee.employer.name in text


def test_somebody_elses_employment_is_never_written(client: Client) -> None:
    other = EmployeeFactory(activated=True, employer__name="Comptoir du Nord")
    client.force_login(EmployeeFactory(activated=True).user)
    for kind in ("lettre_texte", "lettre_pdf"):
        answer = client.get(f"{reverse(kind, args=['attestation_parent'])}?salarie={other.pk}")
        assert b"Comptoir du Nord" not in answer.content


@pytest.mark.parametrize("piece", ["carte_mutuelle", "zzz", "-"])
def test_no_letter_for_another_document(client: Client, piece: str) -> None:
    assert client.get(reverse("lettre_pdf", args=[piece])).status_code == 404


def test_drawing_it_for_strangers_costs_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    address = reverse("lettre_pdf", args=["attestation_employeur"])
    first = client.get(address).content
    monkeypatch.setattr("dispenses.guide.letters.letter_pdf", lambda *_: pytest.fail("drawn again"))
    assert client.get(address).content == first


def test_the_wizard_leads_to_the_letter_of_its_document_for_its_employment(client: Client) -> None:
    first = EmployeeFactory(activated=True)
    second = EmployeeFactory(activated=True, user=first.user, employer__name="Comptoir du Nord")
    draft = DispenseFactory(employee=second)  # of a spouse
    client.force_login(first.user)
    page = page_of(client.get(reverse("demande_justificatifs", args=[draft.number])))
    address = reverse("lettre_texte", args=["attestation_conjoint"])
    assert f'href="{address}?demande={draft.number}"' in page
    assert page.count("Lettre pour le demander") == 1  # the card needs none
    assert "Comptoir du Nord" in read(client, f"{address}?demande={draft.number}")
    client.force_login(EmployeeFactory(activated=True).user)
    assert "Comptoir du Nord" not in read(client, f"{address}?demande={draft.number}")
