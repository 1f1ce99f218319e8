"""Parks a part of a history."""

from functools import partial

from projector.read_models import intake
from tests.older_build import knowing_less

older_build = partial(knowing_less, intake)
"""Projects as a build does that cannot decode some events."""
