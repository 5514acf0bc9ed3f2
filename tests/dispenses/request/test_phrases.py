"""Standard phrases: those of the first day, what they become for a request, what an administrator may write."""

from datetime import date

import pytest
from django.urls import reverse

from dispenses.enums import PhraseKind
from dispenses.models import StandardPhrase
from dispenses.request import phrases
from portal.lib import placeholders
from tests.factories import AdministratorFactory, DispenseFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_the_phrases_of_the_first_day_are_right_and_loaded_once():
    assert phrases.load() == len(phrases.FIRST) >= 12
    for phrase in StandardPhrase.objects.all():
        phrase.full_clean()
    StandardPhrase.objects.filter(kind="refusal").delete()
    assert phrases.load() == 0
    assert {kind.value for kind, *_ in phrases.FIRST} == set(PhraseKind.values)


def test_a_phrase_is_written_for_its_request():
    dispense = DispenseFactory(in_progress=True)
    phrase = StandardPhrase(kind="complement", text="{prenom}, joignez {document} (N°{numero}, {date}) {vieux}")
    text = phrases.written(phrase, dispense, document="Carte", until=date(2027, 1, 31))
    assert text == f"Virginie, joignez Carte (N°{dispense.number}, 31/01/2027) {{vieux}}"


def test_only_active_phrases_of_the_motif_are_offered():
    phrases.load()
    everywhere, conjoint = set(phrases.offered("")), set(phrases.offered("conjoint"))
    assert everywhere < conjoint
    StandardPhrase.objects.filter(kind="refusal").update(active=False)
    assert not phrases.offered("conjoint").filter(kind="refusal").exists()


def test_the_reasons_of_a_document_are_proposed_under_it(client):
    client.force_login(StaffFactory())
    dispense = DispenseFactory(in_progress=True)
    StandardPhrase.objects.create(kind="piece", title="Tous", text="«\xa0{document}\xa0» est flou.")
    StandardPhrase.objects.create(kind="piece", title="Carte", text="Le verso manque.", piece="carte_mutuelle")
    StandardPhrase.objects.create(kind="piece", title="C2S", text="Trop ancienne.", motif="c2s")
    page = client.get(reverse("admin:dispenses_dispense_change", args=[dispense.number])).content.decode()
    lists = {
        code: page.partition(f'<datalist id="raisons-{code}">')[2].partition("</datalist>")[0]
        for code in ("carte_mutuelle", "attestation_conjoint")
    }
    assert "Copie de votre carte mutuelle\xa0» est flou." in lists["carte_mutuelle"]
    assert "Le verso manque." in lists["carte_mutuelle"]
    assert "est flou." in lists["attestation_conjoint"]
    assert "Le verso manque." not in lists["attestation_conjoint"]
    assert "Trop ancienne." not in page


def test_the_phrases_that_leave_by_mail_name_no_document():
    for kind, title, text, motif in phrases.FIRST:
        if kind is PhraseKind.COMPLEMENT:
            assert (title, "document" in placeholders.marks(text), motif) == (title, False, "")


def test_an_administrator_writes_a_phrase_with_checked_marks(client):
    client.force_login(AdministratorFactory())
    add = reverse("admin:dispenses_standardphrase_add")
    page = client.get(add).content.decode()
    assert "{entreprise}" in page
    assert "Employeur conjoint" in page
    answers = {"kind": "refusal", "title": "Essai", "text": "Bonjour {motif}", "position": "3", "active": "on"}
    refused = client.post(add, answers)
    assert "Le repère {motif} n’existe pas ici" in refused.content.decode()
    assert client.post(add, answers | {"motif": "pirate", "text": "Bonjour"}).status_code == 200
    assert client.post(add, answers | {"motif": "conjoint", "text": "Bonjour {prenom}"}).status_code == 302
    phrase = StandardPhrase.objects.get()
    assert (phrase.motif, phrase.text) == ("conjoint", "Bonjour {prenom}")
    twin = client.post(add, answers | {"text": "Autre"})
    assert "porte déjà ce titre" in twin.content.decode()


def test_a_reviewer_reads_phrases_and_changes_none(client):
    phrases.load()
    client.force_login(StaffFactory())
    phrase = StandardPhrase.objects.first()
    change = reverse("admin:dispenses_standardphrase_change", args=[phrase.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"title": "x"}).status_code == 403
