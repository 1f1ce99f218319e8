"""What every event is. `contracts.events` says what holds for all of them."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all events have in common: a hand-written stored name, in the field `type`."""
