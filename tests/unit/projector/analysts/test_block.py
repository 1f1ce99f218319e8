"""Rows for analysts have no words of anybody, and no id."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from contracts.values.ids import SYSTEM
from projector.analysts.block import analysts_block_of
from projector.analysts.events import is_for_analysts
from projector.analysts.ratings import RatingChange, RevealedScore, rating_changes, rating_rows
from projector.history.events import read_events
from runtime.pseudonyms import Pseudonyms
from tests.histories.stated import RATINGS, StatedHistory, evenings_in_march
from tests.paths import SAMPLES

PSEUDONYMS: Final = Pseudonyms("the key of the tests")
CANARY: Final = "canary"


def rows_of(stated: StatedHistory, table: str) -> list[dict[str, Any]]:
    columns = analysts_block_of(stated.commits, PSEUDONYMS).tables[table].columns
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.stem)
def test_only_codes_films_and_numbers_of_an_event_are_shown(sample: Path) -> None:
    event = msgspec.json.decode(sample.read_bytes())
    planted = {
        name: f"{CANARY} {name}" if isinstance(value, str) and name not in NO_WORDS else value
        for name, value in event.items()
    }
    stated = StatedHistory()
    stated.record(0, {**planted, "tags": [CANARY], "text": CANARY}, actor=f"{CANARY} actor")
    shown = rows_of(stated, "events")
    assert CANARY not in str(shown)
    assert len(shown) == is_for_analysts(sample.stem.rpartition(".")[0])


NO_WORDS: Final = frozenset(
    ["type", "movie_id", "movie_title", "movie_title_ru", "visibility", "price_currency", "tz"]
)
"""Fields that may be shown as they are: codes, and what Movie_API says of a film."""


@pytest.mark.parametrize("kind", ["booking.left", "announcement.cancelled", "person.suspended"])
def test_a_reason_in_somebodys_words_is_not_shown(kind: str) -> None:
    stated = StatedHistory()
    stated.record(0, {"type": f"{kind}.v1", "reason": CANARY})
    (row,) = rows_of(stated, "events")
    assert row["reason"] == ""


def test_a_reason_that_is_a_code_is_shown() -> None:
    stated = StatedHistory()
    stated.record(0, {"type": "booking.released.v1", "reason": "offer_expired"})
    (row,) = rows_of(stated, "events")
    assert row["reason"] == "offer_expired"


@pytest.mark.parametrize(
    "stored", [b'["no", "mapping"]', b'{"type": "person.muted.v1"}', b'{"type": "post.written.v1"}']
)
def test_private_unknown_and_damaged_events_are_not_shown(stored: bytes) -> None:
    stated = StatedHistory()
    stated.record(0, {})
    commit = replace(stated.commits[0], events=(Raw(stored),))
    assert len(analysts_block_of([commit], PSEUDONYMS).tables["events"]) == 0


def test_nobody_learns_of_anothers_erasure() -> None:
    for name in ("erasure_requested", "erasure_confirmed", "erasure_withdrawn", "erased"):
        assert not is_for_analysts(f"person.{name}")


def test_no_id_of_the_journal_is_in_any_row() -> None:
    shown = str([rows_of(evenings_in_march(), table) for table in ("events", "refusals")])
    for identity in ("'ada'", "'g1'", "'e1'", "'e1/g1'"):
        assert identity not in shown
    assert f"'{PSEUDONYMS.replace('g1')}'" in shown


def test_a_refusal_has_a_code_and_no_facts() -> None:
    stated = StatedHistory()
    stated.refuse(0, "overlap", actor="g1", announcement_id="e1", conflicts=[CANARY])
    (row,) = rows_of(stated, "refusals")
    assert row["code"] == "overlap"
    assert row["person_id"] == row["actor"] == PSEUDONYMS.replace("g1")
    assert CANARY not in str(row)


def test_of_plans_and_feeds_nothing_is_shown() -> None:
    stated = StatedHistory()
    stated.refuse(0, "plans_full", actor="g1", announcement_id="")
    created = {"type": "announcement.created.v1", "announcement_id": "e1"}
    stated.record(1, created, actor="g1")
    refused, recorded = stated.commits
    refused = replace(refused, command=replace(refused.command, kind="plan.plan_film"))
    recorded = replace(recorded, command=replace(recorded.command, kind="plan.announce"))
    tables = analysts_block_of([refused, recorded], PSEUDONYMS).tables
    assert not list(tables["refusals"].columns["seq"])
    assert list(tables["events"].columns["command"]) == ["announcement.create"]


def test_a_rating_has_a_row_once_it_is_revealed() -> None:
    stated = StatedHistory()
    review, sealed = RATINGS["r1"], RATINGS["r3"]
    stated.rate(1, "given", review, score=8)
    stated.rate(2, "given", sealed, score=3)
    stated.rate(3, "revealed", review)
    stated.rate(4, "retracted", sealed)
    stated.rate(5, "retracted", review)
    changes = changes_of(stated)
    known = {review.review_id: RevealedScore(8, 1_000, 0)}  # The history knows revealed ones only.
    columns = rating_rows(changes, known, PSEUDONYMS).columns
    assert list(columns["score"]) == [8, None]
    assert list(columns["revealed"]) == [1, 0]
    assert set(columns["review_id"]) == {PSEUDONYMS.replace(review.review_id)}
    assert set(columns["ratee_id"]) == {PSEUDONYMS.replace(review.ratee_id)}


def changes_of(stated: StatedHistory) -> list[RatingChange]:
    return rating_changes(event for commit in stated.commits for event in read_events(commit))


def test_the_system_keeps_its_name() -> None:
    assert PSEUDONYMS.replace(SYSTEM) == SYSTEM
