"""The settings of the log (`PRACTIX_LOGS__…`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Level = Literal["debug", "info", "warning", "error", "critical"]
Format = Literal["auto", "json", "text"]


class LogSettings(BaseModel):
    """What a process logs, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level = "info"
    """Lines below it are left out. Libraries never log below `info`: what they say there quotes
    what they send."""
    format: Format = "auto"
    """`auto` is `text` if stderr is a terminal, and `json` otherwise."""
