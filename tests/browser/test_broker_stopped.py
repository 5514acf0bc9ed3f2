"""The broker killed, then frozen, during a submission: the person is answered, the mail leaves afterwards, once."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, answer_other_employer, at_the_first_step, sign_in, start_portal
from tests.files import pdf_bytes
from tests.servers.broker import Broker

pytestmark = [pytest.mark.browser, pytest.mark.redis, pytest.mark.slow]
EMPLOYEE = "virginie.durand@exemple.fr"
ANSWER_SECONDS = 5  # beyond what the machine takes for a page


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    server = Broker(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def portal(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    with start_portal(tmp_path_factory.mktemp("var"), CELERY_BROKER_URL=broker.url) as running:
        yield running


def ready_to_send(page: Page, portal: RunningPortal) -> None:
    """A request of another employer's cover, complete, on its last page."""
    sign_in(page, portal, EMPLOYEE, PASSWORD)
    page.locator("main").get_by_role("button", name="dispense").first.click()
    at_the_first_step(page)
    page.get_by_role("button", name="Continuer").click()
    page.locator("[name=famille][value=couvert_par_ailleurs]").check()
    page.get_by_label("Autre employeur du salarié").check()
    page.get_by_role("button", name="Continuer").click()
    answer_other_employer(page)
    document = {"name": "attestation.pdf", "mimeType": "application/pdf", "buffer": pdf_bytes()}
    page.locator("input[type=file]").first.set_input_files([document])  # type: ignore[list-item]
    expect(page.locator("main")).to_contain_text("attestation.pdf")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("checkbox").check()


def seconds_of(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_a_submission_survives_the_broker(
    broker: Broker, portal: RunningPortal, person: Callable[..., BrowserContext], fault: str
) -> None:
    page = person().new_page()
    ready_to_send(page, portal)
    usual = seconds_of(page.reload)
    page.get_by_role("checkbox").check()
    if fault == "killed":
        broker.stop()
    else:
        broker.send(signal.SIGSTOP)

    def send() -> None:
        page.get_by_role("button", name="Envoyer").click()
        expect(page.locator("main")).to_contain_text("a bien été enregistrée")

    assert seconds_of(send) - usual < ANSWER_SECONDS
    if fault == "killed":
        broker.start()
    else:
        broker.send(signal.SIGCONT)
    portal.wait_for_mail(EMPLOYEE, "bien été enregistrée", seconds=150)
    page.goto(f"{portal.url}/mot-de-passe-oublie/")  # a later mail: what was to leave before it has left
    page.get_by_label("adresse", exact=False).fill(EMPLOYEE)
    page.get_by_role("button", name="Envoyer le lien").click()
    portal.wait_for_mail(EMPLOYEE, "mot de passe", seconds=150)
    subjects = [str(mail["Subject"]) for mail in portal.mails(EMPLOYEE)]
    assert len([subject for subject in subjects if "est enregistrée" in subject]) == 1
