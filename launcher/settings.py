"""What a person may set when starting a system by hand."""

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeFloat
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Built once by the command line; nothing else reads the environment."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    port: int = Field(8000, validation_alias="PORT", ge=1, le=65535)
    data: Path = Field(Path(".data"), validation_alias="PRACTIX_DATA")
    profile: Literal["embedded", "servers"] = Field("embedded", validation_alias="PRACTIX_PROFILE")
    clock_offset_s: NonNegativeFloat = Field(0.0, validation_alias="PRACTIX_CLOCK_OFFSET_S")
    operator_token: str | None = Field(None, validation_alias="PRACTIX_OPERATOR_TOKEN")
