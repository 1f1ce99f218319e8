"""Reads the settings of a command process."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from pydantic import AliasChoices, Field, NonNegativeFloat, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.leader.answering import SUBMIT_DEADLINE_S
from command_api.leader.timing import Timing
from contracts.write_levels import NEWEST, READ_BY_ALL
from runtime.auth.secret import Secret
from runtime.auth.tokens import TokenSettings
from runtime.journal.kafka_access import KafkaAccess
from runtime.outside.wiring import OutsideSettings
from runtime.service.settings import CommaSeparated, ServiceSettings
from runtime.service.shared_rules import SharedRuleSettings

HOURS_A_YEAR: Final = 8_760


class RuleSettings(SharedRuleSettings):
    """The rules of a cell. Give all its processes the same ones: the leader decides by its own."""

    model_config = SettingsConfigDict(
        env_prefix="COMMAND_API_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    evenings_open_max: PositiveInt = DEFAULT_RULES.evenings_open_max
    drafts_max: PositiveInt = DEFAULT_RULES.drafts_max
    broadcasts_max: PositiveInt = DEFAULT_RULES.broadcasts_max
    invitations_of_host_a_day_max: PositiveInt = DEFAULT_RULES.invitations_of_host_a_day_max
    invitations_of_pair_a_day_max: PositiveInt = DEFAULT_RULES.invitations_of_pair_a_day_max
    invitations_of_guest_a_day_max: PositiveInt = DEFAULT_RULES.invitations_of_guest_a_day_max
    invite_links_max: PositiveInt = DEFAULT_RULES.invite_links_max
    erasure_delay_h: Annotated[PositiveFloat, Field(le=HOURS_A_YEAR)] = (
        DEFAULT_RULES.erasure_delay / timedelta(hours=1)
    )
    """How long a person can take back the wish to be erased."""
    publish_targets: CommaSeparated = ()
    """Names of the targets to which authors may publish, as in `NOTIFIER_PUBLISH_TARGETS`."""
    write_level: Annotated[PositiveInt, Field(le=NEWEST)] | None = None
    """Events of later levels are not recorded (`contracts.write_levels`). Raise it
    once every process of the cell is of a build that can read them. By default every process of
    this release and of the one before can."""

    def rules(self, write_level: int = READ_BY_ALL) -> Rules:
        """Return the rules. `write_level` is for a cell whose settings do not say one."""
        return Rules(
            **msgspec.structs.asdict(self.shared_rules()),
            evenings_open_max=self.evenings_open_max,
            drafts_max=self.drafts_max,
            broadcasts_max=self.broadcasts_max,
            invitations_of_host_a_day_max=self.invitations_of_host_a_day_max,
            invitations_of_pair_a_day_max=self.invitations_of_pair_a_day_max,
            invitations_of_guest_a_day_max=self.invitations_of_guest_a_day_max,
            invite_links_max=self.invite_links_max,
            erasure_delay=timedelta(seconds=round(self.erasure_delay_h * 3600)),
            publish_targets=frozenset(self.publish_targets),
            write_level=self.write_level or write_level,
        )


class Settings(ServiceSettings, RuleSettings):
    """Built once in `main` and passed down; nothing else reads the environment."""

    host: str = "127.0.0.1"
    port: int = 8001
    own_url: str
    """Address at which the other command processes of the cell reach this one."""
    cell_secret: Secret
    """Shared by the command processes of one cell."""
    peers: CommaSeparated = ()
    """Addresses of the command processes of the cell. Commands are forwarded, with the secret,
    only to these, even if a Claim names another address. A cell of one process needs none."""
    kafka_bootstrap_servers: str = Field(
        validation_alias=AliasChoices(
            "COMMAND_API_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"
        )
    )
    kafka: KafkaAccess = KafkaAccess()
    journal_topic: str | None = None
    """By default that of the cell."""
    image_file: Path | None = None
    """The SQLite file in which this process keeps its image. No other process may use it.
    Without it the image is in memory only, and each start folds the whole journal."""
    keep_old_journal_s: NonNegativeFloat = 60.0
    """After a renewal the leader deletes the old journal when it has led in the new one for so
    long."""
    operator_token: Secret = Field(
        validation_alias=AliasChoices("COMMAND_API_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN"),
    )
    """Opens the operator's routes."""
    neighbours: OutsideSettings
    token: TokenSettings
    heartbeat_timeout_s: PositiveFloat = Timing().heartbeat_timeout_s
    submit_deadline_s: PositiveFloat = SUBMIT_DEADLINE_S

    @property
    def own_name(self) -> str:
        """The name by which the other processes of the cell call this one."""
        return urlsplit(self.own_url).hostname or ""

    def timing(self) -> Timing:
        return Timing(heartbeat_timeout_s=self.heartbeat_timeout_s)
