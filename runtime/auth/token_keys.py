"""Keeps the public keys that verify tokens in step with a published key set.

A key set is read again every `jwks_refresh_s`, and when a token names an unknown key. If it
cannot be read, or has no usable key, the last good one stays in use for `jwks_keep_s`. After
that no token is valid until a good key set can be read: a key that was withdrawn meanwhile
would otherwise stay valid.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import jwt
import msgspec
from msgspec import Struct

from contracts.errors import DependencyDown, Unauthenticated
from contracts.values.decoding import UNDECODABLE
from contracts.values.describing import describe_error
from runtime.process.clock import Clock

log = logging.getLogger(__name__)

Algorithm = Literal["HS256", "RS256", "ES256"]
FetchKeys = Callable[[], Awaitable[bytes]]
"""Reads the current JSON Web Key Set. May raise any error."""

_KEY_KINDS: Final = {"RS256": "RSA", "ES256": "EC"}


class KeySetTiming(Struct, frozen=True):
    """How often a key set is read, and how long the last good one counts."""

    refresh_s: int
    """Time from one good read to the next."""
    retry_s: int
    """Shortest time between any two reads."""
    keep_s: int
    """How long after the last good read its keys are still trusted."""


class UnknownKey(Unauthenticated):
    """The token was signed with a key that our key set does not have, or does not have yet."""


class PublishedKeys:
    """The keys of one key set by id. There are none until it was read: `renew` does that."""

    def __init__(
        self, algorithm: Algorithm, fetch: FetchKeys, timing: KeySetTiming, now: Clock
    ) -> None:
        self._algorithm = algorithm
        self._fetch = fetch
        self._timing = timing
        self._now = now
        self._keys: Mapping[str, Any] = {}
        self._document = b""
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._renewing = asyncio.Lock()

    @property
    def due(self) -> bool:
        """Whether it is time to read the key set again, and nobody is doing so."""
        if self._read_at is None or self._renewing.locked():
            return False
        tried_s = self._timing.refresh_s if self._tried_at is None else self._age(self._tried_at)
        return (
            self._age(self._read_at) >= self._timing.refresh_s and tried_s >= self._timing.retry_s
        )

    def demand_trusted(self) -> None:
        """Raises DependencyDown if the keys are too old to be trusted."""
        if self._read_at is not None and self._age(self._read_at) > self._timing.keep_s:
            raise DependencyDown("auth")

    def demand_any(self) -> None:
        """Raises DependencyDown if no key set was ever read."""
        if self._read_at is None:
            raise DependencyDown("auth")

    def key(self, kid: str) -> Any:
        """Return the key with this id. An empty id means the only key. Raises UnknownKey."""
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid not in self._keys:
            raise UnknownKey()
        return self._keys[kid]

    async def renew(self) -> bool:
        """Read the key set again, but not too often. Returns whether it has changed."""
        async with self._renewing:
            if self._tried_at is not None and self._age(self._tried_at) < self._timing.retry_s:
                return False
            self._tried_at = self._now()
            try:
                return self.use(await self._fetch())
            except Exception as error:  # Whatever a fetch raises, the earlier keys stay.
                log.warning("key set not read", extra={"reason": describe_error(error)})
                return False

    def use(self, document: bytes) -> bool:
        """Use this key set from now on. Returns whether it differs from the last one. Raises
        ValueError if it has no usable key; the last one then stays."""
        changed = document != self._document
        if changed:
            self._keys = parse_jwks(document, self._algorithm)
            self._document = document
        self._read_at = self._now()
        return changed

    def _age(self, moment: datetime) -> float:
        return (self._now() - moment) / timedelta(seconds=1)


def fetch_from_file(path: Path) -> FetchKeys:
    """Return a function that reads the key set from a file."""

    async def fetch() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return fetch


def parse_jwks(document: bytes, algorithm: Algorithm) -> dict[str, Any]:
    """Return the public keys by id. Leaves out broken entries and those that do not fit
    `algorithm`. Raises ValueError if no key is left."""
    try:
        entries = msgspec.json.decode(document, type=_KeySet).keys
    except UNDECODABLE as error:
        raise ValueError(f"not a key set: {error}") from error
    keys = dict(found for entry in entries if (found := _key(entry, algorithm)) is not None)
    if not keys:
        raise ValueError(f"a key set without a key for {algorithm}")
    return keys


class _KeySet(Struct):
    keys: list[Any]


def _key(entry: Any, algorithm: Algorithm) -> tuple[str, Any] | None:
    """Return the id and the key of an entry; None if it is broken or has another purpose."""
    if not isinstance(entry, dict) or entry.get("kty") != _KEY_KINDS[algorithm]:
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        return str(entry.get("kid", "")), jwt.PyJWK(entry, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        log.warning(
            "key left out", extra={"kid": entry.get("kid"), "reason": describe_error(error)}
        )
        return None
