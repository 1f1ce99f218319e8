"""What must hold after every run, checked on the journal itself."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import msgspec

from command_api.domain.state import Layer
from command_api.leader.image import Image
from contracts.acceptance import GENESIS, accept
from contracts.records import Commit, decode_record, hash_record
from runtime.journal import Entry
from tests.simulation.clients import Told


class Violation(AssertionError):
    """An invariant does not hold."""


def accepted_commits(log: Iterable[Entry]) -> list[Commit]:
    """The commits that count, by the acceptance rule alone."""
    state, commits = GENESIS, []
    for entry in log:
        record = decode_record(entry.payload)
        following = accept(state, record, hash_record(entry.payload))
        if following is not None:
            state = following
            if isinstance(record, Commit):
                commits.append(record)
    return commits


def check_answers(told: Iterable[Told], commits: list[Commit]) -> None:
    """Every answered command's Commit is in the log, once, at the answered position, and
    says what the client was told."""
    by_seq = {commit.seq: commit for commit in commits}
    seqs_of_key: dict[tuple[str, str], list[int]] = {}
    for commit in commits:
        key = (commit.command.actor, commit.command.idempotency_key)
        seqs_of_key.setdefault(key, []).append(commit.seq)
    for command, answer in told:
        seqs = seqs_of_key.get((command.actor, command.idempotency_key), [])
        if seqs != [answer.position]:
            raise Violation(
                f"{command.idempotency_key} was answered at {answer.position}, "
                f"but its commits are at {seqs}"
            )
        stored = by_seq[answer.position].outcome
        if _plain(stored) != _plain(answer.outcome):
            raise Violation(f"{command.idempotency_key} was told {answer.outcome}, not {stored}")


def check_keys(commits: list[Commit]) -> None:
    """No key has two effects."""
    seen: dict[tuple[str, str], int] = {}
    for commit in commits:
        key = (commit.command.actor, commit.command.idempotency_key)
        if key in seen:
            raise Violation(f"{key} has effects at {seen[key]} and {commit.seq}")
        seen[key] = commit.seq


def fold(commits: Iterable[Commit]) -> Image:
    """What a process knows that has read all of them."""
    image = Image()
    for commit in commits:
        image.take(commit)
    return image


def check_every_prefix(commits: list[Commit]) -> Image:
    """At no position is an evening over its capacity or a person confirmed twice at a time.
    Returns the fold of the whole history."""
    image = Image()
    for commit in commits:
        image.take(commit)
        for announcement_id in {
            event_id
            for raw in commit.events
            if (event_id := msgspec.json.decode(raw).get("announcement_id"))
        }:
            check_capacity(image.world, announcement_id, commit.seq)
        for person_id in list(image.world.people):
            check_calendar(image.world, person_id, commit.seq)
    return image


def check_capacity(world: Layer, announcement_id: str, seq: int) -> None:
    announcement = world.announcements[announcement_id]  # type: ignore[index]
    bookings = [one for one in world.bookings.values() if one.announcement_id == announcement_id]
    taken = sum(one.confirmed or one.hold_until is not None for one in bookings)
    if taken > announcement.ticket_count or taken != announcement.taken:
        raise Violation(
            f"at {seq}: {announcement_id} has {announcement.ticket_count} seats, {taken} taken, "
            f"{announcement.taken} counted"
        )


def check_calendar(world: Layer, person_id: str, seq: int) -> None:
    """From the bookings and announcements alone, not from the person's own lists."""
    evenings = [
        one
        for one in world.announcements.values()
        if one.takes_place and (one.author_id == person_id or _confirmed(world, one.id, person_id))
    ]
    evenings.sort(key=lambda one: one.event_time)
    for earlier, later in pairwise(evenings):
        if earlier.ends_at - later.event_time > timedelta(0):
            raise Violation(f"at {seq}: {person_id} is at {earlier.id} and {later.id} at once")


def check_same_image(name: str, image: Image, folded: Image) -> None:
    """A process knows exactly what the journal says."""
    for table in (
        "announcements",
        "bookings",
        "pairs",
        "people",
        "films",
        "ratings",
        "reviews",
        "standings",
    ):
        if getattr(image.world, table) != getattr(folded.world, table):
            raise Violation(f"the {table} of {name} differ from the fold of the journal")
    if image.keys._answers.keys() != folded.keys._answers.keys():
        raise Violation(f"the keys of {name} differ from those in the journal")


def _confirmed(world: Layer, announcement_id: str, person_id: str) -> bool:
    booking = world.booking_of(announcement_id, person_id)  # type: ignore[arg-type]
    return booking is not None and booking.confirmed


def _plain(value: object) -> object:
    return msgspec.json.decode(msgspec.json.encode(value))
