"""The whole story, played by three people in three browsers against the processes of `make run`."""

import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pypdf import PdfReader

from portal.dev.demo import PASSWORD as DEMO_PASSWORD
from tests.browser.conftest import RunningPortal, fill_date, link_in, pre_affiliate, sign_in, text_of, until
from tests.files import heic_bytes, jpeg_bytes

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "un cheval bleu dans la neige"


def attach(page: Page, path: Path, index: int, *, javascript: bool) -> None:
    """Join a file in the box of the `index`-th document."""
    if javascript:
        page.locator("input[type=file]").nth(index).set_input_files(path)
    else:
        box = page.locator("[data-ea-upload]").nth(index)
        box.locator("input[type=file]").set_input_files(path)
        box.locator("button[name=joindre]").click()
    joined = re.compile(rf"{re.escape(path.name)}.*Fichier joint", re.DOTALL)
    expect(page.locator("main")).to_contain_text(joined)


def open_decision(page: Page, button: str) -> Locator:
    """The fold of one decision of the centre, opened."""
    fold = page.locator("details", has=page.locator("button", has_text=button))
    if fold.get_attribute("open") is None:
        fold.locator("summary").first.click()
    return fold


@pytest.fixture
def documents(chromium_pdf: bytes, tmp_path: Path) -> list[Path]:
    paths = {
        "Attestation Mutuelle.pdf": chromium_pdf,
        "IMG_2041.jpg": jpeg_bytes(orientation=6),
        "IMG_0007.HEIC": heic_bytes(),
    }
    for name, content in paths.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in paths]


@pytest.fixture
def chromium_pdf(person: Callable[..., BrowserContext]) -> bytes:
    """A PDF printed by Chromium."""
    page = person().new_page()
    page.set_content("<h1>Attestation de mutuelle</h1><p>Camille MARTIN est couverte.</p>")
    return page.pdf()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "sans-javascript"])
def test_the_whole_story(
    running_portal: RunningPortal,
    person: Callable[..., BrowserContext],
    documents: list[Path],
    javascript: bool,
) -> None:
    who = "camille" if javascript else "dominique"
    last = "Martin" if javascript else "Lefèvre"
    professional, personal = f"{who}@levant.exemple", f"{who}@perso.exemple"
    attestation, photo, heic = documents

    # The correspondent pre-affiliates.
    hr = person(javascript=javascript).new_page()
    sign_in(hr, running_portal, "nadia.roche@levant.exemple", DEMO_PASSWORD)
    pre_affiliate(hr, running_portal, first=who.title(), last=last, email=professional, matricule=f"L-{who}")

    # The employee receives the link, opens it, activates in three steps.
    invitation = running_portal.wait_for_mail(professional, "complémentaire santé collective")
    assert "60 jours" in text_of(invitation)
    employee = person(javascript=javascript).new_page()
    employee.goto(link_in(invitation, "/activation/"))
    expect(employee.get_by_role("heading", level=1)).to_contain_text("Créez votre espace réservé")
    employee.get_by_label("Oui", exact=True).check()
    employee.locator("[name=personal_email]").fill(personal)
    employee.locator("[name=personal_email_again]").fill(personal)
    employee.locator("main form button[type=submit]").first.click()
    expect(employee.get_by_role("heading", level=1)).to_contain_text("Activez votre compte")
    code = running_portal.wait_for_mail(personal, "code")
    digits = next(
        word
        for word in text_of(code).replace("\n", " ").split()
        if word.strip(".").isdigit() and len(word.strip(".")) == 6
    )
    employee.locator("[name=password]").fill(PASSWORD)
    employee.locator("[name=code]").fill(digits.strip("."))
    employee.locator("main form button[type=submit]").first.click()
    expect(employee.get_by_role("heading", level=1)).to_contain_text("identifiants")
    opened = running_portal.wait_for_mail(personal, "identifiant")
    assert PASSWORD not in opened.as_string()
    running_portal.wait_for_mail("nadia.roche@levant.exemple", f"{who.title()} {last}")

    # The dispense, step by step.
    employee.goto(running_portal.url)
    expect(employee.get_by_role("heading", level=1)).to_contain_text("Bienvenue dans votre espace adhérent")
    employee.locator("main").get_by_role("button", name="dispense").first.click()
    employee.get_by_role("button", name="Continuer").click()
    employee.locator("[name=famille][value=couvert_par_ailleurs]").check()
    employee.get_by_label("Employeur conjoint", exact=False).check()
    employee.get_by_role("button", name="Continuer").click()
    employee.get_by_label("Un contrat collectif").check()
    employee.get_by_label("Nom de l’assureur").fill("Mutuelle du Lac")
    fill_date(employee, "couverture_depuis", "1", "1", "2020")
    attach(employee, attestation, 0, javascript=javascript)
    attach(employee, photo, 1, javascript=javascript)
    employee.get_by_role("button", name="Continuer").click()
    expect(employee.locator("[data-ea-errors]")).to_be_visible()  # the holder's name is missing
    expect(employee.get_by_label("Nom de l’assureur")).to_have_value("Mutuelle du Lac")
    expect(employee.get_by_label("Un contrat collectif")).to_be_checked()
    employee.get_by_label("titulaire", exact=False).fill("Paul Martin")
    employee.get_by_role("button", name="Continuer").click()
    expect(employee.locator("main")).to_contain_text("Ce que votre choix change")
    expect(employee.locator("main")).to_contain_text("Je demande à être dispensé(e)")
    expect(employee.locator("main")).to_contain_text("J’ai été préalablement informé(e) par mon employeur")
    expect(employee.locator("main")).to_contain_text("n’est pas encore envoyée")
    employee.get_by_role("checkbox").check()
    employee.get_by_role("button", name="Envoyer").click()
    expect(employee.locator("main")).to_contain_text("a bien été enregistrée")
    received = running_portal.wait_for_mail(personal, "bien été enregistrée")
    receipt = next(iter(received.iter_attachments()))
    pages = PdfReader(BytesIO(receipt.get_content())).pages
    assert "Employeur conjoint" in pages[0].extract_text()
    assert "conjoint" not in text_of(received).lower()

    # The centre asks for a complement.
    centre = person(javascript=javascript).new_page()
    sign_in(centre, running_portal, "gestion@mutuelle.exemple", DEMO_PASSWORD)
    centre.goto(f"{running_portal.url}/gestion/dispenses/dispense/?q=L-{who}")
    centre.locator("#result_list tbody a").first.click()
    centre.wait_for_url(re.compile(r"/dispense/\d+/change/"))
    found = re.search(r"/dispense/(\d+)/", centre.url)
    assert found, centre.url
    number = found.group(1)
    assert int(number) >= 20_000
    complement = open_decision(centre, "Demander le complément")
    complement.locator("textarea").fill("L’attestation ne vous cite pas. Joignez-en une à votre nom.")
    complement.get_by_role("button", name="Demander le complément").click()
    running_portal.wait_for_mail(personal, "ne vous cite pas")

    # The employee completes, with a HEIC photograph.
    employee.goto(f"{running_portal.url}/demandes/")
    expect(employee.locator("main")).to_contain_text(f"N°{number}")
    expect(employee.locator("main")).to_contain_text("En attente de complément")
    employee.get_by_role("link", name="Compléter ma demande").first.click()
    expect(employee.get_by_label("Nom de l’assureur")).to_have_value("Mutuelle du Lac")
    attach(employee, heic, 0, javascript=javascript)
    employee.get_by_role("checkbox").check()
    employee.get_by_role("button", name="Envoyer le complément").click()
    employee.goto(f"{running_portal.url}/demandes/")
    expect(employee.locator("main")).to_contain_text("En cours")

    # The centre reads the documents and grants.
    centre.goto(f"{running_portal.url}/gestion/dispenses/dispense/?q=L-{who}")
    centre.locator("#result_list tbody a").first.click()
    expect(centre.locator("#content")).to_contain_text("IMG_0007.HEIC")
    copy_link = centre.locator("a[download]", has_text="Attestation Mutuelle.pdf").first
    until(
        centre.reload, expect(copy_link).to_be_visible
    )  # its pages are drawn in turn, and no script may be there to say it
    with centre.expect_download() as download:
        copy_link.click()
    copy = Path(download.value.path()).read_bytes()
    assert len(PdfReader(BytesIO(copy)).pages) == 1
    assert hashlib.sha256(copy).digest() != hashlib.sha256(attestation.read_bytes()).digest()  # our own pictures of it
    row = centre.locator("article.desk-document", has_text="Attestation Mutuelle.pdf").first
    row.locator("summary", has_text="Fichier original").click()
    row.get_by_label("Pourquoi vous en avez besoin").fill("La date ne se lit pas sur la copie")
    with centre.expect_download() as download:
        row.get_by_role("button", name="Télécharger l’original").click()
    original = Path(download.value.path()).read_bytes()
    assert hashlib.sha256(original).digest() == hashlib.sha256(attestation.read_bytes()).digest()
    open_decision(centre, "Valider la dispense").get_by_role("button", name="Valider la dispense").click()
    running_portal.wait_for_mail(personal, "acceptée")
    running_portal.wait_for_mail("nadia.roche@levant.exemple", number)

    # Everybody sees it.
    employee.goto(f"{running_portal.url}/demandes/")
    expect(employee.locator("main")).to_contain_text("Traitée")
    expect(employee.locator("main")).to_contain_text("Date d’initialisation")
    hr.goto(f"{running_portal.url}/employeur/?q=L-{who}")
    expect(hr.locator("main")).to_contain_text("Dispensé")
    expect(hr.locator("main")).not_to_contain_text("Attestation Mutuelle.pdf")
