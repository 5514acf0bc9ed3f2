from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.employee import typed
from dispenses.law.answers import clean_precisions, date_parts, questions_of, wrong_date_parts
from dispenses.law.assessment import Assessment
from dispenses.law.editions import KEPT_SECONDS
from dispenses.law.questions import QUESTIONS, Kind
from dispenses.life.changing import CHANGES, Change
from dispenses.member.motifs import Offer
from dispenses.models import Motif
from dispenses.request.eligibility import KEPT_PEOPLE
from portal.lib.fields import ParagraphsField, ThreePartDateField, ThreePartDateWidget
from portal.lib.kept import kept


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
    choice of a closed one.
    """

    famille = forms.CharField(required=False, max_length=60)
    motif = forms.CharField(required=False, max_length=30)

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer = offer

    def chosen(self) -> str:
        """Code of the motif chosen so far, "" for none."""
        return str(self["motif"].value() or "")

    def family(self) -> str:
        """Family of the motif chosen so far, or chosen alone, "" for none."""
        value = str(self["famille"].value() or "")
        if value in self.offer.families or value in self.offer.sendable:
            return value
        chosen = self.offer.motifs.get(self.chosen())
        return chosen.family if chosen else ""

    def closed_choice(self) -> str:
        """The choice of a closed motif made so far, "" for none."""
        value = str(self["famille"].value() or "")
        return value if value in self.offer.sendable else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if closed := self.offer.sendable.get(data.get("famille", "")):
            return {**data, "chosen": closed}
        family = self.offer.families.get(data.get("famille", ""), [])
        chosen = self.offer.motifs.get(data.get("motif", ""))
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


class QuestionsForm(forms.Form):
    """Questions of the law, by key, with their answers as they were typed."""

    def __init__(self, *args: Any, questions: Iterable[str], raw: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in map(QUESTIONS.__getitem__, questions):
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


def shown_answers(motif: Motif, raw: Mapping[str, str]) -> SafeString:
    """The questions of the motif with their answers as they were typed, not judged yet; "" when it asks none."""
    return _shown_answers(tuple(motif.extra_fields), tuple(raw.get(key, "") for key in motif.extra_fields))


@kept(seconds=KEPT_SECONDS, most=KEPT_PEOPLE)
def _shown_answers(questions: tuple[str, ...], answers: tuple[str, ...]) -> SafeString:
    """All that is shown is in the arguments, which are the key."""
    form = QuestionsForm(questions=questions, raw=dict(zip(questions, answers, strict=True)))
    return mark_safe("".join(field.as_field_group() for field in form))


class PrecisionsForm(QuestionsForm):
    """Step 3 and the complement: the questions of the motif. Everything typed is kept, right or wrong.

    `better`: by key of a question, the motif that fits better the answer that this one does not take.
    """

    def __init__(self, *args: Any, motif: Motif, raw: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, questions=motif.extra_fields, raw=raw, **kwargs)
        self.motif = motif
        self.better: dict[str, Better] = {}

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

    def shown(self, number: int) -> SafeString:
        """Each question of the request of that number, followed by the motif that fits its answer better, if any."""
        rows = [(field, self.better.get(field.name)) for field in self]
        return mark_safe(render_to_string("dispenses/member/partials/questions.html", {"rows": rows, "number": number}))

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


class MessageForm(forms.Form):
    """A message to the centre about a request."""

    text = ParagraphsField(
        label="Votre message",
        max_length=4000,
        help_text="N’écrivez rien sur votre santé. Votre employeur ne lit pas ces messages.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Écrivez votre message",
            "max_length": "Votre message compte 4000 caractères au plus",
        },
    )


class ConfirmForm(forms.Form):
    """« Rien n’a changé », signed."""

    honour = forms.BooleanField(
        label="Rien n’a changé\xa0: je le déclare sur l’honneur et j’ai lu le texte ci-dessus",
        error_messages={"required": "Cochez la case pour confirmer que rien n’a changé"},
    )


class LeaveForm(forms.Form):
    """« Je souhaite adhérer »: the last day of the dispense, today when nothing else is said."""

    last_day = ThreePartDateField(
        label="Dernier jour de votre dispense",
        help_text="Ce jour compris\xa0: vous adhérez à partir du lendemain.",
    )

    def given(self) -> list[tuple[str, str]]:
        """What was typed, by name of input, for the page that shows what follows."""
        names = [name for name in self.fields if name != "last_day"]
        return [(name, self.data.get(name, "")) for name in (*names, *(f"last_day_{part}" for part in range(3)))]


class ChangeForm(LeaveForm):
    """« Ma situation change »: what, and the last day on which the present one lasts."""

    change = forms.ChoiceField(
        label="Qu’est-ce qui change\xa0?",
        choices=[(change.value, words) for change, words in CHANGES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Sélectionnez ce qui change", "invalid_choice": "Sélectionnez ce qui change"},
    )
    last_day = ThreePartDateField(
        label="Dernier jour où votre situation actuelle dure",
        help_text="Par exemple, le dernier jour de votre couverture actuelle. Ce jour peut être passé, ou à venir.",
    )
    comment = forms.CharField(
        label="Précisions",
        required=False,
        max_length=500,
        help_text="Visibles du centre de gestion, jamais de votre employeur.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Vos précisions comptent 500 caractères au plus"},
    )
    field_order = ("change", "last_day", "comment")

    def reason(self) -> str:
        """What the history keeps of it."""
        comment = self.cleaned_data["comment"].strip()
        return f"{CHANGES[Change(self.cleaned_data['change'])]}.{' ' + comment if comment else ''}"
