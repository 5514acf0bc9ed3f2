"""What the forms of the decisions share: the status read, the standard phrases, the way to a content and back."""

from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from dispenses.request.decisions.content import Content

Phrases = list[tuple[str, str]]


class DecisionForm(forms.Form):
    """Common to the decisions. `phrases`: standard ones as (key, text); those that are ticked join the text posted.

    `seen`: instant of the status that the page showed. `text_field`: where the phrases go. `renamed`: fields of the
    content that have another name here.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)
    text_field: ClassVar[str]
    renamed: ClassVar[dict[str, str]] = {}
    content_class: type[Content]

    def __init__(self, *args: Any, phrases: Phrases | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = dict(phrases or [])
        if phrases:
            self.fields["phrases"] = forms.MultipleChoiceField(
                label="Phrases types à ajouter au texte",
                required=False,
                choices=phrases,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": "Cette phrase n’est plus proposée"},
            )
            self.order_fields(["phrases"])

    def compose(self) -> None:
        """Complete the text that was posted with what was ticked, which is ticked no more."""
        if not isinstance(self.data, QueryDict):
            return
        data, name, ticks = self.data.copy(), self.add_prefix(self.text_field), self.add_prefix("phrases")
        typed = data.get(name, "").replace("\r\n", "\n").strip()
        chosen = data.getlist(ticks)
        lines = [*self.lines(), *(self.offered[key] for key in chosen if key in self.offered)]
        data[name] = "\n".join(filter(None, [typed, *(line for line in lines if line not in typed)]))
        data.setlist(ticks, [key for key in chosen if key not in self.offered])
        self.data = data

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that the page shows one below the other."""
        return list(self)

    def lines(self) -> list[str]:
        """What the rest of the form adds to the text."""
        return []

    def content(self) -> Content:
        """What the decision keeps of the form, once it is valid."""
        names = {one.name: self.name_of(one.name) for one in fields(self.content_class)}
        cleaned = self.cleaned_data
        return self.content_class(**{field: cleaned[name] for field, name in names.items() if name in cleaned})

    @classmethod
    def initial_of(cls, content: Content) -> dict[str, Any]:
        """The fields of the form, from what a decision kept of it: the reverse of `content`."""
        return {cls.name_of(one.name): getattr(content, one.name) for one in fields(content)}

    @classmethod
    def name_of(cls, field: str) -> str:
        """The name here of a field of the content."""
        return cls.renamed.get(field, field)
