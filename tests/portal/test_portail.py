from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test.utils import override_script_prefix

from dispenses.workflow import STATUSES
from portal.icons import ICONS
from portal.templatetags import portail


def test_dates_are_french():
    assert portail.date_longue(date(2018, 9, 5)) == "5\u00a0septembre 2018"
    assert portail.date_longue(date(2026, 5, 1)) == "1er\u00a0mai 2026"
    assert portail.date_courte(date(2018, 9, 5)) == "05/09/2018"
    assert portail.date_longue(None) == portail.date_courte(None) == portail.date_heure(None) == ""


def test_hours_are_those_of_paris():
    assert portail.date_heure(datetime(2026, 11, 21, 9, 2, tzinfo=UTC)) == "21\u00a0novembre 2026 à 10\u00a0h\u00a002"
    assert portail.date_courte(datetime(2026, 7, 21, 23, 0, tzinfo=UTC)) == "22/07/2026"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (None, "0 Ko"),
        (1, "1 Ko"),
        (412_300, "412 Ko"),
        (999_999, "1 Mo"),
        (2_800_000, "2,8 Mo"),
        (10_000_000, "10 Mo"),
    ],
)
def test_sizes_are_french(size, shown):
    assert portail.taille(size) == shown.replace(" ", "\u00a0")


def test_typo_adds_no_break_spaces_and_escapes():
    shown = Template("{{ text|typo }}").render(Context({"text": "« a » : <b> 10 Mo ?"}))

    assert shown == "«\u00a0a\u00a0»\u00a0: &lt;b&gt; 10\u00a0Mo\u00a0?"


def test_typo_keeps_entities_of_escaped_text():
    assert Template("{{ text|typo }}").render(Context({"text": "a & b"})) == "a &amp; b"


@pytest.mark.parametrize("name", sorted(ICONS))
def test_icons_are_hidden_from_screen_readers(name):
    assert 'aria-hidden="true"' in portail.icon(name)


@pytest.mark.parametrize(("status", "facts"), list(STATUSES.items()))
def test_badges_say_each_status(status, facts):
    shown = portail.status_badge(status.value)
    assert facts.label in shown
    assert ICONS[facts.badge.icon] in shown
    assert f"ea-badge--{facts.badge.tone}" in shown or not facts.badge.tone


def test_steps_tell_where_one_is():
    page = render_to_string("partials/steps.html", {"steps": ["Un", "Deux", "Trois"], "current": 2})

    assert page.count('class="is-done"') == page.count('aria-current="step"') == 1
    assert "Étape 2 sur 3" in page


def test_an_address_without_argument_is_worked_out_once(monkeypatch):
    page = Template("{% url 'aide' %} {% url 'demande_recu' 20000 %} {% url 'aide' as help %}{{ help }}")
    assert page.render(Context()) == "/aide/ /demandes/20000/recu.pdf /aide/"
    with override_script_prefix("/portail/"):
        assert page.render(Context()).startswith("/portail/aide/ ")
    assert page.render(Context()).startswith("/aide/ ")


@pytest.mark.parametrize(
    ("count", "words"), [(0, "demande"), (1, "demande"), (2, "demandes"), ([], "demande"), ("3", "demandes")]
)
def test_nothing_is_several_before_two(count, words):
    assert Template("demande{{ count|pluralize }}").render(Context({"count": count})) == words


def test_de_is_elided_on_pages():
    page = Template("{{ name|de }}, {{ name|que }}")
    assert page.render(Context({"name": "Amel <3"})) == "d’Amel &lt;3, qu’Amel &lt;3"
    page = Template('{{ name|de:"strong" }}, {{ name|que:"strong" }}')
    assert page.render(Context({"name": "Amel <3"})) == "d’<strong>Amel &lt;3</strong>, qu’<strong>Amel &lt;3</strong>"
    assert page.render(Context({"name": "Paul"})) == "de <strong>Paul</strong>, que <strong>Paul</strong>"
