"""What the engine's process and the one that uses it say to each other, over two pipes.

A frame is its length, four bytes with the highest first, and a message in MessagePack.
"""

from typing import Final, Literal

import msgspec

from runtime.confinement.confine import Missing

CallKind = Literal["select", "execute", "insert"]

LENGTH_BYTES: Final = 4


class Lane(msgspec.Struct, frozen=True):
    """Connections with the same settings. Each does one thing at a time, in a thread of its
    own; what is asked of one lane never waits for another."""

    settings: dict[str, int] = {}
    connections: int = 1
    answer_bytes_max: int | None = None
    """More than that is refused before it leaves the engine."""


class EngineSetup(msgspec.Struct, frozen=True):
    """The one argument of the engine's process, as JSON."""

    directory: str
    parent_pid: int
    lanes: dict[str, Lane]


class EngineGreeting(msgspec.Struct, frozen=True):
    """The first message from the engine's process, before it has opened anything."""

    in_use: bool = False
    """Another process has the directory, and this one ends."""
    unconfined: Missing | None = None
    """Why the process is not confined; None if it is."""


class EngineCall(msgspec.Struct, frozen=True, array_like=True):
    number: int
    lane: str
    kind: CallKind
    sql: str
    data: bytes = b""
    """Of an insert, as an Arrow stream."""


class EngineReply(msgspec.Struct, frozen=True, array_like=True):
    number: int
    """Of the call."""
    refused: str | None
    data: bytes = b""
    """Of a select, as JSONCompact; empty for a statement that selects nothing."""


_encode: Final = msgspec.msgpack.Encoder().encode


def encode_frame(message: EngineGreeting | EngineCall | EngineReply) -> bytes:
    encoded = _encode(message)
    return len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded
