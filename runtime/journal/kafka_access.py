"""Configures a process's account at Kafka, and grants rights on the journal's topic.

A broker with an authorizer denies by default: an account can do only what it was granted. The
codes of resources, patterns, operations and permissions are those of Kafka's protocol
(CreateAcls, `org.apache.kafka.common.acl`).
"""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest
from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from runtime.journal.kafka_clients import translate_kafka_errors
from runtime.journal.kafka_topics import LATER_INFIX
from runtime.journal.port import JournalUnavailable

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

_TOPIC: Final = 2
_LITERAL: Final = 3
_PREFIXED: Final = 4
_ALLOW: Final = 3
_READ: Final = 3
_WRITE: Final = 4
_CREATE: Final = 5
_DELETE: Final = 6
_DESCRIBE_CONFIGS: Final = 10


class KafkaAccess(BaseModel):
    """A process's account and transport. By default there is no account, and no encryption."""

    model_config = ConfigDict(frozen=True)

    username: str | None = None
    password: SecretStr | None = None
    mechanism: Mechanism = "PLAIN"
    tls: bool = False
    ca_file: Path | None = None
    """With `tls`: the certificates to trust. By default those of the system."""

    @model_validator(mode="after")
    def _is_complete(self) -> "KafkaAccess":
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password must be set together")
        return self

    def client_options(self) -> dict[str, Any]:
        """Return the options for every aiokafka client."""
        options: dict[str, Any] = {"security_protocol": "SSL" if self.tls else "PLAINTEXT"}
        if self.username is not None and self.password is not None:
            options = {
                "security_protocol": "SASL_SSL" if self.tls else "SASL_PLAINTEXT",
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password.get_secret_value(),
            }
        if self.tls:
            options["ssl_context"] = ssl.create_default_context(cafile=self.ca_file)
        return options


async def grant_journal(
    bootstrap_servers: str,
    topic: str,
    *,
    writers: Iterable[str],
    readers: Iterable[str],
    timeout_s: float,
    client_options: Mapping[str, Any],
) -> None:
    """Let `writers` append to the topic and read it, and `readers` only read it. The same holds
    for the topics of renewed journals, which the writers also make and delete.

    The caller's account must be allowed to change rights. Rights that exist stay. Raises
    JournalUnavailable, also if the broker has no authorizer.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap_servers,
        request_timeout_ms=round(timeout_s * 1000),
        **client_options,
    )
    rights = [(name, right) for name in writers for right in (_READ, _WRITE, _DELETE)]
    rights += [(name, right) for name in readers for right in (_READ, _DESCRIBE_CONFIGS)]
    later = [(name, _CREATE) for name in writers]
    try:
        with translate_kafka_errors():
            async with asyncio.timeout(timeout_s):
                await admin.start()
                for account, operation in rights:
                    await _allow(admin, topic, _LITERAL, account, operation)
                for account, operation in (*rights, *later):
                    await _allow(admin, topic + LATER_INFIX, _PREFIXED, account, operation)
    finally:
        await admin.close()


async def _allow(
    admin: AIOKafkaAdminClient, topic: str, pattern: int, account: str, operation: int
) -> None:
    """Grant one right. aiokafka has the message, but no public way to send it."""
    answer = await admin._send_to_controller(
        CreateAclsRequest(_TOPIC, topic, pattern, f"User:{account}", "*", operation, _ALLOW)
    )
    for code, reason in answer.creation_responses:
        if code:
            raise JournalUnavailable(f"{topic}, {account}: {for_code(code).__name__} {reason}")


class KafkaSettings(Protocol):
    """The settings of a process that reads or writes the journal in Kafka."""

    @property
    def kafka_bootstrap_servers(self) -> str: ...

    @property
    def journal_topic(self) -> str | None: ...

    @property
    def cell(self) -> str: ...

    @property
    def kafka(self) -> KafkaAccess: ...
