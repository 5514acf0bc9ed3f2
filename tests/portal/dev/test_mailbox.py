"""The development mailbox's pages, on a message written by hand."""

from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from django.test import override_settings
from django.urls import clear_url_caches, include, path, set_urlconf
from django.utils import timezone

from portal import urls

urlpatterns = [*urls.urlpatterns, path("dev/boite-envoi/", include("portal.dev.mailbox_urls"))]
handler404 = urls.handler404


@pytest.fixture
def development(tmp_path):
    message = EmailMessage()
    message["Subject"] = "Activez votre compte"
    message["To"] = "virginie@exemple.fr"
    message["Date"] = format_datetime(timezone.now())
    message.set_content(
        "Bonjour <b>,\n\nhttp://testserver/activation/secret/\nhttps://ailleurs.example/piege/\nhttp://testserver.\n"
    )
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Accusé.pdf")
    (tmp_path / "0001_abc.eml").write_bytes(message.as_bytes())
    with override_settings(PORTAL_DEV_MAILBOX=True, PORTAL_MAILBOX_DIR=tmp_path, ROOT_URLCONF=__name__):
        yield
    clear_url_caches()
    set_urlconf(None)


def test_list_shows_the_mails_sent(development, client):
    page = client.get("/dev/boite-envoi/").content.decode()

    assert "Activez votre compte" in page
    assert "virginie@exemple.fr" in page


def test_message_shows_its_text_with_links_of_this_host_only(development, client):
    page = client.get("/dev/boite-envoi/0001_abc/").content.decode()

    assert '<a href="http://testserver/activation/secret/">' in page
    assert '<a href="http://testserver">' in page
    assert 'href="https://ailleurs.example' not in page
    assert "Bonjour &lt;b&gt;" in page


def test_attachment_is_downloaded(development, client):
    response = client.get("/dev/boite-envoi/0001_abc/piece/0/")

    assert b"".join(response) == b"%PDF-1.7"
    assert response["Content-Disposition"].startswith("attachment")
    assert client.get("/dev/boite-envoi/0001_abc/piece/1/").status_code == 404


def test_unknown_message_is_a_404(development, client):
    assert client.get("/dev/boite-envoi/inconnu/").status_code == 404
