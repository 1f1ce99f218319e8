"""Accounts and rights at a real broker, with the very properties that the compose file has."""

import re
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import pytest
import yaml
from pydantic import SecretStr

from deploy.up import SECRETS
from launcher.servers.kafka import KafkaServer
from launcher.servers.process import free_port
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_access import KafkaAccess, grant_journal
from runtime.journal.kafka_topics import create_topic
from runtime.journal.port import JournalError
from tests.conftest import running
from tests.paths import ROOT

SECURITY: Final = ("listener.", "sasl.", "authorizer.", "super.", "inter.broker.")
TIMEOUT_S: Final = 20.0


def password(account: str) -> str:
    return f"of-tests-{account}"


def access(account: str, secret: str | None = None) -> KafkaAccess:
    return KafkaAccess(username=account, password=SecretStr(secret or password(account)))


def properties_of_compose() -> dict[str, str]:
    """What the compose file says of accounts and rights, as the image makes properties of it."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    found = {}
    for name, value in services["kafka"]["environment"].items():
        key = name.removeprefix("KAFKA_").lower().replace("_", ".")
        if key.startswith(SECURITY):
            found[key] = re.sub(r"\$\{KAFKA_(\w+?)_PASSWORD:[^}]*\}", secret_for, str(value))
    return found


def secret_for(variable: re.Match[str]) -> str:
    assert f"KAFKA_{variable[1]}_PASSWORD" in SECRETS
    account = variable[1].lower()
    return password("kafka_ui" if account == "ui" else account)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    internal = f"INTERNAL://{{host}}:{free_port()}"
    listeners = f"CLIENTS://{{host}}:{{port}},{internal}"
    server = KafkaServer(
        tmp_path_factory.mktemp("kafka-with-accounts"),
        properties={
            **properties_of_compose(),
            "listeners": f"{listeners},CONTROLLER://{{host}}:{{controller_port}}",
            "advertised.listeners": listeners,
        },
        client_options=access("admin").client_options(),
    )
    yield from running(server)


@pytest.fixture
async def topic(broker: KafkaServer) -> str:
    """A journal that the compose file's accounts may use as they may there."""
    name = f"journal-{uuid4().hex}"
    options = access("admin").client_options()
    await create_topic(broker.bootstrap_servers, name, replication_factor=1, client_options=options)
    await grant_journal(
        broker.bootstrap_servers,
        name,
        writers=["command_api"],
        readers=["projector", "notifier"],
        timeout_s=TIMEOUT_S,
        client_options=options,
    )
    return name


def journal(broker: KafkaServer, topic: str, known_as: KafkaAccess) -> KafkaJournal:
    return KafkaJournal(
        broker.bootstrap_servers,
        topic,
        connect_timeout_s=TIMEOUT_S,
        append_timeout_s=TIMEOUT_S,
        client_options=known_as.client_options(),
    )


async def append(to: KafkaJournal, payload: bytes) -> None:
    writer = await to.open_writer()
    try:
        await writer.append(payload)
    finally:
        await writer.close()


async def read_one(of: KafkaJournal) -> bytes:
    cursor = await of.open_cursor(0)
    try:
        return (await cursor.fetch(TIMEOUT_S))[0].payload
    finally:
        await cursor.close()


async def test_what_the_command_api_appends_is_read_by_the_others(
    broker: KafkaServer, topic: str
) -> None:
    await append(journal(broker, topic, access("command_api")), b"a record")
    for reader in ("command_api", "projector", "notifier"):
        assert await read_one(journal(broker, topic, access(reader))) == b"a record"


@pytest.mark.parametrize("reader", ["projector", "notifier"])
async def test_a_reader_cannot_append(broker: KafkaServer, topic: str, reader: str) -> None:
    with pytest.raises(JournalError):
        await append(journal(broker, topic, access(reader)), b"forged")
    assert await journal(broker, topic, access("projector")).end() == 0


async def test_an_account_without_rights_does_not_even_see_the_topic(
    broker: KafkaServer, topic: str
) -> None:
    with pytest.raises(JournalError, match="there is no topic"):
        await read_one(journal(broker, topic, access("kafka_ui")))


@pytest.mark.parametrize(
    "stranger",
    [access("projector", "a guess"), access("nobody"), KafkaAccess()],
    ids=["wrong password", "unknown account", "no account"],
)
async def test_a_stranger_is_not_let_in(
    broker: KafkaServer, topic: str, stranger: KafkaAccess
) -> None:
    with pytest.raises(JournalError):
        await read_one(journal(broker, topic, stranger))


async def test_only_an_administrator_grants(broker: KafkaServer, topic: str) -> None:
    with pytest.raises(JournalError):
        await grant_journal(
            broker.bootstrap_servers,
            topic,
            writers=["projector"],
            readers=[],
            timeout_s=TIMEOUT_S,
            client_options=access("projector").client_options(),
        )


async def test_the_command_api_alone_makes_and_drops_the_logs_of_renewed_journals(
    broker: KafkaServer, topic: str
) -> None:
    later = journal(broker, topic, access("command_api")).at_generation(9)
    with pytest.raises(JournalError):
        await journal(broker, topic, access("projector")).at_generation(9).create()
    await later.create()
    await append(later, b"a record")
    readers = [journal(broker, topic, access(one)) for one in ("projector", "notifier")]
    for reader in readers:
        assert await reader.list_generations() == [1, 9]
        assert await read_one(reader.at_generation(9)) == b"a record"
        with pytest.raises(JournalError):
            await reader.at_generation(9).drop()
    await journal(broker, topic, access("command_api")).drop()
    assert await later.list_generations() == [9]
