"""Examine a decided request again; the history keeps what had been decided."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django import forms
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from dispenses.enums import EndCause, PhraseKind
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense
from dispenses.request import contents, emails, succession
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.permissions import DECIDE, REOPEN
from dispenses.workflow import OPEN_STATUSES


@dataclass(frozen=True, kw_only=True)
class ReopenContent(Content):
    reason: str = field(default="", metadata=labelled("Raison"))


class ReopenForm(DecisionForm):
    reason = forms.CharField(
        label="Raison de la réouverture",
        help_text="Le salarié lit ce texte tel quel dans son suivi. La décision prise reste dans l’historique.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Indiquez la raison de la réouverture\xa0: le salarié la lira"},
    )
    text_field = "reason"
    content_class = ReopenContent


class Reopen(Decision[ReopenContent]):
    """One by one, by whoever has the right to; refused while the employee has another open request."""

    name = "reopen"
    label = "Rouvrir"
    button = "Rouvrir la demande"
    done = "demande rouverte"
    rights = (DECIDE, REOPEN)
    phrase_kind = PhraseKind.REOPEN
    text = "reason"
    content = ReopenContent
    form_class = ReopenForm

    def check(self, dispense: Dispense, content: ReopenContent) -> None:
        super().check(dispense, content)
        if dispense.superseded_by_id:
            raise TransitionRefused(
                f"La dispense N°{dispense.superseded_by_id} remplace la N°{dispense.number}\xa0: rouvrez-la d’abord. "
                "Rien n’a été modifié.",
                code=Code.ANOTHER_REQUEST,
            )
        open_now = [status.value for status in OPEN_STATUSES]
        others = Dispense.objects.filter(employee=dispense.employee_id, status__in=open_now).exclude(pk=dispense.pk)
        if other := others.first():
            raise TransitionRefused(
                f"Le salarié a commencé une autre demande, la N°{other.number}\xa0: la N°{dispense.number} ne peut pas "
                "être rouverte. Rien n’a été modifié.",
                code=Code.ANOTHER_REQUEST,
            )

    def apply(self, dispense: Dispense, user: User, content: ReopenContent, at: datetime) -> None:
        try:
            with transaction.atomic():
                self.move(
                    dispense,
                    user,
                    at,
                    comment=content.reason.strip(),
                    decided_at=None,
                    decided_by=None,
                    decision_reason="",
                    decision_rule="",
                    effective_on=_effective_on(dispense),
                    ends=dict.fromkeys(EndCause),
                    superseded_by=None,
                    confirm_by=None,
                    unconfirmed_since=None,
                )
                succession.give_back(dispense, at, "est réexaminée.")
        except IntegrityError as error:  # another request was begun at the same instant
            raise TransitionRefused(
                "Le salarié vient de commencer une autre demande. Rien n’a été modifié.", code=Code.ANOTHER_REQUEST
            ) from error
        emails.reopened(dispense)


def _effective_on(dispense: Dispense) -> date | None:
    """The first day that the rules give, in place of the one that the former decision had corrected."""
    if dispense.motif is None or dispense.submitted_at is None:
        return dispense.effective_on
    return contents.assessment(dispense, day=timezone.localdate(dispense.submitted_at)).effective_on
