"""Log lines consist of our own words, positions and codes, so they tell nothing about people."""

import ast
from collections.abc import Iterator
from typing import Final

from contracts.values.describing import OURS
from tests.paths import ROOT

LOGGING: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
EXTRAS: Final = frozenset(
    {"call", "formula", "generation", "kid", "lane", "migration", "notice", "people", "position"}
    | {"reason", "schema", "seq", "service", "shape", "skew_s", "term", "url"}
)
"""What may stand beside a message: positions, numbers, codes, names and addresses of our own
parts, and errors as `describe_error` tells them. No id of a person."""


def find_calls() -> Iterator[tuple[str, ast.Call]]:
    for package in sorted(OURS):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=name)) if (
                        name in LOGGING
                    ):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_only_what_is_known_to_be_harmless_stands_beside_a_message() -> None:
    found = {
        f"{place}: {ast.unparse(keyword)}"
        for place, call in find_calls()
        for keyword in call.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict)
        for key in keyword.value.keys
        if key is None or ast.literal_eval(key) not in EXTRAS
    }
    assert found == set()


def test_an_error_is_logged_as_it_is_described() -> None:
    """Its text may quote what somebody typed."""
    calls = dict(find_calls())
    quoting = {
        place
        for place, call in calls.items()
        for part in (*call.args, *(one.value for one in call.keywords if one.arg == "extra"))
        if _is_error(part) or any(map(_quotes_error, ast.walk(part)))
    }
    assert len(calls) > 30, "they are found"
    assert quoting == set()


def _is_error(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("error", "damage")


def _quotes_error(node: ast.AST) -> bool:
    """Return whether the node is `str(error)` or `repr(error)`."""
    match node:
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[error]):
            return _is_error(error)
        case _:
            return False
