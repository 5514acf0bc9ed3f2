"""What the law wants a site to say is on its pages, and a portal that does not say it is not put online."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from portal.settings.legal import ACPR, Legal, check_legal

SAID = Legal(
    company="Mutuelle du Levant, SIREN 784 000 001, 2 quai des Essais, 13002 Marseille",
    director="Camille Astier, directrice générale",
    host="Hébergeur du Levant, 4 rue des Machines, 13003 Marseille, 04 99 00 00 00",
    supervisor=ACPR,
    mediator="Médiateur des essais, 6 rue des Accords, 75009 Paris",
    data_officer="dpo@levant.exemple",
    processors="Archives du Port (stockage) ; Courriers & Cie (envoi des e-mails)",
)


def shown(client: Client, page: str) -> str:
    return client.get(reverse(page)).content.decode()


def test_legal_notice_says_who_answers_for_the_portal(client: Client, settings: Any) -> None:
    settings.PORTAL_LEGAL = SAID
    page = shown(client, "mentions_legales")
    for line in (SAID.company, SAID.director, SAID.host, SAID.mediator, SAID.supervisor):
        assert line in page


def test_personal_data_page_names_the_officer_and_who_works_for_the_insurer(client: Client, settings: Any) -> None:
    settings.PORTAL_LEGAL = SAID
    page = shown(client, "donnees_personnelles")
    assert 'href="mailto:dpo@levant.exemple"' in page
    assert "<li>Archives du Port (stockage)</li>" in page
    assert "<li>Courriers &amp; Cie (envoi des e-mails)</li>" in page


def test_nobody_else_works_on_the_data(client: Client, settings: Any) -> None:
    settings.PORTAL_LEGAL = replace(SAID, processors="aucun")
    assert "Aucune autre entreprise ne travaille sur ces données pour nous." in shown(client, "donnees_personnelles")


def test_on_a_machine_of_development_what_is_missing_is_seen(client: Client, settings: Any) -> None:
    settings.PORTAL_LEGAL = Legal("", "", "", ACPR, "", "", "")
    assert shown(client, "mentions_legales").lower().count("à renseigner") == 4
    assert "nous\xa0: à renseigner" in shown(client, "donnees_personnelles").replace("&nbsp;", "\xa0")


def test_every_missing_line_is_named_at_once() -> None:
    check_legal(SAID)
    with pytest.raises(ImproperlyConfigured, match="PORTAL_LEGAL_HOST, PORTAL_LEGAL_PROCESSORS\xa0: obligatoire"):
        check_legal(replace(SAID, host=" ", processors=""))
