"""The form of a version of an acte, with what only this room knows: motifs, their documents, each year, its text."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acte_forms import ActeForm
from accounts.models import Acte
from dispenses.documents import acte_texts
from dispenses.documents.acte_texts import Received
from dispenses.enums import MotifFamily, Yearly, YearlyPolicy
from dispenses.exceptions import JustificatifRefused
from dispenses.law import rules, yearly
from dispenses.law.catalogue import BY_CODE, OPENED_BY_ACTE
from dispenses.models import Motif

CODE = "Code de la sécurité sociale, "


def openable() -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, [(code, words with the article)]) of every motif of the catalogue that needs an acte to open it."""
    return [
        (
            MotifFamily(family).label,
            [(entry.code.value, f"{entry.acte_label} – {entry.legal_basis.removeprefix(CODE)}") for entry in entries],
        )
        for family, entries in groupby(OPENED_BY_ACTE, key=lambda entry: entry.family)
    ]


def _coming() -> Iterable[Motif]:
    """The editions of today on, with their documents."""
    today = timezone.localdate()
    editions = Motif.objects.prefetch_related("required_justificatifs")
    return [motif for motif in editions if rules.in_force(None, motif.in_force_until, today)]


def lowerable(editions: Iterable[Motif]) -> list[tuple[str, str]]:
    """(« motif:document », words) of every document that the law leaves to the acte, in these editions."""
    return [
        (f"{motif.code}:{piece.code}", f"{motif.full_label}\xa0: {piece.label}")
        for motif in editions
        for piece in motif.required_justificatifs.all()
        if not piece.by_law
    ]


def confirmed_by_prudence(editions: Iterable[Motif]) -> dict[str, str]:
    """(code, label) of the motifs that the insurer's prudence has confirmed each year, in these editions."""
    return {motif.code: _said(motif) for motif in editions if motif.yearly == Yearly.PRUDENCE}


def _said(motif: Motif) -> str:
    """The motif as the form of an acte calls it: its label alone does not always say of which group it is."""
    entry = BY_CODE.get(motif.code)
    return (entry.acte_label if entry else "") or motif.full_label


def opened_in_words(acte: Acte) -> list[str]:
    """The motifs that this version opens, each with its article."""
    words = dict(pair for _, group in openable() for pair in group)
    return [words.get(code, code) for code in acte.opened_motifs]


def lowered_in_words(acte: Acte) -> list[str]:
    """The documents that this version only recommends."""
    words = dict(lowerable(_coming()))
    return [words.get(pair, pair) for pair in acte.recommended_pieces]


def policies_in_words(acte: Acte) -> list[str]:
    """What is asked each year, motif by motif, where it is not what the insurer asks by itself."""
    labels = confirmed_by_prudence(_coming())
    pairs = (pair.split(":", 1) for pair in acte.yearly_policies)
    return [f"{labels.get(code, code)}\xa0: {YearlyPolicy(policy).label}" for code, policy in pairs]


class GroupedCheckboxes(forms.CheckboxSelectMultiple):
    """Boxes under the title of their group."""

    template_name = "dispenses/administration/cases.html"


class PoliciesWidget(forms.Widget):
    """One choice a motif; the value is a list of « motif:politique », without those that change nothing."""

    template_name = "dispenses/administration/politiques.html"
    use_fieldset = True
    motifs: dict[str, str] = {}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = dict(pair.split(":", 1) for pair in value or () if ":" in pair)
        context["rows"] = [
            {
                "label": label,
                "name": f"{name}-{code}",
                "options": [(one.value, one.label, one.value == chosen.get(code, DEFAULT)) for one in YearlyPolicy],
            }
            for code, label in self.motifs.items()
        ]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        typed = {code: data.get(f"{name}-{code}") or DEFAULT for code in self.motifs}
        return [f"{code}:{policy}" for code, policy in typed.items() if policy != DEFAULT]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""


Refused = Mapping[str, Sequence[JustificatifRefused]]
DEFAULT = yearly.BY_PRUDENCE.value


class PoliciesField(forms.MultipleChoiceField):
    """What the acte asks each year, motif by motif: stored where it differs from what the insurer asks."""

    def know(self, motifs: dict[str, str]) -> None:
        """The motifs in question, label by code."""
        self.widget.motifs = motifs  # type: ignore[attr-defined]  # PoliciesWidget
        self.choices = [
            (yearly.stored(code, one), f"{label}\xa0: {one.label}")
            for code, label in motifs.items()
            for one in YearlyPolicy
        ]


class ActeWithMotifsForm(ActeForm):
    """The acte, the motifs that it opens, ticked rather than typed, the documents that it only recommends."""

    opened_motifs = forms.MultipleChoiceField(
        label="Motifs facultatifs ouverts",
        choices=openable,
        required=False,
        widget=GroupedCheckboxes,
        help_text="Ceux que l’acte prévoit. Les motifs de droit n’ont pas besoin de lui.",
    )
    recommended_pieces = forms.MultipleChoiceField(
        label="Documents seulement recommandés",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochés\xa0: la déclaration sur l’honneur suffit pour envoyer la demande. "
        "Ceux que la loi exige n’y figurent pas.",
    )
    yearly_policies = PoliciesField(
        label="Ce qui est demandé chaque année",
        required=False,
        widget=PoliciesWidget,
        help_text="Pour les motifs que l’assureur fait confirmer par prudence. Ce que la loi exige n’y figure pas.",
    )

    text = forms.FileField(
        label="Texte de cette version (PDF)",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf"}),
        help_text="L’acte entier, tel qu’il a été signé ou remis aux salariés. Ils le lisent avant de signer leur "
        "demande, et il entre dans les dossiers de preuves.",
    )
    text_reason = forms.CharField(
        label="Pourquoi ce texte remplace le précédent",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Page manquante, numérisation illisible… Si l’acte lui-même a changé, ajoutez plutôt une version.",
    )

    class Meta(ActeForm.Meta):
        fields: ClassVar[list[str]] = [
            *ActeForm.Meta.fields,
            "opened_motifs",
            "recommended_pieces",
            "yearly_policies",
        ]

    def __init__(
        self, *args: Any, refused: Mapping[str, Sequence[JustificatifRefused]] | None = None, **kwargs: Any
    ) -> None:
        """`refused`: what was wrong with files that were not kept while they came in, by name of input."""
        super().__init__(*args, **kwargs)
        self.refused = refused or {}
        editions = list(_coming())
        field = self.fields.get("recommended_pieces")
        if isinstance(field, forms.MultipleChoiceField):
            known = dict(lowerable(editions))
            former = {value: value for value in self.instance.recommended_pieces or [] if value not in known}
            field.choices = [*known.items(), *former.items()]
        policies = self.fields.get("yearly_policies")
        if isinstance(policies, PoliciesField):
            motifs = confirmed_by_prudence(editions)
            kept = [pair.partition(":")[0] for pair in self.instance.yearly_policies or []]
            policies.know({**motifs, **{code: code for code in kept if code not in motifs}})

    def clean_text(self) -> Received | None:
        """The text, checked and scanned. Raises ValidationError, in words, for one that cannot be kept."""
        upload = self.cleaned_data["text"]
        try:
            for refusal in self.refused.get(self.add_prefix("text"), ()):
                raise refusal
            return acte_texts.receive(upload) if upload else None
        except JustificatifRefused as refusal:
            raise ValidationError(str(refusal)) from refusal

    def clean_text_reason(self) -> str:
        reason = " ".join(self.cleaned_data["text_reason"].split())
        current = acte_texts.current(self.instance) if self.instance.pk else None
        text = self.cleaned_data.get("text")
        if text and current and not reason:
            raise ValidationError(
                f"Cette version a déjà un texte, «\xa0{current.name}\xa0». Dites pourquoi le nouveau le remplace ou, "
                "si l’acte a changé, ajoutez une version"
            )
        if reason and not text and "text" not in self.errors:
            raise ValidationError("Choisissez le texte qui remplace le précédent, ou effacez cette raison")
        return reason
