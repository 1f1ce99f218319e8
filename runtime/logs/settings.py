"""The settings of the log (`PRACTIX_LOGS__…`)."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Level = Literal["debug", "info", "warning", "error", "critical"]
Format = Literal["auto", "json", "text"]


def _demand_writable(path: Path) -> Path:
    place = path if path.exists() else path.parent
    if path.is_dir() or not os.access(place, os.W_OK):
        raise ValueError("not a file that can be written in a folder that exists")
    return path


class LogSettings(BaseModel):
    """What a process logs, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level = "info"
    """Lines below it are left out. Libraries never log below `info`: what they say there quotes
    what they send."""
    format: Format = "auto"
    """`auto` is `text` if stderr is a terminal, and `json` otherwise."""
    success_share: float = Field(1.0, ge=0.0, le=1.0)
    """Of requests and commands that went well, the share that have a line."""
    file: Annotated[Path, AfterValidator(_demand_writable)] | None = None
    """A file to which all lines from `info` on are appended as JSON, besides stderr."""
