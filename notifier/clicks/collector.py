"""Asks Url_shortner for clicks on short links, and stores those on links of announcements.

Each page is stored in one transaction with the place where the next one begins. So a collector
that is killed anywhere neither loses a click nor stores one twice, and any number may run.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from typing import Final, NoReturn

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.describing import describe_error
from contracts.values.ids import AnnouncementId, canonical_uuid
from notifier.clicks.store import ClickStore, StoredClick
from runtime.outside.ports import Click, ShortenerClient
from runtime.postgres.tables import TablesUnavailable

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 30.0
PUBLIC_PAGE: Final = "/a/"
"""Precedes the id of the announcement in the target of its link."""


class ClickCollector:
    """Collects clicks, page by page."""

    def __init__(self, store: ClickStore, shortener: ShortenerClient) -> None:
        self._store = store
        self._shortener = shortener
        self._shortener_failed = False

    async def run(self) -> NoReturn:
        """Collect for ever, however long Url_shortner or the tables may be away."""
        while True:
            try:
                progressed = await self.collect_some()
            except TablesUnavailable:
                progressed = False  # The dispatcher reports it.
            except (DependencyDown, DependencyRefused) as error:
                progressed = False
                if not self._shortener_failed:
                    log.warning("Url_shortner told no clicks: %s", describe_error(error))
                self._shortener_failed = True
            else:
                self._shortener_failed = False
            if not progressed:
                await asyncio.sleep(LOOK_EVERY_S)

    async def collect_some(self) -> bool:
        """Store one page. Returns False if there were no new clicks. Raises DependencyDown,
        DependencyRefused and TablesUnavailable."""
        after = await self._store.load_after()
        clicks = await self._shortener.clicks(after)
        if not clicks:
            return False
        await self._store.save(after, clicks[-1].id, list(_on_announcements(clicks)))
        return True


def _on_announcements(clicks: Iterable[Click]) -> Iterator[StoredClick]:
    """Yield the clicks whose target is the public page of an announcement."""
    for one in clicks:
        _, separator, rest = one.target.rpartition(PUBLIC_PAGE)
        announcement_id = canonical_uuid(rest) if separator else None
        if announcement_id is not None:
            yield StoredClick(one.id, AnnouncementId(announcement_id), one.clicked_at)
