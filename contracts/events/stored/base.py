"""Defines the base of every event, and what holds for all of them.

Events are stored inside a Commit exactly as their classes state them, so every field is
storage format. Adding an optional field is safe. Renaming, retyping or removing one is not:
give the event a `.v2` name and an upcaster instead (`contracts.events.stored.codec`). Names are
written by hand, so that renaming a class cannot orphan history. Instants are UTC with
millisecond precision. The time of an event is the `decided_at` of its Commit.
Every text says whose data it is, by its type (`contracts.values.personal`).
"""

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """An event. Its stored name is written by hand, in the field `type`."""
