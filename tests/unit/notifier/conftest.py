"""Gives tests of the notifier a history to begin with."""

import pytest

from contracts.events.booking import BookingApproved, BookingRequested
from tests.histories.notifier_events import NotifierHistory, booking, created, published


@pytest.fixture
def history() -> NotifierHistory:
    """Anna is confirmed, and Boris asks."""
    told = NotifierHistory()
    told.tell(created(), published())
    for guest in ("anna", "boris"):
        told.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    told.tell(booking(BookingApproved, "anna", (True, True)))
    return told
