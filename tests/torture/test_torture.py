"""A short torture, and whether the checks after it would see what is wrong."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest
from msgspec.structs import replace

from contracts.journal.records import Commit
from launcher.servers.process import ServerUnavailable
from tests.conftest import unavailable
from tests.e2e.recorded import RECORDED, find_misrecorded
from tests.torture.checks import find_misdated, find_wrong_notices
from tests.torture.faults import KINDS, plan
from tests.torture.torture import Result, table_of, torture

SEED: Final = 11
SHORT: Final = (
    "leader killed",
    "leader frozen",
    "leader's link to Kafka half-open",
    "leader's clock a day ahead",
    "Kafka killed",
    "PostgreSQL killed",
    "links to PostgreSQL half-open",
    "notifier killed",
    "notifier's clock a day ahead",
)
SECONDS: Final = (2.0, 4.0)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    directory = tmp_path_factory.mktemp("torture")
    try:
        yield asyncio.run(torture(directory, SEED, len(SHORT), SHORT, SECONDS))
    except ServerUnavailable as error:
        unavailable(str(error))


def test_everything_holds_over_every_fault(result: Result) -> None:
    print(table_of(result.recoveries))
    assert list(result.findings) == []
    assert {one.kind for one in result.recoveries} == set(SHORT)
    assert len(result.answered) > 100
    assert result.told.inbox
    assert result.reads > 0


def test_a_lost_command_is_found(result: Result) -> None:
    lost = next(one for one in result.answered if one.status in RECORDED)
    commits = [one for one in result.commits if one.seq != lost.position]
    (found,) = find_misrecorded(result.answered, commits)
    assert lost.key in found


def test_a_doubled_command_is_found(result: Result) -> None:
    doubled = result.commits[-1]
    again = replace(doubled, seq=doubled.seq + 1)
    found = "\n".join(find_misrecorded(result.answered, [*result.commits, again]))
    assert f"[{doubled.seq}, {again.seq}]" in found


def test_a_decision_by_a_wrong_clock_is_found(result: Result) -> None:
    one = next(one for one in result.records if isinstance(one.record, Commit))
    assert isinstance(one.record, Commit)
    ahead = replace(one.record, decided_at=one.record.decided_at + timedelta(days=1))
    (found,) = find_misdated([one._replace(record=ahead)])
    assert "86" in found


def test_a_notice_that_is_recorded_wrongly_is_found(result: Result) -> None:
    told = result.told
    key = next(iter(told.inbox))
    dropped = told._replace(notices={**told.notices, key: ("dropped", None)})
    (found,) = find_wrong_notices(dropped)
    assert "recorded as" in found
    (found,) = find_wrong_notices(told._replace(inbox=told.inbox - {key}))
    assert "never arrived" in found
    given_up = told._replace(notices={**told.notices, key: ("unconfirmed", "not_involved")})
    (found,) = find_wrong_notices(given_up._replace(cut_off=told.cut_off - {key}))
    assert "no attempt was cut off" in found
    (found,) = find_wrong_notices(told._replace(twice=("a fact",)))
    assert "twice" in found
    (found,) = find_wrong_notices(told._replace(untimely=("a reminder",)))
    assert "too early" in found


def test_a_seed_gives_the_same_faults_and_every_kind_its_turn() -> None:
    kinds = list(KINDS)
    first = plan(7, 3 * len(kinds), kinds)
    assert first == plan(7, 3 * len(kinds), kinds)
    assert first != plan(8, 3 * len(kinds), kinds)
    for start in range(0, len(first), len(kinds)):
        assert {one.kind for one in first[start : start + len(kinds)]} == set(kinds)
