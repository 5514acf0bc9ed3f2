"""Employers, with what only this room knows: the motifs that an acte opens, the documents that it only recommends."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.utils import timezone

from accounts import admin as people
from accounts.acte_forms import ActeForm
from accounts.models import Employer
from dispenses.law import rules
from dispenses.law.catalogue import OPENED_BY_ACTE
from dispenses.models import Motif


def lowerable() -> list[tuple[str, str]]:
    """(« motif:document », words) of every document that the law leaves to the acte, in the editions of today on."""
    today = timezone.localdate()
    return [
        (f"{motif.code}:{piece.code}", f"{motif.label}\xa0: {piece.label}")
        for motif in Motif.objects.prefetch_related("required_justificatifs")
        if rules.in_force(None, motif.in_force_until, today)
        for piece in motif.required_justificatifs.all()
        if not piece.by_law
    ]


class ActeWithMotifsForm(ActeForm):
    """The acte, the motifs that it opens, ticked rather than typed, and the documents that it only recommends."""

    opened_motifs = forms.MultipleChoiceField(
        label="Motifs facultatifs ouverts",
        choices=OPENED_BY_ACTE,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    recommended_pieces = forms.MultipleChoiceField(
        label="Documents seulement recommandés",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochés\xa0: la déclaration sur l’honneur suffit pour envoyer la demande. "
        "Ceux que la loi exige n’y figurent pas.",
    )

    class Meta(ActeForm.Meta):
        fields: ClassVar[list[str]] = [*ActeForm.Meta.fields, "opened_motifs", "recommended_pieces"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("recommended_pieces")
        if isinstance(field, forms.MultipleChoiceField):
            known = dict(lowerable())
            former = {value: value for value in self.instance.recommended_pieces or [] if value not in known}
            field.choices = [*known.items(), *former.items()]


class ActeInline(people.ActeInline):
    form = ActeWithMotifsForm


admin.site.unregister(Employer)


@admin.register(Employer)
class EmployerAdmin(people.EmployerAdmin):
    inlines = [ActeInline]
