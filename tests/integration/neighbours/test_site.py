"""The pages and files of the site, over HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import pytest

from neighbours.app import create_app
from neighbours.pages import FOR_PROGRAMS, LANGUAGE_COOKIE
from neighbours.site.routes import PAGES, STATIC
from tests.cells.stand_in import stand_in_settings
from tests.paths import ROOT
from tests.servers.http_server import served

BYTES_MAX: Final = 150_000
"""All that a visitor ever loads, in one language."""
PLACEHOLDER: Final = re.compile(r"{[\w:]+}")
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
API: Final = ROOT / "deploy" / "gateway" / "openapi.json"
ANNOUNCE: Final = "post /api/v1/announcement/{movie_id}"
OF_EVENING: Final = "/api/v1/announcement/{announcement_id}"
TEXTS: Final = [
    ("parts/evening_form.js", "title", ANNOUNCE),
    ("parts/evening_form.js", "description", ANNOUNCE),
    ("parts/evening_form.js", "event_location", ANNOUNCE),
    ("parts/evening_form.js", "location_hint", ANNOUNCE),
    ("parts/host_panel.js", "reason", f"delete {OF_EVENING}"),
    ("parts/host_panel.js", "text", f"post {OF_EVENING}/broadcasts"),
    ("parts/chat.js", "text", f"post {OF_EVENING}/posts"),
    ("parts/rate.js", "text", "post /api/v1/rating/{announcement_id}/{user_id}"),
    ("pages/person.js", "text", "put /api/v1/rating/{review_id}/reply"),
    ("pages/evening.js", "message", "post /api/v1/booking/{announcement_id}"),
    ("pages/mine.js", "name", "post /api/v1/schedule/feeds"),
    ("pages/plan.js", "places", "put /api/v1/plan/{movie_id}"),
    ("pages/report.js", "reason", "post /api/v1/report"),
]
"""Texts that people type: the module, the name of the field, and where it goes."""


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    app = create_app(stand_in_settings(tmp_path))
    async with served(app) as url, aiohttp.ClientSession(url) as session:
        yield session


def list_modules() -> list[Path]:
    return [one for one in STATIC.rglob("*.js") if "vendor" not in one.parts]


async def test_every_address_is_the_document_without_inline_scripts(
    session: aiohttp.ClientSession,
) -> None:
    for address in PAGES:
        async with session.get(PLACEHOLDER.sub(str(uuid4()), address)) as page:
            assert (page.status, page.content_type) == (200, "text/html")
            policy = page.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert page.headers["X-Frame-Options"] == "DENY"


async def test_the_document_names_all_modules_of_its_page_and_language(
    session: aiohttp.ClientSession,
) -> None:
    async with session.get("/plan", headers={"Accept-Language": "en"}) as page:
        document = await page.text()
    named = re.findall(r'rel="modulepreload" href="/site/\w+/([^"]+)"', document)
    assert len(set(named)) == len(named)
    assert {"app.js", "pages/plan.js", "vendor/lit-html.js", "words/en.js"} <= set(named)
    assert not {"pages/evening.js", "words/ru.js"} & set(named)
    imported = {
        (STATIC / name).parent.joinpath(found).resolve().relative_to(STATIC.resolve()).as_posix()
        for name in named
        for found in re.findall(r"from '(\.[^']+)'", (STATIC / name).read_text())
    }
    assert imported <= set(named)


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("ru", None, "ru"),
        ("de", None, "en"),
        ("ru", "en", "en"),
        ("en", "ru", "ru"),
        ("ru", "xx", "ru"),
    ],
)
async def test_the_chosen_language_stands_above_the_browsers(
    session: aiohttp.ClientSession, accepted: str, chosen: str | None, language: str
) -> None:
    cookies = {} if chosen is None else {LANGUAGE_COOKIE: chosen}
    headers = {"Accept-Language": accepted}
    async with session.get("/", headers=headers, cookies=cookies) as page:
        assert f'<html lang="{language}">' in await page.text()
        assert page.headers["Vary"] == "Accept-Language, Cookie"


async def test_the_document_names_files_that_never_change(session: aiohttp.ClientSession) -> None:
    async with session.get("/") as page:
        document = await page.text()
    (script,) = re.findall(r'src="(/site/\w+/app\.js)"', document)
    async with session.get(script) as module:
        assert (module.status, module.content_type) == (200, "text/javascript")
        assert "immutable" in module.headers["Cache-Control"]
    known = {"If-None-Match": page.headers["ETag"]}
    async with session.get("/", headers=known) as again:
        assert (again.status, await again.read()) == (304, b"")
    async with session.get(re.sub(r"/\w{16}/", "/0123456789abcdef/", script)) as of_another:
        assert of_another.status == 404


@pytest.mark.parametrize(
    "path", ["/site/x/app.js", "/site/../routes.py", "/site/%2e%2e/routes.py", "/site/", "/films"]
)
async def test_nothing_else_is_served(session: aiohttp.ClientSession, path: str) -> None:
    async with session.get(path) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_options_of_everything_is_answered(session: aiohttp.ClientSession) -> None:
    """Its path, as sent, is no address."""
    at = session._base_url
    assert at is not None
    reader, writer = await asyncio.open_connection(at.host, at.port)
    writer.write(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert not answer.startswith(b"HTTP/1.1 5"), answer


NOWHERE: Final = (
    "/films", "/evenings/", "/site/x/app.js", "/s/gone", "/a/x/y", "/film/unknown",
    "/evening/abc", "/evening/abc/history", "/person/me",
)  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize(
    ("language", "title"), [("en", "There is no such page"), ("ru", "Такой страницы нет")]
)
async def test_a_browser_gets_a_page_for_an_address_that_leads_nowhere(
    session: aiohttp.ClientSession, path: str, language: str, title: str
) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": "de"}
    cookies = {LANGUAGE_COOKIE: language}
    async with session.get(path, headers=headers, cookies=cookies) as page:
        assert (page.status, page.content_type) == (404, "text/html")
        document = await page.text()
        assert f'<html lang="{language}">' in document
        assert f"<h1>{title}</h1>" in document
        assert '<a href="/">' in document
        assert "script" not in page.headers["Content-Security-Policy"]
    async with session.head(path, headers=headers) as head:
        assert (head.status, head.content_type) == (404, "text/html")


@pytest.mark.parametrize("path", [f"/{one}/nothing" for one in sorted(FOR_PROGRAMS)])
async def test_where_only_programs_ask_a_browser_gets_a_problem_too(
    session: aiohttp.ClientSession, path: str
) -> None:
    async with session.get(path, headers={"Accept": BROWSER}) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
    async with session.post("/films", headers={"Accept": BROWSER}) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")


def test_router_and_server_know_the_same_addresses() -> None:
    router = (STATIC / "shell" / "router.js").read_text()
    assert dict(re.findall(r"^  \['([^']+)', '(\w+)'", router, re.MULTILINE)) == PAGES


def test_the_gateway_leaves_the_site_every_address_but_those_of_others() -> None:
    gateway = (ROOT / "deploy" / "gateway" / "site" / "open.conf").read_text()
    pattern, _ = re.findall(r"location ~ (\S+) \{", gateway)
    for address in (*PAGES, "/site/x/app.js", "/films", "/apis"):
        assert re.search(pattern, address)
    for first in {*FOR_PROGRAMS, "a", "s"}:
        assert not re.search(pattern, f"/{first}")
        assert not re.search(pattern, f"/{first}/x")


def test_every_import_leads_to_a_file_and_every_file_is_loaded() -> None:
    named = {
        (module.parent / found).resolve()
        for module in list_modules()
        for found in re.findall(r"from '(\.[^']+)'", module.read_text())
    }
    assert [one for one in named if not one.exists()] == []
    by_name = {STATIC / "app.js", STATIC / "words" / "en.js", STATIC / "words" / "ru.js"}
    pages = set((STATIC / "pages").iterdir())
    assert {one.resolve() for one in list_modules()} == (named | by_name | pages) - {
        STATIC / "vendor" / "lit-html.js"
    }


@pytest.mark.parametrize(("module", "field", "operation"), TEXTS)
def test_a_field_has_the_name_that_the_api_names_if_it_is_wrong(
    module: str, field: str, operation: str
) -> None:
    method, path = operation.split()
    taken = json.loads(API.read_text())["paths"][path][method]
    body = taken.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = {one["name"] for one in taken["parameters"]}
    assert field in parameters | body.get("schema", {}).get("properties", {}).keys()
    source = (STATIC / module).read_text()
    assert f"'{field}'" in source or f'name="{field}"' in source


def test_no_field_cuts_a_text_silently() -> None:
    assert [one.name for one in list_modules() if "maxlength" in one.read_text().lower()] == []


def test_the_example_week_leaves_boris_free_to_ask_as_the_readme_says() -> None:
    evenings = json.loads((STATIC / "example_week.json").read_text())
    of_tour = next(one for one in evenings if one["title"].startswith("Матрица"))
    assert of_tour["host"] == "anna"
    taken = [(one["days"], who) for one in evenings for who in (one["host"], *one["guests"])]
    assert (of_tour["days"], "boris") not in taken
    assert len(set(taken)) == len(taken)  # Nobody has two evenings on a day.


def test_a_visitor_loads_little() -> None:
    everything = {one: one.stat().st_size for one in STATIC.rglob("*.*") if one.is_file()}
    del everything[STATIC / "vendor" / "lit-html.LICENSE"]  # No page loads it.
    of_english = sum(size for one, size in everything.items() if "en" in {one.stem, *one.parts})
    assert sum(everything.values()) - of_english < BYTES_MAX
