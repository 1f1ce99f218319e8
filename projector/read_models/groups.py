"""Says which tables can only be rebuilt together, because rows of one follow from another."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.bookings import BOOKINGS
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import TableShape

_GO_WITH: Final[Mapping[str, tuple[TableShape, ...]]] = MappingProxyType(
    {
        # Bookings say when an announcement has changed, and scores what rank its author has.
        ANNOUNCEMENTS.name: (BOOKINGS, RATINGS, SCORES),
        RATINGS.name: (SCORES,),
        SCORES.name: (RATINGS,),
    }
)
"""By table, those from which its rows follow, and those that follow from nothing but it."""

BY_NAME: Final[Mapping[str, TableShape]] = MappingProxyType({one.name: one for one in TABLES})

GROUPS: Final[Mapping[str, tuple[TableShape, ...]]] = MappingProxyType(
    {table.name: (table, *_GO_WITH.get(table.name, ())) for table in TABLES}
)
"""By name of a table, the table and what is rebuilt with it."""
