"""Gives files to the workers of pytest-xdist so that all of them end at about the same time.

Tests of whole systems take minutes, and mostly wait. Tests of units take milliseconds, and
compute. So the first worker begins with whole systems and the others with units, until they
meet: a machine is busy throughout, seldom runs two whole systems at once, and has only short
files left at the end. Tests on servers wait for about half of their time, so there is one worker
more than a small machine has cores. `tests/conftest.py` has the hooks.
"""

from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

LONGEST_FIRST: Final = (
    "torture",
    "e2e",
    "attack",
    "simulation",
    "contract",
    "integration",
    "unit",
    "tidy",
)
"""Folders of `tests`, by the time that one file of theirs takes. Others come first."""
LONGEST_FILES: Final = (
    "torture/test_torture.py",
    "e2e/erasing/test_canaries.py",
    "e2e/test_api_document.py",
    "e2e/test_separate.py",
    "e2e/operating/test_two_builds.py",
    "e2e/operating/test_standby_notifier.py",
    "e2e/operating/test_own_servers.py",
    "e2e/browser/test_site_pages.py",
)
"""Files that take a minute and more, the longest first."""


def rank(file: str) -> tuple[int, int]:
    """Return what a file, named from `tests`, is sorted by."""
    if file in LONGEST_FILES:
        return -1, LONGEST_FILES.index(file)
    folder = Path(file).parts[0]
    return (LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else 0), 0


def sort_longest_first(items: list[pytest.Item], tests: Path) -> None:
    """Sort the tests of a worker. Those of one file stay together and in their order."""
    items.sort(key=lambda item: rank(item.path.relative_to(tests).as_posix()))


class FromBothEnds(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types.
    """Gives the first worker files from the front of the queue, and the others from its end."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # It would begin with files of many short tests.

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node is not self.nodes[0]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
