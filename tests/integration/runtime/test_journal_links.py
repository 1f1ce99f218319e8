"""A reader finds out by itself that its connection to the broker is dead."""

import asyncio
from pathlib import Path
from typing import Final

from launcher.servers.kafka import KafkaServer
from launcher.servers.process import HOST, ServerUnavailable, free_port
from runtime.journal.kafka import APPEND_TIMEOUT_S, KafkaJournal
from runtime.journal.kafka_topics import create_topic
from tests.conftest import unavailable
from tests.torture.proxy import Proxy

FETCH_TIMEOUT_S: Final = 1.0


async def test_a_cursor_whose_connection_went_silent_reads_on(tmp_path: Path) -> None:
    """Long before an append would be given up: a leader is only heard by those who read."""
    link, behind = Proxy("reader"), free_port()
    broker = KafkaServer(
        tmp_path / "kafka",
        properties={
            "listeners": "PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port},"
            f"LINK://{HOST}:{behind}",
            "advertised.listeners": f"PLAINTEXT://{{host}}:{{port}},LINK://{HOST}:{link.port}",
            "listener.security.protocol.map": (
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LINK:PLAINTEXT"
            ),
        },
    )
    await link.start(behind)
    try:
        await broker.start()
        await create_topic(broker.bootstrap_servers, "journal", replication_factor=1)
        writer = await KafkaJournal(broker.bootstrap_servers, "journal").open_writer()
        reading = KafkaJournal(f"{HOST}:{link.port}", "journal", fetch_timeout_s=FETCH_TIMEOUT_S)
        cursor = await reading.open_cursor(0)
        await writer.append(b"before")
        assert [entry.payload for entry in await cursor.fetch(10.0)] == [b"before"]
        link.forget()
        await writer.append(b"after")
        async with asyncio.timeout(APPEND_TIMEOUT_S / 2):
            while not (entries := await cursor.fetch(1.0)):
                pass
        assert [entry.payload for entry in entries] == [b"after"]
        await cursor.close()
        await writer.close()
    except ServerUnavailable as error:
        unavailable(str(error))
    finally:
        await link.stop()
        await broker.stop()
