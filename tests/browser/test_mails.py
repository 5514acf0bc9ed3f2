"""Every kind of mail in Chromium, on a telephone: nothing overflows, all is read by day as by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import HttpResponse
from django.test import Client

from notifications.messages import Message, declared
from notifications.rendering import render
from tests.browser.looking import NARROW, SCRIPT, Window
from tests.notifications.messages import example

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

LONG = {
    "person_name": "Marie-Bernadette Wolfeschlegelsteinhausenbergerdorff",
    "employee_name": "Marie-Bernadette Wolfeschlegelsteinhausenbergerdorff",
    "employer_name": "ÉtablissementsWolfeschlegelsteinhausenbergerdorffEtAssociés",
    "identifier": "marie-bernadette.wolfeschlegelsteinhausenbergerdorff@exemple.fr",
}


WCAG = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]  # a mail has neither landmarks nor one heading


def faults(window: Window, kind: str, html: str) -> list[str]:
    window.goto("/", HttpResponse(html), Client())
    page, found = window.page, list[str]()
    page.evaluate(f"{Axe().axe_script};{SCRIPT}")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += [f"{kind} ({scheme}) : {one}" for one in page.evaluate("only => look.audit(only)", WCAG)]
    paper = page.evaluate("getComputedStyle(document.querySelector('.m-sheet')).backgroundColor")
    found += [f"{kind} : {paper} la nuit"] if paper == "rgb(255, 255, 255)" else []
    page.emulate_media(color_scheme="light")
    found += [f"{kind} : déborde, {one}" for one in page.evaluate("look.scrolls()")]
    return found + [f"{kind} : {one}" for one in (*window.complaints, *window.abroad)]


def html_of(kind: type[Message]) -> str:
    return render(example(kind, **LONG))[2]


def test_each_mail_is_read_on_a_telephone_by_day_and_by_night(window: Window) -> None:
    window.page.set_viewport_size({"width": NARROW, "height": 900})
    found = [fault for kind in declared() for fault in faults(window, kind.kind, html_of(kind))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("said", "changed", "fault"),
    [
        (".m-ink{color:", ".m-ink{color:black!important;x:", "(dark) : color-contrast"),
        (".m-sheet{background:", ".m-sheet{x:", "la nuit"),
        ("<h1 ", "<p style='width:900px'>x</p><h1 ", "déborde"),
    ],
)
def test_a_mail_spoilt_on_purpose_is_found(window: Window, said: str, changed: str, fault: str) -> None:
    window.page.set_viewport_size({"width": NARROW, "height": 900})
    html = html_of(declared()[0])
    assert said in html
    assert any(fault in one for one in faults(window, "x", html.replace(said, changed, 1)))
