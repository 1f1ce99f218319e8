"""Settings of a query process."""

from pydantic import AliasChoices, Field, PositiveFloat
from pydantic_settings import SettingsConfigDict

from query_api.streams.limits import DEFAULT, StreamLimits
from runtime.auth.secret import Secret
from runtime.auth.tokens import TokenSettings
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.outside.wiring import OutsideSettings
from runtime.service.cell import ZONE_DEFAULT, CellZone
from runtime.service.settings import ClickHouseDsn, PostgresDsn, ServiceSettings
from runtime.service.shared_rules import SharedRuleSettings


class Settings(SharedRuleSettings, ServiceSettings):  # The last base says how to read both.
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
    """Without it, reads of the history are unavailable; everything else works."""
    clickhouse_analyst_dsn: ClickHouseDsn | None = Field(
        None,
        validation_alias=AliasChoices(
            "QUERY_API_CLICKHOUSE_ANALYST_DSN", "PROJECTOR_CLICKHOUSE_ANALYST_DSN"
        ),
    )
    """The read-only account that runs analysts' SQL (deploy/clickhouse/analyst.xml), always in the
    analysts' database. Earlier versions read it from the second name."""
    operator_token: Secret | None = Field(
        None, validation_alias=AliasChoices("QUERY_API_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN")
    )
    """Opens the routes for analysts. Without it there are none."""
    analyst_token: Secret | None = Field(
        None, validation_alias=AliasChoices("QUERY_API_ANALYST_TOKEN", "PRACTIX_ANALYST_TOKEN")
    )
    """Opens the routes for analysts as well, and nothing else."""
    clickhouse_investigator_dsn: ClickHouseDsn | None = None
    """The read-only account that runs SQL on the history (deploy/clickhouse/investigator.xml)."""
    investigator_token: Secret | None = Field(
        None,
        validation_alias=AliasChoices("QUERY_API_INVESTIGATOR_TOKEN", "PRACTIX_INVESTIGATOR_TOKEN"),
    )
    """Opens SQL on the history itself. Without it nobody asks the history."""
    neighbours: OutsideSettings
    token: TokenSettings
    feed_secret: Secret
    """Signs the addresses of calendar feeds; another secret makes all old ones invalid."""
    public_url: str = ""
    """Address of this system for other sites. It stands before the paths of public pages, as in
    the notifier's setting of the same name. By default pages name the address of the request."""
    site_url: str = ""
    """The front page of the site, for links of public pages; `/` if it is on this host. By default
    there is no site."""
    zone: CellZone = ZONE_DEFAULT
    pool_size: int = Field(16, ge=4)
    """Connections to PostgreSQL. One listens, one keeps the tables from being dropped, half of
    the others answer by single statements, and the rest hold snapshots."""
    min_position_timeout_s: PositiveFloat = MIN_POSITION_WAIT_S
    streams: StreamLimits = DEFAULT
