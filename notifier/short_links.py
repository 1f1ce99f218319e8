"""Finds the one short link of an announcement: the stored one, or a new one that is stored."""

from typing import Final

from contracts.values.ids import AnnouncementId
from notifier.store.queue import NoticeQueue
from runtime.calls.lookup import CacheSettings, Lookup
from runtime.outside.ports import ShortenerClient

KEPT: Final = CacheSettings(ttl_s=3600)
"""A link never changes, so it only has to be forgotten some time."""


class ShortLinks:
    def __init__(self, queue: NoticeQueue, shortener: ShortenerClient, public_url: str) -> None:
        """`public_url` is put before `/a/{announcement_id}` if the shortener needs a whole
        address."""
        self._queue = queue
        self._shortener = shortener
        self._public_url = public_url.rstrip("/")
        self._links = Lookup(self._find, KEPT)

    async def find(self, announcement_id: AnnouncementId) -> str:
        """Return the link. Raises DependencyDown, TablesUnavailable."""
        return await self._links.get(announcement_id)

    async def _find(self, announcement_id: AnnouncementId) -> str:
        stored = await self._queue.load_link(announcement_id)
        if stored is not None:
            return stored
        link = await self._shortener.link(f"{self._public_url}/a/{announcement_id}")
        await self._queue.save_link(announcement_id, link)
        return link
