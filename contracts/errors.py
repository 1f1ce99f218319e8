"""Everything that can go wrong with a request.

`contracts.error_codes` has the codes that clients branch on. Nothing here knows about HTTP:
`runtime.http.problems` gives each code its status.

CommandError
├── Malformed                cannot be understood, or states something impossible
│   ├── TooLarge
│   ├── UnsupportedMediaType
│   └── KeyReused            the idempotency key belongs to another request
├── Unauthenticated          no token, or one that does not hold
│   └── TokenExpired
├── Forbidden                known, but not allowed
├── NotFound                 absent or hidden: nobody can tell which
├── StaleVersion             somebody else changed it in between
├── UnknownHost              meant for somebody else: our name is not in `Host`
├── RateLimited
├── CommandRefused           a rule said no; recorded, and explains itself later
├── NeedsFact                the decision needs a fact the edge did not bring; never leaves us
└── Unavailable              nothing wrong with the request; the same one may work later
    ├── OutcomeUnknown       may or may not count; retry with the same Idempotency-Key
    ├── NoLeader             nothing happened; nobody leads at the moment
    ├── DependencyDown       a service around us does not answer
    │   └── DependencyRefused   it answers, but will never take this request
    └── ProjectionBehind     the read side has not come to the wanted position yet
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from contracts.error_codes import ErrorCode, RefusalCode

PROBLEM_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "instance", "code"})
"""What an error is told with (RFC 9457): no fact may have one of these names."""


class CommandError(Exception):
    """Base of all. `facts` are told to the client beside the code.

    Raises ValueError where a fact has the name of a PROBLEM_MEMBER: it would be lost.
    """

    default_code: ClassVar[ErrorCode] = "internal_error"

    def __init__(
        self, code: ErrorCode | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        self.code: ErrorCode = code or self.default_code
        self.facts: dict[str, Any] = dict(facts or {})
        if lost := PROBLEM_MEMBERS.intersection(self.facts):
            raise ValueError(f"{self.code}: facts cannot be called {sorted(lost)}")
        super().__init__(self.code, self.facts)


class Malformed(CommandError):
    default_code: ClassVar[ErrorCode] = "malformed_body"


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
    """Carries no facts: whatever it carried could tell hidden from absent."""

    default_code = "not_found"

    def __init__(self) -> None:
        super().__init__()


class StaleVersion(CommandError):
    default_code = "stale_version"


class UnknownHost(CommandError):
    default_code = "unknown_host"


class RateLimited(CommandError):
    """`policy` names the limit that was reached, as the `RateLimit` header does."""

    default_code = "rate_limited"

    def __init__(self, retry_after_s: int = 1, policy: str | None = None) -> None:
        facts = {"retry_after_s": retry_after_s}
        super().__init__(facts=facts if policy is None else facts | {"policy": policy})


class CommandRefused(CommandError):
    """A rule said no, and the facts say why."""

    code: RefusalCode

    def __init__(self, code: RefusalCode, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, facts)


class NeedsFact(CommandError):
    """Look `wanted` up and decide again: a kind of fact to what it is about, for example
    `{"follows": [author_id, guest_id]}`."""

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


class DependencyDown(Unavailable):
    """`name` is the service that does not answer: `movies`, `auth`, `ugc`, ...

    With `maybe_done` a request reached it, and may have been carried out all the same.
    """

    default_code = "dependency_down"

    def __init__(self, name: str, *, maybe_done: bool = False) -> None:
        super().__init__(facts={"dependency": name})
        self.name = name
        self.maybe_done = maybe_done


class DependencyRefused(DependencyDown):
    """Trying again is no use: it was our request that the service did not take."""

    def __init__(self, name: str, status: int) -> None:
        super().__init__(name)
        self.status = status


class ProjectionBehind(Unavailable):
    """The read side stands at `position`, short of the `wanted` one."""

    default_code = "projection_behind"

    def __init__(self, wanted: int, position: int) -> None:
        super().__init__(facts={"wanted": wanted, "position": position})
