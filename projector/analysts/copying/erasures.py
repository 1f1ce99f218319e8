"""Keeps notices that name erased people out of the analysts' database.

The history says who is erased, so nothing is stored about it: a copier that starts looks at all
erasures, and later only at new ones. A copy that did not name its recipient yet is found by the
notifier, which says which notices it has deleted.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from contracts.values.times import to_ms
from projector.history.scrubbing import ERASED, PEOPLE_AT_ONCE
from runtime.clickhouse.port import Analytics, literal
from runtime.pseudonyms import Pseudonyms

log = logging.getLogger(__name__)

_SELECT_ERASURES: Final = f"""
    SELECT person_id, max(at_ms) FROM events WHERE type = '{ERASED}' GROUP BY person_id
"""
_SELECT_TOLD: Final = """
    SELECT recipient_id, min(at_ms) FROM notices WHERE recipient_id IN %(people)s
    GROUP BY recipient_id
"""


class ErasedRecipients:
    """Knows from the history who is erased, and since when."""

    def __init__(self, analysts: Analytics, history: Analytics, pseudonyms: Pseudonyms) -> None:
        self._analysts = analysts
        self._history = history
        self._pseudonyms = pseudonyms
        self._erased_ms: dict[str, int] = {}
        """The moment of the last erasure, by pseudonym."""

    def covers(self, person_id: str, happened_at: datetime) -> bool:
        """Return whether the person was erased after that had happened."""
        erased_ms = self._erased_ms.get(self._pseudonyms.replace(person_id))
        return erased_ms is not None and to_ms(happened_at) <= erased_ms

    async def follow(self) -> None:
        """Learn of new erasures, and delete the copies of notices to these people from before
        them. Raises AnalyticsError."""
        rows = (await self._history.scan(_SELECT_ERASURES)).rows
        erased = {self._pseudonyms.replace(str(person)): int(at_ms) for person, at_ms in rows}
        new = {
            person: at_ms
            for person, at_ms in erased.items()
            if at_ms > self._erased_ms.get(person, -1)
        }
        for people in _cut(sorted(new)):
            await self._delete(await self._find_told(people, new))
        self._erased_ms |= new

    async def delete_copies(self, notice_ids: Sequence[str]) -> None:
        """Delete the copies of these notices, which would name an erased person if they were
        copied again. Raises AnalyticsError."""
        for ids in _cut(notice_ids):
            listed = ", ".join(map(literal, ids))
            await self._analysts.execute(
                f"ALTER TABLE notices DELETE WHERE notice_id IN ({listed})"
            )

    async def _find_told(self, people: Sequence[str], new: Mapping[str, int]) -> dict[str, int]:
        """Return those of the people of whom there are copies from before their erasure."""
        rows = (await self._analysts.query(_SELECT_TOLD, {"people": tuple(people)})).rows
        return {person: new[person] for person, at_ms in rows if int(at_ms) <= new[person]}

    async def _delete(self, told: Mapping[str, int]) -> None:
        if not told:
            return
        people = ", ".join(map(literal, told))
        moments = ", ".join(map(str, told.values()))
        await self._analysts.execute(f"""
            ALTER TABLE notices DELETE WHERE recipient_id IN ({people}) AND at_ms <= transform(
                recipient_id, [{people}], CAST([{moments}] AS Array(Int64)), toInt64(0))
        """)
        log.info("notices to erased people deleted", extra={"people": len(told)})


def _cut(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PEOPLE_AT_ONCE):
        yield ids[start : start + PEOPLE_AT_ONCE]
