"""Finds the one short link of an announcement: the stored one, or a new one that is stored."""

from contracts.values.ids import AnnouncementId
from notifier.store.queue import NoticeQueue
from runtime.outside.ports import ShortenerClient


class ShortLinks:
    def __init__(self, queue: NoticeQueue, shortener: ShortenerClient, public_url: str) -> None:
        """`public_url` is put before `/a/{announcement_id}` if the shortener needs a whole
        address."""
        self._queue = queue
        self._shortener = shortener
        self._public_url = public_url.rstrip("/")

    async def find(self, announcement_id: AnnouncementId) -> str:
        """Return the link. Raises DependencyDown, TablesUnavailable."""
        stored = await self._queue.load_link(announcement_id)
        if stored is not None:
            return stored
        link = await self._shortener.link(f"{self._public_url}/a/{announcement_id}")
        await self._queue.save_link(announcement_id, link)
        return link
