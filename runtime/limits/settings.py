"""Sets how many requests a minute one person, and one address, may make.

A limit cannot be switched off, but it can be set to a large number.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork

PerMinute = Annotated[int, Field(ge=1, le=100_000_000)]


class PersonLimits(BaseModel):
    """Limits of one person at any address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reads: PerMinute = 1_200
    searches: PerMinute = 300
    """Lists, and reads that ClickHouse answers."""
    exports: PerMinute = 6
    """Archives of all that is held about the person."""
    writes: PerMinute = 600
    """At all command processes together, because the leader counts every write."""
    posts: PerMinute = 30
    """Posts in chats, at all command processes together."""


class AddressLimits(BaseModel):
    """Limits of one address (of IPv6, a /64). Many people may be behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reads: PerMinute = 12_000
    searches: PerMinute = 3_000
    exports: PerMinute = 60
    writes: PerMinute = 6_000
    posts: PerMinute = 1_200
    public: PerMinute = 1_200
    """Pages, feeds and short links, which need no token."""
    misses: PerMinute = 300
    """Invalid tokens and unknown links, which is what guessing looks like."""
    operator: PerMinute = 1_200
    neighbours: PerMinute = 60_000
    """The stand-in, which our own services call."""


class RateLimits(BaseModel):
    """All rate limits of a process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: PersonLimits = PersonLimits()
    address: AddressLimits = AddressLimits()
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """`X-Forwarded-For` counts only in requests from one of these networks."""
