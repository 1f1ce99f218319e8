"""Settings of a query process."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from query_api.edge.rules import DEFAULT_RULES, Rules
from runtime.outside.wiring import OutsideSettings
from runtime.secret import Secret
from runtime.settings import ClickHouseDsn, PostgresDsn, ServiceSettings
from runtime.tokens import TokenSettings


class Settings(ServiceSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="QUERY_API_")

    host: str = "127.0.0.1"
    port: int = 8002
    postgres_dsn: PostgresDsn = Field(
        validation_alias=AliasChoices("QUERY_API_POSTGRES_DSN", "POSTGRES_DSN")
    )
    clickhouse_dsn: ClickHouseDsn | None = Field(
        None, validation_alias=AliasChoices("QUERY_API_CLICKHOUSE_DSN", "CLICKHOUSE_DSN")
    )
    """Without it what rests on the history is unavailable; everything else works."""
    clickhouse_analyst_dsn: ClickHouseDsn | None = Field(
        None,
        validation_alias=AliasChoices(
            "QUERY_API_CLICKHOUSE_ANALYST_DSN", "PROJECTOR_CLICKHOUSE_ANALYST_DSN"
        ),
    )
    """The read-only account that runs analysts' SQL (deploy/clickhouse/analyst.xml). The second
    name is the one of earlier versions."""
    operator_token: Secret | None = Field(
        None, validation_alias=AliasChoices("QUERY_API_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN")
    )
    """Opens the routes for analysts. Without it there are none."""
    neighbours: OutsideSettings
    token: TokenSettings
    feed_secret: Secret
    """Signs the addresses of calendar feeds; another secret makes all old ones invalid."""
    gap_min: NonNegativeInt = 0
    pending_blocks: bool = False
    hide_guest_list: bool = False
    """These three as for the command processes (`Rules`)."""
    days_of: ZoneInfo = DEFAULT_RULES.days_of
    pool_size: PositiveInt = 16
    min_position_timeout_s: PositiveFloat = 2.0

    def rules(self) -> Rules:
        return Rules(
            gap=timedelta(minutes=self.gap_min),
            pending_blocks=self.pending_blocks,
            hide_guest_list=self.hide_guest_list,
            days_of=self.days_of,
        )
