"""Settings of a query process."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from query_api.rules import DEFAULT_RULES, Rules
from runtime.cors import Origins
from runtime.http_limits import HttpLimits
from runtime.limits.settings import RateLimits
from runtime.neighbours.wiring import NeighbourSettings
from runtime.secret import Secret
from runtime.settings import ClickHouseDsn, CommaSeparated, PostgresDsn
from runtime.tokens import TokenSettings


class Settings(BaseSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix="QUERY_API_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    host: str = "127.0.0.1"
    cors_origins: Origins = ()
    port: int = 8002
    http: HttpLimits = Field(
        HttpLimits(), validation_alias=AliasChoices("QUERY_API_HTTP", "PRACTIX_HTTP")
    )
    hosts: CommaSeparated = Field(
        (), validation_alias=AliasChoices("QUERY_API_HOSTS", "PRACTIX_HOSTS")
    )
    """Names under which requests may come, besides those of loopback; `*` for any."""
    postgres_dsn: PostgresDsn = Field(
        validation_alias=AliasChoices("QUERY_API_POSTGRES_DSN", "POSTGRES_DSN")
    )
    clickhouse_dsn: ClickHouseDsn | None = Field(
        None, validation_alias=AliasChoices("QUERY_API_CLICKHOUSE_DSN", "CLICKHOUSE_DSN")
    )
    """Without it what rests on the history is unavailable; everything else works."""
    neighbours: NeighbourSettings
    token: TokenSettings
    feed_secret: Secret
    """Signs the addresses of calendar feeds; another secret makes all old ones invalid."""
    rate_limits: RateLimits = Field(
        RateLimits(), validation_alias=AliasChoices("PRACTIX_RATE_LIMITS", "QUERY_API_RATE_LIMITS")
    )
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
