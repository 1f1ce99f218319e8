"""A history that many tests of the notifier begin with."""

import pytest

from contracts.events.booking import BookingApproved, BookingRequested
from tests.unit.notifier.told import (
    History,
    booking,
    created,
    published,
)


@pytest.fixture
def history() -> History:
    """Anna is confirmed, Boris asks."""
    told = History()
    told.tell(created(), published())
    for guest in ("anna", "boris"):
        told.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    told.tell(booking(BookingApproved, "anna", (True, True)))
    return told
