"""Wordings of the mails: the default ones as marks, what may be written, how it is filled, what never stops a mail."""

import logging
import re
from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.messages import ActivationCode, Invitation
from dispenses.request.messages import DispenseAccepted
from notifications import outbox, rendering, wording
from notifications.messages import Message, declared
from notifications.models import EmailText
from notifications.originals import original
from notifications.wording import Wording
from tests.factories import AdministratorFactory, StaffFactory
from tests.notifications.messages import VALUES, example

pytestmark = pytest.mark.django_db
GOOD = Wording(
    "Bienvenue chez {entreprise}",
    "Bonjour {nom},\n\nAvant le {date_limite}, merci.\nDéjà un compte\xa0? {lien_connexion}",
    "Activer",
)


def store(kind=Invitation, text=GOOD, **more):
    row = EmailText.objects.create(kind=kind.kind, written_by="Idris Lenoir", **vars(text), **more)
    wording.forget()
    return row


def words(text):
    return sorted(word for word in text.replace("\xa0", " ").split() if word != ":" and "@" not in word)


@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.__name__)
def test_each_default_wording_becomes_marks_and_back(kind):
    text = original(kind)
    assert wording.problems(kind, text) == {}
    message = example(kind)
    subject, plain, html = rendering.render_wording(message, text)
    assert subject == rendering.render(message)[0]
    default = rendering.render(message)[1].replace("05/09/2018", "5 septembre 2018")
    assert words(plain) == words(default)
    assert "{" not in plain
    assert "{" not in html.partition("</style>")[2]


def test_a_written_text_is_sent_inside_the_house_layout():
    store()
    subject, text, html = rendering.render(example(Invitation))
    assert subject == "Bienvenue chez Boulangerie & Fils"
    assert f"Activer\xa0:\n{VALUES['activation_url']}" in text
    assert "Nous ne vous demandons jamais votre mot de passe" in text
    assert "Avant le 1 décembre 2026, merci.\nDéjà un compte" in text
    assert "Virginie D’Été &lt;b&gt;" in html
    assert "merci.<br>Déjà un compte" in html
    assert f'<a href="{VALUES["sign_in_url"]}"' in html
    assert f'<a href="{VALUES["activation_url"]}"' in html


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", "{% now 'Y' %}", "{{ person_name }}", "{nom.__class__}"]
)
def test_no_code_comes_from_the_database(typed):
    text = Wording(GOOD.subject, f"{GOOD.body}\n\n{typed}", GOOD.button)
    if "{" in typed:
        assert wording.problems(Invitation, text)
        return
    store(text=text)
    _, _, html = rendering.render(example(Invitation))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_value_that_looks_like_a_mark_stays_a_value():
    store()
    _, text, _ = rendering.render(example(Invitation, person_name="{lien_activation} {% x %}"))
    assert "Bonjour {lien_activation} {% x %}," in text


@pytest.mark.parametrize(
    ("text", "part", "said"),
    [
        (Wording("Objet", "Bonjour", "Ok"), "body", "{lien_connexion} est indispensable"),
        (Wording("Objet", "{date_limite}", "Ok"), "body", "{lien_connexion} est indispensable"),
        (Wording("{lien_activation}", GOOD.body, "Ok"), "subject", "n’existe pas ici"),
        (Wording("Objet", GOOD.body + " {motif}", "Ok"), "body", "{motif} n’existe pas ici"),
        (Wording("Objet", GOOD.body + " {", "Ok"), "body", "accolade est seule"),
        (Wording("Objet", GOOD.body, "{nom}"), "button", "n’existe pas ici"),
        (Wording("Objet", GOOD.body, " "), "button", "Écrivez le libellé du bouton"),
        (Wording(" ", GOOD.body, "Ok"), "subject", "Écrivez un objet"),
    ],
)
def test_wrong_texts_are_told_by_part(text, part, said):
    assert any(said in message for message in wording.problems(Invitation, text)[part])


def test_a_code_never_goes_to_the_subject():
    text = Wording("Votre code {code}", "{code}, {minutes} minutes", "")
    assert "subject" in wording.problems(ActivationCode, text)


ALTERED = re.compile("D’Oliveira|d’Almeida|d’E")
FREE = "Il manque la page de\n\nEn attente de Elle, ou le relevé de En attente."


@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("value", ["Maria De Oliveira", "Ana de Almeida", FREE])
def test_no_mail_alters_a_value(kind, value):
    plain = [name for name, mark in kind.marks.items() if type(mark.example) is str and not mark.link]
    message = example(kind, **dict.fromkeys(plain, value))
    for shown in (rendering.render(message), rendering.render_wording(message, original(kind))):
        for part in shown:
            assert not ALTERED.search(part), part
        assert value == FREE or "person_name" not in plain or value in shown[1]


def test_names_are_elided_in_a_written_text_and_values_are_not():
    store(
        text=Wording(
            "La place de {entreprise}",
            "Dispense de {nom}, que {entreprise} suit avant le {date_limite}.\n\n{lien_connexion}",
            "Activer",
        )
    )
    message = example(Invitation, person_name="Ana de Almeida", employer_name="Orme de Argent")
    subject, text, html = rendering.render(message)
    assert subject == "La place d’Orme de Argent"
    assert "Dispense d’Ana de Almeida, qu’Orme de Argent suit avant" in text
    assert "Dispense d’Ana de Almeida, qu’Orme de Argent suit avant" in html


def test_a_sentence_about_nothing_is_left_out():
    kind = DispenseAccepted
    body = "Bonjour {nom},\n\nDispense N°{numero} acceptée. Elle vaut jusqu’au {date_fin}. Merci."
    store(kind, Wording("Oui", body, "Suivre"))
    assert "acceptée. Merci." in rendering.render(example(kind, ends_on=None))[1]
    with_end = rendering.render(example(kind, ends_on=date(2027, 1, 31)))[1]
    assert "Elle vaut jusqu’au 31 janvier 2027." in with_end


@pytest.mark.parametrize(
    "broken",
    [
        Wording("{plus_la}", GOOD.body, "Ok"),
        Wording("", "", ""),
        Wording("Objet", "sans rien d’indispensable", "Ok"),
        Wording("Objet", GOOD.body + " {", "Ok"),
    ],
)
def test_a_broken_text_never_stops_a_mail_and_says_so(broken, caplog):
    store(text=broken)
    caplog.set_level(logging.ERROR)
    row = outbox.enqueue(example(Invitation), to="a@exemple.fr", dedup_key="1")
    assert row is not None
    assert "Boulangerie & Fils vous" in row.subject or row.subject == "Objet"
    assert "illisible" in caplog.text
    page = admin_client().get(reverse("admin:notifications_emailtext_changelist")).content.decode()
    assert "Illisible" in page


def test_many_mails_read_the_wordings_once(django_assert_num_queries):
    store()
    messages = [example(Invitation) for _ in range(50)]
    with django_assert_num_queries(1):
        for message in messages:
            rendering.render(message)


def test_a_version_is_written_once():
    row = store()
    row.subject = "x"
    with pytest.raises(TypeError):
        row.save()


# The pages


def admin_client(user=None):
    client = Client()
    client.force_login(user or AdministratorFactory())
    return client


def at(name, *more):
    return reverse(f"admin:notifications_emailtext_{name}", args=["invitation", *more])


def typed(text=GOOD, seen=""):
    return {"seen": seen, **vars(text)}


def test_every_kind_has_its_line_and_page():
    client = admin_client()
    page = client.get(reverse("admin:notifications_emailtext_changelist")).content.decode()
    for kind in declared():
        address = reverse("admin:notifications_emailtext_message", args=[kind.kind])
        assert address in page
        assert client.get(address).status_code == 200


def test_a_text_is_written_tried_and_taken_back():
    client = admin_client()
    page = client.get(at("message")).content.decode()
    assert "{lien_activation}" in page
    assert "Bonjour {nom}," in page
    trial = client.post(at("essai", "html"), typed())
    assert "Bienvenue chez Ateliers du Levant" in trial.content.decode()
    assert "sandbox" in trial["Content-Security-Policy"]
    assert "'self'" not in trial["Content-Security-Policy"]
    plain = client.post(at("essai", "texte"), typed())
    assert plain["Content-Type"].startswith("text/plain")
    assert not EmailText.objects.exists()
    assert client.post(at("message"), typed()).status_code == 302
    assert "Bienvenue chez" in client.get(at("essai", "texte")).content.decode()
    row = EmailText.objects.get()
    assert row.written_by == "Alix " + row.written_by.split()[-1]
    assert client.post(at("origine")).status_code == 302
    assert "vous invite" in rendering.render(example(Invitation))[0]
    assert [v.original for v in EmailText.objects.order_by("pk")] == [False, True]
    assert LogEntry.objects.count() == 2
    again = client.get(at("message"), {"version": row.pk}).content.decode()
    assert "Bienvenue chez {entreprise}" in again
    for odd in ("0", "9" * 30, "x", "\u0663"):
        assert client.get(at("message"), {"version": odd}).status_code == 200


def test_a_wrong_text_is_refused_and_nothing_is_lost():
    client = admin_client()
    text = Wording("Objet {oups}", "Mon long texte sans lien", "Go")
    for address in (at("message"), at("essai", "html")):
        page = client.post(address, typed(text)).content.decode()
        assert "Mon long texte sans lien" in page
        assert "{oups} n’existe pas ici" in page
        assert "{lien_connexion} est indispensable" in page
    assert not EmailText.objects.exists()


def test_two_administrators_do_not_overwrite_each_other():
    first, second = admin_client(), admin_client()
    assert first.post(at("message"), typed()).status_code == 302
    late = second.post(at("message"), typed(Wording("Autre", GOOD.body, "Ok")))
    assert "Ce texte a changé entre-temps" in late.content.decode()
    assert EmailText.objects.count() == 1
    now = str(EmailText.objects.get().pk)
    assert f'value="{now}"' in late.content.decode()
    assert second.post(at("message"), typed(Wording("Autre", GOOD.body, "Ok"), now)).status_code == 302


def test_others_do_not_write():
    client = admin_client(StaffFactory())
    for address in (at("message"), at("origine"), at("essai", "html")):
        assert client.post(address, typed()).status_code == 403
    assert admin_client().get(reverse("admin:notifications_emailtext_message", args=["pirate"])).status_code == 404
    assert admin_client().get(at("essai", "pdf")).status_code == 404


@pytest.mark.parametrize("message", declared(), ids=lambda message: message.kind)
def test_whoever_writes_reads_french_marks(message: type[Message]) -> None:
    names = list(message.marks)
    french = [mark.name for mark in message.marks.values()]
    assert len(set(french)) == len(names)
    assert {name for name, mark in zip(names, french, strict=True) if name == mark} <= {
        "minutes",
        "code",
        "message",
        "decision",
    }
