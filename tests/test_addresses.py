"""Rooms lead downwards: what a room asks an address of, in Python or in a template, is no room above it.

import-linter sees imports alone; an address is a string.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver, reverse

ROOT = Path(__file__).resolve().parent.parent
APPS = ("portal", "dispenses", "accounts", "notifications")
# From the ground up; rooms of one line may lead to each other.
FLOORS = (
    ("portal.lib",),
    ("notifications",),
    ("accounts",),
    ("dispenses.models", "dispenses.law", "dispenses.documents", "dispenses.queue"),
    ("dispenses.request",),
    ("dispenses.contact",),
    ("dispenses.packs", "dispenses.exports", "dispenses.life", "dispenses.keeping"),
    ("dispenses.api", "dispenses.guide", "dispenses.member", "dispenses.employer", "dispenses.desk"),
    ("dispenses.administration",),
    ("dispenses", "portal"),
)
# Where a template of each folder stands; the others (bases, pages, errors) are the wiring's.
FOLDERS = {
    "accounts/": "accounts",
    "admin/accounts/": "accounts",
    "admin/notifications/": "notifications",
    "admin/dispenses/": "dispenses.administration",
    "emails/accounts/": "accounts",
    "emails/dispenses/contact/": "dispenses.contact",
    "emails/dispenses/documents/": "dispenses.documents",
    "emails/dispenses/employer/": "dispenses.employer",
    "emails/dispenses/keeping/": "dispenses.keeping",
    "emails/dispenses/packs/": "dispenses.packs",
    "emails/dispenses/request/": "dispenses.request",
    "emails/": "notifications",
    "dispenses/api/": "dispenses.api",
    "dispenses/contact/": "dispenses.contact",
    "dispenses/guide/": "dispenses.guide",
    "dispenses/member/": "dispenses.member",
    "dispenses/employer/": "dispenses.employer",
    "dispenses/desk/": "dispenses.desk",
    "dispenses/administration/": "dispenses.administration",
}
ADMIN = {"accounts": "accounts", "notifications": "notifications", "dispenses": "dispenses.desk"}


def floor(module: str) -> int:
    """How high the room of a module is."""
    for height, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return height
    raise AssertionError(module)


def named(patterns: list[Any]) -> Iterator[tuple[str, str]]:
    """(name, module of the view) of every address of the portal outside the admin."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            if pattern.namespace != "admin":
                yield from named(pattern.url_patterns)
        elif pattern.name:
            view = getattr(pattern.callback, "view_class", pattern.callback)
            yield pattern.name, view.__module__


ADDRESSES = dict(named(get_resolver().url_patterns))


def segments(patterns: list[Any], before: str = "") -> Iterator[tuple[str, int]]:
    """(first segment of the path, how high the room of the page is) of every address outside the admin."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            if pattern.namespace != "admin":
                yield from segments(pattern.url_patterns, path)
        else:
            view = getattr(pattern.callback, "view_class", pattern.callback)
            if view.__module__.partition(".")[0] in APPS and "/" in path and not path.startswith("<"):
                yield path.partition("/")[0], floor(view.__module__)


SEGMENTS: dict[str, int] = {}
for _segment, _height in segments(get_resolver().url_patterns):
    SEGMENTS[_segment] = min(_height, SEGMENTS.get(_segment, _height))


def paths_in(path: Path) -> Iterator[tuple[int, str]]:
    """(line, first segment) of every text that begins like the path of a page, f-strings too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values[1:]}
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) and id(node) not in inside else None
        if isinstance(text, str) and (match := re.match(r"/([\w-]+)/", text)):
            yield node.lineno, match[1]


def height_of(name: str) -> int | None:
    """How high the room of an address is; None for one that is not the portal's own."""
    if name.startswith("admin:"):
        app = name.removeprefix("admin:").partition("_")[0]
        return floor(ADMIN[app]) if app in ADMIN else None
    module = ADDRESSES.get(name, "")
    return floor(module) if module.partition(".")[0] in APPS else None


def asked_by(path: Path) -> Iterator[str]:
    """Names of addresses that a module reverses or redirects to, those kept in a constant too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if called in {"reverse", "reverse_lazy", "redirect", "resolve_url"} and isinstance(first, ast.Constant):
                yield str(first.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"admin:\w+$", node.value):
            yield node.value


def sources() -> list[Path]:
    found = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_every_address_belongs_to_a_room() -> None:
    assert {"accueil", "salaries", "connexion", "api_documentation", "contact"} <= ADDRESSES.keys()
    rooms = {name: module for name, module in ADDRESSES.items() if module.startswith("dispenses.")}
    assert {module.split(".")[1] for module in rooms.values()} == {
        "api",
        "contact",
        "employer",
        "guide",
        "member",
    }


def test_modules_lead_to_no_room_above_them() -> None:
    seen, above = 0, []
    for path in sources():
        for name in asked_by(path):
            height = height_of(name)
            if height is not None:
                seen += 1
                if height > floor(module_of(path)):
                    above.append(f"{path.relative_to(ROOT)}: {name}")
    assert seen > 60
    assert above == []


def test_no_module_writes_the_path_of_a_room_above_it() -> None:
    assert SEGMENTS["employeur"] == floor("dispenses.employer")
    assert SEGMENTS["activation"] == floor("accounts")
    above = [
        f"{path.relative_to(ROOT)}:{line} /{segment}/"
        for path in sources()
        for line, segment in paths_in(path)
        if SEGMENTS.get(segment, 0) > floor(module_of(path))
    ]
    assert above == []


def test_a_path_is_seen_in_an_f_string_too(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('number = 3\nhere = f"/employeur/{number}/importer/"\nthere = "/employeur/"\n')
    assert [segment for _, segment in paths_in(module)] == ["employeur", "employeur"]


def test_templates_lead_to_no_room_above_them() -> None:
    seen, above = 0, []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        place = path.relative_to(ROOT / "templates").as_posix()
        room = next((room for folder, room in FOLDERS.items() if place.startswith(folder)), "portal")
        for name in re.findall(r"""{%\s*url\s+["']([\w:]+)["']""", path.read_text(encoding="utf-8")):
            height = height_of(name)
            if height is not None:
                seen += 1
                if height > floor(room):
                    above.append(f"{place}: {name}")
    assert seen > 150
    assert above == []


@pytest.mark.parametrize("name", sorted(settings.PORTAL_ENTRANCES))
def test_an_entrance_is_a_page(name: str) -> None:
    page = settings.PORTAL_ENTRANCES[name]
    assert page in ADDRESSES or (height_of(page) is not None and reverse(page))


def test_templates_ask_for_entrances_that_exist() -> None:
    asked = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""{%\s*entrance\s+["'](\w+)["']""", path.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= settings.PORTAL_ENTRANCES.keys()
