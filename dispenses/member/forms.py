from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms

from accounts.employee import typed
from dispenses.enums import MotifFamily
from dispenses.law.answers import clean_precisions, date_parts, questions_of, wrong_date_parts
from dispenses.law.assessment import Assessment
from dispenses.law.questions import Kind
from dispenses.member.motifs import (
    CLOSED,
    FAMILY_HINTS,
    FAMILY_LEADS,
    SECTIONS,
    Card,
    ClosedMotif,
    Section,
    closed_motif,
    full_label,
    motif_choice,
)
from dispenses.models import Motif
from portal.lib.fields import ThreePartDateWidget


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


class MotifForm(forms.Form):
    """Step 2: one motif among those open, nested by family, or one that is closed but may be sent.

    `famille` is a family of the motifs open, of which `motif` tells the case (a family of one is its motif), or the
    choice of a closed one. `conditions`: by code, what a motif depends on. `lowered`: the « motif:document » that the
    employer's acte only recommends. `closed`: how each of the others stands.
    """

    famille = forms.CharField(required=False, max_length=60)
    motif = forms.CharField(required=False, max_length=30)

    def __init__(
        self,
        *args: Any,
        motifs: Iterable[Motif],
        conditions: Mapping[str, tuple[str, ...]] | None = None,
        closed: Iterable[tuple[Motif, Assessment]] = (),
        lowered: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.motifs, self.conditions = list(motifs), conditions or {}
        self.closed_motifs, self.lowered = list(closed), lowered
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

    def closed(self) -> tuple[ClosedMotif, ...]:
        """The motifs that are not open, with the reasons."""
        return tuple(closed_motif(motif, one, self.motifs) for motif, one in self.closed_motifs)

    def chosen(self) -> str:
        """Code of the motif chosen so far, "" for none."""
        return str(self["motif"].value() or "")

    def closed_choice(self) -> str:
        """The choice of a closed motif made so far, "" for none."""
        value = str(self["famille"].value() or "")
        return value if value in self._sendable() else ""

    def _sendable(self) -> dict[str, Motif]:
        return {CLOSED + motif.code: motif for motif, one in self.closed_motifs if one.may_be_sent}

    def _card(self, family: MotifFamily) -> Card:
        motifs = sorted(self.by_family[family], key=lambda motif: motif.position)
        nested = len(motifs) > 1
        conditions = [self.conditions.get(motif.code, ()) for motif in motifs]
        shared = tuple(words for words in conditions[0] if nested and all(words in others for others in conditions))
        return Card(
            value=family.value,
            label=family.label if nested else full_label(motifs[0]),
            hint=FAMILY_HINTS.get(family, "") if nested else "",
            lead=FAMILY_LEADS.get(family, ""),
            conditions=shared,
            checked=self["famille"].value() == family.value
            or (not self.closed_choice() and self.chosen() in {motif.code for motif in motifs}),
            motifs=tuple(
                motif_choice(motif, tuple(words for words in own if words not in shared), self.lowered)
                for motif, own in zip(motifs, conditions, strict=True)
            ),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if closed := self._sendable().get(data.get("famille", "")):
            return {**data, "chosen": closed}
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


@dataclass(frozen=True)
class Better:
    """The motif that fits better what was answered; `may_be_chosen` today."""

    code: str
    label: str
    may_be_chosen: bool


class PrecisionsForm(forms.Form):
    """Step 3 and the complement: the questions of the motif. Everything typed is kept, right or wrong.

    `better`: by key of a question, the motif that fits better the answer that this one does not take.
    """

    def __init__(self, *args: Any, motif: Motif, raw: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.motif = motif
        self.better: dict[str, Better] = {}
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

    def rows(self) -> Iterator[tuple[forms.BoundField, Better | None]]:
        """Each question, and the motif that fits its answer better, if any."""
        for field in self:
            yield field, self.better.get(field.name)

    def judge(self, found: Assessment) -> None:
        """Say at its question what the law has against an answer that is right in itself; call after is_valid."""
        for reason in found.against:
            if reason.question in self.fields and reason.question not in self.errors and not reason.leaves_room:
                self.add_error(reason.question, reason.words)

    def typed(self) -> dict[str, str]:
        """What was typed, by key, as it is kept: at most 200 characters each, NUL bytes dropped."""
        typed: dict[str, str] = {}
        for key, field in self.fields.items():
            value = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(key))
            text = "/".join(value) if isinstance(value, list) else str(value or "")
            typed[key] = text.replace("\0", "")[:200] if text != "//" else ""
        return typed


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
