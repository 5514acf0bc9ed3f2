"""« Toujours fondée »: the centre has looked again at a dispense whose ground had changed, and keeps it."""

from dataclasses import dataclass, field
from datetime import datetime

from django import forms

from accounts.models import User
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense
from dispenses.request import looks
from dispenses.request.decisions.base import Decision
from dispenses.request.decisions.content import Content, labelled
from dispenses.request.decisions.form import DecisionForm


@dataclass(frozen=True, kw_only=True)
class UpholdContent(Content):
    reason: str = field(default="", metadata=labelled("Pourquoi elle reste fondée"))


class UpholdForm(DecisionForm):
    reason = forms.CharField(
        label="Pourquoi la dispense reste fondée",
        help_text="Le salarié lit ce texte tel quel dans son suivi. La dispense garde ses dates.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Indiquez pourquoi la dispense reste fondée\xa0: le salarié le lira"},
    )
    text_field = "reason"
    content_class = UpholdContent


class Uphold(Decision[UpholdContent]):
    """One by one, while a second look is wanted; what was looked at does not come back (dispenses.request.looks)."""

    name = "uphold"
    label = "Toujours fondée"
    button = "Maintenir la dispense"
    done = "dispense maintenue"
    text = "reason"
    content = UpholdContent
    form_class = UpholdForm

    def is_open(self, dispense: Dispense) -> bool:
        return looks.is_wanted(dispense)

    def check(self, dispense: Dispense, content: UpholdContent) -> None:
        super().check(dispense, content)
        if not self.is_open(dispense):
            raise TransitionRefused(
                f"La dispense N°{dispense.number} n’attend pas de deuxième regard. Rien n’a été modifié.",
                code=Code.NOTHING_AWAITED,
            )

    def apply(self, dispense: Dispense, user: User, content: UpholdContent, at: datetime) -> None:
        self.move(dispense, user, at, comment=content.reason.strip())
