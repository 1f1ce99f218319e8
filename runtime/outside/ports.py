"""The services around us, as we see them. docs/contracts/ has each one's contract.

Every method raises DependencyDown where its service gives no usable answer in time; what
that means is the caller's decision.
"""

from datetime import datetime
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from contracts.ids import MovieId, PersonId
from contracts.languages import HOME_LANGUAGE, Language, nearest_language
from contracts.text import fit_line
from contracts.zones import HOME_ZONE, zone_or_utc

_NOTICES: Final = uuid5(NAMESPACE_URL, "urn:practix:notice")

UNKNOWN_DURATION_MIN: Final = 120
"""How long a film is taken to be whose duration Movie_API does not know."""


class PersonProfile(Struct, frozen=True, gc=False):
    """What Auth knows of a person."""

    person_id: PersonId
    name: str
    language: Language = HOME_LANGUAGE
    tz: str = HOME_ZONE
    """IANA name."""


def fit_profile(person_id: PersonId, name: str, language: str, tz: str) -> PersonProfile:
    """What Auth says of a person, made fit for a journal: a name of one line, a language that
    we speak, a zone that we know. Nobody could be told that it is not."""
    return PersonProfile(person_id, fit_line(name), nearest_language(language), zone_or_utc(tz).key)


class Movie(Struct, frozen=True, gc=False):
    """What Movie_API knows of a film."""

    movie_id: MovieId
    title: str
    title_ru: str
    year: int | None
    duration_min: int


class Notice(Struct, frozen=True, kw_only=True):
    """One message to one person. The same `key` is delivered once, however often sent."""

    key: str
    user_id: PersonId
    event_type: str
    title: str
    text: str
    short_link: str | None
    created_at: datetime
    context: dict[str, Any] = {}
    source_name: str = "practix"


def notification_id_of(key: str) -> str:
    """The uuid under which Notification knows the notice of this key."""
    return str(uuid5(_NOTICES, key))


class AuthClient(Protocol):
    async def person(self, person_id: PersonId) -> PersonProfile | None:
        """None where Auth knows nobody of that id."""
        ...


class MovieClient(Protocol):
    async def movie(self, movie_id: MovieId) -> Movie | None:
        """None where there is no such film."""
        ...


class UgcClient(Protocol):
    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool: ...

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        """Everybody who follows the author, as it is now: never cached."""
        ...

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        """Everybody whom the person follows."""
        ...


class NotificationClient(Protocol):
    async def send(self, notice: Notice) -> None:
        """Hand the notice over; it is accepted when this returns.

        Raises DependencyRefused where the service will never take this notice.
        """
        ...


class ShortenerClient(Protocol):
    async def link(self, target: str) -> str:
        """The one short link that leads to `target`, always the same."""
        ...
