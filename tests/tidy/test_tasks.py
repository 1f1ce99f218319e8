"""Background tasks and threads start in `runtime.process.tasks` only: elsewhere they end unseen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.tidy.test_structure import OURS, python_files

STARTERS = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe", "Thread"})
ALLOWED = ROOT / "runtime" / "process" / "tasks.py"


def started_in(source: str) -> Iterator[int]:
    """Lines that start a task of which no TaskGroup takes care."""
    tree = ast.parse(source)
    groups = set(_task_groups(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in STARTERS:
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            if not (isinstance(owner, ast.Name) and owner.id in groups):
                yield node.lineno


def _task_groups(tree: ast.AST) -> Iterator[str]:
    """Names of `async with TaskGroup() as name`, and of parameters that are one."""
    for node in ast.walk(tree):
        match node:
            case ast.withitem(ast.Call(func), ast.Name(name)) if _name(func) == "TaskGroup":
                yield name
            case ast.arg(name, ast.expr() as kind) if _name(kind) == "TaskGroup":
                yield name


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


@pytest.mark.parametrize("package", sorted(OURS))
def test_tasks_are_started_in_one_place(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files(package)
        if path != ALLOWED
        for line in started_in(path.read_text())
    ]
    assert found == []


def test_the_rule_finds_what_it_forbids() -> None:
    source = Path(__file__).with_name("unseen_task.txt").read_text()
    assert sorted(started_in(source)) == [6, 7, 8, 14]
