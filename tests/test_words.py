"""French as it is printed, on every page of the portal and in every mail: spaces, apostrophes, no English, no « (s) ».

Names begin with a vowel, in mails counts are 1 and 2: what was written for « de Durand », « 3 jours » shows.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from notifications.messages import Message, declared
from notifications.rendering import render
from tests.catalogue import DESK, PORTAL, World, each, groups, named_by_vowels
from tests.notifications.messages import example
from tests.reading import mistakes, ours, texts_of
from tests.test_rights import made_world, world

__all__ = ["made_world", "world"]  # the fixtures

STATES = ("empty", "error", "awaiting", "refused", "accepted", "confirm", "ended")
GROUPS = [
    pytest.param(table, role, state, id=f"{role} {state}")
    for table in (PORTAL, DESK)
    for role, state in groups(table)
    if state in STATES
]
VOWELS = {"person_name": "Amel Aubert", "employee_name": "Amel Aubert", "employer_name": "Ateliers du Levant"}
VOWELS |= dict.fromkeys(("account_name", "member_name", "former_name"), "Élise Aubert")
SET = ("number", "minutes", "hours", "undo_days")  # by the law or a setting: never 0 nor 1


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "role", "state"), GROUPS)
def test_pages(table: dict[str, str], role: str, state: str, world: World, settings: Any) -> None:
    """Those of `filled` are read in tests/test_catalogue.py, the desk's with them."""
    found: list[str] = []
    for page in each(table, role, state, named_by_vowels(world), settings, found):
        found += [f"{page.line} · {mistake}" for mistake in mistakes(ours(page.html))]
    assert not found, "\n".join(found)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.kind)
def test_mails(kind: type[Message], count: int) -> None:
    values = {name: value for name, value in VOWELS.items() if name in kind.marks}
    counts = {name: count for name, mark in kind.marks.items() if type(mark.example) is int and name not in SET}
    _, text, html = render(example(kind, **values, **counts))  # in HTML the subject is printed, in a list it is plain
    assert mistakes([*text.split("\n"), *texts_of(html)]) == []


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ("Une question ?", "espace insécable avant le signe"),
        ("Une question?", "espace avant le signe"),
        ("« Oui\u00a0»", "espace insécable après «"),
        ("«\u00a0Oui »", "espace insécable avant le signe"),
        ("l'adresse", "apostrophe droite"),
        ("2 dossier(s)", "pluriel entre parenthèses"),
        ("1 dispensés", "pluriel d’un seul"),
        ("0 demandes", "pluriel d’un seul"),
        ("la demande de Amel Aubert", "élision"),
        ("Depuis que Élodie", "élision"),
        ("Save and continue", "mot anglais"),
        ("deux  espaces", "espace en trop"),
    ],
)
def test_what_is_not_french_is_found(said: str, mistake: str) -> None:
    assert [one.partition(" : ")[0] for one in mistakes([said])] == [mistake]


@pytest.mark.parametrize(
    "said",
    [
        "Une question\u00a0? «\u00a0Oui\u00a0», le 8 à 10\u00a0h\u00a032\u00a0: voir https://exemple.fr/?a=1",
        "1\u00a0mois, 1 fois, 2\u00a0dossiers, le onze, le oui de Paul, 1er\u00a0avis",
    ],
)
def test_what_is_french_is_left_alone(said: str) -> None:
    assert mistakes([said]) == []


def test_no_sentence_of_the_code_puts_a_bare_de_before_a_name() -> None:
    """« d’Amel », « de Camille »: portal.lib.typography.of knows which."""
    bare = re.compile(r"\bd?e \{[\w.]*(?:full_name|employer|employer\.name|employee)\}")
    found = [
        f"{path}: {line.strip()}"
        for room in ("accounts", "dispenses", "notifications", "portal")
        for path in sorted(Path(room).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if bare.search(line) and path.name != "typography.py" and "migrations" not in path.parts
    ]
    assert found == []
