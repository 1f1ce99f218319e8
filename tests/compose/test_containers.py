"""Containers as servers of tests: where they listen, and that nothing of them stays."""

import subprocess

import asyncpg
import pytest

from tests.compose.images import build, why_no_engine
from tests.servers import containers
from tests.servers.containers import ContainerFailed, postgres_container, service


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> str:
    """The image that compose now asks for."""
    if reason := why_no_engine():
        pytest.fail(reason, pytrace=False)
    for variable, image in build(["POSTGRES_IMAGE"]).items():
        monkeypatch.setenv(variable, image)
    return image


def ports_of(image: str) -> list[str]:
    """Of every container of the image, running or not."""
    asked = ["docker", "ps", "--all", "--filter", f"ancestor={image}", "--format", "{{.Ports}}"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


async def test_a_container_listens_on_loopback_only_and_is_gone_afterwards(stand_in: str) -> None:
    before = ports_of(stand_in)
    with postgres_container() as server:
        connection = await asyncpg.connect(server.dsn)
        assert await connection.fetchval("SELECT current_database()") == "practix"
        await connection.close()
        (mine,) = set(ports_of(stand_in)) - set(before)
        assert mine.startswith("127.0.0.1:")
        assert mine.count("->") == 1
    assert ports_of(stand_in) == before


def test_a_server_that_ends_at_once_says_why_and_is_removed(
    stand_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, asked = ports_of(stand_in), service("postgres")
    broken = asked._replace(environment={**asked.environment, "PGDATA": "/proc/nowhere"})
    monkeypatch.setattr(containers, "service", lambda _: broken)
    with pytest.raises(ContainerFailed, match=r"ended at once: .*/proc/nowhere"):
        postgres_container().__enter__()
    assert ports_of(stand_in) == before
