"""The base of every event. `contracts.events.domain_event` says what holds for all of them."""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """An event. Its stored name is written by hand, in the field `type`."""
