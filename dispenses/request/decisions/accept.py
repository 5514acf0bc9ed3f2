"""Grant the dispense, until the date that its motif gives or, for a reason, until another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from dispenses.enums import Judged, PhraseKind
from dispenses.exceptions import Code, TransitionRefused
from dispenses.law import rules
from dispenses.law.answers import clean_precisions
from dispenses.law.assessment import first_confirmation
from dispenses.law.yearly import asked_by
from dispenses.models import Dispense, StandardPhrase
from dispenses.request import contents, emails
from dispenses.request.decisions import verdicts
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.decisions.verdicts import Judgement
from portal.lib.dates import add_years

FARTHEST_YEARS = 10


@dataclass(frozen=True, kw_only=True)
class AcceptContent(Content):
    """`ends_on`: None for the date of the rule; another one has its reason."""

    ends_on: date | None = field(default=None, metadata=labelled("Valable jusqu’au"))
    end_reason: str = field(default="", metadata=labelled("Pourquoi cette date"))
    comment: str = field(default="", metadata=labelled("Commentaire"))

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        chosen = data.get("ends_on")
        return super().read({**data, "ends_on": date.fromisoformat(chosen) if chosen else None})


class AcceptForm(DecisionForm):
    """The end of the dispense is the rule's unless another is given with its reason."""

    ends_on = forms.DateField(
        label="Dispense valable jusqu’au",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        help_text="Une autre date que celle de la règle demande une raison. Vide\xa0: la date de la règle.",
        error_messages={"invalid": "Écrivez la date de fin sous la forme jj/mm/aaaa"},
    )
    end_why = forms.CharField(
        label="Pourquoi cette autre date de fin",
        required=False,
        max_length=1000,
        help_text="Visible du salarié dans son suivi.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    comment = forms.CharField(
        label="Commentaire",
        help_text="Visible du salarié dans son suivi.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    text_field = "end_why"
    renamed = {"end_reason": "end_why"}
    content_class = AcceptContent

    def __init__(self, *args: Any, dispense: Dispense | None = None, rule: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dispense, self.rule = dispense, rule
        self.fields["ends_on"].initial = rule
        self.order_fields(["ends_on", "phrases", "end_why", "comment"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        until = cleaned.get("ends_on")
        if cleaned.get("end_why") and "ends_on" in cleaned and until in (None, self.rule):
            self.add_error(
                "ends_on", "Cette raison explique une autre date de fin\xa0: indiquez-la ou effacez la raison"
            )
        if until and until != self.rule and self.dispense:
            try:
                check_end(self.dispense, until, cleaned.get("end_why", ""))
            except TransitionRefused as refusal:
                self.add_error(self.name_of(refusal.field), str(refusal))
        return cleaned


class Accept(Decision[AcceptContent]):
    """The documents asked for that were sent are accepted with it."""

    name = "accept"
    label = "Valider"
    button = "Valider la dispense"
    done = "dispense validée"
    key = "A"
    phrase_kind = PhraseKind.END_DATE
    text = "end_reason"
    many = forms.Form  # nothing to ask: each ends when its rule says
    content = AcceptContent
    form_class = AcceptForm

    def about(self, dispense: Dispense, standard_phrases: Sequence[StandardPhrase]) -> dict[str, Any]:
        return {"dispense": dispense, "rule": computed_end(dispense)}

    def until(self, dispense: Dispense, data: QueryDict | None) -> date | None:
        try:
            typed = data.get(f"{self.name}-ends_on", "") if data else ""
            return AcceptForm.base_fields["ends_on"].clean(typed) or computed_end(dispense)
        except ValidationError:
            return computed_end(dispense)

    def check(self, dispense: Dispense, content: AcceptContent) -> None:
        super().check(dispense, content)
        if content.ends_on and content.ends_on != computed_end(dispense):
            check_end(dispense, content.ends_on, content.end_reason)

    def apply(self, dispense: Dispense, user: User, content: AcceptContent, at: datetime) -> None:
        rule = computed_end(dispense)
        until = content.ends_on or rule
        said = content.comment.strip()
        if until != rule:
            said = f"{said}\n{content.end_reason.strip()}".strip()
        self.move(
            dispense,
            user,
            at,
            comment=said,
            decided_at=at,
            decided_by=user,
            decision_reason=said,
            ends_on=until,
            confirm_by=_first_confirmation(dispense, until),
        )
        verdicts.write(dispense, _accepted(dispense), user, at)
        emails.decided(dispense)


def _first_confirmation(dispense: Dispense, until: date | None) -> date | None:
    """A year after the last signature, when the motif, as the acte sets it, asks for a confirmation before the end."""
    signed = max((declaration.signed_at for declaration in dispense.declarations.all()), default=None)
    if dispense.motif is None or signed is None:
        return None
    asked = asked_by(dispense.motif, contents.acte_of(dispense))
    return first_confirmation(asked, timezone.localdate(signed), until)


def _accepted(dispense: Dispense) -> list[Judgement]:
    """A validation accepts each document asked for that was sent."""
    sent = [piece for piece in contents.pieces(dispense, sent_only=True) if piece.code and piece.provided]
    return [Judgement(piece=piece.code, label=piece.label, verdict=Judged.ACCEPTED.value) for piece in sent]


def check_end(dispense: Dispense, until: date, reason: str) -> None:
    """Raises TransitionRefused for an end other than the rule's that is out of bounds or has no reason."""
    if dispense.hired_on and until < dispense.hired_on:
        raise TransitionRefused(
            "La date de fin ne peut pas précéder l’embauche.", code=Code.END_BEFORE_HIRING, field="ends_on"
        )
    if until > add_years(timezone.localdate(), FARTHEST_YEARS):
        raise TransitionRefused(
            f"La date de fin ne peut pas dépasser {FARTHEST_YEARS} ans.", code=Code.END_TOO_FAR, field="ends_on"
        )
    if not reason.strip():
        raise TransitionRefused(
            "Cette date n’est pas celle de la règle\xa0: indiquez pourquoi.",
            code=Code.END_UNEXPLAINED,
            field="end_reason",
        )


def computed_end(dispense: Dispense) -> date | None:
    """Date on which the dispense would end by itself, from the motif's rule and the answers."""
    if dispense.motif is None:
        return None
    cleaned, _ = clean_precisions(dispense.motif, contents.raw_answers(dispense))
    return rules.end_date(dispense.motif, cleaned)
