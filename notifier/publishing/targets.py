"""Sends posts to the targets that an operator configured, through Apprise.

Apprise says only whether it succeeded. If it did not, its own notes tell whether the target
certainly took nothing. Whatever they do not tell for certain counts as unknown.
"""

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from contracts.values.languages import HOME_LANGUAGE, Language
from contracts.values.targets import TARGET_NAME, TargetName
from notifier.publishing.steps import OutsidePost
from runtime.outside.channels import APPRISE_LOG, demand_known, open_channel

Delivery = Literal["taken", "not_taken", "unknown"]

FORMAT: Final = "text"
"""Apprise's name for plain text."""
REPLACING: Final = ("json", "jsons")
"""Schemes of targets that know a post by its key and replace it."""

_REFUSED: Final = re.compile(r"error=(4\d\d|500|503)\b")
_NEVER_REACHED: Final = re.compile(
    r"NewConnectionError|ConnectTimeoutError|NameResolutionError|Connection refused"
)


class PublishTarget(BaseModel):
    """The address of a target, and the language in which it is written to."""

    model_config = ConfigDict(frozen=True)

    url: SecretStr
    """An Apprise address (https://github.com/caronc/apprise/wiki)."""
    language: Language = HOME_LANGUAGE

    @property
    def replaces(self) -> bool:
        """Whether the target can amend and withdraw a post."""
        return self.url.get_secret_value().partition("://")[0].lower() in REPLACING


def _demand_known_targets(
    targets: Mapping[TargetName, PublishTarget],
) -> Mapping[TargetName, PublishTarget]:
    demand_known({name: one.url for name, one in targets.items()})
    return targets


PublishTargets = Annotated[
    Mapping[Annotated[TargetName, Field(pattern=TARGET_NAME)], PublishTarget],
    AfterValidator(_demand_known_targets),
]
"""By the names that authors state."""


async def deliver(target: PublishTarget, post: OutsidePost) -> Delivery:
    """Send the post, and return what is known of it then. Only one may be sent at a time."""
    channel = open_channel(target.url.get_secret_value())
    if target.replaces:
        for plugin in channel:
            plugin.headers["Idempotency-Key"] = f"{post.key}.{post.revision}.{post.action}"
            plugin.payload_extras |= {
                "key": post.key,
                "action": post.action,
                "revision": post.revision,
                "link": post.link,
            }
    return await asyncio.to_thread(_notify, channel, post)


def read_failure(notes: str) -> Delivery:
    """Return what Apprise's notes about a failure tell."""
    if _REFUSED.search(notes) or _NEVER_REACHED.search(notes):
        return "not_taken"
    return "unknown"


def _notify(channel: Any, post: OutsidePost) -> Delivery:
    with _take_notes() as notes:
        if channel.notify(title=post.title, body=post.text, body_format=FORMAT):
            return "taken"
    return read_failure("\n".join(notes))


class _NoteTaker(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.notes.append(record.getMessage())


@contextmanager
def _take_notes() -> Iterator[list[str]]:
    """Collect what Apprise notes, and keep it from the log: it may hold an address."""
    taker = _NoteTaker()
    before = APPRISE_LOG.level, APPRISE_LOG.propagate
    APPRISE_LOG.addHandler(taker)
    APPRISE_LOG.setLevel(logging.DEBUG)
    APPRISE_LOG.propagate = False
    try:
        yield taker.notes
    finally:
        APPRISE_LOG.removeHandler(taker)
        APPRISE_LOG.setLevel(before[0])
        APPRISE_LOG.propagate = before[1]
