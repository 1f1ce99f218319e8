"""The messages between the engine's process and the process that uses it, over two pipes.

A frame is the message's length (four bytes, big-endian) and the message in MessagePack.
"""

from typing import Final, Literal

import msgspec

from runtime.confinement.confine import Missing

CallKind = Literal["select", "execute", "insert"]

LENGTH_BYTES: Final = 4


class Lane(msgspec.Struct, frozen=True):
    """Connections with the same settings. Each handles one call at a time, in a thread of its
    own. Calls of one lane never wait for those of another."""

    settings: dict[str, int] = {}
    connections: int = 1
    answer_bytes_max: int | None = None
    """A larger result is refused before it leaves the engine."""


DEFAULT_DATABASE: Final = "default"
"""The database that every engine has from the beginning."""


class EngineSetup(msgspec.Struct, frozen=True):
    """The argument of the engine's process, as JSON."""

    directory: str
    database: str
    """The database that every statement runs in."""
    parent_pid: int
    lanes: dict[str, Lane]


class EngineGreeting(msgspec.Struct, frozen=True):
    """The first message of the engine's process, before it opens anything."""

    in_use: bool = False
    """Whether another process has the directory. Then this one ends."""
    unconfined: Missing | None = None
    """Why the process is not confined; None if it is."""


class EngineCall(msgspec.Struct, frozen=True, array_like=True):
    """One statement to run."""

    number: int
    lane: str
    kind: CallKind
    sql: str
    data: bytes = b""
    """The rows of an insert, as an Arrow stream."""


class EngineReply(msgspec.Struct, frozen=True, array_like=True):
    """The reply to a call."""

    number: int
    """The number of the call."""
    refused: str | None
    """Why the engine refused the call; None if it did not."""
    data: bytes = b""
    """The result of a select, as JSONCompact; empty for a statement without a result."""


_encode: Final = msgspec.msgpack.Encoder().encode


def encode_frame(message: EngineGreeting | EngineCall | EngineReply) -> bytes:
    """Return the message as a frame."""
    encoded = _encode(message)
    return len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded
