"""The base of every event. `contracts.events` says what holds for all of them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""A time with its offset from UTC. A time without one cannot be compared with it."""


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """An event. Its stored name is written by hand, in the field `type`."""
