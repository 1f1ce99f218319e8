"""One collection of a layer: values by key, on top of those of the layer below."""

from collections.abc import Callable, Iterator
from typing import Generic, Optional, TypeVar

from msgspec import Struct

Key = TypeVar("Key")
Value = TypeVar("Value")


class Shelf(Struct, Generic[Key, Value], eq=False, gc=False):
    """Values put here hide the values of the same keys below. Nothing is ever deleted.

    Every decision makes a shelf for each collection. That is why it is a Struct, which msgspec
    makes without running Python code, and why `get` walks down in a loop.
    """

    below: Optional["Shelf[Key, Value]"]
    own: dict[Key, Value] = {}
    """The values that were put here, without those below. On the lowest shelf it may be a
    table of a store instead (`Layer.on_tables`)."""

    def get(self, key: Key, /) -> Value | None:
        """Return the newest value of `key`, here or below; None if there is none."""
        shelf: Shelf[Key, Value] | None = self
        while shelf is not None:
            if (value := shelf.own.get(key)) is not None:
                return value
            shelf = shelf.below
        return None

    def find(self, key: Key, /) -> Value:
        """Return the newest value of `key`, here or below. Raises LookupError if there is none."""
        value = self.get(key)
        if value is None:
            raise LookupError(f"{key} was never made")
        return value

    def demand_new(self, key: Key, /) -> None:
        """Raises LookupError if there is a value of `key`. Made again, it could come to stand
        before itself in its chain."""
        if self.get(key) is not None:
            raise LookupError(f"{key} is made again")

    def walk(
        self, newest: Key | None, find_previous: Callable[[Value], Key | None]
    ) -> Iterator[Value]:
        """Yield the values of a chain that begins at `newest`. Raises LookupError if one is
        missing."""
        key = newest
        while key is not None:
            value = self.find(key)
            yield value
            key = find_previous(value)

    def put(self, key: Key, value: Value) -> None:
        self.own[key] = value

    def forget(self, settled: "Shelf[Key, Value]") -> None:
        """Drop the values of `settled`, unless newer ones have replaced them here."""
        own = self.own
        for key, value in settled.own.items():
            if own.get(key) is value:
                del own[key]
