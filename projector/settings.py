"""Settings of a projector process."""

from pathlib import Path

from pydantic import AliasChoices, Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from projector.analysts.retention import DAYS_MAX
from projector.rebuild.room import PostgresRoom
from runtime.auth.secret import Secret
from runtime.following.reader import BatchLimits
from runtime.journal.kafka_access import KafkaAccess
from runtime.service.settings import ClickHouseDsn, PostgresDsn, ServiceSettings


class Settings(ServiceSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="PROJECTOR_")

    host: str = "127.0.0.1"
    port: int = 8003
    kafka_bootstrap_servers: str = Field(
        validation_alias=AliasChoices(
            "PROJECTOR_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"
        )
    )
    kafka: KafkaAccess = KafkaAccess()
    journal_topic: str | None = None
    """By default that of the cell."""
    postgres_dsn: PostgresDsn = Field(
        validation_alias=AliasChoices("PROJECTOR_POSTGRES_DSN", "POSTGRES_DSN")
    )
    clickhouse_dsn: ClickHouseDsn | None = Field(
        None, validation_alias=AliasChoices("PROJECTOR_CLICKHOUSE_DSN", "CLICKHOUSE_DSN")
    )
    """If absent, no history is written; everything else works."""
    verify_directory: Path | None = None
    """Where verify folds the journal and keeps checkpoints: on a disk, with room for about half
    the journal. If absent, it folds in the system's place for temporary files and keeps none."""
    postgres_directory: Path | None = None
    """A directory on PostgreSQL's disk, if this machine has that disk. A rebuild for which there is
    no room is refused."""
    postgres_bytes_max: PositiveInt | None = None
    """How large the database may become. A rebuild for which it would be larger is refused."""
    operator_token: Secret = Field(
        validation_alias=AliasChoices("PROJECTOR_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN"),
    )
    analysts_days_max: NonNegativeInt = DAYS_MAX
    """For how many days, in the journal's time, the analysts' database keeps what happened; whole
    months are dropped. 0: for ever."""
    batch_events_max: PositiveInt = 20_000
    batch_pause_ms: PositiveFloat = 5.0
    """Under load a batch starts at most this often; it bounds what one costs."""

    def room(self) -> PostgresRoom:
        return PostgresRoom(self.postgres_directory, self.postgres_bytes_max)

    def limits(self) -> BatchLimits:
        return BatchLimits(events_max=self.batch_events_max, pause_s=self.batch_pause_ms / 1000)
