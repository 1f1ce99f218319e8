"""Analysts save questions for each other: checked when saved, confined like anybody's own SQL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import msgspec
import pytest

from launcher.analyst_client import AnalystClient
from launcher.verbs import questions
from query_api.analysts import routes, saved_questions, saved_routes
from query_api.analysts.asking import Asker
from query_api.analysts.questions import ready_questions, version_of
from query_api.analysts.saved_questions import SavedQuestions
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.process.clock import system_clock
from tests.integration.launcher.invoking import Practix, build_practix
from tests.integration.query_api.analysts.deployed import Reply, deployed, send
from tests.servers.http_server import served

ANALYST: Final = "the analysts' token of the tests"
SQL: Final = """
    SELECT type, count() AS n FROM events WHERE type LIKE %(pattern)s AND seq >= %(first)s
    GROUP BY type ORDER BY type
"""
QUESTION: Final[dict[str, Any]] = {
    "sql": SQL,
    "title": "Events by type",
    "description": "As many as there are.",
    "parameters": [
        {"name": "pattern", "kind": "text", "default": "booking.%"},
        {"name": "first", "kind": "int", "default": "1"},
    ],
    "plot": {"kind": "bars", "x": "type", "ys": ["n"]},
}
REFUSED: Final[dict[str, dict[str, Any]]] = {
    "writes": {"sql": "DROP TABLE events"},
    "reads what is closed": {"sql": "SELECT * FROM system.tables"},
    "reads a file": {"sql": "SELECT * FROM file('/etc/passwd', 'CSV', 'line String')"},
    "two statements": {"sql": "SELECT 1; SELECT 2"},
    "no such table": {"sql": "SELECT * FROM secrets"},
    "no title": {"title": " "},
    "an undeclared parameter": {"sql": "SELECT %(what)s AS type, 1 AS n"},
    "a default of another kind": {
        "parameters": [{"name": "first", "kind": "int", "default": "soon"}]
    },
    "a column that is not there": {"plot": {"kind": "bars", "x": "kind", "ys": ["n"]}},
    "a text without end": {"sql": f"SELECT '{'x' * 20_000}' AS type, 1 AS n"},
    "a misspelt field": {"titel": "Events"},
}


class AnalystsSite:
    """A query process with the rights that it has when deployed."""

    def __init__(self, url: str, session: aiohttp.ClientSession, owner: asyncpg.Pool) -> None:
        self.root = url
        self._url = f"{url}/api/v1/operator/ask"
        self._session = session
        self.owner = owner

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str = ANALYST,
        language: str = "*",
    ) -> Reply:
        url, headers = self._url + path, {"Accept-Language": language}
        return await send(self._session, method, url, token, body, **headers)

    async def save(self, name: str = "by_type", **changes: Any) -> Reply:
        return await self.send("PUT", f"/questions/{name}", QUESTION | changes)

    async def names(self) -> list[str]:
        listed = (await self.send("GET", "")).body["questions"]
        return [one["name"] for one in listed if one["saved_at"]]


@pytest.fixture
async def site(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[AnalystsSite]:
    async with deployed(tmp_path, postgres_dsn) as found:
        guard = OperatorGuard(ANALYST)
        asker = Asker(found.analytics, SavedQuestions(found.pool))
        history = HistoryReads(found.analytics, MIN_POSITION_WAIT_S)
        found.app.include_router(routes.build_router(asker, found.analytics, history, guard))
        found.app.include_router(saved_routes.build_router(asker, history, guard, system_clock))
        async with served(found.app) as url, aiohttp.ClientSession() as session:
            yield AnalystsSite(url, session, found.owner)


async def test_a_saved_question_is_listed_and_asked_like_a_ready_one(site: AnalystsSite) -> None:
    saved = await site.save()
    assert saved.status == 201, saved.body
    listed = (await site.send("GET", "")).body["questions"]
    assert [one["name"] for one in listed] == [*ready_questions(), "by_type"]
    assert listed[-1]["parameters"] == QUESTION["parameters"]
    asked = {"name": "by_type", "parameters": {"pattern": "announcement.c%"}}
    answer = (await site.send("POST", "?plot_width=300", asked)).body
    assert [row[0] for row in answer["rows"]] == ["announcement.cancelled", "announcement.created"]
    assert answer["version"] == version_of(SQL) == saved.body["version"]
    assert answer["drawing"]["series"] == ["n"]
    by_defaults = (await site.send("GET", "?name=by_type")).body
    assert {row[0].partition(".")[0] for row in by_defaults["rows"]} == {"booking"}


async def test_another_text_has_another_version(site: AnalystsSite) -> None:
    first = await site.save()
    again = await site.save(sql=f"{SQL} DESC")
    assert (first.status, again.status) == (201, 200)
    kept = await site.send("GET", "/questions/by_type")
    assert kept.body["sql"].endswith("DESC")
    assert kept.body["version"] == again.body["version"] != first.body["version"]
    assert await site.names() == ["by_type"]


async def test_a_deleted_question_is_gone(site: AnalystsSite) -> None:
    await site.save()
    assert (await site.send("DELETE", "/questions/by_type")).status == 204
    for method, path in (("DELETE", "/questions/by_type"), ("GET", "?name=by_type")):
        assert (await site.send(method, path)).status == 404
    assert await site.names() == []


@pytest.mark.parametrize("why", REFUSED)
async def test_what_could_not_be_asked_is_not_saved(site: AnalystsSite, why: str) -> None:
    refused = await site.save(**REFUSED[why])
    assert refused.status == 422, refused.body
    assert await site.names() == []


async def test_a_value_stays_a_value(site: AnalystsSite) -> None:
    await site.save()
    parameters = {"pattern": "' OR 1 = 1; DROP TABLE events --"}
    answer = await site.send("POST", "", {"name": "by_type", "parameters": parameters})
    assert (answer.status, answer.body["rows"]) == (200, [])
    wrong = {"name": "by_type", "parameters": {"first": "1 OR 1"}}
    assert (await site.send("POST", "", wrong)).status == 422
    unknown = {"name": "by_type", "parameters": {"last": "1"}}
    assert (await site.send("POST", "", unknown)).status == 422


@pytest.mark.parametrize(
    ("name", "status"),
    [("request_funnel", 403), ("By_Type", 404), ("by%00type", 404), ("x" * 61, 404)],
)
async def test_some_names_cannot_be_given(site: AnalystsSite, name: str, status: int) -> None:
    assert (await site.save(name)).status == status
    assert (await site.send("DELETE", f"/questions/{name}")).status == status
    assert await site.names() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sql": "SELECT 1", "name": "by_type"},
        {"name": "by_type", "plot": {"kind": "bars", "x": "type", "ys": ["n"]}},
        {"sql": "SELECT 1", "parameters": {}},
    ],
)
async def test_a_question_is_either_named_or_written(site: AnalystsSite, body: Any) -> None:
    assert (await site.send("POST", "", body)).body["code"] == "malformed_body"


async def test_there_is_room_for_so_many_whoever_saves_at_once(
    site: AnalystsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_questions, "SAVED_MAX", 2)
    answers = await asyncio.gather(*(site.save(f"question_{number}") for number in range(4)))
    assert sorted(one.status for one in answers) == [201, 201, 403, 403]
    kept = await site.names()
    assert len(kept) == 2
    assert (await site.save(kept[0])).status == 200


async def test_nobody_else_may_read_or_save_any(site: AnalystsSite) -> None:
    await site.save()
    for method, body in (("GET", None), ("PUT", QUESTION), ("DELETE", None)):
        answer = await site.send(method, "/questions/by_type", body, "another token")
        assert answer.status == 401
    assert await site.names() == ["by_type"]


async def test_without_the_table_ready_questions_are_answered_all_the_same(
    site: AnalystsSite,
) -> None:
    await site.owner.execute("DROP TABLE access.saved_questions")
    assert (await site.send("GET", "?name=request_funnel")).status == 200
    assert (await site.save()).status == 503


async def test_titles_of_ready_questions_are_in_the_language_that_is_accepted(
    site: AnalystsSite,
) -> None:
    await site.save()
    funnel = ready_questions()["request_funnel"]
    for language, title in (("ru", funnel.title.ru), ("en", funnel.title.en)):
        listed = (await site.send("GET", "", language=language)).body["questions"]
        titles = {one["name"]: one["title"] for one in listed}
        assert (titles["request_funnel"], titles["by_type"]) == (title, QUESTION["title"])
        asked = await site.send("POST", "", {"name": "request_funnel"}, language=language)
        shown = await site.send("GET", "/questions/request_funnel", language=language)
        assert asked.body["question"]["title"] == shown.body["title"] == title


@pytest.fixture
def practix(site: AnalystsSite) -> Practix:
    """Run a verb of the group `analysts`."""
    return build_practix(
        questions.register, site.root, client=lambda url, _: AnalystClient(url, ANALYST)
    )


async def test_verbs_save_show_list_and_delete_questions(
    site: AnalystsSite, practix: Practix, tmp_path: Path
) -> None:
    await site.save()
    shown = await practix("show", "by_type")
    assert shown.exit_code == 0, shown.stderr
    file = tmp_path / "by_kind.sql"
    file.write_text(shown.stdout.replace("Events by type", "Events by kind"))
    assert (await practix("save", str(file))).stdout == "saved by_type\n"
    kept = (await site.send("GET", "/questions/by_type")).body
    assert kept["title"] == "Events by kind"
    assert {key: kept[key] for key in ("parameters", "description")} == {
        key: QUESTION[key] for key in ("parameters", "description")
    }
    assert kept["version"] == version_of(SQL)

    saved = await practix("save", str(file), "--name", "by_kind", "--json")
    assert msgspec.json.decode(saved.stdout) == {"name": "by_kind", "saved": True, "is_new": True}
    listed = msgspec.json.decode((await practix("list", "--json")).stdout)["questions"]
    assert [one["name"] for one in listed] == ["by_kind", "by_type"]
    assert "Events by kind" in (await practix("list")).stdout
    assert (await practix("delete", "by_kind")).stdout == "deleted by_kind\n"
    assert await site.names() == ["by_type"]


async def test_verbs_say_what_is_wrong_with_a_question(
    site: AnalystsSite, practix: Practix, tmp_path: Path
) -> None:
    untitled, writes = tmp_path / "untitled.sql", tmp_path / "writes.sql"
    untitled.write_text("SELECT 1")
    writes.write_text("-- title: T\nDROP TABLE events")
    for words, status, reason in (
        (("save", str(untitled)), 2, "no `-- title"),
        (("save", str(tmp_path / "absent.sql")), 2, "No such file"),
        (("save", str(writes)), 1, "a question begins with"),
        (("save", str(writes), "--name", "request_funnel"), 1, "403"),
        (("save", str(writes), "--name", "../ask"), 1, "no question can be called"),
        (("show", "absent"), 1, "404"),
        (("delete", "absent"), 1, "404"),
        (("delete", "request_funnel"), 1, "403"),
    ):
        result = await practix(*words)
        assert result.exit_code == status, (words, result.stderr)
        # The terminal's frame breaks lines where it likes.
        said = " ".join(result.stderr.replace("\u2502", " ").split())
        assert reason in said, (words, said)
    await site.save(title="T", description="two\nlines")
    refused = await practix("show", "by_type")
    assert refused.exit_code == 2
    shown = msgspec.json.decode((await practix("show", "by_type", "--json")).stdout)
    assert shown["description"] == "two\nlines"
