"""Fragments: the same values give the same HTML, rendered once; what cannot be compared is refused."""

import pytest
from django.template import Template, TemplateSyntaxError
from django.test import RequestFactory

from dispenses.workflow import STATUSES, Status
from portal import fragments
from portal.context_processors import brand
from portal.forms import input_html


def test_rendered_once_for_each_set_of_values(monkeypatch):
    rendered = []
    original = Template.render

    def render(self, context):
        rendered.append(self.name)
        return original(self, context)

    monkeypatch.setattr(Template, "render", render)
    shown = [STATUSES[status].badge for status in (Status.DRAFT, Status.DRAFT, Status.REFUSED)]
    badges = [fragments.render_fragment("partials/badge.html", badge=badge) for badge in shown]
    assert badges[0] == badges[1] != badges[2]
    assert rendered == ["partials/badge.html"] * 2


def test_follows_the_settings(settings):
    request = RequestFactory().get("/")
    settings.PORTAL_CONTACT_EMAIL = "avant@mutuelle.exemple"
    first = fragments.render_fragment("partials/contact_card.html", **brand(request))
    settings.PORTAL_CONTACT_EMAIL = "apres@mutuelle.exemple"
    assert "avant@" in first
    assert "apres@" in fragments.render_fragment("partials/contact_card.html", **brand(request))


def test_values_that_cannot_be_compared_are_refused(settings):
    for settings.DEBUG in (False, True):
        with pytest.raises(TypeError):
            fragments.render_fragment("partials/badge.html", badge=["draft"])


def test_a_fragment_needs_a_template_name():
    with pytest.raises(TemplateSyntaxError):
        Template("{% fragment %}")


def test_input_is_escaped_and_drops_what_is_not_there():
    attrs = {"id": "id_nom", "required": True, "disabled": False, "maxlength": 30, "title": None}
    html = input_html({"type": "text", "name": "nom", "value": '"><script>', "attrs": attrs})
    assert html == (
        '<input type="text" name="nom" value="&quot;&gt;&lt;script&gt;" id="id_nom" required maxlength="30">'
    )
    assert "value" not in input_html({"type": "password", "name": "secret", "value": None, "attrs": {}})
