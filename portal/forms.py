"""How forms become HTML: the portal's layout of a field, and plain inputs written without a template."""

from html import escape
from itertools import chain
from typing import Any

from django.forms import BoundField, Field
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import CheckboxInput, FileInput, MultiWidget, PasswordInput, RadioSelect, Select, Textarea
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from portal.fragments import render_fragment
from portal.lib.fields import ThreePartDateWidget
from portal.lib.typography import NBSP

CONTROL = "\0"  # where the layout of a field leaves room for its control: no text holds one
PLAIN_INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html" for kind in ("text", "email", "number", "password", "hidden", "tel", "url")
)


class Renderer(TemplatesSetting):
    """The renderer of FORM_RENDERER: the layout of a field is kept, a plain input is written at once."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
        """HTML of a widget, a field or a form, as Django's renderer gives it."""
        if template_name in PLAIN_INPUTS:
            return input_html(context["widget"])
        if template_name == ThreePartDateWidget.template_name:
            return date_html(context["widget"]["subwidgets"])
        if template_name == "django/forms/field.html":
            return field_html(context["field"])
        return mark_safe(super().render(template_name, context, request))


def input_html(widget: dict[str, Any]) -> SafeString:
    """An `<input>` from the `widget` of a widget's context; an attribute that is False or None is left out."""
    attributes = {"type": widget["type"], "name": widget["name"], "value": widget["value"], **widget["attrs"]}
    written = "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return mark_safe(f"<input{written}>")


def date_html(parts: list[dict[str, Any]]) -> SafeString:
    """The three inputs of a date. Only what they hold is a person's: what surrounds them is kept."""
    labels = tuple((part["attrs"]["id"], part["label"]) for part in parts)
    layout = render_fragment(ThreePartDateWidget.template_name, parts=labels, control=mark_safe(CONTROL))
    around = layout.split(CONTROL)
    return mark_safe("".join(chain.from_iterable(zip(around, [*map(input_html, parts), ""], strict=True))))


def radios_html(field: BoundField) -> SafeString:
    """The choices of a field as radio buttons: kept for each of the answers that it offers."""
    choices = tuple((radio.id_for_label, input_html(radio.data), str(radio.choice_label)) for radio in field)
    return render_fragment("partials/radios.html", choices=choices)


def field_html(field: BoundField) -> SafeString:
    """Label, hint, errors and control. All but the control is the same for everyone, and kept."""
    layout = render_fragment(
        "django/forms/field.html",
        kind=_kind(field),
        control_id=field.id_for_label or "",
        field_id=field.auto_id,
        label=str(field.label),
        optional=_is_optional(field),
        hint=str(field.help_text),
        errors=tuple(error_messages(field)),
        described_by=field.aria_describedby or "",
        control=mark_safe(CONTROL),
    )
    return mark_safe(layout.replace(CONTROL, control_html(field)))


def _kind(field: BoundField) -> str:
    """How templates/django/forms/field.html lays the field out: checkbox, fieldset, hidden or plain."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    if widget.is_hidden:
        return "hidden"
    return "fieldset" if widget.use_fieldset else "plain"


def _is_optional(field: BoundField) -> bool:
    """Whether the label must say « facultatif »: not required, and neither it nor its group (`said_optional`) does."""
    said = getattr(field.field, "said_optional", False) or "facultati" in str(field.label).lower()
    return not field.field.required and not said


def control_html(field: BoundField) -> SafeString:
    """The field's control with the portal's classes; passwords can be shown, dates come in three inputs."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect):
        return radios_html(field)
    classes = [widget.attrs.get("class", "")]
    attrs: dict[str, str | bool] = {}
    if isinstance(widget, CheckboxInput | FileInput | MultiWidget):
        pass
    elif isinstance(widget, Textarea):
        classes.append("ea-input ea-textarea")
    elif isinstance(widget, Select):
        classes.append("ea-input ea-select")
    else:
        classes.append("ea-input")
    if isinstance(widget, PasswordInput):
        attrs["data-ea-pw"] = True
    if joined := " ".join(filter(None, classes)):
        attrs["class"] = joined
    return field.as_widget(attrs=attrs)


def error_messages(field: BoundField) -> list[str]:
    """The field's messages; Django's « Ce champ est obligatoire. » gives way to one that names the field."""
    widget, label = field.field.widget, str(field.label).rstrip(" ?:*\u00a0")
    if isinstance(widget, CheckboxInput):
        required = f"Cochez la case «{NBSP}{label}{NBSP}»"
    elif isinstance(widget, RadioSelect | Select):
        required = f"Choisissez une réponse à «{NBSP}{label}{NBSP}»"
    else:
        required = f"Renseignez «{NBSP}{label}{NBSP}»"
    default = str(Field.default_error_messages["required"])
    return [required if str(message) == default else str(message) for message in field.errors]


def first_control(field: BoundField) -> str:
    """Id of the control to correct: the first radio, the wrong part of a date, else the input itself."""
    widget, auto_id = field.field.widget, field.auto_id
    if isinstance(widget, MultiWidget):
        wrong = getattr(widget, "wrong_parts", None)
        return f"{auto_id}_{min(wrong) if wrong else 0}"
    return f"{auto_id}_0" if isinstance(widget, RadioSelect) else auto_id
