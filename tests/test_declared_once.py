"""A status of a request, a state of an employee: declared in one place, and told nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from django.conf import settings

from accounts.models import Employee
from accounts.states import BY_KEY, BY_STANDING, LINK_ASKED_AGAIN, LINK_EXPIRED, LINK_REVOKED, STATES, Standing
from dispenses.api import schemas
from dispenses.models import Dispense
from dispenses.workflow import STATUSES, Status
from portal.icons import ICONS

ROOT = Path(settings.BASE_DIR)
DECLARED_IN = {"dispenses/workflow.py", "accounts/states.py"}
LABELS = {facts.label for facts in STATUSES.values()} | {state.badge.label for state in STATES}
SENTENCES = {facts.meaning for facts in STATUSES.values()} | {
    words for state in STATES for words in (state.label, state.explained, state.counted)
}
KEYS = {status.value for status in Status} | {status.name for status in Status} | {*BY_KEY, *Standing.__members__}
# A run of decisions that is at work, and no request.
OTHERWISE = {("dispenses/desk/lot_resultat.html", "En cours"), ("dispenses/desk/lots.html", "En cours")}


def trees() -> Iterator[tuple[str, ast.AST]]:
    for room in ("portal", "dispenses", "accounts", "notifications"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" not in path.parts and name not in DECLARED_IN:
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_no_module_tells_a_status_or_a_state_in_its_own_words() -> None:
    assert [
        (name, node.value)
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in LABELS | SENTENCES
    ] == []


def _key(node: ast.AST | None) -> Any:
    """« draft » of `"draft"`, DRAFT of `Status.DRAFT` and of `Status.DRAFT.value`."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Attribute):
        return _key(node.value) if node.attr == "value" else node.attr
    return None


def test_no_module_keeps_a_table_of_them() -> None:
    """Two keys may be a case apart; three are a table that the next one would have to join."""
    tables = [
        (name, node.lineno)
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict) and sum(_key(key) in KEYS for key in node.keys) > 2
    ]
    assert tables == []


def test_no_template_tells_them_in_its_own_words() -> None:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = str(path.relative_to(ROOT / "templates"))
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>|{#.*?#}", "\0", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        shown = {(name, part.strip()) for part in text.split("\0")}
        assert {pair for pair in shown - OTHERWISE if pair[1] in LABELS | SENTENCES} == set()


@pytest.mark.parametrize("standing", Standing)
def test_every_state_is_declared_whole(standing: Standing) -> None:
    state = BY_STANDING[standing]
    assert BY_KEY[state.key] is state
    assert all((state.key, state.label, state.explained, state.counted, state.counted_one))
    for badge in (state.badge, LINK_ASKED_AGAIN, LINK_EXPIRED, LINK_REVOKED):
        assert badge.label
        assert badge.icon in ICONS
    css = (ROOT / "static" / "ea.css").read_text(encoding="utf-8")
    assert f".{state.fill}{{" in css
    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8").count(f"`{state.key}`") == 1


def test_states_differ() -> None:
    assert len(STATES) == len(Standing) == len({state.fill for state in STATES}) == len({s.counted for s in STATES})
    assert [state.standing for state in STATES] == sorted(Standing)


def test_rows_and_the_api_have_the_declared_words() -> None:
    assert Employee._meta.get_field("standing").choices == [(state.standing, state.label) for state in STATES]
    assert Dispense._meta.get_field("status").choices == [(status, facts.label) for status, facts in STATUSES.items()]
    assert get_args(schemas.StateKey) == tuple(BY_KEY)
    assert {*get_args(schemas.SentStatus), Status.DRAFT} == {*Status}
