"""The forms of a page, as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = {"text", "search", "email", "tel", "number", "date", "time", "url", "password", "hidden", "textarea", "select"}


@dataclass
class PageForm:
    """`values`: what each field holds at first; `typed`: those that hold what somebody types, or could forge."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.within: PageForm | None = None
        self.named = ""  # the select or textarea that is open
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.within = PageForm(of.get("action", ""), of.get("method", "get").lower())
            self.forms.append(self.within)
        if self.within is None:
            return
        name, kind = of.get("name", ""), of.get("type", "text")
        if tag in {"select", "textarea"}:
            self.named, self.text = name, []
            self._typed(name, tag)
        elif tag == "option" and self.named and "selected" in of:
            self.within.values.setdefault(self.named, []).append(of.get("value", ""))
        elif tag == "input" and name:
            if kind in {"checkbox", "radio"} and "checked" not in of:
                self.within.values.setdefault(name, [])
            elif kind not in {"file", "submit", "image", "button"}:
                self.within.values.setdefault(name, []).append(of.get("value", "on" if kind == "checkbox" else ""))
            self._typed(name, kind)
        elif tag == "button" and name and of.get("value"):
            self.within.values.setdefault(name, [of["value"]])

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.within = None
        elif tag == "textarea" and self.within is not None and self.named:
            self.within.values[self.named] = ["".join(self.text)]
        if tag in {"select", "textarea"}:
            self.named = ""

    def _typed(self, name: str, kind: str) -> None:
        if self.within is not None and name and kind in TYPED and name not in self.within.typed:
            self.within.typed.append(name)


def forms_of(html: str) -> list[PageForm]:
    """Every form of the page but its CSRF tokens."""
    parser = _Forms()
    parser.feed(html)
    for form in parser.forms:
        form.values.pop("csrfmiddlewaretoken", None)
        form.typed = [name for name in form.typed if name != "csrfmiddlewaretoken"]
    return parser.forms
