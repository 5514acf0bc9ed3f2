"""French typography, icons and form pieces for every template (a builtin library: no {% load %} needed)."""

from collections.abc import Hashable, Sized
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.forms import BoundField, Form
from django.http import HttpRequest
from django.template import Context
from django.template.base import FilterExpression, Parser, Token
from django.template.defaultfilters import pluralize as django_pluralize
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from dispenses.workflow import STATUSES, Facts, Status
from portal.forms import error_messages, first_control
from portal.fragments import render_fragment
from portal.icons import ICONS
from portal.lib.badges import Badge
from portal.lib.links import entrance as entrance_path
from portal.lib.typography import duration, hour, long_day, moment, of, short_day, size, spaced, that, thousands

register = template.Library()
SEVERAL = 2


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, extra: str = "") -> SafeString:
    """Inline SVG of the icon `name`, hidden from screen readers. `extra`: more classes. Raises KeyError if unknown."""
    return format_html(
        '<svg class="ea-icon{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        f" {extra}" if extra else "",
        mark_safe(ICONS[name]),
    )


@register.simple_tag
def badge(shown: Badge) -> SafeString:
    """A badge, as whoever has it declares it."""
    return render_fragment("partials/badge.html", badge=shown)


@register.filter
def status(value: str) -> Facts:
    """What dispenses.workflow declares of a status. Raises ValueError for an unknown one."""
    return STATUSES[Status(value)]


@register.filter
def meaning(value: str) -> str:
    """What a status means, for the employee. Raises ValueError for an unknown one."""
    return status(value).meaning


@register.simple_tag
def status_badge(value: str) -> SafeString:
    """The badge of a request's status."""
    return badge(status(value).badge)


@register.filter
def date_longue(value: date | datetime | None) -> str:
    """« 5 septembre 2018 », in Europe/Paris; nothing for no date. The first of a month is « 1er »."""
    if not value:
        return ""
    return long_day(_local(value), " ")


@register.filter
def date_courte(value: date | datetime | None) -> str:
    """« 05/09/2018 », in Europe/Paris; nothing for no date."""
    return short_day(_local(value)) if value else ""


@register.simple_tag
def entrance(name: str) -> str:
    """Path of a page of the rooms above, by its name in PORTAL_ENTRANCES: for the pages of the rooms below."""
    return entrance_path(name)


@register.filter
def nombre(value: int) -> str:
    """« 12 345 », its thousands apart (a narrow no-break space)."""
    return thousands(value)


@register.filter
def date_heure(value: datetime | None) -> str:
    """« 21 novembre 2026 à 10 h 32 », in Europe/Paris; nothing for no date."""
    return moment(timezone.localtime(value)) if value else ""


@register.filter(is_safe=False)
def pluralize(value: object, ending: str = "s") -> str:
    """Django's, by the rule of French: nothing is several before two."""
    count = len(value) if isinstance(value, Sized) and not isinstance(value, str) else float(str(value or 0))
    return str(django_pluralize(2 if count >= SEVERAL else 1, ending))


@register.filter
def de(name: object, tag: str = "") -> str:
    """« d’Amel », « de Camille »; the name alone inside a `tag`, such as « strong »."""
    return _tagged(of(str(name)), str(name), tag)


@register.filter
def que(name: object, tag: str = "") -> str:
    """« qu’Amel », « que Camille »; the name alone inside a `tag`."""
    return _tagged(that(str(name)), str(name), tag)


def _tagged(said: str, name: str, tag: str) -> str:
    if not tag:
        return said
    tag = mark_safe(tag)
    return format_html("{}<{}>{}</{}>", said.removesuffix(name), tag, name, tag)


@register.filter
def heure(value: datetime) -> str:
    """« 10 h 32 », in Europe/Paris."""
    return hour(timezone.localtime(value))


@register.filter
def duree(value: timedelta) -> str:
    """« 12 min », « 3 h 05 », « 2 jours »."""
    return duration(value)


@register.filter
def taille(count: int | None) -> str:
    """Size in bytes as people read it: « 412 Ko », « 2,8 Mo » (decimal units, at least 1 Ko)."""
    return size(count)


@register.filter(is_safe=False, needs_autoescape=True)
def typo(value: object, autoescape: bool = True) -> SafeString:
    """Text with the no-break spaces of French before ; : ? ! », after « and between a number and its unit."""
    text = str(conditional_escape(value if isinstance(value, SafeString) else str(value)) if autoescape else value)
    return mark_safe(spaced(text))


@register.filter
def ea_errors(field: BoundField) -> list[str]:
    """The field's messages (portal.forms.error_messages)."""
    return error_messages(field)


@register.filter
def error_links(form: Form) -> list[tuple[str, str]]:
    """(id of the control, message) for each error of the form, in the order of its fields; "" for the form's own."""
    links = [("", str(message)) for message in form.non_field_errors()]
    links += [(first_control(field), message) for field in form for message in error_messages(field)]
    return links


@register.filter
def ea_starts(value: object, prefix: str) -> bool:
    """Whether the text starts with `prefix` (False for anything that is not text)."""
    return isinstance(value, str) and value.startswith(prefix)


class PlainURLNode(URLNode):
    """Address of a page that takes no argument: it is the same in all the life of the process."""

    def __init__(self, view_name: FilterExpression) -> None:
        super().__init__(view_name, [], {}, None)
        self.known: dict[str, str] = {}

    def render(self, context: Context) -> str:
        """Django's, remembered for each prefix under which the portal is mounted."""
        prefix = get_script_prefix()
        if prefix not in self.known:
            self.known[prefix] = super().render(context)
        return self.known[prefix]


@register.tag("url")
def url_tag(parser: Parser, token: Token) -> URLNode:
    """Django's `{% url %}`; the menus, links and buttons of every page are not worked out again at each of them."""
    node = django_url(parser, token)
    plain = not node.args and not node.kwargs and not node.asvar and isinstance(node.view_name.var, str)
    return PlainURLNode(node.view_name) if plain else node


@register.simple_tag
def fragment(template_name: str, **values: Hashable) -> SafeString:
    """A template that reads only the values named here: rendered once for each set of values (portal.fragments)."""
    return render_fragment(template_name, **values)


@register.simple_tag(takes_context=True)
def menu(context: Context) -> SafeString:
    """The main menu: who sees it, and which entry is the current one ("" on an error page).

    Who has no employment has nothing to follow; a session opened before that was noted is taken for an employee's.
    """
    request: HttpRequest = context["request"]
    match, user = request.resolver_match, context.get("user")
    authenticated = user is not None and user.is_authenticated
    return render_fragment(
        "partials/nav.html",
        page=(match.url_name or "") if match else "",
        of_company=request.path_info.startswith(entrance_path("employees")),
        authenticated=authenticated,
        employee=authenticated and bool(request.session.get("employee", True)),
        staff=user is not None and user.is_staff,
        correspondent=authenticated and bool(request.session.get("correspondent")),
    )
