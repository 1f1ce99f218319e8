"""Hands notices on to people's own channels (e-mail, Telegram...) through Apprise.

It does so only if channels are configured, and then Apprise must be installed. The inbox is
what counts: a notice that waits here is lost when the process ends.

Notices are plain text with names and titles that people chose. We tell Apprise so. It then
escapes them for a channel that reads HTML and mails them as plain text.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from neighbours.services.auth import person_id_of
from runtime.outside.channels import open_channel
from runtime.process.tasks import run_aside

log = logging.getLogger(__name__)

EVERYBODY: Final = "*"
WAITING_MAX: Final = 1_000
ATTEMPTS_MAX: Final = 3
PAUSE_S: Final = 2.0
FORMAT: Final = "text"
"""Apprise's name for plain text."""


class ChannelNotice(NamedTuple):
    key: str
    user_id: str
    title: str
    body: str


class HandOn:
    """Hands notices on, one after another. `channels` maps a login, a person's id or `*` (all
    people) to an Apprise address."""

    def __init__(self, channels: Mapping[str, str], pause_s: float = PAUSE_S) -> None:
        """Raises ImportError without Apprise, ValueError for an address it does not know."""
        self._pause_s = pause_s
        self._waiting: asyncio.Queue[ChannelNotice] = asyncio.Queue(WAITING_MAX)
        self._worker: asyncio.Task[None] | None = None
        self._channels = {_resolve_owner(name): open_channel(url) for name, url in channels.items()}

    def offer(
        self, user_id: str, title: str, text: str, short_link: str | None, *, key: str
    ) -> None:
        """Hand the notice on in the background if its recipient has a channel. Drops it, with a
        warning, if WAITING_MAX others wait."""
        if user_id not in self._channels and EVERYBODY not in self._channels:
            return
        body = text if short_link is None else f"{text}\n{short_link}"
        try:
            self._waiting.put_nowait(ChannelNotice(key, user_id, title, body))
        except asyncio.QueueFull:
            log.warning("notice not handed on: too many wait")
        if self._worker is None or self._worker.done():
            self._worker = run_aside(self._work(), "hand on")

    def retract(self, keys: Collection[str]) -> None:
        """Do not hand on what waits under these keys."""
        self._keep(lambda notice: notice.key not in keys)

    def retract_all_of(self, user_id: str) -> None:
        """Do not hand on what waits for the person."""
        self._keep(lambda notice: notice.user_id != user_id)

    def _keep(self, kept: Callable[[ChannelNotice], bool]) -> None:
        for _ in range(self._waiting.qsize()):
            notice = self._waiting.get_nowait()
            if kept(notice):
                self._waiting.put_nowait(notice)

    def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()

    async def _work(self) -> None:
        while not self._waiting.empty():
            notice = self._waiting.get_nowait()
            for name in {notice.user_id, EVERYBODY} & self._channels.keys():
                await self._deliver(self._channels[name], notice)

    async def _deliver(self, channel: Any, notice: ChannelNotice) -> None:
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                await asyncio.sleep(self._pause_s)
            if await channel.async_notify(title=notice.title, body=notice.body, body_format=FORMAT):
                return
        log.warning("notice not handed on")


def _resolve_owner(name: str) -> str:
    if name == EVERYBODY:
        return name
    try:
        return str(UUID(name))
    except ValueError:
        return person_id_of(name)
