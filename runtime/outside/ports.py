"""The ports to the outside services. docs/contracts/ has the contract of each.

Every method raises DependencyDown if its service gives no usable answer in time. The caller
decides what that means.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from contracts.films import FilmKind
from contracts.values.ids import MovieId, PersonId
from contracts.values.languages import HOME_LANGUAGE, Language, nearest_language
from contracts.values.text import fit_line
from contracts.values.zones import HOME_ZONE, zone_or_utc

_NOTICES: Final = uuid5(NAMESPACE_URL, "urn:practix:notice")

UNKNOWN_DURATION_MIN: Final = 120
"""The assumed duration of a film if Movie_API does not know it."""
DURATION_MIN_MAX: Final = 100_000
"""The longest film ever made takes about half of this. A date plus this stays in range."""


class PersonProfile(Struct, frozen=True, gc=False):
    """Auth's data about a person."""

    person_id: PersonId
    name: str
    language: Language = HOME_LANGUAGE
    tz: str = HOME_ZONE
    """IANA name."""


def fit_profile(person_id: PersonId, name: str, language: str, tz: str) -> PersonProfile:
    """Return the profile with values that are fit for the journal: a name of one line, a
    language that we speak, a zone that we know. Auth's values are corrected and not refused,
    because nobody who could change them would see the refusal."""
    return PersonProfile(person_id, fit_line(name), nearest_language(language), zone_or_utc(tz).key)


class Movie(Struct, frozen=True):
    """Movie_API's data about a film or a series."""

    movie_id: MovieId
    title: str
    title_ru: str
    year: int | None
    duration_min: int
    """Running time; of a series, that of one episode."""
    kind: FilmKind = "film"
    genres: tuple[str, ...] = ()
    """Lower case."""
    countries: tuple[str, ...] = ()
    """Two letters, upper case."""
    seasons: tuple[int, ...] = ()
    """Number of episodes of each season; empty if unknown."""


class MovieAnswer(Struct, frozen=True):
    """The answer of Movie_API."""

    title: str
    title_ru: str | None = None
    year: int | None = None
    duration_min: int | None = None
    kind: str | None = None
    genres: list[str] | None = None
    countries: list[str] | None = None
    seasons: list[int] | None = None


def fit_movie(movie_id: MovieId, answer: MovieAnswer) -> Movie:
    """Return the film with values that are fit for the journal: titles of one line, a duration
    that a film can have, numbers of episodes. They are corrected for the same reason as a
    profile's."""
    duration_min = answer.duration_min
    if duration_min is None or not 0 < duration_min <= DURATION_MIN_MAX:
        duration_min = UNKNOWN_DURATION_MIN
    seasons = tuple(answer.seasons or ())
    return Movie(
        movie_id,
        fit_line(answer.title),
        fit_line(answer.title_ru or answer.title),
        answer.year,
        duration_min,
        kind="series" if answer.kind == "series" else "film",
        genres=tuple(fit_line(one).lower() for one in answer.genres or ()),
        countries=tuple(fit_line(one).upper() for one in answer.countries or ()),
        seasons=seasons if all(one >= 0 for one in seasons) else (),
    )


class Notice(Struct, frozen=True, kw_only=True):
    """One notice to one person. Notification delivers a `key` once, however often it is sent."""

    key: str
    user_id: PersonId
    event_type: str
    title: str
    text: str
    short_link: str | None
    created_at: datetime
    context: dict[str, Any] = {}
    source_name: str = "practix"


class Retraction(Struct, frozen=True):
    """What Notification shows from now on in place of the notice that it was sent."""

    key: str
    title: str
    text: str


class Click(Struct, frozen=True):
    """One opening of a short link. Nobody says by whom."""

    id: int
    """Grows from click to click."""
    target: str
    clicked_at: datetime


def notification_id_of(key: str) -> str:
    """Return the UUID under which Notification knows the notice with this key."""
    return str(uuid5(_NOTICES, key))


class AuthClient(Protocol):
    """Auth knows people."""

    async def person(self, person_id: PersonId) -> PersonProfile | None:
        """Return the person's profile; None if Auth does not know the id."""
        ...


class MovieClient(Protocol):
    """Movie_API knows films."""

    async def movie(self, movie_id: MovieId) -> Movie | None:
        """Return the film; None if Movie_API does not know the id."""
        ...


class UgcClient(Protocol):
    """UGC knows who follows whom."""

    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        """Return whether `follower_id` follows the author."""
        ...

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        """Return everybody who follows the author now. Never cached."""
        ...

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        """Return everybody whom the person follows."""
        ...


class NotificationClient(Protocol):
    """Notification delivers notices."""

    async def send(self, notice: Notice) -> None:
        """Send the notice. When this returns, the service has accepted it.

        Raises DependencyRefused if the service will never accept this notice.
        """
        ...

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        """Let the service show other texts in place of notices that it was sent, or may yet
        receive. Raises DependencyRefused if the service will never do that."""
        ...

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        """Let the service forget the person's notices that were made until then. Raises
        DependencyRefused if the service will never do that."""
        ...


class ShortenerClient(Protocol):
    """Url_shortner makes short links."""

    async def link(self, target: str) -> str:
        """Return the short link that leads to `target`. It is always the same."""
        ...

    async def clicks(self, after: int) -> Sequence[Click]:
        """Return the clicks whose ids follow `after`, in order, as many as one page has; none if
        there are no more. Raises DependencyRefused if the service does not tell clicks."""
        ...
