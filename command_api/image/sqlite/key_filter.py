"""Tells of most keys that are not in a table that they are not, without reading it.

Most of what a new booking looks up is not there yet: the pair, the key, often the guest. A
filter of fixed size saves these reads (a Bloom filter with one hash function). It never says of
a key in the table that it is absent.
"""

from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Final

BITS: Final = 2**25
"""Four megabytes, of which only pages with a bit in them take memory. With three million keys
one in eleven absent ones is looked up in vain."""


class KeyFilter:
    """Knows nothing until it is `complete`: then all keys of the table have been added."""

    def __init__(self, bits: int = BITS) -> None:
        self._mask = bits - 1
        self._bytes = mmap(-1, bits // 8, flags=MAP_PRIVATE | MAP_ANONYMOUS)
        self.complete = False

    def add(self, key_hash: int) -> None:
        place = key_hash & self._mask
        self._bytes[place >> 3] |= 1 << (place & 7)

    def may_have(self, key_hash: int) -> bool:
        """Whether a key with this hash can be in the table."""
        place = key_hash & self._mask
        return not self.complete or bool(self._bytes[place >> 3] >> (place & 7) & 1)
