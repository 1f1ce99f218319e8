"""Looks up how a person reads: their language and zone, as Auth had them when they last acted."""

from typing import Final
from zoneinfo import ZoneInfo

from contracts.values.ids import PersonId
from contracts.values.languages import HOME_LANGUAGE, Language, nearest_language
from contracts.values.zones import HOME_ZONE, zone_or_utc
from query_api.edge.reads import TableSnapshot

SELECT_READER: Final = "SELECT language, tz FROM people WHERE person_id = $1"


async def fetch_language_and_zone(
    snapshot: TableSnapshot, person_id: PersonId
) -> tuple[Language, ZoneInfo]:
    """Return those of the person; of somebody unknown those of whoever has chosen none."""
    known = await snapshot.fetch_rows(SELECT_READER, person_id)
    language = known[0]["language"] if known else HOME_LANGUAGE
    zone = known[0]["tz"] if known else HOME_ZONE
    return nearest_language(language), zone_or_utc(zone)
