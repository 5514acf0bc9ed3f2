from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms

from accounts.employee import typed
from dispenses.enums import MotifFamily
from dispenses.law import guide
from dispenses.law.answers import clean_precisions, date_parts, questions_of, wrong_date_parts
from dispenses.law.questions import Kind
from dispenses.law.rules import is_recommended
from dispenses.models import Motif
from portal.lib.fields import ThreePartDateWidget

SECTIONS: tuple[tuple[str, tuple[MotifFamily, ...]], ...] = (
    ("Je suis déjà couvert ou couverte", (MotifFamily.COUVERT, MotifFamily.INDIVIDUELLE, MotifFamily.SOLIDAIRE)),
    (
        "Mon contrat de travail le permet",
        (MotifFamily.CDD, MotifFamily.TEMPS_PARTIEL, MotifFamily.CONTRAT_COURT),
    ),
    ("J’étais déjà dans l’entreprise", (MotifFamily.PRESENT,)),
)

FAMILY_HINTS = {
    MotifFamily.COUVERT: "Conjoint, autre de mes employeurs, régime local, agents publics…",
    MotifFamily.CDD: "Selon la durée de votre contrat",
}


class SituationForm(forms.Form):
    """Step 1: what the pre-affiliation says, to check and complete."""

    matricule = forms.CharField(
        label="N° de matricule",
        max_length=30,
        help_text="Il figure sur votre bulletin de paie.",
        error_messages={
            "required": "Indiquez votre numéro de matricule",
            "max_length": "Le matricule compte 30 caractères au plus",
        },
    )
    hired_on = typed.hired_on()

    def clean_matricule(self) -> str:
        matricule = " ".join(self.cleaned_data["matricule"].split())
        if not matricule.isprintable():
            raise forms.ValidationError("Le matricule ne contient que des caractères visibles")
        return matricule


@dataclass(frozen=True)
class MotifChoice:
    """A motif as offered, with the names of the documents to join and of those that the acte only recommends."""

    code: str
    label: str
    help_text: str
    pieces: tuple[str, ...]
    recommended: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """A family of motifs: one choice that opens others, or the motif itself when it is alone."""

    value: str
    label: str
    hint: str
    checked: bool
    motifs: tuple[MotifChoice, ...]

    @property
    def nested(self) -> bool:
        """Whether there is a second choice to make."""
        return len(self.motifs) > 1


@dataclass(frozen=True)
class Section:
    """Families under one title."""

    title: str
    cards: tuple[Card, ...]


class MotifForm(forms.Form):
    """Step 2: one motif among those open, nested by family; a family of one is its motif.

    `lowered`: the « motif:document » that the employer's acte only recommends.
    """

    famille = forms.CharField(required=False, max_length=30)
    motif = forms.CharField(required=False, max_length=30)

    def __init__(self, *args: Any, motifs: Iterable[Motif], lowered: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.motifs = list(motifs)
        self.lowered = lowered
        self.by_family = {
            family: list(group)
            for family, group in groupby(sorted(self.motifs, key=lambda m: m.family), key=lambda m: m.family)
        }

    def sections(self) -> tuple[Section, ...]:
        """What the page shows: sections of families, each with its motifs."""
        found = (
            Section(title, tuple(self._card(family) for family in families if family in self.by_family))
            for title, families in SECTIONS
        )
        return tuple(section for section in found if section.cards)

    def chosen(self) -> str:
        """Code of the motif chosen so far, "" for none."""
        return str(self["motif"].value() or "")

    def _card(self, family: MotifFamily) -> Card:
        motifs = sorted(self.by_family[family], key=lambda motif: motif.position)
        return Card(
            value=family.value,
            label=self._card_label(family),
            hint=FAMILY_HINTS.get(family, "") if len(motifs) > 1 else "",
            checked=self["famille"].value() == family.value or self.chosen() in {motif.code for motif in motifs},
            motifs=tuple(self._choice(motif) for motif in motifs),
        )

    def _choice(self, motif: Motif) -> MotifChoice:
        asked: tuple[list[str], list[str]] = ([], [])
        for piece in motif.required_justificatifs.all():
            asked[is_recommended(piece, motif=motif.code, lowered=self.lowered)].append(piece.label)
        return MotifChoice(motif.code, motif.label, motif.help_text, tuple(asked[0]), tuple(asked[1]))

    def _card_label(self, family: MotifFamily) -> str:
        """A family of several shows its name; a family of one shows its motif, after what it is about."""
        motifs = self.by_family[family]
        if len(motifs) > 1:
            return family.label
        return f"{family.label}\xa0: {motifs[0].label}" if family is MotifFamily.CDD else motifs[0].label

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        codes = {motif.code: motif for motif in self.motifs}
        family = self.by_family.get(data.get("famille", ""), [])
        chosen = codes.get(data.get("motif", ""))
        if chosen and data.get("famille") and chosen not in family and family:
            chosen = None  # the family was changed after the motif
        if chosen is None and len(family) == 1:
            chosen = family[0]
        if chosen is None:
            self.add_error("motif", "Précisez de quel cas il s’agit" if family else "Sélectionnez un motif de dispense")
        return {**data, "chosen": chosen}


class PrecisionsForm(forms.Form):
    """Step 3 and the complement: the questions of the motif. Everything typed is kept, right or wrong."""

    def __init__(self, *args: Any, motif: Motif, raw: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.motif = motif
        for question in questions_of(motif):
            widget: forms.Widget
            if question.kind is Kind.DATE:
                widget = ThreePartDateWidget()
                self.initial[question.key] = date_parts(raw.get(question.key, ""))
            elif question.kind is Kind.CHOICE:
                widget = forms.RadioSelect(choices=question.choices)
                self.initial[question.key] = raw.get(question.key, "")
            else:
                inputmode = "decimal" if question.kind is Kind.EUROS else "text"
                widget = forms.TextInput(attrs={"inputmode": inputmode, "maxlength": 120})
                self.initial[question.key] = raw.get(question.key, "")
            self.fields[question.key] = TypedText(label=question.label, help_text=question.hint, widget=widget)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        typed = self.typed()
        _, errors = clean_precisions(self.motif, typed)
        for question in questions_of(self.motif):
            if question.key in errors:
                self.add_error(question.key, errors[question.key])
            if question.kind is Kind.DATE:
                self.fields[question.key].widget.wrong_parts = wrong_date_parts(question, typed[question.key])
        return data

    def typed(self) -> dict[str, str]:
        """What was typed, by key, as it is kept: at most 200 characters each, NUL bytes dropped."""
        typed: dict[str, str] = {}
        for key, field in self.fields.items():
            value = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(key))
            text = "/".join(value) if isinstance(value, list) else str(value or "")
            typed[key] = text.replace("\0", "")[:200] if text != "//" else ""
        return typed


class GuideForm(forms.Form):
    """« Puis-je être dispensé ? »: what one is covered by, under which contract, since when."""

    couverture = forms.ChoiceField(
        label="Par quoi êtes-vous déjà couvert ou couverte\xa0?",
        choices=[(value, label) for value, label, _ in guide.COVERS],
        widget=forms.RadioSelect,
        error_messages={"required": "Indiquez par quoi vous êtes déjà couvert ou couverte"},
    )
    contrat = forms.ChoiceField(
        label="Quel est votre contrat de travail\xa0?",
        choices=[(value, label) for value, label, _ in guide.CONTRACTS],
        widget=forms.RadioSelect,
        error_messages={"required": "Indiquez votre contrat de travail"},
    )
    present = forms.ChoiceField(
        label="Étiez-vous déjà là quand votre employeur a décidé seul de mettre en place la complémentaire\xa0?",
        choices=[("non", "Non, ou je ne sais pas"), ("oui", "Oui")],
        widget=forms.RadioSelect,
        error_messages={"required": "Indiquez si vous étiez déjà dans l’entreprise"},
    )

    def codes(self) -> set[str]:
        """Codes of the motifs that the answers lead to."""
        data = self.cleaned_data
        return guide.codes(cover=data["couverture"], contract=data["contrat"], present=data["present"] == "oui")


class TypedText(forms.Field):
    """A field that takes any text; clean_precisions judges it. Marked required for the reader."""

    def validate(self, value: Any) -> None:
        """Nothing here: see clean_precisions."""


class SendForm(forms.Form):
    """The honour declaration."""

    honour = forms.BooleanField(
        label="Je déclare sur l’honneur l’exactitude de ces informations et j’ai lu le texte ci-dessus",
        error_messages={"required": "Cochez la déclaration sur l’honneur pour envoyer votre demande"},
    )
