"""The commands about people, and what Auth says of a person."""

from datetime import datetime

from msgspec import Struct

from contracts.values.ids import PersonId
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.zones import HOME_ZONE


class PersonFacts(Struct, frozen=True):
    """Auth's data about a person."""

    person_id: PersonId
    name: str
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE


class MuteAuthor(Struct, frozen=True, kw_only=True, tag="person.mute"):
    """The actor wants to hear no more of an author's new announcements."""

    author_id: PersonId


class UnmuteAuthor(Struct, frozen=True, kw_only=True, tag="person.unmute"):
    author_id: PersonId


class BlockPerson(Struct, frozen=True, kw_only=True, tag="person.block"):
    """The actor wants nothing to do with somebody."""

    person_id: PersonId


class UnblockPerson(Struct, frozen=True, kw_only=True, tag="person.unblock"):
    person_id: PersonId


class SuspendPerson(Struct, frozen=True, kw_only=True, tag="person.suspend"):
    """For operators only; the edge checks it."""

    person_id: PersonId
    reason: str
    by: str | None = None


class ReinstatePerson(Struct, frozen=True, kw_only=True, tag="person.reinstate"):
    """For operators only; the edge checks it."""

    person_id: PersonId
    by: str | None = None


class RequestErasure(Struct, frozen=True, kw_only=True, tag="person.request_erasure"):
    """The actor wants their data erased."""


class ConfirmErasure(Struct, frozen=True, kw_only=True, tag="person.confirm_erasure"):
    """The actor confirms the request that begins at `erase_at`. The edge has checked the token."""

    erase_at: datetime


class OrderErasure(Struct, frozen=True, kw_only=True, tag="person.order_erasure"):
    """For operators only; the edge checks it."""

    person_id: PersonId
    by: str | None = None
    at_once: bool = False


class WithdrawErasure(Struct, frozen=True, kw_only=True, tag="person.withdraw_erasure"):
    """For the person, or for an operator; the edge checks it."""

    person_id: PersonId
    by: str | None = None


class ErasureDue(Struct, frozen=True, kw_only=True, tag="person.erasure_due"):
    """A confirmed erasure may have to begin or to go on."""

    person_id: PersonId


AnyPersonCommand = (
    MuteAuthor
    | UnmuteAuthor
    | BlockPerson
    | UnblockPerson
    | SuspendPerson
    | ReinstatePerson
    | RequestErasure
    | ConfirmErasure
    | OrderErasure
    | WithdrawErasure
    | ErasureDue
)
