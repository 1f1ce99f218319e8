"""Settings of a query process."""

from pydantic import AliasChoices, Field, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.neighbours.wiring import NeighbourSettings
from runtime.tokens import TokenSettings


class Settings(BaseSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix="QUERY_API_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    host: str = "127.0.0.1"
    port: int = 8002
    postgres_dsn: SecretStr = Field(
        validation_alias=AliasChoices("POSTGRES_DSN", "QUERY_API_POSTGRES_DSN")
    )
    clickhouse_dsn: SecretStr | None = Field(
        None, validation_alias=AliasChoices("CLICKHOUSE_DSN", "QUERY_API_CLICKHOUSE_DSN")
    )
    """Without it what rests on the history is unavailable; everything else works."""
    neighbours: NeighbourSettings
    token: TokenSettings
    feed_secret: SecretStr = Field(min_length=16)
    """Signs the addresses of calendar feeds; another secret makes all old ones invalid."""
    hide_guest_list: bool = False
    """Whether guests are hidden from each other; set it alike for the command processes."""
    pool_size: PositiveInt = 16
    min_position_timeout_s: PositiveFloat = 2.0
