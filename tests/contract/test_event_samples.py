"""Every event version there ever was can be read: one sample of each, kept for ever.

A sample shows every field, so that it pins the whole stored shape. When an event gets a
`.v2`, its `.v1` sample stays, and is then read through the upcaster.
"""

import json
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest

from contracts.events.booking import BookingEvent
from contracts.events.folding.booking_state import booking_state
from contracts.events.stored import codec as event_codec
from contracts.events.stored.codec import UnreadableEvent, decode_event, decode_events, encode_event
from contracts.events.stored.domain_event import DomainEvent
from tests.paths import SAMPLES

EVENTS: Final = {event.__struct_config__.tag: event for event in get_args(DomainEvent)}

sampled = pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(path.read_text())
    return stored


def encode(stored: dict[str, Any]) -> bytes:
    return json.dumps(stored).encode()


def test_every_event_has_a_sample() -> None:
    assert set(EVENTS) <= {path.stem for path in SAMPLES}


@sampled
def test_a_sample_is_named_after_its_type(path: Path) -> None:
    assert read(path)["type"] == path.stem


@sampled
def test_a_sample_of_any_version_can_be_read(path: Path) -> None:
    decode_event(path.read_bytes())


@sampled
def test_a_sample_of_a_present_version_shows_every_field_and_is_written_alike(path: Path) -> None:
    stored = read(path)
    event = EVENTS.get(path.stem)
    if event is None:
        pytest.skip("a former version: read only")
    assert set(stored) == {"type", *event.__struct_fields__}
    assert json.loads(bytes(encode_event(decode_event(encode(stored))))) == stored


@sampled
def test_optional_fields_may_be_absent_and_unknown_ones_present(path: Path) -> None:
    """What older and newer versions of the services have written."""
    stored = read(path)
    event = EVENTS.get(path.stem)
    if event is None:
        pytest.skip("a former version: read only")
    for field in msgspec.structs.fields(event):
        if not field.required:
            del stored[field.encode_name]
    decoded = decode_event(encode(stored | {"added_later": 1}))
    assert json.loads(bytes(encode_event(decoded))) == stored


@sampled
def test_a_field_that_is_required_is_missed(path: Path) -> None:
    stored = read(path)
    event = EVENTS.get(path.stem)
    if event is None:
        pytest.skip("a former version: read only")
    for field in msgspec.structs.fields(event):
        if field.required:
            without = {name: value for name, value in stored.items() if name != field.encode_name}
            with pytest.raises(UnreadableEvent):
                decode_event(encode(without))


@sampled
def test_a_booking_sample_states_a_pair_that_exists(path: Path) -> None:
    event = decode_event(path.read_bytes())
    if isinstance(event, BookingEvent):
        assert booking_state((event.author_status, event.guest_status))


@pytest.mark.parametrize(
    "stored",
    [
        b'{"type":"booking.teleported.v1"}',
        b'{"type":7}',
        b"{}",
        b"[]",
        b"{",
        b"\xff",
        b'{"type":"\xff"}',
        b'{"type":["booking.requested.v1"]}',
    ],
)
def test_what_is_no_known_event_is_unreadable(stored: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        decode_event(stored)


# Upcasting


def upcast_v0_to_beta(event: dict[str, Any]) -> dict[str, Any]:
    """Step one: `number` was renamed."""
    return {
        "type": "announcement.published.beta",
        "announcement_id": event["announcement_id"],
        "revision": event["number"],
    }


def upcast_beta_to_v1(event: dict[str, Any]) -> dict[str, Any]:
    """Step two: renamed again."""
    return {
        "type": "announcement.published.v1",
        "announcement_id": event["announcement_id"],
        "version": event["revision"],
    }


@pytest.fixture
def upcasters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(event_codec.UPCASTERS, "announcement.published.v0", upcast_v0_to_beta)
    monkeypatch.setitem(event_codec.UPCASTERS, "announcement.published.beta", upcast_beta_to_v1)


OLD: Final = {"type": "announcement.published.v0", "announcement_id": "a", "number": 3}


@pytest.mark.usefixtures("upcasters")
def test_an_old_event_is_upcast_step_by_step() -> None:
    newest = {"type": "announcement.published.v1", "announcement_id": "a", "version": 3}
    old, new = msgspec.Raw(encode(OLD)), msgspec.Raw(encode(newest))
    assert decode_events([old, new]) == [decode_event(new)] * 2


@pytest.mark.usefixtures("upcasters")
@pytest.mark.parametrize("change", [{"number": "three"}, {"number": None}])
def test_an_old_event_whose_upcast_shape_does_not_fit_is_unreadable(
    change: dict[str, Any],
) -> None:
    with pytest.raises(UnreadableEvent):
        decode_event(encode(OLD | change))


@pytest.mark.usefixtures("upcasters")
def test_an_old_event_that_its_upcaster_cannot_handle_is_unreadable() -> None:
    with pytest.raises(UnreadableEvent):
        decode_event(encode({"type": "announcement.published.v0"}))
