"""Each check of the catalogue can fail: a page spoilt on purpose in one way is found out by that check."""

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.browser.looking import Window, faults

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

SHEET = "essai.css"
# What is done to the page of the sign-in: a text of its HTML and what takes its place, then a style sheet more.
SPOILT: dict[str, tuple[tuple[str, str], str]] = {
    "h1": (("<h1", "<h2"), ""),
    "title": (("<title>", "<title></title><desc>"), ""),
    "mouvement": (("", ""), ".ea-btn{transition:transform 1s}"),
    "axe (1280) : color-contrast": (("", ""), "main label{color:#999}"),
    "axe (390) : color-contrast": (("", ""), "@media (max-width:400px){main label{color:#999}}"),
    "axe (1280) : label": (('for="id_username"', 'for="ailleurs"'), ""),
    "axe (1280) : target-size": (
        ("<h1", f"<p>{2 * '<button class=petit type=button>A</button>'}</p><h1"),
        ".petit{width:12px;height:12px;padding:0;font-size:8px;overflow:hidden}",
    ),
    "focus : <button": (("", ""), "button:focus-visible{outline:none!important}"),
    "focus : <a": (("", ""), "a:focus-visible{outline:3px solid transparent!important}"),
    "focus en couleurs forcées": (("", ""), "a:focus-visible{outline:none!important;box-shadow:0 0 0 3px #4a2bc2}"),
    "couleurs forcées": (("", ""), ".ea-btn{border:0!important;text-decoration:none!important}"),
    "défilement (640)": (("", ""), "main{min-width:700px}"),
    "défilement (390)": (("", ""), "main{min-width:400px}"),
    "défilement (320)": (("", ""), "main{min-width:330px}"),
    "espacement (390)": (("", ""), "main label{height:1.5em;max-width:7em;overflow:hidden}"),
    "console": (("<h1", '<p style="color:red">Rouge</p><h1'), ""),
    "autre hôte": (("<h1", '<img src="https://ailleurs.example/pixel.png" alt=""><h1'), ""),
}


def shown(window: Window, change: tuple[str, str] = ("", ""), css: str = "") -> list[str]:
    answer = Client().get("/connexion/")
    html = answer.content.decode()
    assert change[0] in html
    if change[0]:
        html = html.replace(change[0], change[1], 1)
    html = html.replace("</head>", f'<link rel="stylesheet" href="/{SHEET}"></head>')
    page = HttpResponse(html)
    if "ailleurs.example" not in change[1]:  # which the policy would stop before it leaves
        page["Content-Security-Policy"] = answer["Content-Security-Policy"]
    window.also = {f"/{SHEET}": (css.encode(), "text/css")}
    window.goto("/connexion/", page, Client())
    return faults(window)


def test_the_page_has_none_as_it_is(window: Window) -> None:
    assert shown(window) == []


@pytest.mark.parametrize("check", SPOILT)
def test_a_page_spoilt_on_purpose_is_found(check: str, window: Window) -> None:
    change, css = SPOILT[check]
    found = shown(window, change, css)
    assert any(fault.startswith(check) for fault in found), found
