"""Rows as asyncpg has them, made by a test."""

from typing import Any


class Row(dict[str, Any]):
    """A row as asyncpg has it: values by name and by place."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if isinstance(key, str) else list(self.values())[key]
