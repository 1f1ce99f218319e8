"""The settings of the stand-in."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    FilePath,
    NonNegativeFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from runtime.auth.secret import Secret
from runtime.auth.token_keys import Algorithm
from runtime.auth.tokens import require_secret
from runtime.outside.channels import demand_known
from runtime.service.settings import CommaSeparated, ServiceSettings

_TARGET_START: Final = re.compile(r"https?://[^/\\]+/(.*/)?|/[^/\\]+/(.*/)?")


def _demand_final_slash(targets: tuple[str, ...]) -> tuple[str, ...]:
    """Demand a final slash: `http://a.example` would also allow `http://a.example.org`."""
    if not all(map(_TARGET_START.fullmatch, targets)):
        raise ValueError("each is an http(s) address or an absolute path, and ends in /")
    return targets


class StandInSettings(ServiceSettings):
    """Built once by `__main__` or the launcher and passed down."""

    model_config = SettingsConfigDict(
        env_prefix="NEIGHBOURS_", extra="forbid", populate_by_name=True
    )

    data_dir: Path
    """Folder of the one database file; made if it is missing."""
    public_url: str = "http://127.0.0.1:8000"
    """Address at which clients reach `/s/{code}`. Short links begin with it."""
    host: str = "127.0.0.1"
    port: PositiveInt = 8000

    operator_token: Secret = Field(
        validation_alias=AliasChoices("NEIGHBOURS_OPERATOR_TOKEN", "PRACTIX_OPERATOR_TOKEN")
    )
    """Opens every route, including super-users' tokens and the switches."""
    credential: Secret
    """Presented by our own services."""
    link_targets: Annotated[CommaSeparated, AfterValidator(_demand_final_slash)] = ()
    """Beginnings of further targets of short links, each ending in `/`. Public pages (`/a/…`)
    under `public_url` are always allowed."""

    hand_on: Annotated[dict[str, SecretStr], AfterValidator(demand_known)] = Field(default={})
    """Apprise addresses to which notices are handed on, by login, person's id or `*` (all)."""

    algorithm: Algorithm = "HS256"
    secret: Secret | None = None
    """Signs tokens with HS256. No default: it must be the secret that the services know."""
    private_key_file: FilePath | None = None
    """PEM; signs tokens with RS256 or ES256."""
    issuer: str = "practix-auth"
    audience: str = "practix"
    token_lifetime: timedelta = timedelta(days=1)
    clock_offset_s: NonNegativeFloat = Field(
        default=0.0,
        validation_alias=AliasChoices("NEIGHBOURS_CLOCK_OFFSET_S", "PRACTIX_CLOCK_OFFSET_S"),
    )

    @model_validator(mode="after")
    def _can_sign(self) -> Self:
        require_secret(self.algorithm, self.secret)
        if self.algorithm != "HS256" and self.private_key_file is None:
            raise ValueError(f"{self.algorithm} needs private_key_file")
        return self
