"""What a page or a mail says, in the order in which it is read, and where French typography is not kept."""

import re
from html.parser import HTMLParser

KEPT_APART = {"script", "style", "code", "pre", "textarea", "template", "svg"}  # written by or for machines, or people
BLOCKS = {
    "p", "div", "li", "ul", "ol", "td", "th", "tr", "dt", "dd", "h1", "h2", "h3", "h4", "label", "legend", "option",
    "summary", "details", "caption", "main", "header", "footer", "nav", "form", "fieldset", "section", "article",
    "table",     "title", "button", "select", "blockquote", "br", "body", "aside", "input",
}  # fmt: skip
SAID = ("alt", "aria-label", "placeholder", "title", "data-th")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = [""]
        self.title = ""
        self.within: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        said = [of[name] for name in SAID if of.get(name)]
        if tag == "input" and of.get("type") in ("submit", "button"):
            said.append(of.get("value", ""))
        if tag in BLOCKS:
            self.texts.append("")
        self.texts[-1:-1] = [] if self.silent else said
        self.silent += tag in KEPT_APART
        if tag == "title" and not self.silent:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in KEPT_APART and self.silent > 0
        if tag in BLOCKS:
            self.texts.append("")
        if tag == "title":
            self.within.clear()

    def handle_data(self, data: str) -> None:
        if self.within:
            self.title += data
        if not self.silent:
            self.texts[-1] += data


def texts_of(html: str) -> list[str]:
    """Each piece of text of the page, its runs of blanks as one, as a browser shows it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    pieces = (re.sub(r"[ \t\r\n]+", " ", text).strip(" ") for text in reader.texts)
    return [piece for piece in pieces if piece]


OF_DJANGO = re.compile(r"(?:Acte|Correspondants?|Justificatif demandé|Phrases? types?|algorithme): ")  # its templates'


def ours(html: str) -> list[str]:
    """The same, without what Django's templates write as « label: value »."""
    return [text for text in texts_of(html) if not OF_DJANGO.match(text)]


def title_of(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", reader.title).strip()


_INVARIABLE = "mois|fois|pas|tous|sans|sous|dans|temps|cas|avis|plus|après|très|vers|puis|des|les|accès"
FAULTS = {
    "espace insécable avant le signe": re.compile(r"(?:[^\s]|^) [;:?!»](?!\S*\w://)"),
    "espace avant le signe": re.compile(r"[a-zà-ÿ»)][:](?=\s)|[a-zà-ÿ»)][?!;](?=\s|$)|(?<=[^\s])(?<![\u00a0\u202f])»"),
    "espace insécable après «": re.compile(r"«(?![\u00a0\u202f])"),
    "espace en trop": re.compile(r"[\u00a0\u202f] | [\u00a0\u202f]|  "),
    "apostrophe droite": re.compile(r"[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ]"),
    "pluriel entre parenthèses": re.compile(r"\w\((?:s|es|x|nt)\)"),
    "pluriel d’un seul": re.compile(rf"(?<![\d,.–-])(?<!N°)\b[01][ \u00a0](?!(?:{_INVARIABLE})\b)[a-zà-ÿ]{{2,}}s\b"),
    "élision": re.compile(
        r"(?<!-)\b(?:[dD]e|[qQ]ue|[lL]e|[lL]a|[nN]e|[jJ]usque|[lL]orsque|[pP]uisque)[ \u00a0]"
        r"(?!A à Z|onz|oui\b|un\b(?= à)|[yY]\b(?! )|[aà]\b(?=\))|ouï)[aàâeéèêëiîïoôuùAÀÂEÉÈÊËIÎÏOÔUÙ]\w*"
    ),
    "mot anglais": re.compile(
        r"\b(?:the|and|with|this|your|please|been|required|Save|Delete|Home|History|Log ?out|Unknown|True|False|None)\b"
    ),
}
"""What is wrong in a text, by its name."""


def mistakes(texts: list[str]) -> list[str]:
    """« mistake: where », each once."""
    found: dict[str, None] = {}
    for text in texts:
        for name, pattern in FAULTS.items():
            for match in pattern.finditer(text):
                around = text[max(0, match.start() - 25) : match.end() + 15]
                found[f"{name} : {around!r}"] = None
    return list(found)
