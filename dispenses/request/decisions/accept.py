"""Grant the dispense, from the day and until the date that its motif gives or, for a reason, others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from dispenses.enums import EndCause, Judged, PhraseKind
from dispenses.exceptions import Code, TransitionRefused
from dispenses.law import rules
from dispenses.law.answers import clean_precisions
from dispenses.law.assessment import first_confirmation
from dispenses.law.yearly import asked_by
from dispenses.models import Dispense, StandardPhrase
from dispenses.request import contents, departure, emails, succession
from dispenses.request.decisions import verdicts
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.decisions.verdicts import Judgement
from portal.lib.dates import add_years
from portal.lib.typography import short_day

FARTHEST_YEARS = 10


@dataclass(frozen=True, kw_only=True)
class AcceptContent(Content):
    """`effective_on`, `ends_on`: None for the date of the rule; another one has its reason."""

    effective_on: date | None = field(default=None, metadata=labelled("À compter du"))
    effective_reason: str = field(default="", metadata=labelled("Pourquoi ce début"))
    ends_on: date | None = field(default=None, metadata=labelled("Valable jusqu’au"))
    end_reason: str = field(default="", metadata=labelled("Pourquoi cette date"))
    comment: str = field(default="", metadata=labelled("Commentaire"))

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        days = {key: data.get(key) for key in ("effective_on", "ends_on")}
        return super().read({**data, **{key: date.fromisoformat(day) if day else None for key, day in days.items()}})


def _day(label: str, named: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        help_text="Une autre date que celle de la règle demande une raison. Vide\xa0: la date de la règle.",
        error_messages={"invalid": f"Écrivez la date de {named} sous la forme jj/mm/aaaa"},
    )


def _why(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=1000,
        help_text="Visible du salarié dans son suivi.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AcceptForm(DecisionForm):
    """The first day and the end of the dispense are the rule's unless others are given with their reason."""

    effective_on = _day("Dispense à compter du", "début")
    effective_why = _why("Pourquoi cet autre début")
    ends_on = _day("Dispense valable jusqu’au", "fin")
    end_why = _why("Pourquoi cette autre date de fin")
    comment = forms.CharField(
        label="Commentaire",
        help_text="Visible du salarié dans son suivi.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    text_field = "end_why"
    renamed = {"end_reason": "end_why", "effective_reason": "effective_why"}
    content_class = AcceptContent

    def __init__(self, *args: Any, dispense: Dispense | None = None, rule: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dispense = dispense
        self.rules = {"effective_on": dispense.effective_on if dispense else None, "ends_on": rule}
        for name, day in self.rules.items():
            self.fields[name].initial = day
        self.order_fields(["effective_on", "effective_why", "ends_on", "phrases", "end_why", "comment"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, why, words in (("effective_on", "effective_why", "un autre début"), ("ends_on", "end_why", END)):
            if cleaned.get(why) and name in cleaned and cleaned[name] in (None, self.rules[name]):
                self.add_error(name, f"Cette raison explique {words}\xa0: indiquez la date ou effacez la raison")
        content = self.content() if self.dispense and not self.errors else None
        if self.dispense and isinstance(content, AcceptContent):
            try:
                check_dates(self.dispense, content)
            except TransitionRefused as refusal:
                self.add_error(self.name_of(refusal.field), str(refusal))
        return cleaned


END = "une autre date de fin"


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
        check_dates(dispense, content)

    def apply(self, dispense: Dispense, user: User, content: AcceptContent, at: datetime) -> None:
        since, until = chosen_dates(dispense, content)
        said = "\n".join(filter(None, [content.comment.strip(), *_reasons(dispense, content)]))
        dispense.effective_on = since
        succession.give_way(dispense, at)
        self.move(
            dispense,
            user,
            at,
            comment=said,
            decided_at=at,
            decided_by=user,
            decision_reason=said,
            effective_on=since,
            ends={EndCause.RULE: until},
            confirm_by=first_confirmation_of(dispense, until),
        )
        departure.follow(dispense, dispense.employee.left_on, at)
        verdicts.write(dispense, _accepted(dispense), user, at)
        emails.decided(dispense)


def first_confirmation_of(dispense: Dispense, until: date | None) -> date | None:
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


def chosen_dates(dispense: Dispense, content: AcceptContent) -> tuple[date | None, date | None]:
    """The first day without the obligation and the last, as decided; None for one that is not known."""
    return content.effective_on or dispense.effective_on, content.ends_on or computed_end(dispense)


def _reasons(dispense: Dispense, content: AcceptContent) -> Iterator[str]:
    """Why the dates are not those of the rule, as the employee reads it."""
    since, until = chosen_dates(dispense, content)
    if since and since != dispense.effective_on:
        yield f"À compter du {short_day(since)}\xa0: {content.effective_reason.strip()}"
    if until != computed_end(dispense):
        yield content.end_reason.strip()


def check_dates(dispense: Dispense, content: AcceptContent) -> None:
    """Raises TransitionRefused for dates other than the rule's that are out of bounds, out of order or unexplained."""
    since, until = chosen_dates(dispense, content)
    moved, shortened = since != dispense.effective_on, until != computed_end(dispense)
    if moved and since:
        _check_start(dispense, since, content.effective_reason)
    if shortened and until:
        _check_end(dispense, until, content.end_reason)
    if (moved or shortened) and since and until and until < since:
        raise TransitionRefused(
            f"La dispense finirait le {short_day(until)}, avant de commencer le {short_day(since)}\xa0: "
            "corrigez l’une des deux dates.",
            code=Code.END_BEFORE_START,
            field="ends_on" if shortened else "effective_on",
        )


def _check_start(dispense: Dispense, since: date, reason: str) -> None:
    hired_on = dispense.hired_on or dispense.employee.hired_on
    if since < hired_on:
        raise TransitionRefused(
            f"La dispense ne peut pas commencer avant l’embauche, le {short_day(hired_on)}.",
            code=Code.START_BEFORE_HIRING,
            field="effective_on",
        )
    if since > add_years(timezone.localdate(), FARTHEST_YEARS):
        raise TransitionRefused(
            f"La dispense ne peut pas commencer dans plus de {FARTHEST_YEARS} ans.",
            code=Code.START_TOO_FAR,
            field="effective_on",
        )
    if not reason.strip():
        raise TransitionRefused(
            "Ce début n’est pas celui de la règle\xa0: indiquez pourquoi.",
            code=Code.START_UNEXPLAINED,
            field="effective_reason",
        )


def _check_end(dispense: Dispense, until: date, reason: str) -> None:
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
