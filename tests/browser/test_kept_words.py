"""What somebody wrote in a form comes back: after a session that ended, a page that expired, a page that was left."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, at_the_first_step, fill_date, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NADIA, MARTINE, ALEX = "nadia.roche@levant.exemple", "gestion@mutuelle.exemple", "admin@mutuelle.exemple"


FORM = """<!doctype html><html lang="fr"><title>Essai</title><script src="/static/saisie.js" defer></script>
<form method="post" data-garde="1"><input name="nom" value="{nom}"><input name="ville" value="{ville}">
<input name="poste" value="{poste}">
<input type="radio" name="contrat" value="cdi"><input type="radio" name="contrat" value="cdd">
<input type="radio" name="contrat" value="stage">
<select name="temps"><option value="plein">Plein</option><option value="partiel">Partiel</option></select></form>
<script>document.querySelector('[value={contrat}]').defaultChecked = true</script></html>"""


def changed_since(page: str) -> str:
    """The page of a request whose status has changed."""
    return re.sub(r'(name="[a-z_]+-seen" value=")[^"]*', r"\g<1>2026-01-01T00:00:00+00:00", page)


def returned(page: Page) -> None:
    """What `write` wrote is there, and said to be."""
    expect(page.locator("[name=first_name]")).to_have_value("Élodie")
    expect(page.locator("[name=last_name]")).to_have_value("Marchand")
    expect(page.locator("[name=contract_type][value=cdi]")).to_be_checked()
    expect(page.locator("main")).to_contain_text("Ce que vous aviez écrit ici est revenu")


def submit(page: Page) -> None:
    page.get_by_role("button", name="Pré-affilier", exact=True).click()


def test_what_was_written_comes_back_and_is_forgotten_once_stored(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    context = person()
    page = context.new_page()
    sign_in(page, running_portal, NADIA, PASSWORD)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Pré-affilier un salarié").first.click()
    expect(page.locator("[name=first_name]")).to_have_value("")
    form = page.url

    page.locator("[name=first_name]").fill("Élodie")
    page.locator("[name=last_name]").fill("Marchand")
    page.locator("[name=contract_type][value=cdi]").check()
    page.get_by_text("Plus d’informations").click()
    page.locator("[name=category]").fill("Agents")
    page.locator("[name=sealed_nir]").fill("185057800608491")
    page.goto(f"{running_portal.url}/employeur/")
    page.goto(form)
    returned(page)
    expect(page.locator("[name=category]")).to_have_value("Agents")
    expect(page.locator("[name=category]")).to_be_visible()
    expect(page.locator("[name=sealed_nir]")).to_have_value("")  # no browser keeps a NIR

    context.clear_cookies(name="session")  # it ended
    submit(page)
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    sign_in(page, running_portal, NADIA, PASSWORD)
    page.goto(form)
    returned(page)

    context.clear_cookies()  # somebody signed out and in again beside: this page has expired
    sign_in(context.new_page(), running_portal, NADIA, PASSWORD)
    submit(page)
    expect(page.get_by_role("heading", name="Cette page a expiré")).to_be_visible()
    page.goto(form)
    returned(page)

    page.locator("[name=professional_email]").fill("elodie.marchand@levant.exemple")
    page.locator("[name=matricule]").fill("L-20999")
    fill_date(page, "hired_on", "5", "1", "2026")
    submit(page)
    expect(page.locator("main")).to_contain_text("Marchand")
    page.goto(form)
    expect(page.locator("[name=last_name]")).to_have_value("")


def test_signing_out_leaves_nothing_behind(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    page = person().new_page()
    sign_in(page, running_portal, NADIA, PASSWORD)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Pré-affilier un salarié").first.click()
    page.locator("[name=last_name]").fill("Marchand")
    page.wait_for_function("Object.keys(sessionStorage).some(key => key.startsWith('saisie:'))")
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    page.wait_for_function("sessionStorage.length === 0")


def test_what_is_written_at_the_desk_outlives_escape_other_pages_and_the_session(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    context = person()
    page = context.new_page()
    sign_in(page, running_portal, MARTINE, PASSWORD)
    page.goto(f"{running_portal.url}/gestion/dispenses/dispense/?q=morel")
    page.locator("a[href*='/change/']").first.click()
    expect(page.locator("h1")).to_contain_text("Morel")
    request = page.url
    page.get_by_text("Ajouter une note").click()
    page.get_by_label("Nouvelle note").fill("À rappeler jeudi.")
    page.get_by_text("Refuser", exact=True).first.click()
    reason = page.locator("textarea[name$=reason]")
    reason.fill("L’attestation ne vous cite pas.")
    page.keyboard.press("Escape")
    expect(reason).to_have_value("L’attestation ne vous cite pas.")
    page.keyboard.press("s")
    page.wait_for_url(lambda now: now != request)
    page.goto(request)
    expect(reason).to_have_value("L’attestation ne vous cite pas.")
    expect(reason).to_be_visible()
    context.clear_cookies(name="session")  # it ended
    page.locator("[data-decision=refuse] .desk-boutons button").first.click()
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()
    sign_in(page, running_portal, MARTINE, PASSWORD)
    page.goto(request)
    expect(reason).to_have_value("L’attestation ne vous cite pas.")
    expect(page.get_by_label("Nouvelle note")).to_have_value("À rappeler jeudi.")
    page.get_by_role("button", name="Ajouter la note").click()
    expect(page.locator(".messagelist")).to_contain_text("Note ajoutée")
    expect(page.get_by_label("Nouvelle note")).to_have_value("")


def test_a_second_tab_shows_what_was_written_in_the_first(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    context = person()
    first = context.new_page()
    sign_in(first, running_portal, NADIA, PASSWORD)
    first.goto(f"{running_portal.url}/employeur/")
    first.get_by_role("link", name="Pré-affilier un salarié").first.click()
    first.locator("[name=first_name]").fill("Élodie")
    first.locator("[name=last_name]").fill("Marchand")
    first.locator("[name=contract_type][value=cdi]").check()
    expect(first.locator("[name=contract_type][value=cdi]")).to_be_checked()
    form = first.url

    second = context.new_page()
    second.goto(form)
    returned(second)
    second.get_by_role("button", name="Se déconnecter").click()
    expect(second.get_by_role("heading", name="Connexion")).to_be_visible()
    first.wait_for_function("sessionStorage.length === 0")


def test_what_was_not_finished_comes_back_after_the_page_before(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    page = person().new_page()
    sign_in(page, running_portal, "virginie.durand@exemple.fr", PASSWORD)
    page.locator("main").get_by_role("button", name="dispense").first.click()
    at_the_first_step(page)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/motif/")
    page.locator("[name=famille][value=solidaire]").check()
    page.locator("[name=famille][value=couvert_par_ailleurs]").check()
    page.get_by_role("button", name="Précédent").click()
    page.wait_for_url("**/situation/")
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/motif/")
    expect(page.locator("[name=famille][value=couvert_par_ailleurs]")).to_be_checked()


def test_words_of_a_decision_never_come_back_over_another_lot(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    page = person().new_page()
    sign_in(page, running_portal, ALEX, PASSWORD)
    words = page.locator("textarea[name=message]")

    def lot(rank: int) -> None:
        page.goto(f"{running_portal.url}/gestion/dispenses/dispense/")
        page.locator("#result_list tbody tr").nth(rank).locator("[type=checkbox]").check()
        page.locator("button[formaction$='/lot/']").first.click()
        page.locator("[value=request_complement]").check()
        expect(words).to_be_visible()

    lot(0)
    words.fill("Il manque votre carte.")
    lot(1)
    expect(words).to_have_value("")
    lot(0)
    expect(words).to_have_value("Il manque votre carte.")


def test_only_what_was_changed_comes_back_and_not_over_the_change_of_another(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    page = person().new_page()
    page.goto(f"{running_portal.url}/connexion/")
    made = {"nom": "Marchand", "ville": "Lyon", "poste": "Agent", "contrat": "cdi", "temps": "plein"}

    def written(route: Route) -> None:
        route.fulfill(content_type="text/html", body=FORM.format(**made))

    page.route("**/essai-des-mots/", written)
    form = f"{running_portal.url}/essai-des-mots/"
    page.goto(form)
    page.locator("[name=nom]").fill("Marchand-Roche")
    page.locator("[name=ville]").fill("Brest")
    page.locator("[name=contrat][value=cdd]").check()
    page.locator("[name=temps]").select_option("partiel")
    page.goto(form)
    expect(page.locator("[name=nom]")).to_have_value("Marchand-Roche")
    made |= {"ville": "Nantes", "poste": "Cadre", "contrat": "stage"}  # by somebody else
    page.goto(form)
    expect(page.locator("[name=nom]")).to_have_value("Marchand-Roche")
    expect(page.locator("[name=temps]")).to_have_value("partiel")
    expect(page.locator("[name=ville]")).to_have_value("Nantes")
    expect(page.locator("[name=poste]")).to_have_value("Cadre")
    expect(page.locator("[name=contrat][value=stage]")).to_be_checked()


def test_verdicts_do_not_come_back_once_the_request_has_changed(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    page = person().new_page()
    sign_in(page, running_portal, MARTINE, PASSWORD)
    page.goto(f"{running_portal.url}/gestion/dispenses/dispense/?q=morel")
    page.locator("a[href*='/change/']").first.click()
    page.get_by_text("Demander un complément", exact=True).first.click()
    message = page.locator("textarea[name$=message]").first
    message.fill("Il manque une page.")
    page.reload()
    expect(message).to_have_value("Il manque une page.")
    page.route(
        "**/change/", lambda route: route.fulfill(body=changed_since(route.fetch().text()), content_type="text/html")
    )
    page.reload()
    expect(page.locator("h1")).to_contain_text("Morel")
    expect(message).to_have_value("")
