"""Damages records of decided histories, as a failing disk, another version or somebody's hand in
the journal could. The same seed gives the same damage."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from tests.histories.random_people import RandomPeople

WISHES: Final = 120

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 1.5, -0.0, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**18, 10**40,
    1e308, "", " ", "x", "\0", "a\0b", "\u202e", "💥", "x" * 70_000, "null", "1", "Alive", "me",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2030-01-01T00:00:00",
    "2030-01-01T00:00:00+23:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "00000000-0000-0000-0000-000000000000", "not an id", [], {}, [[]], [None], {"": {}},
    [1] * 3_000, {"a": {"b": {"c": [1, "2", None]}}}, "Europe/Moscow", "localtime", "../../etc",
)  # fmt: skip
"""Of every type that JSON has, at the edges of what a field can hold."""

NAMES: Final = ("", "type", "extra", "announcement_id", "person_id", "taken", "\0", "x" * 500)
TYPES: Final[tuple[Any, ...]] = (
    "announcement.teleported.v1", "announcement.created.v2", "booking.invited.v99", "", "v1", 7,
    None, [], "person.seen.v1", "rating.given.v1", "booking.approved.v1", "announcement.done.v1",
)  # fmt: skip


def live_histories(seed: int) -> Iterator[RandomPeople]:
    """Yield one history after another, without end."""
    random = Random(seed)
    while True:
        yield RandomPeople(random.getrandbits(32)).live(WISHES)


def damage(payload: bytes, random: Random) -> bytes:
    """Return another record than `payload`, or no record at all."""
    return random.choice(_WAYS)(payload, random)


def rechain(payload: bytes, seq: int, prev_hash: str) -> bytes:
    """Return the record as the next one of the chain, if it still could be one."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return payload
    if not isinstance(fields, dict) or "prev_hash" not in fields:
        return payload
    return _written(fields | {"seq": seq, "prev_hash": prev_hash})


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _flip(payload: bytes, random: Random) -> bytes:
    raw = bytearray(payload)
    for _ in range(random.choice((1, 1, 2, 8))):
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return bytes(raw)


def _truncate(payload: bytes, random: Random) -> bytes:
    return payload[: random.randrange(len(payload))]


def _splice(payload: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(payload) + 1) for _ in range(2))
    into = random.randrange(len(payload) + 1)
    return payload[:into] + payload[start:end] + payload[into:]


def _nest(payload: bytes, random: Random) -> bytes:
    depth = random.choice((50, 1_000, 30_000))
    return payload.replace(b'"events":[', b'"events":[' + b"[" * depth + b"]" * depth + b",", 1)


def _change_frame(payload: bytes, random: Random) -> bytes:
    record = json.loads(payload)
    _mutate(random.choice([record, *_objects(record)]), random)
    return _written(record)


def _change_event(payload: bytes, random: Random) -> bytes:
    record = json.loads(payload)
    events = record.get("events") or [{}]
    for _ in range(random.choice((1, 1, 1, 3))):
        event = random.choice(events)
        if isinstance(event, dict):
            _mutate(event, random)
    return _written(record | {"events": events})


def _retype_event(payload: bytes, random: Random) -> bytes:
    record = json.loads(payload)
    for event in record.get("events", ()):
        event["type"] = random.choice(TYPES)
    return _written(record)


def _shuffle_events(payload: bytes, random: Random) -> bytes:
    record = json.loads(payload)
    events = record.get("events", []) * random.choice((1, 2))
    random.shuffle(events)
    return _written(record | {"events": events})


_WAYS: Final[tuple[Callable[[bytes, Random], bytes], ...]] = (
    _flip,
    _truncate,
    _splice,
    _nest,
    _change_frame,
    _change_event,
    _change_event,
    _change_event,
    _retype_event,
    _shuffle_events,
)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict):
            yield one
        if isinstance(one, dict | list):
            yield from _objects(one)


def _mutate(fields: dict[str, Any], random: Random) -> None:
    """Remove a field, give it another value, or add one."""
    name = random.choice(sorted(fields) or ["x"])
    match random.randrange(4):
        case 0:
            fields.pop(name, None)
        case 1:
            fields[random.choice(NAMES)] = random.choice(VALUES)
        case _:
            fields[name] = random.choice(VALUES)
