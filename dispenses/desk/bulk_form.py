"""What to do with many requests at once, as a form: each decision that may be taken so brings its own fields."""

from collections import Counter
from copy import deepcopy
from dataclasses import fields
from typing import Any

from django import forms

from accounts.models import User
from dispenses.models import StandardPhrase
from dispenses.request.bulk import REASSIGNMENT, Order
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.registry import DECISIONS
from dispenses.request.permissions import reviewers

REASSIGN = "Réattribuer"


def gesture(name: str) -> str:
    """What a run does, in words."""
    return REASSIGN if name == REASSIGNMENT else DECISIONS[name].label


def fields_of(decision: Decision[Any]) -> list[str]:
    """Names of the fields of a decision in this form: the standard phrases stand before the text that they complete."""
    names = list(decision.many.base_fields) if decision.many else []
    return [phrases_of(decision), *names] if decision.text in names else names


def phrases_of(decision: Decision[Any]) -> str:
    return f"phrases_{decision.text}"


class BulkForm(forms.Form):
    """What to do with all of them, and the words it needs."""

    use_required_attribute = False  # each decision has its own fields
    key = forms.UUIDField(widget=forms.HiddenInput)
    name = forms.ChoiceField(
        label="Décision",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la décision", "invalid_choice": "Choisissez la décision"},
    )
    to = forms.ModelChoiceField(
        label="Attribuer à",
        queryset=User.objects.none(),
        empty_label="Choisissez une personne",
        error_messages={"required": "Choisissez à qui attribuer les demandes"},
    )

    def __init__(self, *args: Any, may_reassign: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decisions = {name: decision for name, decision in DECISIONS.items() if decision.many}
        self.own = {name: fields_of(decision) for name, decision in self.decisions.items()}
        self.gestures = [(name, decision.label) for name, decision in self.decisions.items()]
        for decision in self.decisions.values():
            self._ask_for(decision)
        if may_reassign:
            self.fields["to"].queryset = reviewers()  # type: ignore[attr-defined]
            self.own[REASSIGNMENT] = ["to"]
            self.gestures.append((REASSIGNMENT, REASSIGN))
        else:
            del self.fields["to"]
        self.fields["name"].choices = self.gestures  # type: ignore[attr-defined]

    def _ask_for(self, decision: Decision[Any]) -> None:
        own = fields_of(decision)
        if phrases_of(decision) in own:
            found = StandardPhrase.objects.filter(kind=decision.phrase_kind, motif="", piece="", active=True)
            self.fields[phrases_of(decision)] = forms.MultipleChoiceField(
                label="Phrases types à ajouter au texte",
                required=False,
                choices=[(str(phrase.pk), phrase.text) for phrase in found],
                widget=forms.CheckboxSelectMultiple,
                help_text="Chaque repère entre accolades devient celui du salarié qui lit.",
                error_messages={"invalid_choice": "Cette phrase n’est plus proposée"},
            )
        self.fields |= deepcopy(decision.many.base_fields) if decision.many else {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        own = self.own.get(cleaned.get("name", ""), [])
        for field in {name for names in self.own.values() for name in names}.difference(own):
            self.errors.pop(field, None)  # asked for by another decision
        for decision in self.decisions.values():
            if cleaned.get(phrases_of(decision)):  # the phrases are text enough
                self.errors.pop(decision.text, None)
        return cleaned

    def order(self) -> Order:
        """What the form, once valid, asks to do to each request."""
        cleaned = self.cleaned_data
        decision = self.decisions.get(cleaned["name"])
        if decision is None:
            return Order(to=cleaned["to"].pk)
        names = {one.name for one in fields(decision.content)}.intersection(self.own[decision.name], cleaned)
        said = decision.content(**{name: cleaned[name] for name in names})
        return Order(content=said, phrases=tuple(cleaned.get(phrases_of(decision), [])))

    def choices(self, fit: Counter[str]) -> list[dict[str, Any]]:
        """Each decision with its input, how many requests it fits and its own fields."""
        return [
            {"input": radio, "fit": fit[name], "fields": [self[field] for field in self.own[name]]}
            for radio, (name, _) in zip(self["name"], self.gestures, strict=True)
        ]
