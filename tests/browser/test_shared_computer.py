"""Two people on one computer: the invitation of one never falls to the other, and reaches its owner in the end."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from portal.dev.demo import PASSWORD as DEMO_PASSWORD
from tests.browser.conftest import RunningPortal, link_in, pre_affiliate, sign_in, text_of

pytestmark = pytest.mark.browser
ADDRESS = "hroy@levant.exemple"


def test_the_invitation_of_a_colleague_opened_in_my_session(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    hr = person().new_page()
    sign_in(hr, running_portal, "nadia.roche@levant.exemple", DEMO_PASSWORD)
    pre_affiliate(hr, running_portal, first="Basile", last="Commun", email="basile@levant.exemple", matricule="L-771")
    link = link_in(running_portal.wait_for_mail("basile@levant.exemple", "complémentaire santé"), "/activation/")

    mine = person().new_page()
    sign_in(mine, running_portal, "virginie.durand@exemple.fr", DEMO_PASSWORD)
    mine.goto(link)
    card = mine.locator("main .ea-card").first
    expect(card).to_contain_text("Basile Commun")
    expect(card).to_contain_text("Virginie Durand")
    expect(card).to_contain_text("est déjà rattaché")  # she works there too
    expect(mine.get_by_role("button", name=re.compile("Rattacher|Recevoir un code"))).to_have_count(0)

    mine.get_by_role("button", name="Me déconnecter").click()
    mine.wait_for_url("**/connexion/**")
    mine.goto(link)
    expect(mine.get_by_text("Adresse e-mail professionnelle")).to_be_visible()


def test_my_other_name_is_confirmed_from_my_professional_mailbox(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    hr = person().new_page()
    sign_in(hr, running_portal, "nadia.roche@levant.exemple", DEMO_PASSWORD)
    pre_affiliate(hr, running_portal, first="Hélène", last="Marchand-Roy", email=ADDRESS, matricule="L-772")
    link = link_in(running_portal.wait_for_mail(ADDRESS, "complémentaire santé"), "/activation/")

    mine = person().new_page()
    sign_in(mine, running_portal, "responsable@mutuelle.exemple", DEMO_PASSWORD)
    mine.goto(link)
    mine.get_by_role("button", name="Recevoir un code").click()
    expect(mine.get_by_role("heading", level=1)).to_contain_text("Confirmez le rattachement")
    mail = running_portal.wait_for_mail(ADDRESS, "ne le donnez à personne")
    code = re.search(r"\b\d{6}\b", text_of(mail))
    assert code
    mine.get_by_label("Code de confirmation").fill(code[0])
    mine.get_by_role("button", name="Rattacher").click()
    expect(mine.locator("main")).to_contain_text("est rattaché à votre compte")
    running_portal.wait_for_mail(ADDRESS, "désormais rattachée au compte")
