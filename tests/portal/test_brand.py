"""The brand from the environment to the page, the mail and the PDF; a wrong colour or file is told, never served."""

import re
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.test import Client

from accounts.messages import Invitation
from dispenses.desk import charts
from dispenses.request import receipts
from notifications import rendering, wording
from portal import contrast
from portal.lib.colours import read
from portal.settings import brand
from portal.settings.brand import BrandSettings, read_brand
from tests.factories import DispenseFactory, StaffFactory

STATIC = Path(portal_settings.BASE_DIR) / "static"
BASE = read((STATIC / "variables.css").read_text(encoding="utf-8"))
SVG = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"/>'
PNG = b"\x89PNG\r\n\x1a\n0000"


@pytest.fixture
def branded(monkeypatch, tmp_path, settings) -> BrandSettings:
    """The brand of another insurer, in force."""
    (tmp_path / "logo.svg").write_text(SVG)
    (tmp_path / "icone.png").write_bytes(PNG)
    monkeypatch.setenv("PORTAL_BRAND_COLOUR", "#7A1F5C")
    monkeypatch.setenv("PORTAL_BRAND_LOGO", str(tmp_path / "logo.svg"))
    monkeypatch.setenv("PORTAL_BRAND_FAVICON", str(tmp_path / "icone.png"))
    settings.PORTAL_BRAND = read_brand(STATIC)
    return settings.PORTAL_BRAND


def fetched(page: str, client: Client, pattern: str) -> tuple[str, bytes, str]:
    """Content type, content and kind of cache of what a page links to."""
    address = re.search(pattern, page)[1]
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer["Content-Type"], answer.content, answer["Cache-Control"]


def test_without_a_setting_nothing_changes(client):
    assert read_brand(STATIC) == BrandSettings(palette=BASE, files={}, styles="", logo="", icon="", version="")
    page = client.get("/connexion/").content.decode()
    assert "/marque/" not in page
    assert 'class="ea-logo__back"' in page
    assert re.search(r'rel="icon" href="/static/favicon[^"]*\.svg"', page)


def test_a_page_has_the_colours_the_logo_and_the_icon(client, branded):
    page = client.get("/connexion/").content.decode()
    forever = "public, max-age=31536000, immutable"
    kind, styles, kept = fetched(page, client, r'rel="stylesheet" href="(/marque/[^"]+)"')
    assert (kind, kept) == ("text/css; charset=utf-8", forever)
    assert "--brand:var(--light,#7a1f5c) var(--dark,#7a1f5c);" in styles.decode()
    assert fetched(page, client, r'<img src="(/marque/[^"]+)" alt="">') == ("image/svg+xml", SVG.encode(), forever)
    assert fetched(page, client, r'rel="icon" href="([^"]+)"') == ("image/png", PNG, forever)
    assert page.index("/variables.") < page.index("marque.css") < page.index("/ea.")


@pytest.mark.django_db
def test_the_centre_and_an_error_page_have_them_too(client, branded):
    client.force_login(StaffFactory())
    page = client.get("/gestion/").content.decode()
    assert page.index("/variables.") < page.index(f"/marque/{branded.version}/marque.css") < page.index("/gestion.css")
    assert f'<img src="/marque/{branded.version}/logo.svg" alt="">' in page
    assert f"/marque/{branded.version}/marque.css" in client.get("/rien/").content.decode()


def test_an_address_of_another_version_is_served_but_not_kept(client, branded):
    assert client.get("/marque/avant/logo.svg")["Cache-Control"] == "no-store"
    assert client.get(f"/marque/{branded.version}/autre.svg").status_code == 404
    assert client.get(f"/marque/{branded.version}/autre.svg")["Cache-Control"] == "no-store"


def test_another_brand_has_other_addresses(branded, monkeypatch):
    monkeypatch.setenv("PORTAL_BRAND_ACCENT", "#00ff00")
    assert read_brand(STATIC).version != branded.version


def test_the_portals_icon_takes_the_colours(monkeypatch):
    monkeypatch.setenv("PORTAL_BRAND_COLOUR", "#7a1f5c")
    found = read_brand(STATIC)
    assert found.logo == ""
    assert b'fill="#7a1f5c"' in found.files[found.icon].content


@pytest.mark.django_db
def test_mails_pictures_and_pdf_have_the_colours(branded, monkeypatch):
    _, _, html = rendering.render(wording.sample(Invitation))
    assert "#7a1f5c" in html
    assert BASE["brand"].light not in html
    assert "{{" not in html
    assert charts.paint(charts.MAIN) == "#7a1f5c"
    told = {}
    monkeypatch.setattr(receipts, "pdf", lambda template, data: told.update(data) or b"")
    receipts.receipt_pdf(DispenseFactory(in_progress=True))
    assert told["colours"]["brand"] == "#7a1f5c"


@pytest.mark.parametrize("colour", ["#7a1f5c", "#003399", "#a3001b", "#1f6b2e", "#5a2ea6", "#333333", "#8a4b00"])
def test_shades_that_were_not_chosen_are_readable(colour, monkeypatch):
    monkeypatch.setenv("PORTAL_BRAND_COLOUR", colour)
    assert contrast.problems(brand.branded(BASE)) == []


def test_each_shade_may_be_chosen(monkeypatch):
    chosen = {"COLOUR": "#111111", "STRONG": "#222222", "TINT": "#eeeeee", "LINE": "#999999", "ACCENT": "#ffcc00"}
    chosen |= {"DARK_COLOUR": "#444444", "DARK_LINK": "#dddddd"}
    for name, colour in chosen.items():
        monkeypatch.setenv(f"PORTAL_BRAND_{name}", colour)
    found = brand.branded(BASE)
    light = {name: found[name].light for name in ("brand", "brand-strong", "brand-tint", "brand-line", "sun", "link")}
    assert list(light.values()) == ["#111111", "#222222", "#eeeeee", "#999999", "#ffcc00", "#111111"]
    assert (found["brand"].dark, found["link"].dark) == ("#444444", "#dddddd")
    documented = (STATIC.parent / "docs" / "settings.md").read_text(encoding="utf-8")
    assert all(f"`PORTAL_BRAND_{name}`" in documented for name in (*chosen, "LOGO", "FAVICON"))


@pytest.mark.parametrize("value", ["rouge", "#fff", "0b5563", "#0b55637", "#0b556g", "url(x)"])
def test_a_colour_that_is_none_is_refused(value, monkeypatch):
    monkeypatch.setenv("PORTAL_BRAND_TINT", value)
    with pytest.raises(ImproperlyConfigured, match=r"PORTAL_BRAND_TINT doit être une couleur comme #0b5563"):
        read_brand(STATIC)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.svg", None, "est illisible"),
        ("logo.jpg", b"\xff\xd8", r"doit être un fichier \.svg ou \.png"),
        ("logo.png", b"GIF89a", r"n’est pas celui d’un fichier \.png"),
        ("logo.svg", b"<html>", r"n’est pas celui d’un fichier \.svg"),
        ("logo.svg", b"<svg>" + b" " * 500_000, "dépasse 500 Ko"),
    ],
)
def test_a_file_that_is_not_right_is_refused(name, content, said, monkeypatch, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("PORTAL_BRAND_LOGO", str(tmp_path / name))
    with pytest.raises(ImproperlyConfigured, match=rf"PORTAL_BRAND_LOGO : .*{said}"):
        read_brand(STATIC)


def test_a_folder_is_no_logo(monkeypatch, tmp_path):
    (tmp_path / "logo.svg").mkdir()
    monkeypatch.setenv("PORTAL_BRAND_FAVICON", str(tmp_path / "logo.svg"))
    with pytest.raises(ImproperlyConfigured, match="PORTAL_BRAND_FAVICON"):
        read_brand(STATIC)


def test_the_page_of_a_failure_needs_nothing(branded):
    assert "/marque/" not in render_to_string("500.html")
