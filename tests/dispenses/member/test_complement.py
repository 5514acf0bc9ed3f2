"""« Compléter ma demande »: the verdict in each document's slot, what must come again, what cannot be given."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispenses.enums import Judged, ScanStatus
from dispenses.exceptions import DispenseIncomplete, TransitionRefused
from dispenses.models import Dispense, Motif
from dispenses.request import drafts, history, sending
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.verdicts import Judgement
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from portal.lib.typography import long_day
from tests.dispenses.member.test_life import read
from tests.dispenses.member.test_wizard import signed_in, url
from tests.factories import TYPED, DispenseFactory, StaffFactory, answers_to
from tests.files import pdf_bytes

pytestmark = pytest.mark.django_db
ATTESTATION, CARD = "attestation_conjoint", "carte_mutuelle"
SEND = {**TYPED, "honour": "on", "envoyer": "1"}
LATER = {"plus_tard": "1"}
WHY = "Mon conjoint n’a plus de carte."


def judged() -> Dispense:
    """A complement: the attestation is accepted, the card is to be replaced."""
    dispense = DispenseFactory(in_progress=True)
    judgements = (
        Judgement(ATTESTATION, "Attestation", Judged.ACCEPTED.value),
        Judgement(CARD, "Carte", Judged.REJECTED.value, "La photo est floue."),
    )
    content = ComplementContent(message="Un document ne se lit pas.", judgements=judgements)
    decide(content, dispense=dispense, user=StaffFactory())
    dispense.refresh_from_db()
    return dispense


def send(client: Client, dispense: Dispense, **more: object) -> str:
    return read(client.post(url("completer", dispense), {**SEND, **more}, follow=True))


def test_the_verdict_stands_in_the_slot_and_what_is_accepted_is_folded() -> None:
    dispense = judged()
    page = read(signed_in(dispense).get(url("completer", dispense)))
    slot = page[page.index(f'id="piece-{CARD}"') : page.index('id="piece-autre"')]
    assert 'id="a-fournir"' in slot
    assert "À remplacer" in slot
    assert "La photo est floue." in slot
    assert f'name="fichier_{CARD}"' in slot
    accepted = page[page.index(f'<details class="ea-q" id="piece-{ATTESTATION}"') : page.index(f'id="piece-{CARD}"')]
    assert "accepté, rien à refaire" in accepted
    assert f'name="fichier_{ATTESTATION}"' not in page
    assert page.count('id="a-fournir"') == 1


def test_what_is_to_be_replaced_is_not_sent_without_a_new_file() -> None:
    dispense = judged()
    client = signed_in(dispense)
    page = send(client, dispense)
    assert "Joignez un nouveau fichier, ou dites pourquoi vous ne pouvez pas fournir ce document" in page
    assert f'href="#fichier-{CARD}"' in page
    dispense.refresh_from_db()
    assert dispense.status == Status.AWAITING_COMPLEMENT
    with pytest.raises(DispenseIncomplete):
        sending.complete(dispense=dispense, user=dispense.employee.user)
    photo = SimpleUploadedFile("carte.pdf", pdf_bytes(pages=2), "application/pdf")
    assert "Votre complément est envoyé" in send(client, dispense, fichier_carte_mutuelle=photo)
    dispense.refresh_from_db()
    assert dispense.status == Status.IN_PROGRESS


def test_a_document_that_cannot_be_given_is_sent_with_its_reason() -> None:
    dispense = judged()
    client = signed_in(dispense)
    client.post(url("completer", dispense), {"impossible_carte_mutuelle": WHY, "plus_tard": "1"})
    page = read(client.get(url("completer", dispense)))
    assert f">{WHY}</textarea>" in page
    assert "Votre complément est envoyé" in send(client, dispense, impossible_carte_mutuelle=WHY)
    dispense.refresh_from_db()
    assert dispense.status == Status.IN_PROGRESS
    event = dispense.events.get(transition="complete")
    assert WHY in event.comment
    signed = dispense.declarations.order_by("rank").last()
    assert signed is not None
    assert any("ne peux pas fournir" in label and why == WHY for label, why in signed.answers)
    staff = Client()
    staff.force_login(StaffFactory())
    assert WHY in read(staff.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])))


def test_a_reason_taken_back_is_asked_for_again_and_a_file_speaks_for_it() -> None:
    dispense = judged()
    client = signed_in(dispense)
    client.post(url("completer", dispense), {"impossible_carte_mutuelle": WHY, "plus_tard": "1"})
    assert "Joignez un nouveau fichier" in send(client, dispense, impossible_carte_mutuelle=" ")
    client.post(url("completer", dispense), {"impossible_carte_mutuelle": WHY, "plus_tard": "1"})
    photo = SimpleUploadedFile("carte.pdf", pdf_bytes(pages=2), "application/pdf")
    send(client, dispense, fichier_carte_mutuelle=photo, impossible_carte_mutuelle=WHY)
    assert dispense.events.get(transition="complete").comment == ""


def card() -> SimpleUploadedFile:
    return SimpleUploadedFile("carte.pdf", pdf_bytes(pages=2), "application/pdf")


def test_what_was_accepted_without_a_file_prevents_no_sending() -> None:
    """As after a « je ne peux pas fournir » that the centre agreed to."""
    dispense = judged()
    dispense.justificatifs.filter(piece=ATTESTATION).delete()
    client = signed_in(dispense)
    page = read(client.get(url("completer", dispense)))
    assert f'<details class="ea-q" id="piece-{ATTESTATION}"' in page
    assert f'name="impossible_{ATTESTATION}"' not in page
    assert "Votre complément est envoyé" in send(client, dispense, fichier_carte_mutuelle=card())


def test_what_was_accepted_is_awaited_with_its_input_once_a_virus_is_found_in_it() -> None:
    dispense = judged()
    infected = {"scan_status": ScanStatus.INFECTED, "scanned_at": timezone.now(), "scan_detail": "Eicar"}
    dispense.justificatifs.filter(piece=ATTESTATION).update(**infected)
    client = signed_in(dispense)
    page = read(client.get(url("completer", dispense)))
    slot = page[page.index(f'id="piece-{ATTESTATION}"') : page.index(f'id="piece-{CARD}"')]
    assert "accepté, rien à refaire" not in slot
    assert 'id="a-fournir"' in slot
    assert f'name="fichier_{ATTESTATION}"' in slot
    page = send(client, dispense, fichier_carte_mutuelle=card())
    assert "Le fichier joint contient un virus. Joignez une autre copie" in page
    other = SimpleUploadedFile("attestation.pdf", pdf_bytes(pages=3), "application/pdf")
    assert "Votre complément est envoyé" in send(client, dispense, fichier_attestation_conjoint=other)


def test_an_accepted_or_unknown_document_is_not_declined() -> None:
    dispense = judged()
    client = signed_in(dispense)
    client.post(url("completer", dispense), {"impossible_autre": "x", "impossible_secret": "x", "plus_tard": "1"})
    assert dispense.complements.get().unavailable == {}


def test_a_draft_never_says_that_a_document_cannot_be_given() -> None:
    dispense = DispenseFactory()
    assert "impossible_" not in read(signed_in(dispense).get(url("justificatifs", dispense)))
    drafts.save_answers(dispense=dispense, answers={}, unavailable={CARD: WHY})
    assert not dispense.complements.exists()


def test_the_mail_leads_to_the_slot_and_names_no_document() -> None:
    dispense = judged()
    mail = OutgoingEmail.objects.get(kind="complement_requested")
    assert f"/demandes/{dispense.number}/completer/#a-fournir" in mail.text_body
    assert CARD not in mail.text_body


def corrected(*corrections: str) -> Dispense:
    dispense = DispenseFactory(in_progress=True)
    decide(ComplementContent(message="À corriger.", corrections=corrections), dispense=dispense, user=StaffFactory())
    dispense.refresh_from_db()
    return dispense


SITUATION = {"matricule": "M-777", "hired_on_0": "1", "hired_on_1": "3", "hired_on_2": "2024"}


def test_matricule_and_hire_date_are_corrected_when_the_centre_asks() -> None:
    dispense = corrected("identity")
    client = signed_in(dispense)
    assert f'name="matricule" value="{dispense.matricule}"' in read(client.get(url("completer", dispense)))
    client.post(url("completer", dispense), {**TYPED, **SITUATION, **LATER})
    dispense.refresh_from_db()
    assert dispense.matricule != "M-777"
    assert 'value="M-777"' in read(client.get(url("completer", dispense)))
    wrong = send(client, dispense, **{**SITUATION, "hired_on_0": "31", "hired_on_1": "2"})
    assert "Cette date n’existe pas" in wrong
    assert "Votre complément est envoyé" in send(client, dispense, **SITUATION)
    dispense.refresh_from_db()
    assert (dispense.matricule, str(dispense.hired_on)) == ("M-777", "2024-03-01")
    signed = dispense.declarations.order_by("rank").last()
    assert signed is not None
    assert ["Matricule", "M-777"] in signed.answers


def test_a_correction_leaves_its_line_in_the_sealed_history() -> None:
    dispense = corrected("identity", "motif")
    former = (dispense.matricule, dispense.hired_on, dispense.motif)
    client = signed_in(dispense)
    drafts.correct(dispense=dispense, motif=Motif.objects.get(code="multi_employeur"))
    motif = Motif.objects.get(code="multi_employeur")
    files = {
        f"fichier_{piece.code}": SimpleUploadedFile(f"{piece.code}.pdf", pdf_bytes(pages=3), "application/pdf")
        for piece in motif.required_justificatifs.all()
    }
    send(client, dispense, **SITUATION, **typed(answers_to("multi_employeur")), **files)
    event = dispense.events.get(transition="complete")
    assert former[1]
    assert former[2]
    assert event.comment.splitlines() == [
        f"Matricule\xa0: M-777 (auparavant\xa0: {former[0]})",
        f"Date d’embauche\xa0: {long_day(date(2024, 3, 1))} (auparavant\xa0: {long_day(former[1])})",
        f"Motif\xa0: {motif.full_label} (auparavant\xa0: {former[2].full_label})",
    ]
    assert not list(history.verify([dispense.number]))
    unchanged = corrected("identity")
    hired_on = unchanged.hired_on
    assert hired_on
    day = {f"hired_on_{rank}": part for rank, part in enumerate((hired_on.day, hired_on.month, hired_on.year))}
    send(signed_in(unchanged), unchanged, matricule=unchanged.matricule, **day)
    assert unchanged.events.get(transition="complete").comment == ""


def test_nothing_is_corrected_unasked() -> None:
    dispense = corrected()
    client = signed_in(dispense)
    page = read(client.get(url("completer", dispense)))
    assert 'name="matricule"' not in page
    assert "Changer de motif" not in page
    send(client, dispense, **SITUATION)
    dispense.refresh_from_db()
    assert dispense.matricule != "M-777"
    other = corrected("identity")
    assert signed_in(other).get(url("completer_motif", other)).url == url("completer", other)
    with pytest.raises(TransitionRefused):
        drafts.correct(dispense=other, motif=Motif.objects.get(code="multi_employeur"))


def test_the_motif_is_corrected_with_its_questions_and_its_documents() -> None:
    dispense = corrected("motif")
    client = signed_in(dispense)
    asked = client.post(url("completer", dispense), {**TYPED, "changer_motif": "1"})
    assert asked.url == url("completer_motif", dispense)
    assert "Changer de motif" in read(client.get(asked.url))
    chosen = client.post(asked.url, {"famille": "couvert", "motif": "multi_employeur"})
    assert chosen.url == url("completer", dispense)
    page = read(client.get(chosen.url))
    motif = Motif.objects.get(code="multi_employeur")
    assert motif.label in page
    dispense.refresh_from_db()
    assert dispense.motif.code == "conjoint"
    lacking = send(client, dispense)
    assert "Joignez le document demandé" in lacking
    answers = answers_to("multi_employeur")
    files = {
        f"fichier_{piece.code}": SimpleUploadedFile(f"{piece.code}.pdf", pdf_bytes(pages=3), "application/pdf")
        for piece in motif.required_justificatifs.all()
    }
    assert "Votre complément est envoyé" in send(client, dispense, **typed(answers), **files)
    dispense.refresh_from_db()
    assert dispense.motif == motif
    assert dispense.queue_entry.motif_code == "multi_employeur"
    signed = dispense.declarations.order_by("rank").last()
    assert signed is not None
    assert signed.motif_label == motif.label


def typed(answers: dict[str, str]) -> dict[str, str]:
    """Answers as the page posts them: a date in three parts."""
    found: dict[str, str] = {}
    for key, value in answers.items():
        parts = value.split("/")
        found |= {f"{key}_{index}": part for index, part in enumerate(parts)} if len(parts) == 3 else {key: value}
    return found


def test_the_desk_opens_corrections() -> None:
    dispense = DispenseFactory(in_progress=True)
    staff = Client()
    staff.force_login(StaffFactory())
    address = reverse("admin:dispenses_dispense_decision", args=[dispense.number, "request_complement"])
    data = {
        "request_complement-seen": dispense.status_at.isoformat(),
        "request_complement-message": "Votre matricule est faux.",
        "request_complement-corrections": ["identity", "motif"],
    }
    staff.post(address, data)
    assert dispense.complements.get().corrections == ["identity", "motif"]
    content = ComplementContent.read({"message": "x", "corrections": ["identity", "motif"]})
    assert content.stored()["corrections"] == ["identity", "motif"]
    assert ("Le salarié peut corriger", "Son matricule et sa date d’embauche, Son motif") in content.words()
