"""A bounded cache of the values of one table."""

from collections.abc import Mapping
from typing import Any, Final

from command_api.image.store import StoredTable


class Absent:
    """Stands in a cache for what is not in the table."""


ABSENT: Final = Absent()


class CachedTable:
    """Shows a table, and remembers what was read or written lately, or was not there.

    Values are in two generations. When the younger one is full it becomes the older one, which
    is dropped. A value that is read moves to the younger one. So at most twice `values_max`
    are in memory, and what is used often stays.

    A table that was empty at the start is not read until a generation is dropped: until then,
    all its values are in memory.
    """

    def __init__(self, table: StoredTable, values_max: int) -> None:
        self._table = table
        self._values_max = values_max
        self._young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}
        self._holds_all = table.is_empty()

    def get(self, key: Any, /) -> Any | None:
        value = self._young.get(key)
        if value is None:
            value = self._old.get(key)
            if value is None:
                if self._holds_all:
                    return None
                value = self._table.get(key)
                if value is None:
                    value = ABSENT
            self._remember(key, value)
        return None if value is ABSENT else value

    def replace(self, written: Mapping[Any, Any]) -> None:
        """Take over values that have just been written to the table."""
        for key, value in written.items():
            self._remember(key, value)

    def _remember(self, key: Any, value: Any) -> None:
        if len(self._young) >= self._values_max:
            self._holds_all = self._holds_all and not self._old
            self._old, self._young = self._young, {}
        self._young[key] = value
