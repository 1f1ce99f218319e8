"""Finds the benchmarks that `make bench` runs.

A benchmark is a module of a room that has a QUESTION, which is a text, and a coroutine
`main(report)` that adds figures to a `Report`. Its baselines are measured in the same run, and
`report.scale` makes its amounts smaller in a quick run. Longer measurements have neither: their
module is a command of its own, which its docstring names.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

ROOMS: Final = ("writes", "reads", "projections", "notices", "system", "image")
"""In the order in which they are run."""
_TOP: Final = Path(__file__).parent.parent


def find_benchmarks(only: Sequence[str] = ()) -> dict[str, str]:
    """Return the questions by name (`writes.booking`). `only` names rooms or benchmarks.

    Raises LookupError if one of `only` is neither.
    """
    found = {
        name: question
        for room in ROOMS
        for path in sorted((_TOP / room).glob("*.py"))
        if (question := _read_question(name := f"{room}.{path.stem}")) is not None
    }
    if unknown := [one for one in only if not any(_is_in(name, one) for name in found)]:
        raise LookupError(f"no benchmark is named {', '.join(unknown)}; there are {list(found)}")
    wanted = only or ROOMS
    return {name: text for name, text in found.items() if any(_is_in(name, one) for one in wanted)}


def _is_in(name: str, room: str) -> bool:
    return f"{name}.".startswith(f"{room}.")


def _read_question(name: str) -> str | None:
    if name.endswith(("__init__", "__main__")):
        return None
    return getattr(import_module(f"benchmarks.{name}"), "QUESTION", None)
