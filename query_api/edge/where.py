"""Builds the conditions of a query, with everything a client says as a bound argument."""

from typing import Any


class Where:
    """Conditions and their arguments, numbered after the `fixed` first ones."""

    def __init__(self, *fixed: Any) -> None:
        self.arguments: list[Any] = list(fixed)
        self._conditions: list[str] = []

    def bind(self, argument: Any) -> str:
        """The placeholder that stands for one more argument."""
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    def add(self, condition: str, *arguments: Any) -> None:
        """Each `{}` in the condition stands for the next argument."""
        self._conditions.append(condition.format(*(self.bind(one) for one in arguments)))

    @property
    def sql(self) -> str:
        return " AND ".join(self._conditions) or "true"
