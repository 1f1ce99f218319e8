"""Accepted Commits become rows of `events`, `refusals` and `ratings`; none is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from contracts.events.rating import AnyRatingEvent, RatingRetracted, RatingRevealed
from contracts.events.stored.codec import decode_event
from contracts.events.stored.words_apart import join_words
from contracts.journal.records import Commit
from projector.history.block import block_of
from projector.history.events import is_in_history
from projector.history.values import day_of, split_type
from tests.histories.random_people import RandomPeople
from tests.histories.stated import RATINGS, StatedHistory, evenings_in_march
from tests.paths import SAMPLES

RATING_HISTORIES: Final = 12
RATING_NAMES: Final = ("review_id", "announcement_id", "rater_id", "ratee_id", "role")


def rows(commits: list[Commit], table: str) -> list[dict[str, Any]]:
    columns = block_of(commits).tables[table].columns
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def test_a_booking_event_states_the_pair_and_the_seats_after_it() -> None:
    stated = StatedHistory()
    stated.book(1.5, "left", "e1/g1", (True, False), 3, actor="g1", reason="ill")
    (row,) = rows(stated.commits, "events")
    event = msgspec.json.decode(stated.commits[0].events[0])
    assert {name: value for name, value in row.items() if value not in ("", None)} == {
        "seq": 2,
        "event_index": 0,
        "at_ms": 1_772_371_800_000,
        "day": datetime(2026, 3, 1).date(),
        "type": "booking.left",
        "type_version": 1,
        "actor": "g1",
        "command": "Told",
        "announcement_id": "e1",
        "person_id": "g1",
        "booking_id": "e1/g1",
        "author_status": 1,
        "guest_status": 0,
        "taken": 3,
        "waiting": 0,
        "payload": msgspec.json.encode(event | {"reason": None}).decode(),
        "words": '{"reason":"ill"}',
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.stem)
def test_every_stored_event_there_ever_was_has_a_row_unless_it_is_private(sample: Path) -> None:
    event = msgspec.json.decode(sample.read_bytes())
    stated = StatedHistory()
    stated.record(0, event)
    found = rows(stated.commits, "events")
    if not is_in_history(sample.stem.rpartition(".")[0]):
        assert found == []
        return
    (row,) = found
    assert f"{row['type']}.v{row['type_version']}" == sample.stem == event["type"]
    if sample.stem.startswith("post."):
        assert (row["words"], row["words_of"]) == ("", "")
        return
    for name in ("announcement_id", "booking_id", "author_id", "taken", "ticket_count"):
        assert row[name] == event.get(name, row[name])
    assert msgspec.json.decode(join_words(row["payload"], row["words"])) == event


def test_analysts_are_shown_no_family_that_nobody_decided_to_show_them() -> None:
    stated = StatedHistory()
    stated.record(0, {"type": "quiz.answered.v1", "announcement_id": "a", "text": "for us two"})
    assert rows(stated.commits, "events") == []


def test_analysts_are_not_told_whom_a_person_mutes() -> None:
    assert is_in_history("person.seen")
    assert not is_in_history("person.muted")
    assert not is_in_history("person.unmuted")
    assert not is_in_history("person.blocked")
    assert not is_in_history("person.unblocked")


@pytest.mark.parametrize(
    "stored",
    [
        b'["no", "mapping"]',
        b'{"type": 7, "taken": "many", "event_time": "soon", "guest_id": null}',
        b'{"type": "booking.left.v1", "taken": 99999999999, "author_status": 1}',
        b'{"type": "booking.held.v70000", "hold_until": "2026-03-01T10:00:00"}',
    ],
)
def test_a_fact_that_cannot_be_read_is_kept_as_words(stored: bytes) -> None:
    stated = StatedHistory()
    stated.record(0, {})
    (row,) = rows([replace(stated.commits[0], events=(Raw(stored),))], "events")
    assert (row["payload"], row["words"]) == ("", stored.decode())
    assert row["taken"] is row["author_status"] is row["hold_until_ms"] is None


def test_a_refused_command_is_a_refusal_and_no_event() -> None:
    stated = StatedHistory()
    stated.refuse(0, "overlap", actor="g1", announcement_id="e1", conflicts=["e2"])
    assert rows(stated.commits, "events") == []
    (row,) = rows(stated.commits, "refusals")
    assert (row["seq"], row["part"], row["code"], row["person_id"]) == (2, 0, "overlap", "g1")
    assert row["facts"] == '{"conflicts":["e2"]}'


def test_each_refused_guest_of_a_bulk_invitation_is_a_refusal() -> None:
    stated = StatedHistory()
    results = [
        {"guest_id": "g1", "code": "invited", "booking_id": "b1"},
        {"guest_id": "g2", "code": "already_invited"},
    ]
    stated.invite(0, results, actor="ada")
    (row,) = rows(stated.commits, "refusals")
    assert (row["part"], row["code"], row["actor"]) == (2, "already_invited", "ada")
    assert row["person_id"] == "g2"


def test_each_event_of_a_review_is_a_version_of_it() -> None:
    stated = StatedHistory()
    review, answer = RATINGS["r1"], RATINGS["r2"]
    stated.rate(1, "given", review, score=8, tags=["kind"])
    stated.rate(2, "changed", review, score=9)
    stated.rate(3, "revealed", review, answer)
    stated.rate(4, "retracted", review)
    names = ("review_id", "version", "event_index", "score", "revealed", "retracted", "tags")
    assert [tuple(row[name] for name in names) for row in rows(stated.commits, "ratings")] == [
        ("r1", 2, 0, 8, 0, 0, '["kind"]'),
        ("r1", 3, 0, 9, 0, 0, "[]"),
        ("r1", 4, 0, None, 1, 0, ""),
        ("r2", 4, 1, None, 1, 0, ""),
        ("r1", 5, 0, None, 0, 1, ""),
    ]


def test_rows_of_ratings_say_what_the_decided_events_say() -> None:
    """A name that the writing side and the history spell differently would be empty here."""
    came_up: set[type] = set()
    for seed in range(RATING_HISTORIES):
        commits = RandomPeople(seed, people=4).live(300).chain.commits
        decided = [
            (commit.seq, index, event)
            for commit in commits
            for index, event in enumerate(map(decode_event, commit.events))
            if isinstance(event, AnyRatingEvent)
        ]
        came_up |= {type(event) for *_, event in decided}
        assert [_tell_rating(row) for row in rows(commits, "ratings")] == [
            {name: getattr(event, name) for name in RATING_NAMES}
            | {
                "version": seq,
                "event_index": index,
                "score": getattr(event, "score", None),
                "tags": msgspec.json.encode(event.tags).decode() if hasattr(event, "tags") else "",
                "revealed": isinstance(event, RatingRevealed),
                "retracted": isinstance(event, RatingRetracted),
            }
            for seq, index, event in decided
        ]
    assert came_up == set(get_args(AnyRatingEvent))


def _tell_rating(row: dict[str, Any]) -> dict[str, Any]:
    told = (*RATING_NAMES, "version", "event_index", "score", "tags", "revealed", "retracted")
    return {name: row[name] for name in told}


def test_the_same_commits_come_to_the_same_rows_however_they_are_cut() -> None:
    commits = evenings_in_march().commits
    for table in ("events", "refusals", "ratings"):
        whole = rows(commits, table)
        assert whole == rows(commits[:7], table) + rows(commits[7:], table)


def test_stored_names_are_taken_apart() -> None:
    assert split_type("booking.left.v12") == ("booking.left", 12)
    assert split_type("odd") == ("odd", 0)


def test_days_stay_within_what_clickhouse_holds() -> None:
    assert day_of(datetime(2400, 1, 1, tzinfo=UTC)).year == 2105
    assert day_of(datetime(1900, 1, 1, tzinfo=UTC)).year == 1970
