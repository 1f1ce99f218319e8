"""Keeps Python's cyclic garbage collector away from long-lived state.

A full collection walks every live object. In a process that keeps a cell's aggregates in
memory, that walk caused the whole latency tail (docs/architecture.md §7): p99 was 45 ms with
it and 5 ms without.
"""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 20_000
"""How many more objects are made than freed before the youngest generation is collected."""
OLDER_GENERATIONS: Final = 50
"""How many collections of one generation come before the next older one is collected too."""


def collect_rarely() -> None:
    """Make collections rare. Young garbage is still collected.

    Call this before the process loads what it will keep.
    """
    gc.set_threshold(YOUNG_OBJECTS, OLDER_GENERATIONS, OLDER_GENERATIONS)


def spare_long_lived_state() -> None:
    """Exclude all objects that live now from garbage collection, and make full collections
    rare. Young garbage is still collected.

    Call this once the process has loaded what it will keep.
    """
    gc.collect()
    gc.freeze()
    collect_rarely()
