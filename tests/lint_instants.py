"""`make lint`: nobody computes with a local time, nor makes one outside of `portal/lib/dates.py`.

Python adds to a local time on the clock of the wall, so the sum is an hour wrong across a change of clocks. The check
reads the source only: it follows a local time into a variable of the same function, no further.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("portal", "dispenses", "accounts", "notifications", "tests")
EXCEPT = {"portal/lib/dates.py", "tests/portal/lib/test_dates.py", "tests/portal/lib/test_lint_instants.py"}

MADE = (
    "makes a local time: take instant, start_of_day or end_of_day of portal.lib.dates, which give instants in UTC; "
    "to show an instant to a person, take timezone.localtime"
)
COMPUTED = (
    "computes with a local time, on the clock of the wall: compute with the instant (timezone.now(), a field, "
    "portal.lib.dates), then take timezone.localtime of the result"
)
SET = (
    "sets the hour of a time: take instant, start_of_day or end_of_day of portal.lib.dates, which know the changes of "
    "clocks"
)
MAKERS = {"make_aware", "get_default_timezone", "get_current_timezone", "ZoneInfo"}
TAKE_A_ZONE = {"datetime": 7, "combine": 2, "fromtimestamp": 1, "now": 0, "astimezone": 0}  # its place when not named
HOURS = {"hour", "minute", "tzinfo", "fold"}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def faults(source: str) -> list[tuple[int, str]]:
    """Lines of `source` that break the rule, each with what to do instead, in order."""
    tree = ast.parse(source)
    found = set(_made(tree))
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, Function))]:
        found |= set(_computed(scope))
    return sorted(found)


def _made(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if _makes_local(node):
                yield node.lineno, MADE
            elif _name(node.func) == "replace" and any(word.arg in HOURS for word in node.keywords):
                yield node.lineno, SET


def _makes_local(call: ast.Call) -> bool:
    name = _name(call.func)
    if name == "now" and not isinstance(call.func, ast.Attribute):
        return False  # a function of ours, not that of datetime
    if name == "astimezone" and not (call.args or call.keywords):
        return True  # in the zone of the machine
    return name in MAKERS or (name in TAKE_A_ZONE and _is_elsewhere(_zone(call, TAKE_A_ZONE[name])))


def _computed(scope: ast.AST) -> Iterator[tuple[int, str]]:
    nodes = list(_own(scope))
    local = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value and _is_local(node.value, set())
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            operands: list[ast.expr] = [node.left, node.right]
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
            operands = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
            operands = [node.func.value]
        else:
            continue
        if any(_is_local(operand, local) for operand in operands):
            yield node.lineno, COMPUTED


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, Function):
            yield child
            yield from _own(child)


def _is_local(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_local(node.body, names) or _is_local(node.orelse, names)
    if isinstance(node, ast.Call):
        return _name(node.func) == "localtime"
    return isinstance(node, ast.Name) and node.id in names


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _zone(call: ast.Call, place: int) -> ast.expr | None:
    """The time zone that a call is given, by name or in its place."""
    named = [word.value for word in call.keywords if word.arg in {"tz", "tzinfo"}]
    plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
    return (named or (call.args[place : place + 1] if plain else []) or [None])[0]


def _is_elsewhere(zone: ast.expr | None) -> bool:
    """Whether a zone is another than UTC and than that of an instant at hand (`now.tzinfo`)."""
    if zone is None or (isinstance(zone, ast.Constant) and zone.value is None):
        return False
    return _name(zone) not in {"UTC", "utc", "tzinfo"}


def main() -> int:
    """Print every fault of the repository. Returns 1 when there is one, else 0."""
    count = 0
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name not in EXCEPT:
                for line, words in faults(path.read_text()):
                    print(f"{name}:{line}: {words}.")
                    count += 1
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
