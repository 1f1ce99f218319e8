"""docs/security.md says who may use which route, and the system does the same."""

import re
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest

from launcher.data_directory import DataDirectory
from tests.attack.recorded_reads import HEADERS, documented_names, recorded_names
from tests.attack.roles import (
    ANALYSTS,
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
from tests.attack.target import Received, Site, Target

ABOUT_AN_EVENING = [
    route
    for route, row in ROWS.items()
    if " /api/" in route and re.search(r"{(announcement|booking)_id}", route + row.query)
]
OPENED_OTHERWISE = ("GET /api/v1/operator/ask", "POST /api/v1/operator/ask/history")
"""Routes that read their parameters only if one is stated, or for somebody who has no role."""
MEASURED: dict[str, list[int]] = {}
LANGUAGE = "Accept-Language"
"""Every operation has it in the document, because every problem has a language."""
OF_EACH_ANSWER = frozenset({"date", "idempotency-key", "x-position", "ratelimit", "etag"})


async def test_every_route_has_a_row() -> None:
    assert await routes_without_row() == set()


async def test_everybody_may_use_the_routes_that_the_page_says(target: Target) -> None:
    measured = await measure_once(target)
    unclear = {
        route: found for route, found in measured.items() if set(found) - UNDERSTOOD - REFUSED
    }
    assert unclear == {}, "asked wrongly: neither allowed nor refused"
    assert table(measured) == table_of(PAGE.read_text())


async def test_the_document_has_the_parameters_and_headers_that_handlers_read(
    target: Target, site: Site, readings: Path
) -> None:
    """Handlers read them while every route is asked for as everybody."""
    await measure_once(target)
    documented = documented_names()
    for request in OPENED_OTHERWISE:
        await ask_with_all_parameters(target, site, request, documented[request])
    read = recorded_names(readings)
    not_documented = {route: names - documented[route] for route, names in read.items()}
    not_read = {
        route: names - read.get(route, set()) - {LANGUAGE} for route, names in documented.items()
    }
    assert {route: names for route, names in not_documented.items() if names} == {}
    assert {route: names for route, names in not_read.items() if names} == {}


async def test_the_analysts_token_opens_what_the_page_says_and_no_more(
    target: Target, site: Site
) -> None:
    assert site.data is not None
    scene = Scene(target)
    await scene.build()
    scene.tokens["analyst"] = DataDirectory(site.data).analyst_token
    with_dry_run = routes_with_dry_run()
    for route, row in ROWS.items():
        status = {
            who: (
                await ask_as(scene, who, route, row, scene.places, dry_run=route in with_dry_run)
            ).status
            for who in ("analyst", "nobody")
        }
        if row.note == ANALYSTS:
            assert status["analyst"] in UNDERSTOOD, route
        else:
            assert status["analyst"] in (status["nobody"], 401), route


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


async def measure_once(target: Target) -> dict[str, list[int]]:
    """Return what `measure` does; all tests of this run share it."""
    if not MEASURED:
        MEASURED.update(await measure(target))
    return MEASURED


async def ask_with_all_parameters(target: Target, site: Site, route: str, names: set[str]) -> None:
    """Ask with a value for every parameter, as investigators where operators may not."""
    assert site.data is not None
    row, (method, path) = ROWS[route], route.split(" ")
    who: Literal["operator", "investigator"]
    who = "investigator" if "investigator" in row.note else "operator"
    query = "&".join(f"{name}=1" for name in names - set(HEADERS))
    await target.send(method, f"{path}?{query}", DataDirectory(site.data).find_token(who), row.body)


def comparable(answer: Received, places: dict[str, str]) -> tuple[int, bytes, set[str]]:
    """All of an answer that may not depend on the id that was asked for."""
    body = answer.body
    for name in ("announcement_id", "booking_id"):
        body = body.replace(places[name].encode(), name.encode())
    return answer.status, body, {name.lower() for name in answer.headers} - OF_EACH_ANSWER
