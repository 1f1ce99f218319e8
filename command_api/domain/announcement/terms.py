"""The terms of an announcement: what its author may set. Commands and state share them."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from contracts.events.announcement import Visibility
from contracts.values.targets import TargetName


class AnnouncementTerms(Struct, frozen=True, kw_only=True):
    """All terms: those a new announcement starts with, and those that hold later."""

    title: str
    description: str
    visibility: Visibility
    is_free: bool
    price_amount: float | None = None
    price_currency: str | None = None
    ticket_count: int
    event_time: datetime
    tz: str | None = None
    event_location: str
    hide_location: bool = False
    location_hint: str | None = None
    publish_to: tuple[TargetName, ...] = ()
    hide_guests: bool = False


class ChangedTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The terms that are to change; an unset one stays as it is."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    is_free: bool | UnsetType = UNSET
    price_amount: float | UnsetType | None = UNSET
    price_currency: str | UnsetType | None = UNSET
    ticket_count: int | UnsetType = UNSET
    event_time: datetime | UnsetType = UNSET
    tz: str | UnsetType | None = UNSET
    event_location: str | UnsetType = UNSET
    hide_location: bool | UnsetType = UNSET
    location_hint: str | UnsetType | None = UNSET
    publish_to: tuple[TargetName, ...] | UnsetType = UNSET
    hide_guests: bool | UnsetType = UNSET
