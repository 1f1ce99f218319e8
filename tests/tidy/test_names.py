"""One name means one thing: no two classes of the project share one."""

import ast
from collections import defaultdict
from collections.abc import Iterable

from tests.paths import ROOT
from tests.tidy.test_structure import python_files

SHARED = {"Settings": "what each service reads from its environment"}
"""Names of the same idea in several services."""


def test_no_class_name_stands_twice() -> None:
    sources = ((str(path.relative_to(ROOT)), path.read_text()) for path in python_files())
    twice = defined_twice(sources)
    assert {name: places for name, places in twice.items() if name not in SHARED} == {}
    assert twice.keys() >= SHARED.keys()


def test_the_rule_finds_what_it_forbids() -> None:
    sources = [("a.py", "class Line: ...\nclass Row: ..."), ("b.py", "def f():\n class Line: ...")]
    assert defined_twice(sources) == {"Line": ["a.py", "b.py"]}


def defined_twice(sources: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names of classes that are defined more than once, with the files."""
    places = defaultdict(list)
    for name, source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name)
    return {name: found for name, found in places.items() if len(found) > 1}
