"""How much one person and one address may ask for in a minute.

There is no "off": whoever needs more sets a larger number.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork

PerMinute = Annotated[int, Field(ge=1, le=100_000_000)]


class PersonLimits(BaseModel):
    """Of one person, whatever the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reads: PerMinute = 1_200
    searches: PerMinute = 300
    """Lists, and what ClickHouse answers."""
    writes: PerMinute = 600
    """Of all command processes together: the leader counts, since every write passes it."""


class AddressLimits(BaseModel):
    """Of one address (of IPv6 a /64), whoever asks: many people may be behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reads: PerMinute = 12_000
    searches: PerMinute = 3_000
    writes: PerMinute = 6_000
    public: PerMinute = 1_200
    """Pages, feeds and short links, which need no token."""
    misses: PerMinute = 300
    """Tokens that do not hold, and links that lead nowhere: what guessing looks like."""
    operator: PerMinute = 1_200
    neighbours: PerMinute = 60_000
    """The stand-in, which our own services call."""


class RateLimits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    person: PersonLimits = PersonLimits()
    address: AddressLimits = AddressLimits()
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Only what comes from one of these says by `X-Forwarded-For` for whom it asks."""
