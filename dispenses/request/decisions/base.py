"""What every decision is made of: its content, its words, its form, what it checks and what it does."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.http import QueryDict

from accounts.models import User
from dispenses.enums import PhraseKind
from dispenses.models import Dispense, StandardPhrase
from dispenses.request import phrases
from dispenses.request.decisions.content import Content
from dispenses.request.decisions.form import DecisionForm
from dispenses.request.permissions import DECIDE
from dispenses.request.transitions import apply, check
from dispenses.workflow import Role

C = TypeVar("C", bound=Content)


class Decision(Generic[C]):
    """One decision of the centre; `name` is that of its transition in `dispenses/workflow.py`.

    `content`: what it says; `text`: the field of it that the employee reads and that standard phrases of
    `phrase_kind` complete, if any. `rights`: what whoever decides needs, when deciding and still when it takes effect.
    `many`: the fields that one decision on many requests asks for, None when it is taken one by one.
    """

    name: ClassVar[str]
    label: ClassVar[str]  # « Valider », above its form
    button: ClassVar[str]  # « Valider la dispense »
    done: ClassVar[str]  # « dispense validée », once it is taken
    key: ClassVar[str] = ""  # of the keyboard, wired in static/gestion-visionneuse.js
    rights: ClassVar[tuple[str, ...]] = (DECIDE,)
    phrase_kind: ClassVar[PhraseKind | None] = None
    text: ClassVar[str]
    previews: ClassVar[bool] = False
    many: ClassVar[type[forms.Form] | None] = None
    content: type[C]
    form_class: type[DecisionForm]

    def is_open(self, dispense: Dispense) -> bool:
        """Whether there is anything to decide so on a request whose status allows it."""
        return True

    def check(self, dispense: Dispense, content: C) -> None:
        """Raises TransitionRefused when the decision may not be taken now, or lacks something: asked before waiting."""
        check(dispense, self.name, Role.STAFF, str(getattr(content, self.text)))

    def apply(self, dispense: Dispense, user: User, content: C, at: datetime) -> None:
        """Give effect to the decision on the locked row. Raises TransitionRefused where the workflow does."""
        raise NotImplementedError

    def move(self, dispense: Dispense, user: User, at: datetime, *, comment: str, **changes: Any) -> None:
        """The transition of the decision, as `apply` of the workflow makes it, with other fields of the request."""
        apply(dispense, self.name, role=Role.STAFF, user=user, at=at, comment=comment, **changes)

    def preview(self, dispense: Dispense, user: User, content: C) -> dict[str, Any]:
        """What the employee would read, where `previews` says that there is something to show. Nothing is saved."""
        raise NotImplementedError

    def form(
        self,
        dispense: Dispense,
        *,
        standard_phrases: Sequence[StandardPhrase],
        data: QueryDict | None = None,
        again: C | None = None,
    ) -> DecisionForm:
        """Its form on this request, with what was posted or with what is proposed.

        `standard_phrases`: those offered on the request; `again`: the content of an undone decision, which comes back.
        """
        until = self.until(dispense, data)
        own = [phrase for phrase in standard_phrases if phrase.kind == self.phrase_kind]
        texts = [(phrase, phrases.written(phrase, dispense, until=until)) for phrase in own]
        initial = {"seen": dispense.status_at.isoformat(), **self.proposed(dispense, texts)}
        if again:
            initial |= {key: value for key, value in self.form_class.initial_of(again).items() if value}
        offered = [(str(phrase.pk), text) for phrase, text in texts]
        about = self.about(dispense, standard_phrases)
        form = self.form_class(data, initial=initial, prefix=self.name, phrases=offered, **about)
        form.compose()
        return form

    def until(self, dispense: Dispense, data: QueryDict | None) -> date | None:
        """The end of the dispense that its standard phrases speak of, if they do."""
        return None

    def proposed(self, dispense: Dispense, texts: list[tuple[StandardPhrase, str]]) -> dict[str, Any]:
        """What its form holds at first; `texts`: its standard phrases, with their words for this request."""
        return {}

    def about(self, dispense: Dispense, standard_phrases: Sequence[StandardPhrase]) -> dict[str, Any]:
        """What its form has to know of the request."""
        return {}
