"""Every ready question on a history whose answers are known, on both engines, and with
every block delivered twice."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace

from contracts.values.times import to_ms
from projector.analysts.copying.notices import CLICK_COLUMNS, NOTICE_COLUMNS
from projector.analysts.reader import AnalystsTables
from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.analysts.questions import (
    DAYS_OF_WEEK,
    DIRECTORY,
    OF_EVENINGS,
    WEEKDAY,
    BadParameter,
    ready_questions,
)
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, migrate
from runtime.clickhouse.port import Analytics
from runtime.following.reader import Step
from runtime.journal.tail import START
from runtime.pseudonyms import Pseudonyms
from tests.histories.stated import evenings_in_march
from tests.servers.clickhouse_engines import Databases

PSEUDONYMS: Final = Pseudonyms("the key of the tests")

EXPECTED: Final[dict[str, list[tuple[Any, ...]]]] = {
    "busiest_hours": [(13, 2, 0), (15, 2, 0), (17, 1, 0), (18, 1, 1), (20, 1, 0)],
    "cancellations": [("2-6 h", 1, 1)],
    "clashes_avoided": [("2026-03-02", 2, 0, 0), ("2026-03-06", 0, 1, 0)],
    "fastest_films": [("Solaris", 2, 2, 5.0)],
    "fill_curve": [
        *((days, 3, 7, 0, 0.0) for days in range(14, 3, -1)),
        (3, 3, 7, 3, 42.9),
        (2, 3, 7, 3, 42.9),
        (1, 3, 7, 4, 57.1),
        (0, 3, 7, 4, 57.1),
    ],
    "guest_cohorts": [("2026-03-01", 4, 1, 1, 1)],
    "host_cohorts": [("2026-03-01", 2, 1, 1, 1)],
    "host_response_time": [
        ("2026-03-01", 2, 120.0, 120.0, 120.0),
        ("2026-03-02", 2, 60.0, 60.0, 60.0),
        ("2026-03-05", 1, 120.0, 120.0, 120.0),
    ],
    "invitations": [("2026-03-02", 1, 1, 0, 0, 0)],
    "notices_sent": [
        ("2026-03-01", "announce_new", 2, 5.0, 5.0, 300.0, 2),
        ("2026-03-01", "booking_status", 1, 1.0, 1.0, 60.0, 0),
        ("2026-03-01", "remind_day", 1, 0.5, 0.5, 30.0, 0),
    ],
    "notices_unsent": [
        ("booking_status", "skipped", "switched_off", 1, "2026-03-01"),
        ("remind_hour", "waiting", "", 1, "2026-03-01"),
    ],
    "rating_drift": [
        ("2026-03-01", "guest", 1, 10.0, 100.0),
        ("2026-03-01", "host", 1, 9.0, 0.0),
        ("2026-04-01", "guest", 1, 7.0, 0.0),
    ],
    "refused_demand": [
        ("overlap", 2, 2, 1),
        ("already_booked", 1, 1, 1),
        ("already_invited", 1, 1, 0),
    ],
    "repeat_guests": [(1, 2, 0), (2, 1, 1)],
    "request_funnel": [
        ("2026-03-01", 2, 2, 2, 100.0),
        ("2026-03-02", 3, 2, 1, 33.3),
        ("2026-03-05", 2, 1, 1, 50.0),
    ],
    "unanswered_requests": [(PSEUDONYMS.replace("ada"), 5, 1, 20.0)],
    "waiting_line": [("2026-03-02", 1, 1, 1)],
}


NOTICES, CLICKS = "notices", "clicks"
BEGIN: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minutes: float) -> int:
    return to_ms(BEGIN + timedelta(minutes=minutes))


def told(
    name: str, kind: str, sent_min: float | None, state: str = "sent", version: int = 2, **more: Any
) -> tuple[Any, ...]:
    """Return the row of a notice of something that happened at the beginning."""
    values = {
        "notice_id": name,
        "version": version,
        "kind": kind,
        "announcement_id": "e1" if kind == "announce_new" and state == "sent" else "",
        "at_ms": at(0),
        "day": BEGIN.date(),
        "due_at_ms": at(0),
        "sent_at_ms": 0 if sent_min is None else at(sent_min),
        "state": state,
        "seq": 0,
        "receipt": 0,
        "attempts": 1,
    }
    return tuple((values | more).get(name, "") for name in NOTICE_COLUMNS)


TOLD: Final = [
    told("n1", "announce_new", None, "waiting", version=1),
    told("n1", "announce_new", 1),
    told("n2", "announce_new", 5),
    told("n3", "booking_status", 1),
    told("n4", "remind_day", 0.5),
    told("n5", "booking_status", None, "skipped", reason="switched_off"),
    told("n6", "remind_hour", None, "waiting"),
]
OPENED: Final = [
    (number, evening, at(minutes), BEGIN.date())
    for number, (evening, minutes) in enumerate(
        [
            ("e1", 0.5),  # Before anybody was told: the link was shared.
            ("e1", 2),
            ("e1", 600),
            ("e2", 3),
            ("e1", 1440 + 8 * 1440),  # Too late to be due to the announcement.
        ]
    )
]

Open = Callable[[], Databases]


@pytest.fixture
async def analytics(open_databases: Open) -> AsyncIterator[Analytics]:
    """The stated, each half of it delivered twice."""
    databases = open_databases()
    await migrate(databases.history)
    commits = evenings_in_march().commits
    end = replace(START, state=replace(START.state, seq=commits[-1].seq))
    await ClickHouseSink(databases.history).write(block_of(commits), end)
    tables = AnalystsTables(databases.analysts, databases.history, PSEUDONYMS, 0)
    await tables.load()
    for part in (commits[:15], commits[10:], commits):
        await tables.write(await tables.prepare(part, None), Step(START, START, None))
    for _ in range(2):
        for table, columns, rows in (
            (NOTICES, NOTICE_COLUMNS, TOLD),
            (CLICKS, CLICK_COLUMNS, OPENED),
        ):
            values = dict(zip(columns, zip(*rows, strict=True), strict=True))
            await databases.analysts.insert(table, values)
    yield databases.analysts
    await databases.close()


async def test_every_question_gives_the_known_answer(analytics: Analytics) -> None:
    found = {}
    for name, question in ready_questions().items():
        answer = await analytics.ask(question.sql, question.bind({}))
        found[name] = answer.rows
    assert found == EXPECTED


async def test_the_columns_that_are_plotted_exist(analytics: Analytics) -> None:
    for question in ready_questions().values():
        answer = await analytics.ask(question.sql, question.bind({}))
        x, ys, by = question.plot.x, question.plot.ys, question.plot.by
        assert {x, *ys, by or x} <= set(answer.columns), question.name


async def test_questions_of_an_empty_history_have_empty_answers(open_databases: Open) -> None:
    databases = open_databases()
    await migrate(databases.analysts, ANALYSTS_MIGRATIONS)
    for question in ready_questions().values():
        answer = await databases.analysts.ask(question.sql, question.bind({}))
        assert answer.rows == [], question.name
    await databases.close()


async def test_parameters_narrow_the_answer(analytics: Analytics) -> None:
    funnel = ready_questions()["request_funnel"]
    bindings = funnel.bind({"from_day": "2026-03-02", "to_day": "2026-03-03"})
    assert (await analytics.ask(funnel.sql, bindings)).rows == [("2026-03-02", 3, 2, 1, 33.3)]


async def test_the_days_of_the_week_make_up_the_whole(analytics: Analytics) -> None:
    requests: dict[int, int] = {}
    for name in OF_EVENINGS:
        question = ready_questions()[name].on_weekday()
        for day in range(1, DAYS_OF_WEEK + 1):
            answer = await analytics.ask(question.sql, question.bind({WEEKDAY: str(day)}))
            if name == "request_funnel":
                requests[day] = sum(row[1] for row in answer.rows)
    whole = sum(row[1] for row in EXPECTED["request_funnel"])
    assert sum(requests.values()) == whole
    assert len([number for number in requests.values() if number]) > 1


def test_what_is_not_about_evenings_is_not_asked_by_their_day() -> None:
    with pytest.raises(BadParameter):
        ready_questions()["rating_drift"].on_weekday()


@pytest.mark.parametrize("given", [{"from_day": "soon"}, {"no_such": "1"}])
def test_a_parameter_of_another_kind_or_name_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        ready_questions()["request_funnel"].bind(given)


def test_files_are_named_after_their_questions() -> None:
    assert [file.stem for file in sorted(DIRECTORY.glob("*.sql"))] == list(ready_questions())
