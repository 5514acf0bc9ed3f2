"""What the employee reads and says of a dispense granted: first page, « Suivi de mes demandes », three doors."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Employer
from dispenses.enums import EndCause, YearlyPolicy
from dispenses.life import changing, confirming
from dispenses.models import Dispense, Motif
from dispenses.request import drafts
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.ending import ending
from tests.factories import ActeFactory, DispenseFactory, UserFactory
from tests.files import pdf_bytes

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
BEGAN = date(2025, 12, 1)
SOON, FAR = TODAY + timedelta(days=40), TODAY + timedelta(days=400)
SUIVI = "/demandes/"


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    with time_machine.travel("2026-11-30 10:00 +0100", tick=False):
        yield


def granted(**fields: object) -> Dispense:
    dispense = DispenseFactory(accepted=True)
    return changed(dispense, **{"effective_on": BEGAN, "confirm_by": FAR} | fields)


def changed(dispense: Dispense, **fields: Any) -> Dispense:
    said = {name: fields.pop(name) for name in ("ends_on", "end_cause") if name in fields}
    if said:
        present = {"ends_on": dispense.ends_on, "end_cause": dispense.end_cause or EndCause.RULE} | said
        fields |= ending(present["ends_on"], present["end_cause"])
    Dispense.objects.filter(pk=dispense.pk).update(**fields)
    dispense.refresh_from_db()
    return dispense


def read(answer: HttpResponse) -> str:
    """The page, its no-break spaces as plain ones."""
    return text(answer).replace("\xa0", " ")


def parts(day: date) -> dict[str, str]:
    return {f"last_day_{index}": str(part) for index, part in enumerate((day.day, day.month, day.year))}


STATES: dict[str, tuple[dict[str, object], str, str]] = {
    "in force": ({}, "Vous êtes dispensé d’adhésion depuis le 1er décembre 2025.", "demande_changement"),
    "until": (
        {"ends_on": FAR},
        "Vous êtes dispensé d’adhésion depuis le 1er décembre 2025, jusqu’au 4 janvier 2028 compris.",
        "demande_changement",
    ),
    "later": (
        {"effective_on": SOON},
        "Vous serez dispensé d’adhésion à partir du 9 janvier 2027.",
        "demande_changement",
    ),
    "to confirm": (
        {"confirm_by": SOON},
        "Votre dispense est à confirmer au plus tard le 9 janvier 2027.",
        "demande_confirmer",
    ),
    "to renew": (
        {"confirm_by": TODAY - timedelta(days=9), "unconfirmed_since": TODAY - timedelta(days=8)},
        "Preuve à renouveler depuis le 22 novembre 2026.",
        "demande_confirmer",
    ),
    "ending": ({"ends_on": SOON}, "Votre dispense prend fin le 9 janvier 2027, ce jour compris.", "demande_fin"),
    "announced": (
        {"ends_on": FAR, "end_cause": EndCause.SITUATION},
        "Votre dispense prend fin le 4 janvier 2028, ce jour compris.",
        "demande_fin",
    ),
    "last day": (
        {"ends_on": TODAY},
        "Votre dispense prend fin le 30 novembre 2026, ce jour compris.",
        "demande_fin",
    ),
    "over": (
        {"ends_on": TODAY - timedelta(days=1)},
        "Votre dispense a pris fin le 29 novembre 2026.",
        "demande_fin",
    ),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", ["/", SUIVI])
def test_each_state_has_its_sentence_and_its_first_action(state: str, page: str) -> None:
    fields, words, action = STATES[state]
    dispense = granted(**fields)
    shown = read(signed_in(dispense).get(page))
    assert words in shown
    assert f'href="{reverse(action, args=[dispense.number])}"' in shown
    for other, (_, sentence, _) in STATES.items():
        said_with_it = state in {"to confirm", "to renew"} and other == "in force"
        if other != state and not said_with_it and sentence not in words:
            assert sentence not in shown, other


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["confirmer", "confirmee", "changement", "adhesion", "fin"])
def test_every_page_answers_in_every_state(state: str, name: str) -> None:
    dispense = granted(**STATES[state][0])
    answer = signed_in(dispense).get(url(name, dispense), follow=True)
    assert answer.status_code == 200
    if state == "over" and name in {"confirmer", "changement", "adhesion"}:
        assert answer.request["PATH_INFO"] == url("fin", dispense)
        assert "pris fin le 29 novembre 2026" in read(answer)


@pytest.mark.parametrize("stage", [status for status in Status if status is not Status.ACCEPTED])
@pytest.mark.parametrize("name", ["confirmer", "confirmee", "changement", "adhesion", "fin"])
def test_every_page_answers_for_every_other_status(stage: Status, name: str) -> None:
    dispense = DispenseFactory(stage=stage)
    client = signed_in(dispense)
    before = list(Dispense.objects.values())
    assert client.get(url(name, dispense), follow=True).status_code == 200
    if name in {"confirmer", "changement", "adhesion"}:
        client.post(url(name, dispense), {"honour": "on", "envoyer": "1", "change": "autre", **parts(TODAY)})
    assert list(Dispense.objects.values()) == before


def test_what_the_day_changes_is_never_kept() -> None:
    dispense = granted(confirm_by=TODAY + timedelta(days=61), ends_on=FAR)
    client = signed_in(dispense)
    assert "Confirmer ma situation" not in read(client.get(SUIVI))
    with time_machine.travel("2026-12-01 10:00 +0100", tick=False):
        assert "Confirmer ma situation" in read(signed_in(dispense).get(SUIVI))
    changed(dispense, unconfirmed_since=TODAY)
    assert "Preuve à renouveler" in read(client.get(SUIVI))
    changed(dispense, unconfirmed_since=None, end_cause=EndCause.GIVEN_UP)
    assert "prend fin le" in read(client.get(SUIVI))


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Status.DRAFT, "Votre nouvelle demande est commencée"),
        (Status.IN_PROGRESS, "est en cours d’examen"),
        (Status.AWAITING_COMPLEMENT, "Compléter ma demande de dispense"),
    ],
)
def test_a_new_request_is_said_beside_the_dispense(stage: Status, words: str) -> None:
    dispense = granted()
    DispenseFactory(employee=dispense.employee, stage=stage)
    page = read(signed_in(dispense).get("/"))
    assert "Vous êtes dispensé d’adhésion depuis le" in page
    assert "Nouvelle demande" in page
    assert words in page


def test_two_dispenses_do_not_contradict_each_other() -> None:
    former = granted()
    later = changed(DispenseFactory(employee=former.employee, stage=Status.IN_PROGRESS))
    eve = TODAY + timedelta(days=9)
    changed(former, superseded_by=later, ends_on=eve, end_cause=EndCause.REPLACED)
    owner = UserFactory(is_staff=True)
    changed(
        later,
        status=Status.ACCEPTED,
        decided_at=later.submitted_at,
        decided_by=owner,
        effective_on=eve + timedelta(days=1),
    )
    client = signed_in(former)
    home, follow_up = read(client.get("/")), read(client.get(SUIVI))
    assert f"La dispense N°{later.number} prend le relais le 10 décembre 2026." in home
    assert "Vous serez dispensé" not in home
    assert "adhérer à partir du" not in home
    assert "Vous serez dispensé d’adhésion à partir du 10 décembre 2026." in follow_up


def test_confirming_from_the_page() -> None:
    dispense = granted(confirm_by=TODAY)
    client = signed_in(dispense)
    page = read(client.get(url("confirmer", dispense)))
    assert "Mutuelle du Lac" in page
    assert "Je confirme, le 30 novembre 2026" in page
    assert 'type="file"' not in page
    assert f'href="{url("changement", dispense)}"' in page
    unchecked = read(client.post(url("confirmer", dispense), {}))
    assert "Cochez la case pour confirmer que rien n’a changé" in unchecked
    assert client.post(url("confirmer", dispense), {"honour": "on"}).url == url("confirmee", dispense)
    again = client.post(url("confirmer", dispense), {"honour": "on"})  # the second click of a double one
    assert again.url == url("confirmee", dispense)
    done = read(client.get(url("confirmee", dispense)))
    assert "30 novembre 2027" in done
    assert dispense.declarations.count() == 2
    assert "Dernière confirmation (PDF)" in read(client.get(SUIVI))
    receipt = client.get(url("confirmation", dispense))
    assert receipt["Content-Type"] == "application/pdf"
    early = client.get(url("confirmer", dispense), follow=True)
    assert "Votre confirmation est enregistrée depuis le 30 novembre 2026." in read(early)


def test_a_new_document_asked_by_law_is_said_before_the_page_that_asks_it() -> None:
    dispense = granted(confirm_by=SOON, motif=Motif.objects.get(code="acte_f_couverture_collective"))
    client = signed_in(dispense)
    home = read(client.get("/"))
    assert "Un nouveau document est à joindre : la loi le demande chaque année." in home
    assert "Une minute suffit" not in home
    assert "joignez un nouveau document, cochez la case" in read(client.get(url("confirmer", dispense)))


def test_what_a_dispense_is_stands_before_a_change_of_it() -> None:
    dispense = granted(confirm_by=SOON)
    page = read(signed_in(dispense).get(url("changement", dispense)))
    assert "Vous êtes dispensé d’adhésion depuis le 1er décembre 2025." in page
    assert "à confirmer au plus tard" not in page


def test_too_early_says_from_when() -> None:
    dispense = granted(confirm_by=TODAY + timedelta(days=61))
    page = read(signed_in(dispense).get(url("confirmer", dispense), follow=True))
    assert "Vous pourrez confirmer votre situation à partir du 1er décembre 2026." in page


def test_no_receipt_before_the_first_confirmation() -> None:
    dispense = granted()
    assert signed_in(dispense).get(url("confirmation", dispense)).status_code == 404


def test_a_new_document_is_joined_kept_and_sent_with_the_confirmation() -> None:
    dispense = granted(confirm_by=TODAY)
    ActeFactory(
        employer=dispense.employee.employer,
        yearly_policies=[f"{dispense.motif.code}:{YearlyPolicy.DOCUMENT.value}"],
    )
    codes = [piece.code for piece in dispense.motif.required_justificatifs.all()]
    client = signed_in(dispense)
    lacking = read(client.post(url("confirmer", dispense), {"honour": "on"}))
    assert lacking.count("Joignez le document demandé") == 2 * len(codes)  # at the top, and at its place
    assert "Déjà envoyé" not in lacking
    file = SimpleUploadedFile("neuf.pdf", pdf_bytes(), content_type="application/pdf")
    client.post(url("confirmer", dispense), {"joindre": codes[0], f"fichier_{codes[0]}": file})
    assert "neuf.pdf" in read(client.get(url("confirmer", dispense)))
    other = SimpleUploadedFile("aussi.pdf", pdf_bytes(), content_type="application/pdf")
    fetched = client.post(
        reverse("justificatif_ajouter", args=[dispense.number]),
        {f"fichier_{codes[1]}": other},
        headers={"X-Requested-With": "fetch"},
    )
    assert "Votre confirmation n’est pas encore envoyée." in read(fetched)
    assert client.post(url("confirmer", dispense), {"honour": "on"}).url == url("confirmee", dispense)
    assert set(dispense.events.first().files) == {"neuf.pdf", "aussi.pdf"}


def test_a_change_says_what_follows_before_anything_is_sent() -> None:
    dispense = granted()
    client = signed_in(dispense)
    empty = read(client.post(url("changement", dispense), {}))
    assert "Sélectionnez ce qui change" in empty
    assert "Indiquez" in empty
    typed = {"change": "fin_couverture", "comment": "Licenciement.", **parts(SOON)}
    follows = read(client.post(url("changement", dispense), typed))
    assert "Rien n’est encore envoyé" in follows
    assert "10 janvier 2027" in follows
    assert "aucun jour ne reste sans couverture" in follows
    assert not dispense.events.filter(transition="announce_end").exists()
    back = read(client.post(url("changement", dispense), typed | {"modifier": "1"}))
    assert "Licenciement." in back
    assert client.post(url("changement", dispense), typed | {"envoyer": "1"}).url == url("fin", dispense)
    dispense.refresh_from_db()
    assert (dispense.ends_on, dispense.end_cause) == (SOON, EndCause.SITUATION)
    assert "Licenciement." in dispense.events.first().comment
    end = read(client.get(url("fin", dispense)))
    assert "Votre dispense prend fin le 9 janvier 2027" in end
    assert dispense.employee.employer.enrolment_url in end
    assert "Vous avez déjà indiqué une fin" in read(client.get(url("changement", dispense)))
    client.post(url("changement", dispense), typed | {"envoyer": "1"})
    assert dispense.events.filter(transition="announce_end").count() == 1


@pytest.mark.parametrize(
    ("day", "words"),
    [(BEGAN - timedelta(days=1), "Votre dispense commence le"), (FAR + timedelta(days=1), "finit d’elle-même le")],
)
def test_a_day_out_of_bounds_is_said_at_its_field(day: date, words: str) -> None:
    dispense = granted(ends_on=FAR)
    page = read(signed_in(dispense).post(url("adhesion", dispense), {**parts(day), "envoyer": "1"}))
    assert words in page
    assert page.startswith("<!doctype html>")
    assert "<title>Erreur" in page.replace("\n", "") or "Erreur :" in page
    assert not dispense.events.filter(transition="announce_end").exists()


def test_a_past_day_ends_it_and_the_page_says_so() -> None:
    dispense = granted()
    client = signed_in(dispense)
    past = {"change": "autre", **parts(TODAY - timedelta(days=30))}
    assert "finit dès l’envoi" in read(client.post(url("changement", dispense), past))
    client.post(url("changement", dispense), past | {"envoyer": "1"})
    dispense.refresh_from_db()
    assert dispense.status == Status.ENDED
    assert "Votre dispense a pris fin le 31 octobre 2026" in read(client.get(url("fin", dispense)))
    again = client.post(url("changement", dispense), past | {"envoyer": "1"}, follow=True)
    assert "Votre dispense a déjà pris fin le 31 octobre 2026." in read(again)
    assert "Demander une dispense" in read(client.get("/"))


def test_once_it_is_over_the_first_page_offers_the_request_that_was_abandoned() -> None:
    dispense = granted()
    client = signed_in(dispense)
    past = {"change": "autre", "envoyer": "1", **parts(TODAY - timedelta(days=30))}
    client.post(url("changement", dispense), past)
    drafts.abandon_draft(dispense=DispenseFactory(employee=dispense.employee))
    page = read(client.get("/"))
    assert "Demander une dispense" not in page
    assert page.index("Reprendre la demande abandonnée") < page.index("L’effacer et en commencer une autre")


def test_the_page_of_an_end_says_what_becomes_of_the_request_that_was_abandoned() -> None:
    dispense = granted()
    client = signed_in(dispense)
    client.post(url("changement", dispense), {"change": "autre", "envoyer": "1", **parts(SOON)})
    assert "Demander une nouvelle dispense" in " ".join(read(client.get(url("fin", dispense))).split())
    draft = drafts.abandon_draft(dispense=DispenseFactory(employee=dispense.employee))
    page = read(client.get(url("fin", dispense)))
    assert f"Vous avez abandonné la demande N°{draft.number}" in page
    assert "Si vous en commencez une autre, elle est effacée aussitôt." in page
    assert page.index("Reprendre la demande abandonnée") < page.index("L’effacer et en commencer une autre")


def test_another_cover_opens_a_linked_draft() -> None:
    dispense = granted(matricule="L-777")
    client = signed_in(dispense)
    answer = client.post(url("changement", dispense), {"change": "autre_couverture", "envoyer": "1", **parts(SOON)})
    draft = Dispense.objects.get(status=Status.DRAFT.value)
    assert answer.url == url("situation", draft)
    assert (draft.follows, draft.matricule, draft.hired_on) == (dispense, "L-777", dispense.hired_on)
    assert "Votre changement est enregistré" in read(client.get(answer.url))


def test_another_cover_takes_up_the_request_that_was_abandoned() -> None:
    dispense = granted()
    draft = drafts.abandon_draft(dispense=DispenseFactory(employee=dispense.employee))
    client = signed_in(dispense)
    typed = {"change": "autre_couverture", "envoyer": "1", **parts(SOON)}
    page = read(client.post(url("changement", dispense), typed, follow=True))
    assert "La demande que vous aviez abandonnée est de nouveau là" in page
    draft.refresh_from_db()
    assert (draft.abandoned_at, draft.follows, draft.justificatifs.count()) == (None, dispense, 2)


def test_another_cover_while_a_request_is_examined_keeps_the_change() -> None:
    dispense = granted()
    other = DispenseFactory(employee=dispense.employee, in_progress=True)
    client = signed_in(dispense)
    typed = {"change": "autre_couverture", "envoyer": "1", **parts(SOON)}
    page = read(client.post(url("changement", dispense), typed, follow=True))
    assert f"Votre demande N°{other.number} est déjà en cours" in page
    dispense.refresh_from_db()
    assert dispense.ends_on == SOON


def test_documents_go_with_the_change() -> None:
    dispense = granted()
    client = signed_in(dispense)
    wrong = SimpleUploadedFile("note.txt", b"bonjour")
    typed = {"change": "fin_couverture", **parts(SOON)}
    assert "note.txt" in read(client.post(url("changement", dispense), typed | {"fichier_autre": wrong}))
    file = SimpleUploadedFile("radiation.pdf", pdf_bytes(), content_type="application/pdf")
    follows = read(client.post(url("changement", dispense), typed | {"fichier_autre": file}))
    assert "radiation.pdf" in follows
    joined = dispense.justificatifs.get(name="radiation.pdf")
    kept = read(client.post(url("changement", dispense), typed | {"retirer": str(joined.pk)}))
    assert "Ma situation change" in kept
    assert not dispense.justificatifs.filter(pk=joined.pk).exists()
    again = SimpleUploadedFile("radiation.pdf", pdf_bytes(), content_type="application/pdf")
    client.post(url("changement", dispense), typed | {"fichier_autre": again, "envoyer": "1"})
    assert dispense.events.first().files == ["radiation.pdf"]


def test_giving_up_is_today_unless_said_otherwise_and_leads_to_the_enrolment() -> None:
    dispense = granted()
    client = signed_in(dispense)
    page = read(client.get(url("adhesion", dispense)))
    assert 'value="30"' in page
    assert "Vous renoncez à votre dispense" in page
    client.post(url("adhesion", dispense), parts(TODAY) | {"envoyer": "1"})
    dispense.refresh_from_db()
    assert (dispense.ends_on, dispense.end_cause, dispense.status) == (TODAY, EndCause.GIVEN_UP, Status.ACCEPTED)
    assert "Commencer mon adhésion" in read(client.get(url("fin", dispense)))
    mail = OutgoingEmail.objects.get(kind="end_announced")
    assert dispense.employee.employer.enrolment_url in mail.text_body


def test_before_its_first_day_it_is_given_up_and_never_begins() -> None:
    dispense = granted(effective_on=SOON)
    client = signed_in(dispense)
    page = read(client.get(url("adhesion", dispense)))
    assert 'value="08"' in page  # the eve is proposed
    assert "avec le 8 janvier 2027, veille de son premier jour, elle ne commencera pas" in page
    too_soon = read(client.post(url("adhesion", dispense), parts(TODAY)))
    assert "indiquez le 8 janvier 2027 pour qu’elle ne commence pas, ou un jour suivant" in too_soon
    eve = parts(SOON - timedelta(days=1))
    follows = read(client.post(url("adhesion", dispense), eve))
    assert "Votre dispense ne commencera pas le" in follows
    assert "Dernier jour de votre dispense" not in follows
    client.post(url("adhesion", dispense), eve | {"envoyer": "1"})
    dispense.refresh_from_db()
    assert (dispense.status, dispense.end_cause) == (Status.ENDED, EndCause.GIVEN_UP)
    end = read(client.get(url("fin", dispense)))
    assert "Votre dispense, qui devait commencer le 9 janvier 2027, ne commence pas." in end
    assert "à partir du 9 janvier 2027" in end


def test_without_an_enrolment_address_the_bulletin_is_asked_of_the_employer() -> None:
    dispense = granted()
    Employer.objects.update(enrolment_url="")
    client = signed_in(dispense)
    assert "demandez le bulletin d’adhésion" in read(client.post(url("adhesion", dispense), parts(TODAY)))
    client.post(url("adhesion", dispense), parts(TODAY) | {"envoyer": "1"})
    assert "demandez le bulletin d’adhésion" in read(client.get(url("fin", dispense)))


@pytest.mark.parametrize("name", ["confirmer", "confirmee", "confirmation", "changement", "adhesion", "fin"])
def test_the_dispense_of_another_is_not_found(name: str) -> None:
    dispense = granted(confirm_by=TODAY, ends_on=SOON)
    client = Client()
    client.force_login(UserFactory())
    assert client.get(url(name, dispense)).status_code == 404
    assert client.post(url(name, dispense), {"honour": "on", **parts(TODAY), "envoyer": "1"}).status_code in {404, 405}


def test_ended_meanwhile_nothing_is_lost_nor_written() -> None:
    dispense = granted(confirm_by=TODAY)
    client = signed_in(dispense)
    client.get(url("confirmer", dispense))
    changing.announce(
        dispense=dispense,
        user=dispense.employee.user,
        last_day=TODAY - timedelta(days=1),
        cause=EndCause.SITUATION,
        reason="Fin.",
    )
    page = read(client.post(url("confirmer", dispense), {"honour": "on"}, follow=True))
    assert "Votre dispense a pris fin le 29 novembre 2026." in page
    assert confirming.last_confirmed(dispense) is None
