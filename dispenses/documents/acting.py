"""What a PDF does when it is opened or clicked, and what it carries: judged by where it stands, not by a name alone.

Read by inspector.py in a process of its own, and like it without anything of the portal. Clauses: ISO 32000-2.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

# Actions (12.6.4) that stay inside the document, by what starts them: its opening or a page's, or a click.
ON_OPENING = {"/GoTo", "/GoToDp", "/Named", "/Trans", "/JavaScript"}
ON_CLICK = ON_OPENING | {"/GoToR", "/URI", "/Thread", "/Hide", "/SetOCGState", "/ResetForm", "/GoTo3DView"}
ACTIONS = ON_CLICK | {
    *("/Launch", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute"),
}
NAVIGATION = {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"}
CLICKS = {"/U", "/D"}  # of an annotation's events (12.6.3); the others come by themselves
ACTIVE_ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}

SCHEMES = {"http", "https", "mailto", "tel", "sms", "ftp"}
SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):(?!\d+(?:/|$))", re.IGNORECASE)  # « exemple.fr:8080 » is a host
FILE_NAMES = ("/F", "/UF", "/DOS", "/Mac", "/Unix")  # of a file specification (7.11.3), and of what it embeds

# What Acrobat writes in a field that formats a date or a number: calls of its own functions, on literals alone.
_WORD = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|-?[0-9.]+|true|false)"""
_WORDS = rf"(?:{_WORD}(?:\s*,\s*{_WORD})*)?"
_ARGUMENT = rf"(?:{_WORD}|new\s+Array\s*\(\s*{_WORDS}\s*\)|\[\s*{_WORDS}\s*\])"
_FUNCTION = r"AF(?:(?:Date|Time|Number|Percent|Special)_(?:Format|Keystroke)(?:Ex)?|Simple_Calculate|Range_Validate)"
FORMATTING = re.compile(rf"\s*(?:{_FUNCTION}\s*\(\s*(?:{_ARGUMENT}(?:\s*,\s*{_ARGUMENT})*)?\s*\)\s*;?\s*)*")
SCRIPT_BYTES = 4000

# The data of an electronic invoice (Factur-X, ZUGFeRD, Order-X, EN 16931): read by programs, opened by nobody here.
INVOICE_NAME = re.compile(r"(?:factur-x|zugferd-invoice|xrechnung|order-x|cii|ubl)[\w.-]*\.xml", re.IGNORECASE)
INVOICE_ROOT = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?"
    rb"(?:CrossIndustryInvoice|CrossIndustryDocument|SCRDMCCBDACIOMessageStructure|Invoice|CreditNote)[\s>]",
    re.DOTALL,
)
INVOICE_BYTES = 2_000_000


class Refused(Exception):
    """Why a document is not taken: one of the words that inspection.py turns into French."""


def name_of(held: Any, key: str) -> str:
    """The name under `key`, "" when something else is there: in a list of fonts, keys are what a producer likes."""
    found = held.get(key)
    return str(found) if isinstance(found, pikepdf.Name) else ""


def text_of(found: Any) -> str:
    """A string as text, "" for anything else."""
    return str(found) if isinstance(found, pikepdf.String) else ""


def is_container(found: Any) -> bool:
    """Whether it has entries: a dictionary, or a stream with its own."""
    return isinstance(found, (pikepdf.Dictionary, pikepdf.Stream))


def check(held: Any) -> None:
    """Refuse a dictionary that acts, calls another file or carries one. `held`: any container of the document."""
    if not is_container(held):
        return
    _check_events(held)
    _check_scripts(held)
    _check_files(held)
    if name_of(held, "/Subtype") in ACTIVE_ANNOTATIONS:
        raise Refused("active")
    # An action that nothing leads to here may be reached by a reader that mends the file otherwise.
    if name_of(held, "/S") in ACTIONS and not _is_structure(held):
        judge(held, opening=False)


def _is_structure(held: Any) -> bool:
    """An element of the logical structure (14.7.2), whose /S is whatever its producer calls it."""
    return name_of(held, "/Type") == "/StructElem" or ("/P" in held and "/K" in held)


def _check_events(held: Any) -> None:
    judge(held.get("/OpenAction"), opening=True)
    for key in ("/A", "/PA", "/NA"):
        judge(held.get(key), opening=False)
    events = held.get("/AA")
    if is_container(events):
        for key, action in events.items():
            judge(action, opening=key not in CLICKS)
    base = held.get("/URI")
    if is_container(base) and not is_web_address(text_of(base.get("/Base"))):
        raise Refused("active")


def _check_scripts(held: Any) -> None:
    tree = held.get("/JavaScript")
    if is_container(tree) and ("/Names" in tree or "/Kids" in tree):
        for action in leaves(tree):
            judge(action, opening=True)
    form = held.get("/AcroForm")
    for found in (form, held):
        if is_container(found) and (found is form or "/Fields" in found) and found.get("/XFA") is not None:
            raise Refused("form")


def leaves(tree: Any) -> Iterator[Any]:
    """The values of a name tree (7.9.6)."""
    waiting, met = [(tree, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        met += 1
        if depth > 60 or met > 10_000:
            raise Refused("too_complex")
        if not is_container(node):
            continue
        names, kids = node.get("/Names"), node.get("/Kids")
        if isinstance(names, pikepdf.Array):
            yield from (value for rank, value in enumerate(names) if rank % 2)
        if isinstance(kids, pikepdf.Array):
            waiting.extend((kid, depth + 1) for kid in kids)


def judge(action: Any, *, opening: bool) -> None:
    """Refuse an action, or one chained to it, that leaves the document. `opening`: it comes without a click."""
    waiting, met = [action], 0
    while waiting:
        held = waiting.pop()
        if not is_container(held):
            continue
        met += 1
        if met > 100:
            raise Refused("too_complex")
        kind = name_of(held, "/S")
        if isinstance(held.get("/JS"), pikepdf.String) or kind == "/JavaScript":
            _check_script(held.get("/JS"))
        if not kind:
            continue  # a destination, or what has such a key and is no action
        if kind not in (ON_OPENING if opening else ON_CLICK):
            raise Refused("active")
        _check_target(kind, held, opening=opening)
        after = held.get("/Next")
        waiting.extend(after if isinstance(after, pikepdf.Array) else [after])


def _check_script(script: Any) -> None:
    if script is None:
        return
    if isinstance(script, pikepdf.Stream):
        packed = len(script.read_raw_bytes())
        words = beginning(script, SCRIPT_BYTES + 1).decode("latin-1") or "?" * packed
    else:
        words = text_of(script)
    if len(words) > SCRIPT_BYTES or not FORMATTING.fullmatch(words):
        raise Refused("active")


def _check_target(kind: str, action: Any, *, opening: bool) -> None:
    match kind:
        case "/Named":
            refused = opening and name_of(action, "/N") not in NAVIGATION
        case "/URI":
            refused = not is_web_address(text_of(action.get("/URI")))
        case "/GoToR":
            refused = not all(is_beside(name) for name in file_names(action.get("/F")))
        case "/Thread":
            refused = action.get("/F") is not None
        case _:
            refused = False
    if refused:
        raise Refused("active")


def is_web_address(address: str) -> bool:
    """Whether a click on it leads to a page, a mail or a telephone, and not to a file, a share or a script."""
    shown = re.sub(r"[\x00-\x20]", "", address).replace("\\", "/")  # as browsers read it
    if shown.startswith("//"):
        return False
    scheme = SCHEME.match(shown)
    return scheme is None or scheme.group(1).lower() in SCHEMES


def file_names(specification: Any) -> list[str]:
    """The names that a file specification gives (7.11.2), for each system."""
    if is_container(specification):
        return [text_of(specification.get(key)) for key in FILE_NAMES if specification.get(key) is not None]
    return [text_of(specification)]


def is_beside(name: str) -> bool:
    """Whether a file's name is relative, or an address of the web: opening it calls no other machine unseen."""
    shown = re.sub(r"[\x00-\x20]", "", name).replace("\\", "/")
    if shown.startswith("/"):
        return False
    scheme = SCHEME.match(shown)
    return scheme is None or scheme.group(1).lower() in {"http", "https"}


def _check_files(held: Any) -> None:
    if isinstance(held, pikepdf.Stream):
        if isinstance(held.get("/F"), pikepdf.String) or is_container(
            held.get("/F")
        ):  # its bytes are elsewhere (7.3.8.2)
            raise Refused("active")
        if is_container(held.get("/Ref")):  # a page of another document (8.10.4)
            raise Refused("active")
    if name_of(held, "/Type") == "/Catalog" and held.get("/Collection") is not None:
        raise Refused("attachment")
    embedded = held.get("/EF")
    if is_container(embedded):
        for key in FILE_NAMES:
            if isinstance(embedded.get(key), pikepdf.Stream) and not _is_invoice(held, embedded[key]):
                raise Refused("attachment")


def _is_invoice(specification: Any, content: Any) -> bool:
    names = file_names(specification)
    if not names or not all(INVOICE_NAME.fullmatch(name) for name in names):
        return False
    read = beginning(content, INVOICE_BYTES + 1).removeprefix(b"\xef\xbb\xbf")
    outside = any(word in read for word in (b"<!DOCTYPE", b"<!ENTITY"))
    return len(read) <= INVOICE_BYTES and INVOICE_ROOT.match(read) is not None and not outside


def filters(stream: Any) -> list[str]:
    """The names of a stream's filters, in the order in which they are undone."""
    found = stream.get("/Filter")
    if found is None:
        return []
    return [str(name) for name in found] if isinstance(found, pikepdf.Array) else [str(found)]


def beginning(stream: Any, most: int) -> bytes:
    """The first `most` bytes of a stream that is not packed, or by one layer of Flate; nothing of any other."""
    raw, names = bytes(stream.read_raw_bytes()), filters(stream)
    if not names:
        return raw[:most]
    if names not in (["/FlateDecode"], ["/Fl"]):
        return b""
    try:
        return zlib.decompressobj().decompress(raw, most)
    except zlib.error:
        return b""
