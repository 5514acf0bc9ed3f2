"""Refuse a request, with the reason and the rule relied on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from dispenses.enums import Opening, PhraseKind
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, StandardPhrase
from dispenses.request import contents, emails, reminders
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.transitions import close_complement
from dispenses.workflow import Status

CLOSING = "Complément jamais reçu"  # title of the standard phrase that is proposed when a complement stays unanswered


@dataclass(frozen=True, kw_only=True)
class RefuseContent(Content):
    """`de_droit`: ticked by whoever refuses a motif de droit, for the law or for want of a proof."""

    reason: str = field(default="", metadata=labelled("Raison"))
    rule: str = field(default="", metadata=labelled("Règle invoquée"))
    de_droit: bool = field(default=False, metadata=labelled(""))


class RefuseForm(DecisionForm):
    """A reason, the rule it rests on and, when the motif is de droit, a confirmation."""

    reason = forms.CharField(
        label="Raison du refus",
        help_text="Le salarié lit ce texte tel quel dans son suivi.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Indiquez la raison du refus\xa0: le salarié la lira"},
    )
    rule = forms.CharField(
        label="Règle invoquée",
        help_text="L’article ou la clause de l’acte, par exemple «\xa0R242-1-6, 2° a\xa0».",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "regles-du-refus", "autocomplete": "off"}),
        error_messages={"required": "Indiquez la règle sur laquelle le refus se fonde"},
    )
    text_field = "reason"
    content_class = RefuseContent

    def __init__(self, *args: Any, de_droit: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if de_droit:
            self.fields["de_droit"] = forms.BooleanField(
                label="Je confirme que ce refus d’un motif de droit se fonde sur la loi ou sur une preuve absente",
                error_messages={"required": "Ce motif est de droit\xa0: cochez la confirmation pour refuser"},
            )


class RefuseMany(forms.Form):
    reason = forms.CharField(
        label="Raison du refus",
        error_messages={"required": "Indiquez la raison du refus\xa0: chaque salarié la lira"},
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Chaque salarié lit ce texte tel quel dans son suivi.",
    )
    rule = forms.CharField(
        label="Règle invoquée",
        error_messages={"required": "Indiquez la règle sur laquelle les refus se fondent"},
        max_length=200,
        help_text="L’article ou la clause de l’acte, par exemple «\xa0R242-1-6, 2° a\xa0».",
    )
    de_droit = forms.BooleanField(
        label="Motifs de droit\xa0: je confirme que chaque refus se fonde sur la loi ou sur une preuve absente",
        required=False,
    )


class Refuse(Decision[RefuseContent]):
    """A complement that is awaited is closed with it."""

    name = "refuse"
    label = "Refuser"
    button = "Refuser la demande"
    done = "demande refusée"
    key = "F"
    phrase_kind = PhraseKind.REFUSAL
    text = "reason"
    many = RefuseMany
    content = RefuseContent
    form_class = RefuseForm

    def about(self, dispense: Dispense, standard_phrases: Sequence[StandardPhrase]) -> dict[str, Any]:
        return {"de_droit": is_de_droit(dispense)}

    def proposed(self, dispense: Dispense, texts: list[tuple[StandardPhrase, str]]) -> dict[str, Any]:
        if not may_close(dispense):
            return {}
        return {"reason": next((text for phrase, text in texts if phrase.title == CLOSING), "")}

    def check(self, dispense: Dispense, content: RefuseContent) -> None:
        super().check(dispense, content)
        if not content.rule.strip():
            raise TransitionRefused(
                "Indiquez la règle sur laquelle le refus se fonde.", code=Code.RULE_MISSING, field="rule"
            )
        if is_de_droit(dispense) and not content.de_droit:
            raise TransitionRefused(
                "Ce motif est de droit\xa0: confirmez que le refus se fonde sur la loi ou sur une preuve absente.",
                code=Code.NOT_CONFIRMED,
                field="de_droit",
            )

    def apply(self, dispense: Dispense, user: User, content: RefuseContent, at: datetime) -> None:
        self.move(
            dispense,
            user,
            at,
            comment=content.reason.strip(),
            decided_at=at,
            decided_by=user,
            decision_reason=content.reason.strip(),
            decision_rule=content.rule.strip(),
        )
        close_complement(dispense, at)
        emails.decided(dispense)


def is_de_droit(dispense: Dispense) -> bool:
    """Whether the law itself opens the motif: it is refused only for the law or for want of a proof."""
    return dispense.motif is not None and dispense.motif.opening == Opening.DROIT


def may_close(dispense: Dispense) -> bool:
    """Whether the complement asked was left without an answer in spite of the reminders."""
    awaited = dispense.status == Status.AWAITING_COMPLEMENT
    complement = contents.open_complement(dispense) if awaited else None
    return complement is not None and reminders.may_close(complement, timezone.now())
