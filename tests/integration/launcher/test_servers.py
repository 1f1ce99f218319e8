"""The servers come up on loopback, survive a kill, and leave nothing behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from clickhouse_driver import Client
from clickhouse_driver.errors import ServerException

from launcher.servers import clickhouse, kafka, postgres
from launcher.servers.clickhouse import ClickHouseServer
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer, end_orphan
from launcher.servers.postgres_account import account_of_nobody, prepare_home
from launcher.servers.process import DirectoryInUse, ServerFailed, ServerProcess
from tests.waiting import WITHIN_S

START_POSTGRES: Final = """
import asyncio, sys
from pathlib import Path
from launcher.servers.postgres import PostgresServer

server = PostgresServer(Path(sys.argv[1]))
asyncio.run(server.start())
print(server.pid, flush=True)
sys.stdin.read()
"""


async def backend_states(server: PostgresServer, pid: int) -> list[str]:
    connection = await asyncpg.connect(server.dsn)
    rows = await connection.fetch("SELECT state FROM pg_stat_activity WHERE pid = $1", pid)
    await connection.close()
    return [row["state"] for row in rows]


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            if not works(pid):
                return
            await asyncio.sleep(0.05)


def works(pid: int) -> bool:
    """Whether there is such a process; a zombie works no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def owner_of(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def start(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class TestPostgres:
    async def test_it_is_postgresql_16_and_knows_cyrillic(
        self, own_postgres_server: PostgresServer
    ) -> None:
        connection = await asyncpg.connect(own_postgres_server.dsn)
        assert (await connection.fetchval("SHOW server_version")).startswith("16.")
        assert await connection.fetchval("SELECT lower('КИНО В КОМПАНИИ')") == "кино в компании"
        assert await connection.fetchval("SHOW timezone") == "UTC"
        assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
        await connection.close()

    async def test_only_its_owner_comes_in_by_its_socket(
        self, own_postgres_server: PostgresServer
    ) -> None:
        connection = await asyncpg.connect(own_postgres_server.nearest_dsn)
        assert await connection.fetchval("SELECT inet_server_addr()") is None
        folder = Path(await connection.fetchval("SHOW unix_socket_directories"))
        assert folder.stat().st_mode & 0o077 == 0
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(own_postgres_server.nearest_dsn, password="guessed")
        await connection.close()

    async def test_a_path_too_long_for_a_socket_leaves_loopback(self, tmp_path: Path) -> None:
        async with PostgresServer(tmp_path / ("deep" * 25)) as server:
            assert server.nearest_dsn == server.dsn
            await note(server, "by loopback")

    async def test_no_socket_of_a_killed_server_is_left(self, tmp_path: Path) -> None:
        async with PostgresServer(tmp_path) as killed:
            await killed.kill()
            left = set((tmp_path / "cluster").glob(".s.PGSQL.*"))
        async with PostgresServer(tmp_path) as server:
            connection = await asyncpg.connect(server.nearest_dsn)
            await connection.close()
            assert left
            assert not left & set((tmp_path / "cluster").glob(".s.PGSQL.*"))

    async def test_it_asks_for_the_password(self, own_postgres_server: PostgresServer) -> None:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(own_postgres_server.dsn, password="guessed")

    async def test_what_was_committed_survives_a_kill(self, tmp_path: Path) -> None:
        async with PostgresServer(tmp_path) as server:
            await note(server, "before the kill")
            await server.kill()
            await server.start()
            assert await notes(server) == ["before the kill"]

    async def test_a_backend_that_outlives_its_killed_server_is_ended_first(
        self, tmp_path: Path
    ) -> None:
        async with PostgresServer(tmp_path) as server:
            await note(server, "before the kill")
            port = server.port
            connection = await asyncpg.connect(server.dsn)
            backend = connection.get_server_pid()
            endless = "SELECT count(*) FROM generate_series(1, 10000000000)"
            working = asyncio.create_task(connection.execute(endless))
            while "active" not in await backend_states(server, backend):
                await asyncio.sleep(0.01)
            await server.kill()
            os.kill(backend, 0)  # It works on, and holds the data.
            await server.start()
            await until_gone(backend)
            assert server.port == port
            assert await notes(server) == ["before the kill"]
            await asyncio.gather(working, return_exceptions=True)

    async def test_it_ends_with_a_killed_parent_and_starts_again(self, tmp_path: Path) -> None:
        parent = start(sys.executable, "-c", START_POSTGRES, str(tmp_path))
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        with pytest.raises(DirectoryInUse, match="in use by another process"):
            await PostgresServer(tmp_path).start()
        os.kill(parent.pid, signal.SIGKILL)
        parent.communicate()
        await until_gone(pid)
        async with PostgresServer(tmp_path) as server:
            assert server.pid != pid

    async def test_an_orphan_on_its_data_is_ended_first(self, tmp_path: Path) -> None:
        async with PostgresServer(tmp_path) as orphan:
            await note(orphan, "by the orphan")
            assert orphan.pid is not None
            await end_orphan(tmp_path / "cluster")
            await until_gone(orphan.pid)
        async with PostgresServer(tmp_path) as server:
            assert await notes(server) == ["by the orphan"]

    async def test_a_process_that_only_has_an_orphans_number_is_left_alone(
        self, tmp_path: Path
    ) -> None:
        async with PostgresServer(tmp_path) as server:
            await note(server, "kept")
        innocent = start("sleep", "60")
        (tmp_path / "cluster" / "postmaster.pid").write_text(f"{innocent.pid}\n")
        async with PostgresServer(tmp_path) as server:
            assert await notes(server) == ["kept"]
        assert innocent.poll() is None
        innocent.kill()
        innocent.communicate()

    async def test_an_interrupted_first_start_is_no_obstacle(self, tmp_path: Path) -> None:
        (tmp_path / "unfinished").mkdir()
        (tmp_path / "unfinished" / "PG_VERSION").write_text("16\n")
        async with PostgresServer(tmp_path) as server:
            await note(server, "works")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    async def test_without_namespaces_it_runs_as_nobody(self, tmp_path: Path) -> None:
        async with PostgresServer(tmp_path, account=account_of_nobody()) as server:
            await note(server, "as nobody")
            assert owner_of(server.pid) == account_of_nobody().uid
            await server.kill()
            await server.start()
            assert await notes(server) == ["as nobody"]
        shutil.rmtree(prepare_home(account_of_nobody(), tmp_path))

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    async def test_whoever_deletes_the_data_of_nobodys_server_begins_anew(
        self, tmp_path: Path
    ) -> None:
        data, nobody = tmp_path / "data", account_of_nobody()
        async with PostgresServer(data, account=nobody) as server:
            await note(server, "old")
        shutil.rmtree(data)
        async with PostgresServer(data, account=nobody) as server:
            await note(server, "new")
            assert await notes(server) == ["new"]
        shutil.rmtree(prepare_home(nobody, data))


async def note(server: PostgresServer, text: str) -> None:
    connection = await asyncpg.connect(server.dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
    await connection.execute("INSERT INTO notes VALUES ($1)", text)
    await connection.close()


async def notes(server: PostgresServer) -> list[str]:
    connection = await asyncpg.connect(server.dsn)
    rows = await connection.fetch("SELECT text FROM notes")
    await connection.close()
    return [row["text"] for row in rows]


class TestKafka:
    async def test_asking_for_a_topic_does_not_make_it(self, own_kafka_server: KafkaServer) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=own_kafka_server.bootstrap_servers)
        await admin.start()
        await admin.describe_topics(["never-made"])
        assert "never-made" not in await admin.list_topics()
        await admin.close()

    def test_the_pom_names_no_repository(self) -> None:
        pom = kafka.POM.read_text()
        assert "http" not in pom
        assert "<repositor" not in pom

    def test_what_is_missing_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "java" in (kafka.why_unavailable() or "")


class TestClickHouse:
    def test_it_answers_over_the_native_protocol(self, clickhouse_dsn: str) -> None:
        client = Client.from_url(clickhouse_dsn)
        try:
            client.execute("CREATE TABLE facts (seq UInt64) ENGINE = MergeTree ORDER BY seq")
            client.execute("INSERT INTO facts VALUES", [(number,) for number in range(10)])
            assert client.execute("SELECT sum(seq) FROM facts") == [(45,)]
            time = client.execute("SELECT toString(toDateTime(1000000000))")
            assert time == [("2001-09-09 01:46:40",)]  # In UTC.
        finally:
            client.disconnect()

    def test_it_asks_for_the_password(self, own_clickhouse_server: ClickHouseServer) -> None:
        client = Client(host="127.0.0.1", port=own_clickhouse_server.port, password="guessed")
        with pytest.raises(ServerException):
            client.execute("SELECT 1")
        client.disconnect()

    async def test_what_was_inserted_survives_a_kill(
        self, own_clickhouse_server: ClickHouseServer, tmp_path: Path
    ) -> None:
        del own_clickhouse_server  # Only says whether there can be one.
        async with ClickHouseServer(tmp_path) as server:
            execute(server, "CREATE TABLE facts (seq UInt64) ENGINE = MergeTree ORDER BY seq")
            execute(server, "INSERT INTO facts SELECT 7")
            await server.kill()
            await server.start()
            assert execute(server, "SELECT seq FROM facts") == [(7,)]

    def test_what_is_missing_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            "launcher.servers.clickhouse.shutil.which", lambda *_args, **_options: None
        )
        assert "clickhouse-server" in (clickhouse.why_unavailable() or "")


def execute(server: ClickHouseServer, statement: str) -> object:
    client = Client.from_url(server.dsn)
    try:
        return client.execute(statement)
    finally:
        client.disconnect()


async def test_a_server_that_ends_at_once_says_why(tmp_path: Path) -> None:
    process = ServerProcess("shell", tmp_path / "shell.log")
    process.start(["sh", "-c", "echo no such luck; exit 1"], cwd=tmp_path)

    async def never() -> bool:
        return False

    with pytest.raises(ServerFailed, match="no such luck"):
        await process.wait_ready(never)


async def test_a_server_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    process = ServerProcess("sleeper", tmp_path / "sleeper.log")
    process.start(["sleep", "60"], cwd=tmp_path)

    async def never() -> bool:
        return False

    with pytest.raises(ServerFailed, match="did not answer"):
        await process.wait_ready(never, deadline_s=0.1)
    assert not process.running


def test_postgres_is_available_wherever_the_wheel_is() -> None:
    assert postgres.why_unavailable() is None
