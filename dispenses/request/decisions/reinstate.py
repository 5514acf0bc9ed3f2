"""Cancel an end that was a mistake: the dispense goes on as if it had not ended, and the history keeps both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Self

from django import forms
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from dispenses.enums import EndCause, PhraseKind
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, StandardPhrase
from dispenses.request import emails, endings
from dispenses.request.decisions.accept import FARTHEST_YEARS, computed_end
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.permissions import DECIDE, REOPEN
from dispenses.workflow import Status
from portal.lib.dates import add_years
from portal.lib.typography import short_day

TIME_TO_CONFIRM = timedelta(days=60)
"""Left for a yearly confirmation whose day is past when the dispense comes back: its steps begin again."""


@dataclass(frozen=True, kw_only=True)
class ReinstateContent(Content):
    """`ends_on`: None for the end that the dispense had."""

    ends_on: date | None = field(default=None, metadata=labelled("Valable jusqu’au"))
    reason: str = field(default="", metadata=labelled("Raison"))

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        day = data.get("ends_on")
        return super().read({**data, "ends_on": date.fromisoformat(day) if day else None})


class ReinstateForm(DecisionForm):
    ends_on = forms.DateField(
        label="Dispense valable jusqu’au",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        help_text="Vide\xa0: la fin que la dispense avait, ou aucune.",
        error_messages={"invalid": "Écrivez la date de fin sous la forme jj/mm/aaaa"},
    )
    reason = forms.CharField(
        label="Pourquoi cette fin était une erreur",
        help_text="Le salarié lit ce texte tel quel dans son suivi. La fin reste dans l’historique.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Indiquez pourquoi cette fin était une erreur\xa0: le salarié le lira"},
    )
    text_field = "reason"
    content_class = ReinstateContent


class Reinstate(Decision[ReinstateContent]):
    """One by one, by whoever may reopen; refused while another dispense is in force, or once the employee has left."""

    name = "reinstate"
    label = "Annuler la fin"
    button = "Rétablir la dispense"
    done = "dispense rétablie"
    rights = (DECIDE, REOPEN)
    phrase_kind = PhraseKind.REOPEN
    text = "reason"
    content = ReinstateContent
    form_class = ReinstateForm

    def proposed(self, dispense: Dispense, texts: list[tuple[StandardPhrase, str]]) -> dict[str, Any]:
        return {"ends_on": own_end(dispense)}

    def check(self, dispense: Dispense, content: ReinstateContent) -> None:
        super().check(dispense, content)
        if other := _in_force_beside(dispense):
            raise _another(dispense, other)
        _check_end(dispense, content.ends_on or own_end(dispense))

    def apply(self, dispense: Dispense, user: User, content: ReinstateContent, at: datetime) -> None:
        today = timezone.localdate(at)
        try:
            with transaction.atomic():
                self.move(
                    dispense,
                    user,
                    at,
                    comment=content.reason.strip(),
                    ends=_ends_of_reinstated(dispense, content.ends_on),
                    superseded_by=None,
                    confirm_by=_confirm_by(dispense, today),
                )
        except IntegrityError as error:  # another one was granted at the same instant
            raise _another(dispense, _in_force_beside(dispense)) from error
        emails.reinstated(dispense)


def own_end(dispense: Dispense) -> date | None:
    """The last day that the dispense would have without what ended it; None when it is not known."""
    return endings.earliest(endings.with_moved(dispense, _without_mistake(dispense)))[0]


def _ends_of_reinstated(dispense: Dispense, until: date | None) -> endings.Moved:
    """What becomes of its ends; another day than its own, `until`, takes the place of all but the departure."""
    moved = _without_mistake(dispense)
    if until is None or until == own_end(dispense):
        return moved
    return {**dict.fromkeys(EndCause), EndCause.DEPARTURE: moved[EndCause.DEPARTURE], EndCause.RULE: until}


def _without_mistake(dispense: Dispense) -> dict[EndCause, date | None]:
    """Its ends without what ended it and what replaced it: that of the rule and those to come stay."""
    known = endings.of(dispense)
    over = [cause for cause, day in known.items() if dispense.ends_on is None or day <= dispense.ends_on]
    return {
        **dict.fromkeys(over),
        EndCause.REPLACED: None,
        EndCause.DEPARTURE: dispense.employee.left_on,
        EndCause.RULE: known.get(EndCause.RULE) or computed_end(dispense),
    }


def _in_force_beside(dispense: Dispense) -> Dispense | None:
    accepted = Dispense.objects.filter(employee=dispense.employee_id, status=Status.ACCEPTED.value)
    return accepted.filter(superseded_by__isnull=True).exclude(pk=dispense.pk).first()


def _another(dispense: Dispense, other: Dispense | None) -> TransitionRefused:
    named = f"La dispense N°{other.number}" if other else "Une autre dispense"
    return TransitionRefused(
        f"{named} est en vigueur pour ce salarié\xa0: la N°{dispense.number} ne peut pas être "
        "rétablie. Rien n’a été modifié.",
        code=Code.ANOTHER_REQUEST,
    )


def _check_end(dispense: Dispense, until: date | None) -> None:
    """Raises TransitionRefused for an end that would end the dispense again at once, or out of bounds."""
    today, left_on = timezone.localdate(), dispense.employee.left_on
    if left_on and left_on < today:
        raise TransitionRefused(
            f"Le salarié a quitté l’entreprise le {short_day(left_on)}\xa0: sa dispense ne peut pas être rétablie.",
            code=Code.END_IN_THE_PAST,
        )
    if until and until < today:
        raise TransitionRefused(
            f"La dispense finirait aussitôt, le {short_day(until)}\xa0: indiquez une fin à venir.",
            code=Code.END_IN_THE_PAST,
            field="ends_on",
        )
    if until and until > add_years(today, FARTHEST_YEARS):
        raise TransitionRefused(
            f"La date de fin ne peut pas dépasser {FARTHEST_YEARS} ans.", code=Code.END_TOO_FAR, field="ends_on"
        )
    if left_on and (until is None or until > left_on):
        raise TransitionRefused(
            f"Le salarié quitte l’entreprise le {short_day(left_on)}\xa0: indiquez ce jour ou un jour plus tôt.",
            code=Code.END_TOO_FAR,
            field="ends_on",
        )


def _confirm_by(dispense: Dispense, today: date) -> date | None:
    """The next confirmation, put off when its day is past."""
    due = dispense.confirm_by
    return due if due is None or due >= today else today + TIME_TO_CONFIRM
