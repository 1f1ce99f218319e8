"""Read model `plans`: which films a person wants to see, when and where. Only that person reads it.

Times and places are stored as the text of JSON arrays: a column travels as one array of its
values, and PostgreSQL has no arrays of arrays of different lengths.
"""

from typing import Any, Final

import msgspec

from contracts.events.plan import FilmPlanned, FilmUnplanned, PlanEvent
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
)

PLANS: Final = TableShape(
    "plans",
    "plan_id",
    {
        "plan_id": "text",
        "person_id": "uuid",
        "movie_id": "uuid",
        "movie_title": "text",
        "movie_title_ru": "text",
        "duration_min": "integer",
        "times": "text",
        "places": "text",
        "planned": "boolean",
        "modified": "timestamptz",
    },
    words=(Words("person_id", {"times": "[]", "places": "[]"}),),
    kept={"movie_title": "nobody", "movie_title_ru": "nobody"},
    gone_with=("person_id",),
)


_UNKNOWN_FILM: Final[dict[str, Any]] = {"movie_title": "", "movie_title_ru": "", "duration_min": 0}
"""The film of a plan that was given up and has no row: nobody is shown it."""


def project_plan(event: FilmPlanned | FilmUnplanned, context: EventContext) -> Put:
    key = f"{event.person_id}:{event.movie_id}"
    columns: dict[str, Any] = {
        "person_id": event.person_id,
        "movie_id": event.movie_id,
        "planned": isinstance(event, FilmPlanned),
        "modified": context.decided_at,
    }
    if isinstance(event, FilmUnplanned):
        return Put(PLANS, key, columns | {"times": "[]", "places": "[]"}, _UNKNOWN_FILM)
    film = {
        "movie_title": event.movie_title,
        "movie_title_ru": event.movie_title_ru,
        "duration_min": event.duration_min,
        "times": msgspec.json.encode(event.times).decode(),
        "places": msgspec.json.encode(event.places).decode(),
    }
    return Put(PLANS, key, columns | film, NOTHING_MORE)


def plans_of(event: PlanEvent) -> str:
    """Return a key of its own: a plan that cannot be projected stops nothing but plans."""
    return f"plans of {event.person_id}"


READ_MODEL: Final = ReadModel(
    PLANS, (Projection((FilmPlanned, FilmUnplanned), project_plan, plans_of),)
)
