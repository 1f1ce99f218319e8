"""Everything that can go wrong with a request.

`contracts.error_codes` has the codes that clients branch on. Nothing here knows about HTTP:
`runtime.http.problems` gives each code its status.

CommandError
├── Malformed                cannot be understood, or states something impossible
│   ├── TooLarge
│   ├── UnsupportedMediaType
│   └── KeyReused            the idempotency key belongs to another request
├── Unauthenticated          no token, or an invalid one
│   └── TokenExpired
├── Forbidden                known, but not allowed
├── NotFound                 absent or hidden: nobody can tell which
├── StaleVersion             somebody else changed it in between
├── UnknownHost              `Host` is not one of our names
├── RateLimited              too many requests
├── AlreadyRunning           something else has to end first
├── CommandRefused           a rule said no; recorded, so that it can be explained later
├── NeedsFact                a fact was not looked up; never leaves the process
└── Unavailable              nothing wrong with the request; the same one may work later
    ├── OutcomeUnknown       the command may or may not count; retry with the same key
    ├── NoLeader             nothing happened; nobody leads at the moment
    ├── Busy                 as many as can be are being served
    ├── NotEnabledYet        its events may not be written before the whole system is upgraded
    ├── NoRoom               a disk or a database has no room for what would be made
    ├── DependencyDown       an outside service does not answer
    │   └── DependencyRefused   it answers, but will never take this request
    └── ProjectionBehind     the read models have not reached the wanted position
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

from contracts.error_codes import ErrorCode, RefusalCode
from contracts.failure_codes import RunningCode

PROBLEM_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "instance", "code"})
"""Members of every problem (RFC 9457). No fact may have one of these names."""


class CommandError(Exception):
    """Base of all errors here. Clients get its code and its facts.

    Raises ValueError if a fact has the name of a problem's member, which would hide the fact.
    """

    default_code: ClassVar[ErrorCode] = "internal_error"

    def __init__(
        self, code: ErrorCode | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        self.code: ErrorCode = code or self.default_code
        self.facts: dict[str, Any] = dict(facts or {})
        if hidden := PROBLEM_MEMBERS.intersection(self.facts):
            raise ValueError(f"{self.code}: facts cannot be called {sorted(hidden)}")
        super().__init__(self.code, self.facts)


class Malformed(CommandError):
    default_code: ClassVar[ErrorCode] = "malformed_body"

    @classmethod
    def of_field(cls, field: str, code: ErrorCode, facts: Mapping[str, Any] | None = None) -> Self:
        """Return the error for a field of the body that breaks a rule. Its reason is the text of
        the code."""
        return cls(code, {**(facts or {}), "errors": [{"field": field, "code": code}]})


class TooLarge(Malformed):
    default_code = "too_large"


class UnsupportedMediaType(Malformed):
    default_code = "unsupported_media_type"


class KeyReused(Malformed):
    default_code = "key_reused"


class Unauthenticated(CommandError):
    default_code: ClassVar[ErrorCode] = "unauthenticated"


class TokenExpired(Unauthenticated):
    default_code = "token_expired"


class Forbidden(CommandError):
    default_code = "forbidden"


class NotFound(CommandError):
    """Has no facts: any fact could tell hidden from absent."""

    default_code = "not_found"

    def __init__(self) -> None:
        super().__init__()


class StaleVersion(CommandError):
    default_code = "stale_version"


class UnknownHost(CommandError):
    default_code = "unknown_host"


class RateLimited(CommandError):
    """Too many requests. `policy` is the name of the limit, as in the `RateLimit` header."""

    default_code = "rate_limited"

    def __init__(self, retry_after_s: int = 1, policy: str | None = None) -> None:
        facts = {"retry_after_s": retry_after_s}
        super().__init__(facts=facts if policy is None else facts | {"policy": policy})


class AlreadyRunning(CommandError):
    """What has the tables, or the parked events, to itself. It may take hours."""

    def __init__(self, running: RunningCode) -> None:
        super().__init__(running)


class CommandRefused(CommandError):
    """A rule said no, and the facts say why."""

    code: RefusalCode

    def __init__(self, code: RefusalCode, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, facts)


class NeedsFact(CommandError):
    """The decision needs `wanted` to be looked up first: `{"follows": [author_id, guest_id]}`."""

    default_code = "needs_fact"

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        super().__init__(facts=wanted)

    @property
    def wanted(self) -> dict[str, Any]:
        return self.facts


class Unavailable(CommandError):
    default_code: ClassVar[ErrorCode] = "unavailable"


class OutcomeUnknown(Unavailable):
    default_code = "outcome_unknown"


class NoLeader(Unavailable):
    default_code = "no_leader"


class Busy(Unavailable):
    """As many requests as can be are being served, whoever sent them."""

    default_code = "busy"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(facts={"retry_after_s": retry_after_s})


class NotEnabledYet(Unavailable):
    """The cell writes events up to `write_level`, and this takes `needed_level`; None if no level
    is enough. Nothing is recorded, so the same request works once the level is raised."""

    default_code = "not_enabled_yet"

    def __init__(self, *, write_level: int, needed_level: int | None) -> None:
        super().__init__(facts={"write_level": write_level, "needed_level": needed_level})


class NoRoom(Unavailable):
    """`what` has less room than is needed: `postgres`, `clickhouse`, or the scratch file of
    `verify`."""

    default_code = "no_room"

    def __init__(self, what: str, *, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            facts={"what": what, "needed_bytes": needed_bytes, "free_bytes": free_bytes}
        )


class DependencyDown(Unavailable):
    """`name` is the outside service: `movies`, `auth`, `ugc`, ...

    With `maybe_done`, the service may have carried out the request.
    """

    default_code = "dependency_down"

    def __init__(self, name: str, *, maybe_done: bool = False) -> None:
        super().__init__(facts={"dependency": name})
        self.name = name
        self.maybe_done = maybe_done


class DependencyRefused(DependencyDown):
    """The service answered, but refused our request with `status`. A retry would not help."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.status = status


class ProjectionBehind(Unavailable):
    """The read models are at `position`, short of the `wanted` one."""

    default_code = "projection_behind"

    def __init__(self, wanted: int, position: int) -> None:
        super().__init__(facts={"wanted": wanted, "position": position})
