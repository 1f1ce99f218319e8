"""Collects what verify finds wrong: the first examples of a kind, and how many there are."""

from typing import Any, Final

EXAMPLES_MAX: Final = 100


class Findings:
    def __init__(self) -> None:
        self.examples: Final[list[dict[str, Any]]] = []
        self.total = 0

    def add(self, **facts: Any) -> None:
        self.total += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(facts)
