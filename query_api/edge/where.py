"""Builds the WHERE clause of a query.

Text from a client only ever becomes a bound argument, never a part of the SQL.
"""

from typing import Any


class Where:
    """Conditions, all of which must hold, and the arguments of the query.

    `fixed` are the first arguments: a query may name them as $1, $2, … in its own text. Those
    of the conditions are numbered after them.
    """

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
        """The conditions as SQL; `true` if there are none."""
        return " AND ".join(self._conditions) or "true"
