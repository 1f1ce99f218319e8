"""What every event is. `contracts.events` says what holds for all of them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""With its offset from UTC: one without cannot be compared with any other."""


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all events have in common: a hand-written stored name, in the field `type`."""
