"""The reads that people make all day are one statement each, and never open a snapshot."""

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request

from contracts.errors import NotFound, ProjectionBehind
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from query_api.announcements import details, lists, schedule
from query_api.bookings import routes as bookings
from query_api.edge.reads import Reads
from query_api.people import lists as people
from query_api.plans import routes as plans
from runtime.auth.tokens import Caller
from runtime.process.clock import system_clock
from tests.unit.query_api.edge.rows import Row

UNUSED: Any = None
POSITION = 7
MEMBER = "00000000-0000-4000-8000-000000000000"


class OneStatement:
    """Answers a single statement with no rows."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        self.asked.append((sql, arguments))
        return [Row(id=None, position_of_tables=POSITION)]


@pytest.fixture
def statement() -> OneStatement:
    return OneStatement()


@pytest.fixture
def reads(statement: OneStatement) -> Reads:
    async def authenticate(_: str | None) -> Caller:
        return Caller(PersonId(str(uuid4())))

    async def follow_nobody(_: PersonId) -> frozenset[PersonId]:
        return frozenset()

    async def wait(_: int) -> None:
        """Everything has been heard of."""

    given: Any = SimpleNamespace
    return Reads(
        pool=UNUSED,  # A snapshot would fail.
        statements=given(fetch=statement.fetch),
        positions=given(wait=wait),
        history=UNUSED,
        verifier=given(authenticate=authenticate),
        ugc=given(following=follow_nobody),
        clock=system_clock,
        rules=SharedRules(),
        cell_zone=ZoneInfo("Europe/Moscow"),
    )


async def ask(reads: Reads, address: str) -> Any:
    """Return the answer of the route with this address."""
    path, query = urlsplit(address).path, urlsplit(address).query
    routers = [
        details.build_router(reads, UNUSED),
        lists.build_router(reads),
        schedule.build_router(reads),
        bookings.build_router(reads),
        people.build_router(reads),
        plans.build_router(reads),
    ]
    for route in (one for router in routers for one in router.routes):
        found: Any = route
        if (match := found.path_regex.match(path)) is not None:
            scope = {
                "type": "http",
                "method": "GET",
                "path": path,
                "query_string": query.encode(),
                "headers": [(b"authorization", b"Bearer x")],
                "path_params": match.groupdict(),
            }
            return await found.endpoint(Request(scope))
    raise LookupError(path)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/announcements",
        "/api/v1/announcements?mine=guest&all=true",
        "/api/v1/announcements?mine=host&sort=-created",
        "/api/v1/announcements?status=Alive,Closed,Done&limit=100",
        f"/api/v1/announcements?movie_id={MEMBER}",
        "/api/v1/schedule",
        "/api/v1/bookings",
        "/api/v1/mutes",
        "/api/v1/blocks",
        "/api/v1/plan",
    ],
)
async def test_a_list_is_one_statement(reads: Reads, statement: OneStatement, address: str) -> None:
    answered = await ask(reads, address)
    assert (answered.body, answered.headers["x-position"]) == (b"[]", str(POSITION))
    ((sql, arguments),) = statement.asked
    assert sorted({int(n) for n in re.findall(r"\$(\d+)", sql)}) == [
        number + 1 for number in range(len(arguments))
    ]


@pytest.mark.parametrize("address", [f"/api/v1/announcement/{MEMBER}", f"/api/v1/plan/{MEMBER}"])
async def test_one_thing_is_one_statement(
    reads: Reads, statement: OneStatement, address: str
) -> None:
    with pytest.raises(NotFound):
        await ask(reads, address)
    assert len(statement.asked) == 1


async def test_tables_that_are_behind_say_so_before_they_say_that_it_is_absent(
    reads: Reads,
) -> None:
    with pytest.raises(ProjectionBehind):
        await ask(reads, f"/api/v1/announcement/{MEMBER}?min_position={POSITION + 1}")


async def test_a_search_is_not_read_with_the_plan_of_all_searches(
    reads: Reads, statement: OneStatement
) -> None:
    with pytest.raises(AttributeError):  # It opens a snapshot, and there is no pool.
        await ask(reads, "/api/v1/announcements?q=solaris")
    assert statement.asked == []
