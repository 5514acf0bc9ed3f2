"""The portal as `make run` starts it: its own web, worker and beat processes, in an empty folder; Chromium in front."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.looking import Window
from tests.prepared import ROOT, environment_of, put_demonstration
from tests.servers.ports import free_port

CHROMIUM = os.environ.get("PORTAL_CHROMIUM", "/usr/bin/chromium")
PATIENCE = 30_000  # milliseconds before an answer that does not come is a failure, on a busy machine too
expect.set_options(timeout=PATIENCE)


@dataclass
class RunningPortal:
    """Address of the site and the folder where its mails and logs are."""

    url: str
    var: Path
    process: subprocess.Popen[bytes]

    def mails(self, to: str) -> list[EmailMessage]:
        """Messages sent to an address, oldest first."""
        paths = sorted((self.var / "mails").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
        return [message for message in found if to in str(message["To"])]

    def wait_for_mail(self, to: str, words: str, *, seconds: float = 45) -> EmailMessage:
        """First message to `to` whose subject or text has `words`; fails when none comes in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.mails(to):
                if words in str(message["Subject"]) or words in text_of(message):
                    return message
            time.sleep(0.3)
        subjects = [str(message["Subject"]) for message in self.mails(to)]
        raise AssertionError(f"Pas de message « {words} » pour {to} ; reçus : {subjects}")


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def link_in(message: EmailMessage, path: str) -> str:
    """The first address of the text that contains `path`."""
    found = re.search(rf"https?://\S*{re.escape(path)}\S*", text_of(message))
    assert found, text_of(message)
    return found.group(0)


@contextmanager
def start_portal(var: Path, *, host: str = "127.0.0.1", **extra: str) -> Iterator[RunningPortal]:
    """`make run`'s own command with its demonstration, stopped by Ctrl-C at the end; `extra`: more environment."""
    port = free_port()
    url = f"http://{host}:{port}"
    put_demonstration(var)
    environment = environment_of(var, PORTAL_UNDO_SECONDS="0", PORT=str(port), PORTAL_BASE_URL=url) | extra
    log = (var / "run.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _wait_until_up(url, process, var / "run.log")
        yield RunningPortal(url=url, var=var, process=process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=40)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            log.close()
    assert process.returncode == 0, (var / "run.log").read_text()[-3000:]


@pytest.fixture(scope="session")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    with start_portal(tmp_path_factory.mktemp("var")) as portal:
        yield portal


def at_the_first_step(page: Page) -> None:
    """Go to the first step of the draft just begun; one of before is resumed further on."""
    page.wait_for_url("**/demandes/*/*/")
    page.goto(re.sub(r"[a-z]+/$", "situation/", page.url))


def sign_in(page: Page, portal: RunningPortal, email: str, password: str) -> None:
    page.goto(f"{portal.url}/connexion/")
    page.get_by_label("Adresse e-mail").fill(email)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)


def prove_mailbox(page: Page, portal: RunningPortal, email: str) -> None:
    """Before a first factor: ask for the code, read it in the mail, give it."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Vérifions d’abord que cette adresse est la vôtre")
    page.get_by_role("button", name="Recevoir le code par e-mail").click()
    expect(page.get_by_text("Le code part à l’instant")).to_be_visible()
    found = re.search(r"\b\d{6}\b", text_of(portal.wait_for_mail(email, "Votre code pour protéger votre compte")))
    assert found
    page.get_by_label("Code reçu par e-mail").fill(found.group(0))
    page.get_by_role("button", name="Continuer").click()


def fill_date(page: Page, name: str, day: str, month: str, year: str) -> None:
    for index, value in enumerate((day, month, year)):
        page.locator(f"[name={name}_{index}]").fill(value)


def pre_affiliate(page: Page, portal: RunningPortal, *, first: str, last: str, email: str, matricule: str) -> None:
    """A correspondent, signed in, declares an employee of 2018 and invites them."""
    page.goto(f"{portal.url}/employeur/")
    page.get_by_role("link", name="Pré-affilier un salarié").first.click()
    page.locator("[name=first_name]").fill(first)
    page.locator("[name=last_name]").fill(last)
    page.locator("[name=professional_email]").fill(email)
    page.locator("[name=matricule]").fill(matricule)
    fill_date(page, "hired_on", "3", "9", "2018")
    page.locator("[name=contract_type][value=cdi]").check()
    page.get_by_role("button", name="Pré-affilier", exact=False).first.click()
    expect(page.locator("main")).to_contain_text(last)


def answer_other_employer(page: Page) -> None:
    """What the motif « Autre employeur du salarié » asks."""
    page.get_by_label("Nom de l’autre employeur").fill("Comptoir du Sud")
    page.get_by_label("Nom de l’assureur").fill("Mutuelle du Lac")
    fill_date(page, "couverture_depuis", "1", "1", "2020")


def arrived(page: Page, title: str) -> None:
    """Wait for the page whose heading holds these words, with all that it loads."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    page.wait_for_load_state()


def until(again: Callable[[], object], seen: Callable[..., None], *, seconds: float = 240) -> None:
    """Do `again` (load the page once more) until `seen` holds: an assertion of `expect` that takes a `timeout`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(AssertionError):
            return seen(timeout=1000)
        again()
    return seen()


def refresh(page: Page) -> None:
    """Follow the link that stands for a script where there is none."""
    with page.expect_navigation():
        page.get_by_role("link", name="Actualiser cette page").click()


def press_until(page: Page, key: str, selector: str) -> None:
    """Press `key`, which moves the focus, until it is on `selector`."""
    for _ in range(80):
        before = page.evaluate_handle("document.activeElement")
        page.keyboard.press(key)
        page.wait_for_function("before => document.activeElement !== before", arg=before)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} ne s’atteint pas au clavier")


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 240
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/sante", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        with pytest.MonkeyPatch.context() as patch:  # its loop runs in the thread of the tests that have a base
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
            yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[Window]:
    """One page for the tests of a module, of somebody who asks for less motion; what it shows, this process answers."""
    context = chromium.new_context(locale="fr-FR", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    yield Window(context)
    context.close()


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A new browser of one person; `javascript=False` for one without scripts."""
    contexts: list[BrowserContext] = []

    def new(*, javascript: bool = True, width: int = 1280) -> BrowserContext:
        context = chromium.new_context(
            locale="fr-FR",
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield new
    for context in contexts:
        context.close()
