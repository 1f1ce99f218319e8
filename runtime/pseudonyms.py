"""Replaces ids by pseudonyms: for analysts, and for logs.

A pseudonym is a keyed hash of the id. With one key the same id always has the same pseudonym;
another key gives others, and without the key nobody can compute or test one.
"""

from functools import lru_cache
from hashlib import sha256
from hmac import digest
from typing import Final
from uuid import UUID

from contracts.values.ids import OPERATOR, SYSTEM

NOBODY: Final = frozenset({"", SYSTEM, OPERATOR})
"""Actors that are nobody in particular. They keep their names."""
_BYTES: Final = 16
_CACHED_MAX: Final = 50_000
_FINGERPRINT: Final = b"fingerprint"


class Pseudonyms:
    """The pseudonyms under one key."""

    def __init__(self, key: str) -> None:
        self._key = sha256(key.encode()).digest()
        self.replace = lru_cache(_CACHED_MAX)(self._replace)

    @property
    def fingerprint(self) -> str:
        """Name of the key, which does not tell it."""
        return digest(self._key, _FINGERPRINT, "sha256").hex()[:_BYTES]

    def _replace(self, identity: str) -> str:
        """Return the pseudonym of an id, in the shape of a UUID. `system`, `operator` and an
        empty text stay as they are."""
        if identity in NOBODY:
            return identity
        hashed = digest(self._key, b"id:" + identity.lower().encode(), "sha256")
        return str(UUID(bytes=hashed[:_BYTES]))
