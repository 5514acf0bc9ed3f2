"""Finds, in the source of browser tests, questions put to a page that may still be on its way.

An act (a click, a key) answers before what it causes; so does a question that does not wait (`is_visible`, `count`,
`url`…). Between the two must stand something that waits: an `expect`, a `wait_for…`, a `goto`. Each function is read
statement by statement, those it calls included, as if a page had moved before it; a loop is read twice.
"""

import ast
import re
from dataclasses import dataclass, field

ACTS = re.compile(
    r"check|clear|click|dblclick|dispatch_event|drag_to|fill|hover|press|press_sequentially|press_until|run_for"
    r"|say|select_option|set_checked|set_input_files|tap|type|uncheck"
)
WAITS = re.compile(
    r"expect|expect_download|expect_event|expect_navigation|expect_page|expect_request|expect_response|go_back"
    r"|go_forward|goto|reload|set_content|until|wait_for|wait_for_event|wait_for_function|wait_for_load_state"
    r"|wait_for_selector|wait_for_url"
)
QUESTIONS = re.compile(
    r"all|all_inner_texts|all_text_contents|aria_snapshot|bounding_box|content|count|evaluate|evaluate_all|evaluate_handle"
    r"|get_attribute|inner_html|inner_text|input_value|is_checked|is_disabled|is_editable|is_enabled|is_hidden"
    r"|is_visible|text_content|title|url"
)
SLEEPS = frozenset({"sleep", "wait_for_timeout"})
WITHOUT_PAGE = frozenset({"demonstration", "start_clamd", "start_portal"})
SERVERS = frozenset({"RunningPortal", "Broker"})  # what has an address without being a page
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Reading:
    """What is found in one function: its faults by line, and whether a page may be moving at its end."""

    functions: dict[str, Function]
    moving: bool = True
    faults: dict[int, str] = field(default_factory=dict)
    inside: tuple[str, ...] = ()
    portals: frozenset[str] = frozenset()

    def function(self, function: Function) -> None:
        self.portals |= {
            arg.arg
            for arg in function.args.args
            if isinstance(arg.annotation, ast.Name) and arg.annotation.id in SERVERS
        }
        self.statements(function.body)

    def statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.For(iter=first) | ast.While(test=first):
                for _ in range(2):
                    self.expression(first)
                    self.statements(statement.body)
                if isinstance(statement, ast.While):
                    self.expression(first)
                self.statements(statement.orelse)
            case ast.If(test=test):
                self.expression(test)
                before = self.moving
                self.statements(statement.body)
                after, self.moving = self.moving, before
                self.statements(statement.orelse)
                self.moving |= after
            case ast.With(items=items, body=body):
                self.statements(body)
                for item in items:  # what it waits for is waited for at its end
                    self.expression(item.context_expr)
            case ast.Try():
                self.statements([*statement.body, *statement.orelse, *statement.finalbody])
            case ast.FunctionDef():
                self.function(statement)
            case _:
                self.expression(statement)

    def expression(self, node: ast.AST) -> None:
        """Read what a statement or an expression holds, inner calls first."""
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.Lambda):
                self.expression(child)
        match node:
            case ast.Call(func=ast.Attribute(attr="run", value=ast.Call(func=ast.Name(id="Axe")))):
                self.call("content", node.lineno)
            case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                self.call(name, node.lineno)
            case ast.Attribute(attr="url", value=ast.Name(id=owner)) if owner not in self.portals:
                self.call("url", node.lineno)

    def call(self, name: str, line: int) -> None:
        known = self.functions.get(name)
        if name in SLEEPS:
            self.faults[line] = f"{name} attend un temps, non une réponse"
        elif WAITS.fullmatch(name):
            self.moving = False
        elif name in WITHOUT_PAGE:
            return
        elif known and name not in self.inside:
            inner = Reading(self.functions, self.moving, inside=(*self.inside, name))
            inner.function(known)
            if inner.faults:
                self.faults[line] = f"{name} interroge une page qui bouge encore"
            self.moving = inner.moving
        elif QUESTIONS.fullmatch(name):
            if self.moving:
                self.faults[line] = f"{name} interroge une page qui bouge encore"
        elif ACTS.fullmatch(name):
            self.moving = True


def functions_of(*sources: str) -> dict[str, Function]:
    """The functions at the top of these sources, by name."""
    return {
        node.name: node for source in sources for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
    }


def impatient(source: str, *others: str) -> list[str]:
    """The lines of `source` that ask before the answer can be there, as « line: why ».

    `others` are the sources of the modules whose functions `source` calls. A helper's first question counts where it is
    called; tests and fixtures are read from their first line.
    """
    functions = functions_of(*others, source)
    found: dict[int, str] = {}
    for name, function in functions_of(source).items():
        first = name.startswith("test_") or function.decorator_list
        reading = Reading(functions, moving=bool(first), inside=(name,))
        reading.function(function)
        found |= reading.faults
    return [f"{line}: {why}" for line, why in sorted(found.items())]
