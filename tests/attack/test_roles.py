"""docs/security.md says who may use which route, and the system does the same."""

import re
from uuid import uuid4

import pytest

from tests.attack.roles import (
    PAGE,
    REFUSED,
    ROWS,
    UNDERSTOOD,
    Scene,
    ask_as,
    measure,
    routes_with_dry_run,
    routes_without_row,
    table,
    table_of,
)
from tests.attack.target import Received, Target

ABOUT_AN_EVENING = [
    route
    for route, row in ROWS.items()
    if " /api/" in route and re.search(r"{(announcement|booking)_id}", route + row.query)
]
OF_EACH_ANSWER = frozenset({"date", "idempotency-key", "x-position", "ratelimit", "etag"})


async def test_every_route_has_a_row() -> None:
    assert await routes_without_row() == set()


async def test_everybody_may_use_the_routes_that_the_page_says(target: Target) -> None:
    measured = await measure(target)
    unclear = {
        route: found for route, found in measured.items() if set(found) - UNDERSTOOD - REFUSED
    }
    assert unclear == {}, "asked wrongly: neither allowed nor refused"
    assert table(measured) == table_of(PAGE.read_text())


@pytest.mark.parametrize("role", ["nobody", "outsider"])
async def test_a_hidden_evening_is_answered_as_one_that_does_not_exist(
    target: Target, role: str
) -> None:
    scene = Scene(target)
    await scene.build()
    with_dry_run = routes_with_dry_run()
    for route in ABOUT_AN_EVENING:
        absent = scene.hidden | {"announcement_id": str(uuid4()), "booking_id": str(uuid4())}
        told_apart = [
            comparable(
                await ask_as(
                    scene, role, route, ROWS[route], places, dry_run=route in with_dry_run
                ),
                places,
            )
            for places in (scene.hidden, absent)
        ]
        assert told_apart[0] == told_apart[1], route


def comparable(answer: Received, places: dict[str, str]) -> tuple[int, bytes, set[str]]:
    """All of an answer that may not depend on the id that was asked for."""
    body = answer.body
    for name in ("announcement_id", "booking_id"):
        body = body.replace(places[name].encode(), name.encode())
    return answer.status, body, {name.lower() for name in answer.headers} - OF_EACH_ANSWER
