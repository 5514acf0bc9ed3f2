"""The portal closed beside people who work: what they were writing comes back, superusers go on, mails wait."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, fill_date, sign_in, start_portal
from tests.browser.test_kept_words import NADIA, returned, submit
from tests.browser.test_look import look
from tests.prepared import ROOT, environment_of
from tests.servers.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def maintenance(portal: RunningPortal, *words: str) -> None:
    command = [sys.executable, "manage.py", "maintenance", *words]
    environment = environment_of(portal.var, DJANGO_SETTINGS_MODULE="portal.settings.dev")
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def status(portal: RunningPortal) -> int:
    try:
        with urllib.request.urlopen(f"{portal.url}/aide/", timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_closed_beside_people_who_work(tmp_path: Path, person: Callable[..., BrowserContext]) -> None:
    with start_portal(tmp_path / "var") as portal:
        page = person().new_page()
        sign_in(page, portal, NADIA, PASSWORD)
        page.goto(f"{portal.url}/employeur/")
        page.get_by_role("link", name="Pré-affilier un salarié").first.click()
        page.wait_for_url("**/pre-affilier/**")
        form = page.url
        page.locator("[name=first_name]").fill("Élodie")
        page.locator("[name=last_name]").fill("Marchand")
        page.locator("[name=contract_type][value=cdi]").check()
        page.locator("[name=professional_email]").fill("elodie.marchand@levant.exemple")
        page.locator("[name=matricule]").fill("L-20999")
        fill_date(page, "hired_on", "5", "1", "2026")

        maintenance(portal, "on", "--minutes", "10", "--words", "Mise à jour.")
        assert until(lambda: status(portal) == 503)
        submit(page)
        expect(page.get_by_role("heading", name="Nous travaillons sur le portail")).to_be_visible()
        expect(page.locator("main")).to_contain_text("devrait rouvrir le")
        look(page)

        operator = person().new_page()
        sign_in(operator, portal, "admin@mutuelle.exemple", PASSWORD)
        operator.goto(f"{portal.url}/gestion/exploitation/")
        expect(operator.locator("main")).to_contain_text("Portail fermé pour maintenance depuis le")

        maintenance(portal, "off")
        assert until(lambda: status(portal) == 200)
        page.goto(form)
        returned(page)
        submit(page)
        expect(page.locator("main")).to_contain_text("Marchand")
        portal.wait_for_mail("elodie.marchand@levant.exemple", "")
