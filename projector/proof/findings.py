"""Collects what verify finds wrong."""

from typing import Any, Final

EXAMPLES_MAX: Final = 100


class Findings:
    """Findings of one kind: the first EXAMPLES_MAX of them, and how many there are."""

    def __init__(self) -> None:
        self.examples: Final[list[dict[str, Any]]] = []
        self.total = 0

    def add(self, **facts: Any) -> None:
        self.total += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(facts)
