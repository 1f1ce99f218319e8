"""Collects rows for a table, and turns them into columns, as ClickHouse takes them."""

from collections.abc import Iterator, Sequence
from typing import Any

from runtime.clickhouse.port import Columns


class Rows:
    """The rows for one table, whose columns are `names`."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._rows: list[Sequence[Any]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self._rows)

    def add(self, values: Sequence[Any]) -> None:
        """Add a row: one value for each column, in order."""
        self._rows.append(values)

    @property
    def columns(self) -> Columns:
        """Values by column name. Without rows, every column is empty."""
        values: Sequence[Sequence[Any]] = list(zip(*self._rows, strict=True))
        return dict(zip(self._names, values or [()] * len(self._names), strict=True))
