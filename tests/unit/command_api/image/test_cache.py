"""A cached table reads its table only for what may be there."""

from typing import Any

from command_api.image.cache import CachedTable

VALUES_MAX = 3


class CountedTable:
    """A table on disk that counts how often it is read."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.reads = 0

    def get(self, key: Any, /) -> str | None:
        self.reads += 1
        return self.values.get(key)

    def is_empty(self) -> bool:
        return not self.values

    def write(self, cached: CachedTable, keys: range) -> None:
        """Write a value for each key, as a checkpoint does."""
        written = {str(key): f"value {key}" for key in keys}
        self.values |= written
        cached.replace(written)


def test_a_table_that_began_empty_is_not_read_while_all_its_values_are_in_memory() -> None:
    table = CountedTable({})
    cached = CachedTable(table, VALUES_MAX)
    table.write(cached, range(2 * VALUES_MAX))
    assert cached.get("absent") is None
    assert cached.get("5") == "value 5"
    assert table.reads == 0


def test_a_table_is_read_once_values_have_left_the_memory() -> None:
    table = CountedTable({})
    cached = CachedTable(table, VALUES_MAX)
    table.write(cached, range(2 * VALUES_MAX + 1))
    assert [cached.get(key) for key in table.values] == list(table.values.values())
    assert table.reads > 0


def test_a_table_that_had_values_is_read_once_for_each_absent_key() -> None:
    table = CountedTable({"a": "value a"})
    cached = CachedTable(table, VALUES_MAX)
    assert [cached.get(key) for key in ("a", "absent", "absent")] == ["value a", None, None]
    assert table.reads == 2
