"""Nothing of the API reference is missing from the simulated exchange, and nothing was invented.

Tests say with ``@pytest.mark.conforms(...)`` what they show; here the marks are held against the
reference and against the routes, and printed as a table.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange
from tests.contract.reference import CALLS, FRAMES, NEIGHBORS, OPERATIONS, REMOVED, TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent.parent
ROWS = (*CALLS, *TOPICS, *FRAMES, *OPERATIONS)


def marks_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """What a test function says it shows, also row by row of its table of cases."""
    for decorator in node.decorator_list:
        for call in ast.walk(decorator):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr == "conforms":
                for argument in call.args:
                    assert isinstance(argument, ast.Constant), f"{node.name}: names only"
                    yield str(argument.value)


def shown() -> dict[str, list[str]]:
    """Each name and the tests that show it."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for name in marks_of(node):
                    where = f"{path.relative_to(TESTS).as_posix()}::{node.name}"
                    found.setdefault(name, []).append(where)
    return found


def test_everything_of_the_reference_is_shown_by_a_test(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = shown()
    table = [
        f"{section:5} {name:55} {found[name][0] if name in found else 'MISSING'}"
        for section, name in ROWS
    ]
    with capsys.disabled():
        print("", *table, f"{len(ROWS)} rows", sep="\n")  # noqa: T201 - the table is the point
    missing = [name for _, name in ROWS if name not in found]
    assert not missing


def test_no_test_shows_what_the_reference_does_not_have() -> None:
    names = {name for _, name in (*ROWS, *REMOVED)}
    assert set(shown()) - names == set()


def test_the_routes_are_the_calls_of_the_reference() -> None:
    routes = SimExchange(is_calm=True).gateway.table.routes
    offered = [f"{route.method} {route.path}" for route in routes]
    assert len(offered) == len(set(offered))
    assert set(offered) == {name for _, name in (*CALLS, *NEIGHBORS)}


@pytest.mark.parametrize("name", [name for _, name in REMOVED])
def test_removed_calls_are_not_answered(name: str) -> None:
    method, _, path = name.partition(" ")
    answer = SimExchange(is_calm=True).gateway.answer(Request(method, path, {}))
    assert answer.status in (404, 405)
    assert json.loads(answer.body)["code"] in ("404000", "405000")
