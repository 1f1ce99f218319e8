"""Checks on the journal itself what must hold after every run."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec

from command_api.domain.layer import COLLECTIONS, Layer
from command_api.domain.shelf import Shelf
from command_api.image.cache import CachedTable
from command_api.image.image import Image
from command_api.image.keys import KEY_LIMITS, AnsweredKeys, KeyLimits
from contracts.journal.acceptance import GENESIS, accept
from contracts.journal.concealment import conceal_idempotency_key
from contracts.journal.records import Barrier, Commit, Record, decode_record, hash_record
from runtime.journal.port import JournalEntry
from tests.simulation.simulated.clients import ClientAnswer

AHEAD_S_MAX: Final = 61.0
LATE_S_MAX: Final = 12 * 3600.0


class Violation(AssertionError):
    """An invariant does not hold."""


class Counted(NamedTuple):
    """An accepted record, and its place."""

    record: Record
    offset: int
    stamp_ms: int


def accepted(log: Iterable[JournalEntry]) -> list[Counted]:
    """Return the accepted records, by the acceptance rule alone."""
    state, counted = GENESIS, []
    for entry in log:
        record = decode_record(entry.payload)
        following = accept(state, record, hash_record(entry.payload))
        if following is not None:
            state = following
            counted.append(Counted(record, entry.offset, entry.stamp_ms))
    return counted


def accepted_commits(log: Iterable[JournalEntry]) -> list[Commit]:
    return [one.record for one in accepted(log) if isinstance(one.record, Commit)]


def check_dates(log: Iterable[JournalEntry], *, since: int = 0) -> None:
    """Check that from the offset `since` on no wrong clock decided anything. A record may be
    stored long after it was decided, but not before."""
    for record, offset, stamp_ms in accepted(log):
        if offset < since or not isinstance(record, Commit | Barrier):
            continue
        ahead_s = record.decided_at.timestamp() - stamp_ms / 1000
        if not -LATE_S_MAX <= ahead_s <= AHEAD_S_MAX:
            raise Violation(f"record {record.seq} is dated {ahead_s:+.0f} s off its stamp")


def check_answers(told: Iterable[ClientAnswer], commits: list[Commit]) -> None:
    """Check that every answered command's Commit is in the log once, at the answered position, and
    say what the client was told."""
    by_seq = {commit.seq: commit for commit in commits}
    seqs_of_key: dict[tuple[str, str], list[int]] = {}
    for commit in commits:
        key = (commit.command.actor, commit.command.idempotency_key)
        seqs_of_key.setdefault(key, []).append(commit.seq)
    for command, answer in told:
        stored_key = conceal_idempotency_key(command.idempotency_key)
        seqs = seqs_of_key.get((command.actor, stored_key), [])
        if seqs != [answer.position]:
            raise Violation(
                f"{command.idempotency_key} was answered at {answer.position}, "
                f"but its commits are at {seqs}"
            )
        stored = by_seq[answer.position].outcome
        if _plain(stored) != _plain(answer.outcome):
            raise Violation(f"{command.idempotency_key} was told {answer.outcome}, not {stored}")


def check_keys(commits: list[Commit]) -> None:
    """Check that no key has two effects."""
    seen: dict[tuple[str, str], int] = {}
    for commit in commits:
        key = (commit.command.actor, commit.command.idempotency_key)
        if key in seen:
            raise Violation(f"{key} has effects at {seen[key]} and {commit.seq}")
        seen[key] = commit.seq


def fold(commits: Iterable[Commit], key_limits: KeyLimits = KEY_LIMITS) -> Image:
    """Return what a process knows that has read all of them."""
    image = Image(key_limits=key_limits)
    for commit in commits:
        image.fold(commit)
    return image


def check_every_prefix(commits: list[Commit]) -> Image:
    """Check that at no position an announcement is over its capacity, a seat is held past the
    start, or a person is confirmed twice at a time. Returns the fold of the whole history."""
    image = Image()
    for commit in commits:
        image.fold(commit)
        for announcement_id in {
            event_id
            for raw in commit.events
            if (event_id := msgspec.json.decode(raw).get("announcement_id"))
        }:
            check_capacity(image.accepted, announcement_id, commit.seq)
            check_holds(image.accepted, announcement_id, commit.seq)
        for person_id in list(image.accepted.people.own):
            check_calendar(image.accepted, person_id, commit.seq)
    return image


def check_capacity(layer: Layer, announcement_id: str, seq: int) -> None:
    announcement = layer.announcements.own[announcement_id]  # type: ignore[index]
    bookings = [
        one for one in layer.bookings.own.values() if one.announcement_id == announcement_id
    ]
    taken = sum(one.confirmed or one.hold_until is not None for one in bookings)
    if taken > announcement.ticket_count or taken != announcement.taken:
        raise Violation(
            f"at {seq}: {announcement_id} has {announcement.ticket_count} seats, {taken} taken, "
            f"{announcement.taken} counted"
        )


def check_holds(layer: Layer, announcement_id: str, seq: int) -> None:
    announcement = layer.announcements.own[announcement_id]  # type: ignore[index]
    for one in layer.bookings_of(announcement):
        if one.hold_until is not None and one.hold_until > announcement.event_time:
            raise Violation(f"at {seq}: the hold of {one.id} outlasts the start of its evening")


def check_calendar(layer: Layer, person_id: str, seq: int) -> None:
    """Check overlaps by bookings and announcements alone, not by people's own lists."""
    evenings = [
        one
        for one in layer.announcements.own.values()
        if one.takes_place and (one.author_id == person_id or _confirmed(layer, one.id, person_id))
    ]
    evenings.sort(key=lambda one: one.event_time)
    for earlier, later in pairwise(evenings):
        if earlier.ends_at - later.event_time > timedelta(0):
            raise Violation(f"at {seq}: {person_id} is at {earlier.id} and {later.id} at once")


def check_same_image(
    name: str, image: Image, folded: Image, commits: Iterable[Commit] = ()
) -> None:
    """Check that a process knows exactly what the journal says, wherever it keeps it."""
    for collection in COLLECTIONS:
        ours, theirs = (getattr(one.accepted, collection) for one in (image, folded))
        if values_of(ours) != theirs.own:
            raise Violation(f"the {collection} of {name} differ from the fold of the journal")
        if any(ours.get(key) != value for key, value in theirs.own.items()):
            raise Violation(f"{name} is shown {collection} that differ from those it has")
    if image.suspended != folded.suspended:
        raise Violation(f"{name} knows other people as suspended")
    check_same_keys(name, image.keys, folded.keys, commits)


def check_same_keys(
    name: str, ours: AnsweredKeys, theirs: AnsweredKeys, commits: Iterable[Commit]
) -> None:
    """All processes remember the same keys and have forgotten the same."""
    if len(ours) != len(theirs):
        raise Violation(f"{name} remembers {len(ours)} keys, not {len(theirs)}")
    for commit in commits:
        asked = (
            commit.command.actor,
            commit.command.idempotency_key,
            commit.command.fingerprint,
            commit.command.query_fingerprint,
        )
        if ours.find(*asked) != theirs.find(*asked):
            raise Violation(f"{name} remembers the key of {commit.seq} otherwise")


def values_of(shelf: Shelf[Any, Any]) -> dict[Any, Any]:
    """All values of a shelf and those below it."""
    if isinstance(shelf.own, CachedTable):
        return dict(shelf.own._table.items())  # type: ignore[attr-defined]
    return (values_of(shelf.below) if shelf.below is not None else {}) | shelf.own


def _confirmed(layer: Layer, announcement_id: str, person_id: str) -> bool:
    booking = layer.booking_of(announcement_id, person_id)  # type: ignore[arg-type]
    return booking is not None and booking.confirmed


def _plain(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))
