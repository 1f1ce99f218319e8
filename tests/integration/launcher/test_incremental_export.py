"""`practix analysts export`: each row is in the folder once, whatever ended the runs."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import typer
from fastapi import FastAPI

from deploy import nightly_export
from launcher.analyst_client import AnalystClient
from launcher.client import RequestRefused
from launcher.exports.exporting import LOCK, export_new
from launcher.exports.manifest import NAME, TABLES, load_manifest
from launcher.verbs.analysts import register_incremental_export
from projector.analysts.service import AnalystsService
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from query_api.analysts.export import TABLES as SERVED
from query_api.analysts.routes import build_router
from query_api.edge.history_reads import HistoryReads
from runtime.auth.operators import OperatorGuard
from runtime.clickhouse.migrations import ANALYSTS_READER
from runtime.clickhouse.port import Columns
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from runtime.process.file_lock import FileLock
from runtime.pseudonyms import Pseudonyms
from tests.histories.stated import StatedHistory, evenings_in_march
from tests.integration.launcher.invoking import SECRET, build_practix
from tests.paths import ROOT
from tests.servers.clickhouse_engines import Databases
from tests.servers.http_server import served
from tests.servers.nothing_saved import asker_of_ready_questions
from tests.waiting import eventually

KEY: Final = Pseudonyms("the key of the tests")
OTHER_KEY: Final = Pseudonyms("another key of the tests")
QUICK: Final = HISTORY_LIMITS._replace(pause_s=0.0, idle_wait_s=0.05)
HALF: Final = 15
SMALL: Final = 6
"""Positions of a file, so that there are several."""


class ExportSite(NamedTuple):
    """The served analysts' database of a journal that a test writes."""

    url: str
    databases: Databases
    journal: SqliteJournal
    stated: StatedHistory

    @property
    def client(self) -> AnalystClient:
        return AnalystClient(self.url, SECRET)

    async def follow(self, end: int | None = None, key: Pseudonyms = KEY) -> None:
        """Write the journal up to the position `end`, and bring the database there."""
        await self.stated.chain.write_to(self.journal, end=end)
        newest = self.stated.chain.seq if end is None else end
        history, analysts = self.databases
        services = (
            HistoryService(self.journal, history, limits=QUICK),
            AnalystsService(self.journal, analysts, history, key, limits=QUICK),
        )
        for one in services:
            await one.start()
        await eventually(lambda: all(one.position >= newest for one in services))
        for one in services:
            await one.stop()

    async def keys(self, table: str) -> list[tuple[int, ...]]:
        """Return the keys of all rows of a table, in the order of an export."""
        key = SERVED[table][1]
        found = await self.databases.analysts.query(
            f"SELECT {key} FROM {table} FINAL ORDER BY {key}"
        )
        return [tuple(row) for row in found.rows]


@pytest.fixture
async def site(
    open_databases: Callable[[], Databases], tmp_path: Path
) -> AsyncIterator[ExportSite]:
    databases, journal = open_databases(), SqliteJournal(tmp_path / "journal.db")
    app = FastAPI()
    install_problems(app)
    reads = HistoryReads(databases.analysts, MIN_POSITION_WAIT_S, ANALYSTS_READER)
    asker = asker_of_ready_questions(databases.analysts)
    app.include_router(build_router(asker, databases.analysts, reads, OperatorGuard(SECRET)))
    async with served(app) as url:
        yield ExportSite(url, databases, journal, evenings_in_march())
    await databases.close()
    await journal.close()


def exported(folder: Path, table: str) -> list[tuple[int, ...]]:
    """Return the keys of the rows in the files of a table. The manifest names all there are."""
    files = load_manifest(folder).table(table).files
    assert {folder / one.name for one in files} == set((folder / table).iterdir())
    columns = [name.strip() for name in SERVED[table][1].split(",")]
    keys: list[tuple[int, ...]] = []
    for one in files:
        content = (folder / one.name).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (one.bytes, one.sha256)
        rows = pq.read_table(folder / one.name, columns=columns).to_pylist()
        assert len(rows) == one.rows > 0
        keys += [tuple(row[name] for name in columns) for row in rows]
        assert all(one.first <= row[columns[0]] <= one.last for row in rows)
    return keys


async def assert_complete(site: ExportSite, folder: Path) -> None:
    for table in TABLES:
        assert exported(folder, table) == await site.keys(table), table
        assert load_manifest(folder).table(table).position == site.stated.chain.seq


async def test_each_run_adds_what_is_new(site: ExportSite, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    await site.follow(HALF)
    first = await export_new(site.client, folder, SMALL)
    assert (first.position, first.files > 2, first.rows > HALF // 2) == (HALF, True, True)
    assert (await export_new(site.client, folder, SMALL)).files == 0
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    await site.follow()
    second = await export_new(site.client, folder, SMALL)
    assert second.position == site.stated.chain.seq
    await assert_complete(site, folder)
    assert {path: path.stat().st_mtime_ns for path in before} == before


async def test_killed_at_any_step_the_next_run_goes_on(site: ExportSite, tmp_path: Path) -> None:
    await site.follow()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.integration.launcher.export_until_killed"),
        *(site.url, SECRET, str(tmp_path / "exports"), str(HALF)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await child.communicate()
    assert child.returncode == 0
    runs = int(told)
    assert runs > 25
    expected = {table: await site.keys(table) for table in TABLES}
    for number in range(1, runs + 1):
        folder = tmp_path / "exports" / str(number)
        done = await export_new(site.client, folder, HALF)
        assert done.position == site.stated.chain.seq
        assert {table: exported(folder, table) for table in TABLES} == expected, number
        assert not list(folder.rglob("*.part"))


async def test_other_pseudonyms_need_another_folder(site: ExportSite, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    await site.follow(HALF)
    await export_new(site.client, folder)
    before = {table: exported(folder, table) for table in TABLES}
    await site.follow(key=OTHER_KEY)
    with pytest.raises(RequestRefused, match="new folder"):
        await export_new(site.client, folder)
    assert {table: exported(folder, table) for table in TABLES} == before
    await export_new(site.client, tmp_path / "another")
    await assert_complete(site, tmp_path / "another")


async def test_while_the_tables_are_emptied_nothing_is_exported(
    site: ExportSite, tmp_path: Path
) -> None:
    await site.follow()
    marker: Columns = {"reader": [ANALYSTS_READER + OTHER_KEY.fingerprint], "seq": [0]}
    await site.databases.analysts.insert("history_position", marker)
    with pytest.raises(RequestRefused):
        await export_new(site.client, tmp_path / "export")
    assert not (tmp_path / "export" / NAME).exists()


async def test_a_folder_that_is_not_as_written_is_refused(site: ExportSite, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    await site.follow(HALF)
    await export_new(site.client, folder)
    some = next(folder.rglob("*.parquet"))
    some.write_bytes(b"something else")
    with pytest.raises(RequestRefused, match="not what was written"):
        await export_new(site.client, folder)
    (folder / NAME).write_text("{}]")
    with pytest.raises(RequestRefused, match="cannot be read"):
        await export_new(site.client, folder)


async def test_two_do_not_write_into_one_folder(site: ExportSite, tmp_path: Path) -> None:
    await site.follow(HALF)
    lock = FileLock(tmp_path / LOCK)
    lock.acquire()
    with pytest.raises(RequestRefused, match="held by another"):
        await export_new(site.client, tmp_path)
    lock.release()
    assert (await export_new(site.client, tmp_path)).position == HALF


async def test_verb_and_job_tell_what_they_did(
    site: ExportSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await site.follow(HALF)
    practix = build_practix(_register, site.url)
    told = await practix("analysts", "export", "--into", str(tmp_path / "export"), "--json")
    assert told.exit_code == 0, told.output
    assert msgspec.json.decode(told.stdout)["position"] == HALF
    await site.follow()
    assert await asyncio.to_thread(nightly_export.export, site.client, tmp_path / "export")
    assert '"position": ' + str(site.stated.chain.seq) in capsys.readouterr().out
    nowhere = AnalystClient("http://127.0.0.1:1", SECRET)
    assert not await asyncio.to_thread(nightly_export.export, nowhere, tmp_path / "export")
    assert capsys.readouterr().out.startswith("not exported: ")


def _register(app: typer.Typer, connect: Any, run: Any) -> None:
    group = typer.Typer()
    register_incremental_export(group, connect, run)

    @group.command("other")
    def other() -> None:
        """Keep `export` a verb of the group."""

    app.add_typer(group, name="analysts")

    @app.callback()
    def root() -> None:
        """Keep `analysts` a group."""
