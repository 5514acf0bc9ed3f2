"""Standard phrases: written by the administrators, read by whoever examines a request."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from dispenses.enums import PhraseKind
from dispenses.models import Motif, RequiredJustificatif, StandardPhrase
from dispenses.models.phrases import MARKS

ALL_MOTIFS = ("", "Tous les motifs")
ALL_PIECES = ("", "Tous les documents")


class PhraseForm(forms.ModelForm[StandardPhrase]):
    """The motif and the document are chosen by name, stored by code: they hold for every edition."""

    motif = forms.ChoiceField(label="Motif", required=False)
    piece = forms.ChoiceField(label="Document", required=False)

    class Meta:
        model = StandardPhrase
        fields: ClassVar[list[str]] = ["kind", "title", "text", "motif", "piece", "position", "active"]
        widgets: ClassVar[dict[str, forms.Widget]] = {"text": forms.Textarea(attrs={"rows": 5, "cols": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:  # absent for who may only read
            motifs = dict(Motif.objects.order_by("position", "id").values_list("code", "label"))
            pieces = dict(RequiredJustificatif.objects.order_by("label").values_list("code", "label"))
            choose(self.fields["motif"], [ALL_MOTIFS, *motifs.items()])
            choose(self.fields["piece"], [ALL_PIECES, *pieces.items()])
            self.fields["text"].help_text = marks_help()


def choose(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    """Give a choice field what may be chosen."""
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def marks_help() -> str:
    """The marks that each kind of phrase knows, in words."""
    common = set.intersection(*(set(marks) for marks in MARKS.values()))
    words = {name: words for marks in MARKS.values() for name, words in marks.items()}
    shown = format_html_join(
        ", ",
        "{{{}}} ({}{})",
        (
            (
                name,
                meaning,
                "" if name in common else f"\xa0; seulement pour\xa0: {_kinds_with(name)}",
            )
            for name, meaning in words.items()
        ),
    )
    return format_html(
        "Le salarié lit ce texte tel quel\xa0: rien sur sa santé. Repères remplacés par le portail\xa0: {}.", shown
    )


def _kinds_with(name: str) -> str:
    return ", ".join(PhraseKind(kind).label.split("\xa0:")[0].lower() for kind, marks in MARKS.items() if name in marks)


@admin.register(StandardPhrase)
class StandardPhraseAdmin(admin.ModelAdmin[StandardPhrase]):
    form = PhraseForm
    list_display = ("title", "kind", "motif", "piece", "position", "active")
    list_filter = ("kind", "active")
    search_fields = ("title", "text")
    list_per_page = 100
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("kind", "position", "id")
