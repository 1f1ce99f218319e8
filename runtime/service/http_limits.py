"""How much time and room one HTTP connection, and all of them together, may take."""

from typing import Final

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt


class HttpLimits(BaseModel):
    """Of every HTTP server of ours; `PRACTIX_HTTP__<NAME>` or `<SERVICE>_HTTP__<NAME>`."""

    model_config = ConfigDict(frozen=True)

    head_bytes_max: PositiveInt = 32 * 1024
    """Request line and headers; more is 431."""
    headers_max: PositiveInt = 100
    head_s_max: PositiveFloat = 10.0
    """From the first byte of a request (of a connection, its start) to the end of its head."""
    body_s_max: PositiveFloat = 20.0
    """From the end of the head to the end of the body; later is 408. Bodies are small."""
    write_s_max: PositiveFloat = 30.0
    """How long a client may leave a full buffer unread."""
    keep_alive_s: PositiveInt = 15
    """How long a connection may be idle between requests."""
    connections_max: PositiveInt = 2_000
    """Beyond it an idle connection is closed for a new one; if none is idle, 503."""
    drain_s: NonNegativeFloat = 5.0
    """After SIGTERM: how long `/readyz` says no before the listener closes, so that whoever
    balances the load stops sending."""
    grace_s: PositiveInt = 35
    """How long requests that have begun may take after that."""


DEFAULT: Final = HttpLimits()
