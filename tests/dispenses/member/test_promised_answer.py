"""The promised day of the answer, the words of the states, the attestation."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

import pytest
import time_machine
from pypdf import PdfReader

from dispenses.models import Dispense, QueueEntry
from dispenses.request.receipts import receipt_pdf
from dispenses.workflow import STATUSES, Status
from notifications.models import OutgoingEmail
from tests.dispenses.member.test_life import changed, read
from tests.dispenses.member.test_wizard import signed_in, url
from tests.factories import DispenseFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
PROMISED = "Réponse avant le 14 décembre 2026, ce jour compris"
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    with time_machine.travel("2026-11-30 10:00 +0100", tick=False):
        yield


def words_of(content: bytes) -> str:
    pages = (page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return " ".join(" ".join(pages).split())


def test_the_promised_day_stands_wherever_the_request_is_acknowledged() -> None:
    dispense = DispenseFactory(in_progress=True)
    client = signed_in(dispense)
    for page in ("/", "/demandes/", url("accuse", dispense)):
        assert PROMISED in read(client.get(page)), page
    assert "10 jours ouvrés" in read(client.get(url("accuse", dispense)))
    assert "14 décembre 2026, ce jour compris" in words_of(receipt_pdf(dispense)).replace("\xa0", " ")
    mail = OutgoingEmail.objects.get(kind="dispense_received")
    assert PROMISED in mail.text_body.replace("\xa0", " ")


def test_the_receipt_keeps_the_promise_that_was_made(settings: object) -> None:
    dispense = DispenseFactory(in_progress=True)
    before = receipt_pdf(dispense)
    settings.PORTAL_DELAY_WORKING_DAYS = 3  # type: ignore[attr-defined]
    assert receipt_pdf(dispense) == before


def test_the_clock_is_said_to_be_stopped_while_something_is_awaited() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    page = read(signed_in(dispense).get("/demandes/"))
    assert "Le délai de réponse est arrêté." in page
    assert "Réponse avant le" not in page


def test_a_late_answer_is_owned_up_to_even_on_a_card_that_was_kept() -> None:
    dispense = DispenseFactory(in_progress=True)
    client = signed_in(dispense)
    assert PROMISED in read(client.get("/demandes/"))
    QueueEntry.objects.update(due_on=YESTERDAY)
    for page in ("/", "/demandes/"):
        shown = read(client.get(page))
        assert "Nous devions vous répondre avant le 29 novembre 2026, ce jour compris : nous sommes en retard" in shown
        assert "Réponse avant le" not in shown


@pytest.mark.parametrize("stage", [Status.ACCEPTED, Status.REFUSED, Status.WITHDRAWN, Status.ENDED, Status.DRAFT])
def test_nothing_is_promised_where_nothing_is_awaited(stage: Status) -> None:
    page = read(signed_in(DispenseFactory(stage=stage)).get("/demandes/"))
    assert "Réponse avant le" not in page
    assert "en retard" not in page


def test_every_state_is_explained_in_the_words_of_the_guide() -> None:
    page = read(signed_in(DispenseFactory(accepted=True)).get("/demandes/"))
    for facts in STATUSES.values():
        assert facts.meaning.replace("\xa0", " ") in page
    assert "Ci-dessous les demandes en cours et validées que vous avez réalisées" in page
    assert "Elle est acceptée : la demande de dispense est validée, le dossier d’adhésion est clôturé." in page
    assert page.count("Le 30/11/2026 : En cours") == 1
    assert page.count("Le 30/11/2026 : Traitée") == 1


def test_the_tab_has_the_name_of_the_guide() -> None:
    page = read(signed_in(DispenseFactory()).get("/"))
    assert ">Suivi de mes demandes</a>" in page
    assert "Mes demandes" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "est dispensée d’adhérer"),
        ({"effective_on": TODAY + timedelta(days=1)}, "sera dispensée d’adhérer"),
        ({"effective_on": TODAY - timedelta(days=9), "ends_on": YESTERDAY}, "a été dispensée d’adhérer"),
    ],
)
def test_an_attestation_tells_the_dispense_and_never_the_motif(fields: dict[str, object], words: str) -> None:
    dispense = changed(DispenseFactory(accepted=True), **fields)
    client = signed_in(dispense)
    assert f'href="{url("attestation", dispense)}"' in read(client.get("/demandes/"))
    answer = client.get(url("attestation", dispense))
    assert answer["Content-Type"] == "application/pdf"
    said = words_of(answer.content)
    assert words in said
    assert dispense.employee.full_name in said
    assert dispense.history_seal in said.replace(" ", "")
    for secret in ("conjoint", "Mutuelle du Lac", "D911"):
        assert secret not in said


@pytest.mark.parametrize("stage", [status for status in Status if status not in {Status.ACCEPTED, Status.ENDED}])
def test_nothing_is_attested_before_it_is_granted(stage: Status) -> None:
    dispense: Dispense = DispenseFactory(stage=stage)
    client = signed_in(dispense)
    assert "attestation.pdf" not in read(client.get("/demandes/"))
    assert client.get(url("attestation", dispense)).status_code == 302


def test_a_dispense_that_never_began_is_not_attested() -> None:
    dispense = changed(DispenseFactory(ended=True), effective_on=TODAY + timedelta(days=9), ends_on=TODAY)
    answer = signed_in(dispense).get(url("attestation", dispense), follow=True)
    assert "n’a jamais commencé : elle n’a pas d’attestation" in read(answer)
