"""The settings of a system that a person starts by hand."""

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.notices import Kind
from notifier.forgetting.retention import KEEP_DAYS, KEEP_DAYS_MAX, KEEP_DAYS_MIN
from notifier.publishing.targets import PublishTargets
from projector.analysts.retention import DAYS_MAX
from runtime.auth.operators import OperatorTokens
from runtime.limits.settings import AddressLimits, PerMinute, RateLimits
from runtime.logs.settings import Level, LogSettings
from runtime.service.cell import UNNAMED, ZONE_DEFAULT, CellName, CellZone
from runtime.service.http_limits import HttpLimits
from runtime.service.settings import CommaSeparated, Origins


class LocalAddressLimits(AddressLimits):
    """Limits of an address on one machine, where everybody has the same address.

    The limits of a person, and of requests without a token, are the same as elsewhere.
    """

    reads: PerMinute = 1_200_000
    searches: PerMinute = 300_000
    writes: PerMinute = 600_000
    posts: PerMinute = 120_000
    neighbours: PerMinute = 1_200_000


class LocalRateLimits(RateLimits):
    address: LocalAddressLimits = LocalAddressLimits()


class LocalLogs(LogSettings):
    """The log of a system that a person watches in a terminal: only what needs attention."""

    level: Level = "warning"


class Settings(BaseSettings):
    """Built once by the command line. `launcher.profiles.embedded` reads the rules of its cell."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_nested_delimiter="__"
    )

    port: int = Field(8000, validation_alias="PORT", ge=1, le=65535)
    data: Path = Field(Path(".data"), validation_alias="PRACTIX_DATA")
    cell: CellName = Field(UNNAMED, validation_alias="PRACTIX_CELL")
    """The cell to run. Cells in one data directory share its secrets and outside services."""
    zone: CellZone = ZONE_DEFAULT
    profile: Literal["embedded", "servers"] = Field("embedded", validation_alias="PRACTIX_PROFILE")
    processes: int = Field(1, validation_alias="PRACTIX_PROCESSES", ge=1, le=9)
    """How many processes of each service the profile `servers` runs."""
    clock_offset_s: NonNegativeFloat = Field(0.0, validation_alias="PRACTIX_CLOCK_OFFSET_S")
    """Seconds by which the system's clock is ahead of the machine's."""
    analysts_days_max: NonNegativeInt = Field(
        DAYS_MAX, validation_alias="PROJECTOR_ANALYSTS_DAYS_MAX"
    )
    """For how many days the analysts' database keeps what happened; 0: for ever."""
    notices_keep_days: int = Field(
        KEEP_DAYS, validation_alias="NOTIFIER_KEEP_DAYS", ge=KEEP_DAYS_MIN, le=KEEP_DAYS_MAX
    )
    """For how many days finished notices are kept."""
    publish_targets: PublishTargets = Field({}, validation_alias="NOTIFIER_PUBLISH_TARGETS")
    """The targets to which announcements can be published, by the names in
    `COMMAND_API_PUBLISH_TARGETS`."""
    approval_kinds: tuple[Kind, ...] = Field((), validation_alias="NOTIFIER_APPROVAL_KINDS")
    """Kinds of notices that go only once an operator has approved them."""
    rate_limits: LocalRateLimits = Field(LocalRateLimits(), validation_alias="PRACTIX_RATE_LIMITS")
    logs: LocalLogs = Field(LocalLogs(), validation_alias="PRACTIX_LOGS")
    cors_origins: Origins = Field((), validation_alias="PRACTIX_CORS_ORIGINS")
    """Origins whose pages may use the API from a browser."""
    http: HttpLimits = Field(HttpLimits(), validation_alias="PRACTIX_HTTP")
    hosts: CommaSeparated = Field((), validation_alias="PRACTIX_HOSTS")
    """Further names that a request may call this system by, besides loopback; `*` for any."""
    operator_token: str | None = Field(None, validation_alias="PRACTIX_OPERATOR_TOKEN")
    operator_tokens: OperatorTokens = Field({}, validation_alias="PRACTIX_OPERATOR_TOKENS")
    """Tokens of operators of the embedded system, by the name of the person who holds each."""
    analyst_token: str | None = Field(None, validation_alias="PRACTIX_ANALYST_TOKEN")
    investigator_token: str | None = Field(None, validation_alias="PRACTIX_INVESTIGATOR_TOKEN")
