"""Python's cyclic garbage collector, kept away from long-lived state.

A full collection walks everything that lives. In a process that keeps a cell's aggregates
in memory that walk was the whole latency tail (docs/architecture.md §7): p99 45 ms with
it, 5 ms without.
"""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 20_000
OLDER_GENERATIONS: Final = 50


def spare_long_lived_state() -> None:
    """Call once the process has loaded what it will keep: what lives now is never walked
    again, and full collections become rare. Young garbage is still collected."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, OLDER_GENERATIONS, OLDER_GENERATIONS)
