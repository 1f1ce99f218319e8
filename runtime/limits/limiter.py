"""Limits the rate of requests: by address before anything else, by person once known.

The front controller (`runtime.front`) counts the address. It also tells the client what is
left, with `RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10,
and answers 429 with `Retry-After`. The person is counted once the token was verified
(`admit`). A refused request is processed no further: it reaches neither a table nor the journal,
and its line in the log has the level `debug`.
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic
from typing import Final, NamedTuple

from prometheus_client import Counter
from starlette.requests import Request
from starlette.types import Scope

from contracts.errors import RateLimited
from contracts.values.ids import PersonId
from runtime.limits.buckets import MINUTE_S, Buckets, Seconds
from runtime.limits.routes import WriteClass, class_of, is_guessable
from runtime.limits.settings import AddressLimits, PersonLimits, RateLimits

REFUSED: Final = Counter(
    "practix_rate_limited_requests", "requests refused by a rate limit", ["policy"]
)
_ADMISSION: Final = "practix.admission"
"""The name of a request's admission in its scope."""


class Policy:
    """One limit. Clients see it as `"writes-of-person";q=600;w=60`."""

    __slots__ = ("_buckets", "_header", "_prefix", "name")

    def __init__(self, name: str, per_minute: int, clock: Seconds) -> None:
        self.name = name
        self._buckets = Buckets(per_minute, clock=clock)
        self._prefix = f'"{name}"'.encode()
        policy = f'"{name}";q={per_minute};w={MINUTE_S:.0f}'
        self._header = (b"ratelimit-policy", policy.encode())

    def take(self, key: str) -> None:
        """Count one request. Raises RateLimited."""
        if wait_s := self._buckets.take(key):
            raise self._refusal(wait_s)

    def demand(self, key: str) -> None:
        """Raises RateLimited if `take` would, but counts nothing."""
        if wait_s := self._buckets.wait_s(key):
            raise self._refusal(wait_s)

    def headers(self, key: str) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
        """Return the headers that tell the limit, and what is left of it for `key`."""
        left = b"%b;r=%d;t=%d" % (self._prefix, *self._buckets.tokens_left(key))
        return self._header, (b"ratelimit", left)

    def _refusal(self, wait_s: float) -> RateLimited:
        REFUSED.labels(self.name).inc()
        return RateLimited(ceil(wait_s), self.name)


class Limiter:
    """The limits of one process, for everything that it serves."""

    def __init__(self, limits: RateLimits, clock: Seconds = monotonic) -> None:
        self.limits: Final = limits
        self._people = _policies("person", limits.person, clock)
        self._addresses = _policies("address", limits.address, clock)

    def find_rules(self, method: str, path: str) -> "AdmissionRules | None":
        """Return the limits for a request; None if it is not limited. Paths that differ only in
        ids have the same."""
        kind = class_of(method, path)
        if kind is None:
            return None
        misses = self._addresses["misses"]
        if kind == "peers":
            return AdmissionRules(AdmissionOfPeer, misses, misses)
        guessable = kind in ("public", "writes") and is_guessable(path)
        of_person = self._people.get(kind)
        return AdmissionRules(Admission, self._addresses[kind], misses, of_person, guessable)

    def admit_write(self, person_id: PersonId, kind: WriteClass = "writes") -> None:
        """Count a command that another process forwarded. Raises RateLimited."""
        self._people[kind].take(person_id)


class AdmissionRules(NamedTuple):
    """The limits for the requests of a route."""

    kind: type["Admission"]
    of_address: Policy
    misses: Policy
    of_person: Policy | None = None
    guessable: bool = False
    """Whether knowing the path is enough to read something."""

    def open(self, scope: Scope) -> "Admission":
        """Return the admission of a request that is about to begin, and keep it in its scope."""
        client = scope["client"]
        admission = self.kind(self, address_of(client[0]) if client else "")
        scope[_ADMISSION] = admission
        return admission


class Admission:
    """One request's way through the limits."""

    __slots__ = ("_address", "_key", "_policy", "_rules")

    def __init__(self, rules: AdmissionRules, address: str) -> None:
        self._rules = rules
        self._address = address
        self._policy = rules.of_address
        self._key = address

    def take(self) -> None:
        """Count the request for its address. Raises RateLimited."""
        if self._rules.guessable:
            self._rules.misses.demand(self._address)
        self._policy.take(self._address)

    def take_for(self, person_id: PersonId) -> None:
        """Count the request for the person. The response then shows the person's limit.
        Raises RateLimited."""
        if self._rules.of_person is not None:
            self._policy, self._key = self._rules.of_person, person_id
            self._policy.take(person_id)

    def note(self, status: int) -> None:
        """Count the response if it is one that a guesser gets. Raises RateLimited after too
        many."""
        if status == 401 or (status == 404 and self._rules.guessable):
            self._rules.misses.take(self._address)

    def headers(self) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
        """Return the headers for the last limit that the request was counted against."""
        return self._policy.headers(self._key)


class AdmissionOfPeer(Admission):
    """The admission of a command that another process forwards. Only wrong secrets (403) are
    counted."""

    __slots__ = ()

    def take(self) -> None:
        """Let the request in: its secret was not checked yet."""

    def note(self, status: int) -> None:
        if status == 403:
            self._rules.misses.take(self._address)


def admission_of(request: Request) -> Admission | None:
    """Return the admission of a request; None if it is not limited, or if its app has no front
    controller, such as a benchmark's or a test's."""
    admission: Admission | None = request.scope.get(_ADMISSION)
    return admission


def admit(request: Request, person_id: PersonId) -> None:
    """Count the request for the person who sent it. Raises RateLimited."""
    if (admission := admission_of(request)) is not None:
        admission.take_for(person_id)


@lru_cache(maxsize=4_096)
def address_of(host: str) -> str:
    """Return the key under which a client's address is counted. For IPv6 it is the /64, which
    belongs to one household."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{address.packed[:8].hex()}/64"


def _policies(
    whose: str, limits: PersonLimits | AddressLimits, clock: Seconds
) -> dict[str, Policy]:
    return {
        name: Policy(f"{name}-of-{whose}", per_minute, clock)
        for name, per_minute in limits.model_dump().items()
    }
