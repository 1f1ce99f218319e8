"""Settings of a notifier process."""

from pydantic import AliasChoices, Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifier.dispatcher import Pace
from runtime.cors import Origins
from runtime.http_limits import HttpLimits
from runtime.journals.kafka_access import KafkaAccess
from runtime.limits.settings import RateLimits
from runtime.neighbours.wiring import NeighbourSettings
from runtime.secret import Secret
from runtime.settings import CommaSeparated, PostgresDsn
from runtime.tokens import TokenSettings


class Settings(BaseSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix="NOTIFIER_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    host: str = "127.0.0.1"
    cors_origins: Origins = ()
    port: int = 8004
    http: HttpLimits = Field(
        HttpLimits(), validation_alias=AliasChoices("NOTIFIER_HTTP", "PRACTIX_HTTP")
    )
    hosts: CommaSeparated = Field(
        (), validation_alias=AliasChoices("NOTIFIER_HOSTS", "PRACTIX_HOSTS")
    )
    """Names under which requests may come, besides those of loopback; `*` for any."""
    kafka_bootstrap_servers: str = Field(
        validation_alias=AliasChoices("NOTIFIER_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS")
    )
    kafka: KafkaAccess = KafkaAccess()
    journal_topic: str = "practix.journal"
    postgres_dsn: PostgresDsn = Field(
        validation_alias=AliasChoices("NOTIFIER_POSTGRES_DSN", "POSTGRES_DSN")
    )
    operator_token: Secret = Field(
        validation_alias=AliasChoices("NOTIFIER_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN"),
    )
    neighbours: NeighbourSettings
    token: TokenSettings
    rate_limits: RateLimits = Field(
        RateLimits(), validation_alias=AliasChoices("PRACTIX_RATE_LIMITS", "NOTIFIER_RATE_LIMITS")
    )
    public_url: str = ""
    """Where clients reach `/a/{announcement_id}`, if the shortener is on another host."""
    sent_at_once: PositiveInt = 16
    pool_size: PositiveInt = 8

    def pace(self) -> Pace:
        return Pace(at_once=self.sent_at_once)
