"""Limits the time and memory that one HTTP connection, and all of them together, may take."""

from typing import Final

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, PositiveInt


class HttpLimits(BaseModel):
    """The limits of an HTTP server. Set them for all servers with `PRACTIX_HTTP__<NAME>`, or
    for one with `<SERVICE>_HTTP__<NAME>`."""

    model_config = ConfigDict(frozen=True)

    head_bytes_max: PositiveInt = 32 * 1024
    """Size of request line and headers. More is answered with 431."""
    headers_max: PositiveInt = 100
    head_s_max: PositiveFloat = 10.0
    """Time from the first byte of a request to the end of its head. For the first request of
    a connection it begins when the connection opens."""
    body_s_max: PositiveFloat = 20.0
    """Time from the end of the head to the end of the body. A later body is answered with 408."""
    write_s_max: PositiveFloat = 30.0
    """How long a client may leave a full buffer unread."""
    keep_alive_s: PositiveInt = 15
    """How long a connection may be idle between requests."""
    connections_max: PositiveInt = 2_000
    """Number of open connections. A further one replaces an idle one, or gets 503 if none is
    idle."""
    drain_s: NonNegativeFloat = 5.0
    """After SIGTERM: how long `/readyz` says no before the listener closes, so that load
    balancers stop sending."""
    grace_s: PositiveInt = 35
    """After that: how long requests that have begun may still take."""


DEFAULT: Final = HttpLimits()
