"""Settings of a notifier process."""

from pydantic import AliasChoices, Field, PositiveInt
from pydantic_settings import SettingsConfigDict

from contracts.notices import Kind
from notifier.dispatcher import DISPATCHERS, DispatcherPace
from notifier.forgetting.retention import KEEP_DAYS, KEEP_DAYS_MAX, KEEP_DAYS_MIN
from notifier.publishing.targets import PublishTargets
from runtime.auth.secret import Secret
from runtime.auth.tokens import TokenSettings
from runtime.journal.kafka_access import KafkaAccess
from runtime.outside.wiring import OutsideSettings
from runtime.service.cell import ZONE_DEFAULT, CellZone
from runtime.service.settings import PostgresDsn, ServiceSettings


class Settings(ServiceSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="NOTIFIER_")

    host: str = "127.0.0.1"
    port: int = 8004
    kafka_bootstrap_servers: str = Field(
        validation_alias=AliasChoices("NOTIFIER_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS")
    )
    kafka: KafkaAccess = KafkaAccess()
    journal_topic: str | None = None
    """By default that of the cell."""
    postgres_dsn: PostgresDsn = Field(
        validation_alias=AliasChoices("NOTIFIER_POSTGRES_DSN", "POSTGRES_DSN")
    )
    operator_token: Secret = Field(
        validation_alias=AliasChoices("NOTIFIER_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN"),
    )
    neighbours: OutsideSettings
    token: TokenSettings
    public_url: str = ""
    """Address of `/a/{announcement_id}` for clients, if the shortener is on another host."""
    zone: CellZone = ZONE_DEFAULT
    keep_days: int = Field(KEEP_DAYS, ge=KEEP_DAYS_MIN, le=KEEP_DAYS_MAX)
    """For how many days of log time finished notices are kept, here and at Notification."""
    publish_targets: PublishTargets = Field({})
    """The targets to which announcements can be published, by the names that authors state."""
    approval_kinds: tuple[Kind, ...] = ()
    """Kinds of notices that go only once an operator has approved them."""
    dispatchers: PositiveInt = DISPATCHERS
    """How many batches of notices are sent side by side."""
    sent_at_once: PositiveInt = 32
    """How many notices of a batch are being sent at the same time."""
    pool_size: PositiveInt = 10

    def pace(self) -> DispatcherPace:
        return DispatcherPace(at_once=self.sent_at_once)
