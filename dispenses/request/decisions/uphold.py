"""« Toujours fondée »: the centre has looked again at a dispense whose ground had changed, and keeps it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms

from accounts.models import User
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, StandardPhrase
from dispenses.request import looks
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm


@dataclass(frozen=True, kw_only=True)
class UpholdContent(Content):
    """`causes`: those that its author read (dispenses.request.looks), "" for all of those that there are."""

    reason: str = field(default="", metadata=labelled("Pourquoi elle reste fondée"))
    causes: str = field(default="", metadata=labelled(""))


class UpholdForm(DecisionForm):
    reason = forms.CharField(
        label="Pourquoi la dispense reste fondée",
        help_text="Le salarié lit ce texte tel quel dans son suivi. La dispense garde ses dates.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Indiquez pourquoi la dispense reste fondée\xa0: le salarié le lira"},
    )
    causes = forms.CharField(widget=forms.HiddenInput, required=False, max_length=120)
    text_field = "reason"
    content_class = UpholdContent

    @classmethod
    def initial_of(cls, content: Content) -> dict[str, Any]:
        """Without the causes: who decides again has read those of today."""
        return {"reason": getattr(content, "reason", "")}


class Uphold(Decision[UpholdContent]):
    """One by one, while a second look is wanted; what was looked at does not come back (dispenses.request.looks).

    A cause that appears once the page was read, or while the decision waits, is not settled by it.
    """

    name = "uphold"
    label = "Toujours fondée"
    button = "Maintenir la dispense"
    done = "dispense maintenue"
    text = "reason"
    content = UpholdContent
    form_class = UpholdForm

    def proposed(self, dispense: Dispense, texts: list[tuple[StandardPhrase, str]]) -> dict[str, Any]:
        return {"causes": looks.shown(dispense)}

    def is_open(self, dispense: Dispense) -> bool:
        return looks.is_wanted(dispense)

    def check(self, dispense: Dispense, content: UpholdContent) -> None:
        super().check(dispense, content)
        gone = content.causes and not {*content.causes.split()} & {*looks.shown(dispense).split()}
        if gone or not self.is_open(dispense):
            not_any_more = "plus de deuxième regard pour ce que vous avez lu" if gone else "pas de deuxième regard"
            raise TransitionRefused(
                f"La dispense N°{dispense.number} n’attend {not_any_more}. Rien n’a été modifié.",
                code=Code.NOTHING_AWAITED,
            )

    def apply(self, dispense: Dispense, user: User, content: UpholdContent, at: datetime) -> None:
        self.move(dispense, user, at, comment=content.reason.strip(), looked=content.causes)
