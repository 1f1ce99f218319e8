"""How the values of an image are written to a store, and which version of them this is.

Values are JSON: instants keep their offsets, and texts stay as the journal has them. A checksum
goes before each value, over its key as well. `VERSION` changes with the shapes of what is
written. Whoever changes what folding makes of the same records raises `FOLD`.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple, get_args, get_type_hints
from zlib import crc32

import msgspec

from command_api.domain.deadline import Deadline
from command_api.domain.layer import COLLECTIONS, Layer
from command_api.image.store import Checkpoint, StoreDamaged, StoredAnswer
from contracts.values.decoding import UNDECODABLE
from contracts.values.times import EPOCH

FOLD: Final = 6
CHECKSUM_BYTES: Final = 4
THE_CHECKPOINT: Final = b"checkpoint"
"""The key of the checkpoint itself."""
MICROSECOND: Final = timedelta(microseconds=1)

_encoder: Final = msgspec.json.Encoder()


class KeyedAnswer(NamedTuple):
    """An answer with the key that it belongs to."""

    scoped_key: str
    answer: StoredAnswer


VALUE_TYPES: Final = tuple(get_args(get_type_hints(Layer)[name])[1] for name in COLLECTIONS)
"""The types of the values, in the order of `COLLECTIONS`."""


def describe_version(types: tuple[Any, ...], fold: int) -> str:
    """Return a digest of the shapes of `types`, and of `fold`."""
    shapes = repr(msgspec.inspect.multi_type_info(types))
    return sha256(f"{fold} {shapes}".encode()).hexdigest()


VERSION: Final = describe_version((*VALUE_TYPES, KeyedAnswer, Deadline, Checkpoint), FOLD)
"""Names what this software writes. A store with another version is folded anew."""


def encode_key(key: Any) -> bytes:
    """Return a key of any collection: a text, or a tuple of texts."""
    return _encoder.encode(key)


def encode_value(key: bytes, value: Any) -> bytes:
    encoded = _encoder.encode(value)
    return crc32(encoded, crc32(key)).to_bytes(CHECKSUM_BYTES, "big") + encoded


class ValueDecoder:
    """Decodes values of one type."""

    def __init__(self, kind: Any) -> None:
        self._decode = msgspec.json.Decoder(kind).decode

    def decode(self, key: bytes, stored: bytes) -> Any:
        """Return the value. Raises StoreDamaged if it is not the one that was written."""
        encoded = stored[CHECKSUM_BYTES:]
        if int.from_bytes(stored[:CHECKSUM_BYTES], "big") != crc32(encoded, crc32(key)):
            raise StoreDamaged(f"the value of {key!r} is not the one that was written")
        try:
            return self._decode(encoded)
        except UNDECODABLE as error:
            raise StoreDamaged(f"the value of {key!r} is unreadable: {error}") from error


def to_number(at: datetime) -> int:
    """Return microseconds since 1970: exact, and ordered as the instants are."""
    return (at - EPOCH) // MICROSECOND


def from_number(number: int) -> datetime:
    """Return the instant that `to_number` was given, in UTC."""
    return EPOCH + number * MICROSECOND


def hash_key(scoped_key: str) -> int:
    """Return a number by which a key is found among many."""
    return int.from_bytes(sha256(scoped_key.encode()).digest()[:8], "big", signed=True)
