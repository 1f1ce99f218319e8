"""Builds the conditions of a query. What a client says only becomes a bound argument."""

from typing import Any


class Where:
    """Conditions and their arguments, numbered after the `fixed` first ones."""

    def __init__(self, *fixed: Any) -> None:
        self.arguments: list[Any] = list(fixed)
        self._conditions: list[str] = []

    def bind(self, argument: Any) -> str:
        """Add an argument and return its placeholder."""
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    def add(self, condition: str, *arguments: Any) -> None:
        """Add a condition. Each `{}` in it stands for the next argument."""
        self._conditions.append(condition.format(*(self.bind(one) for one in arguments)))

    @property
    def sql(self) -> str:
        return " AND ".join(self._conditions) or "true"
