"""Verifies bearer tokens (JWT), and issues them for the stand-in.

The settings fix the algorithm; it is never taken from the token. Verified tokens stay in a
bounded cache, so the hot path is one dictionary look-up. Every request still checks the
token's expiry against our clock. The cache is cleared when the key set changes
(`runtime.auth.token_keys`).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

import jwt
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, SecretStr, model_validator

from contracts.errors import Forbidden, TokenExpired, Unauthenticated
from contracts.values.ids import PersonId, canonical_uuid
from runtime.auth.secret import require_long
from runtime.auth.token_keys import (
    Algorithm,
    FetchKeys,
    KeySetTiming,
    PublishedKeys,
    UnknownKey,
    fetch_from_file,
)
from runtime.process.clock import Clock

IsSuspended = Callable[[PersonId], bool]
"""Tells whether a person is suspended, as far as this process knows. May raise Unavailable."""

_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""Values of `typ` that a caller's token may have (RFC 7519, RFC 9068), in lower case. The issuer
may sign other things with the same key, and those do not authenticate anybody."""
_REQUIRED: Final = ("sub", "exp", "iat", "iss", "aud")


class TokenSettings(BaseModel):
    """Decides which tokens are valid.

    HS256 needs `secret`. The other algorithms use the key set in `jwks_file`, or else the one
    that the verifier's `fetch_keys` returns.
    """

    model_config = ConfigDict(frozen=True)

    algorithm: Algorithm = "HS256"
    secret: SecretStr | None = None
    jwks_file: Path | None = None
    issuer: str = "practix-auth"
    audience: str = "practix"
    leeway_s: NonNegativeInt = 5
    """How far the issuer's clock may be ahead of ours (`iat`, `nbf`). Never extends `exp`."""
    cache_size: PositiveInt = 20_000
    jwks_refresh_s: PositiveInt = 300
    """How often the key set is read again. A withdrawn key is valid no longer than this."""
    jwks_refresh_s_min: PositiveInt = 30
    """The shortest time between two reads after an unknown key id or a failure."""
    jwks_keep_s: PositiveInt = 3600
    """How long the last good key set counts while no good one can be read."""

    @model_validator(mode="after")
    def _has_its_keys(self) -> Self:
        require_secret(self.algorithm, self.secret)
        return self


class Caller(Struct, frozen=True, gc=False):
    """The person who sent a request, according to the token."""

    person_id: PersonId
    is_super: bool = False
    permissions: tuple[str, ...] = ()
    operator: str | None = None
    """Name of the operator who holds the token. None for people, and for the operator token that
    names nobody."""


class TokenVerifier:
    """Turns an `Authorization` header into a Caller."""

    def __init__(
        self, settings: TokenSettings, now: Clock, fetch_keys: FetchKeys | None = None
    ) -> None:
        """Raises ValueError if the settings could never give a key."""
        self._settings = settings
        self._now = now
        self._published = _find_published_keys(settings, now, fetch_keys)
        self._cache: dict[str, tuple[Caller, datetime]] = {}
        self._is_suspended: IsSuspended | None = None

    def refuse_suspended(self, is_suspended: IsSuspended) -> None:
        """From now on, refuse the tokens of people for whom `is_suspended` is true.

        Each service knows of suspensions in its own way and at its own pace, so it has a verifier
        of its own.
        """
        assert self._is_suspended is None, "two services share a verifier"
        self._is_suspended = is_suspended

    def demand_not_suspended(self, person_id: PersonId) -> None:
        """Raises Forbidden `suspended` if the person is suspended."""
        if self._is_suspended is not None and self._is_suspended(person_id):
            raise Forbidden("suspended")

    async def authenticate(self, authorization: str | None) -> Caller:
        """Return the caller.

        Raises Unauthenticated or TokenExpired, without details; Forbidden `suspended`; and
        DependencyDown if the key set cannot be read and the last one is too old. Awaits only
        when it reads the key set: from time to time, or for an unknown key.
        """
        published = self._published
        if published is not None and published.due:
            await self._renew(published)
        try:
            return self.verify(authorization)
        except UnknownKey:
            if published is None:
                raise
            await self._renew(published)
            published.demand_any()
            return self.verify(authorization)

    def verify(self, authorization: str | None) -> Caller:
        """Return the caller as `authenticate` does, but never read the key set. Raises
        UnknownKey if the keys at hand do not have the token's."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        if self._published is not None:
            self._published.demand_trusted()
        caller, expires_at = self._cache.get(token) or self._decode(token)
        if expires_at <= self._now():
            self._cache.pop(token, None)
            raise TokenExpired()
        self.demand_not_suspended(caller.person_id)
        return caller

    def _decode(self, token: str) -> tuple[Caller, datetime]:
        settings = self._settings
        try:
            claims = jwt.decode(
                token,
                self._key_for(jwt.get_unverified_header(token)),
                algorithms=[settings.algorithm],
                issuer=settings.issuer,
                audience=settings.audience,
                options={
                    "require": list(_REQUIRED),
                    # Times are checked here, against the one clock of the system.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            self._demand_begun(claims)
            verified = _parse_caller(claims), _parse_instant(claims["exp"])
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unauthenticated() from error
        self._remember(token, verified)
        return verified

    def _remember(self, token: str, verified: tuple[Caller, datetime]) -> None:
        if len(self._cache) >= self._settings.cache_size:
            del self._cache[next(iter(self._cache))]  # The oldest one.
        self._cache[token] = verified

    def _key_for(self, header: Mapping[str, Any]) -> Any:
        kind = header.get("typ")
        if kind is not None and str(kind).lower() not in _TYPES:
            raise ValueError("a token for something else")
        if self._published is not None:
            return self._published.key(str(header.get("kid", "")))
        assert self._settings.secret is not None  # The settings have checked it.
        return self._settings.secret.get_secret_value()

    def _demand_begun(self, claims: Mapping[str, Any]) -> None:
        latest = self._now() + timedelta(seconds=self._settings.leeway_s)
        if any(_parse_instant(claims[name]) > latest for name in ("iat", "nbf") if name in claims):
            raise ValueError("not valid yet")

    async def _renew(self, published: PublishedKeys) -> None:
        if await published.renew():
            self._cache.clear()  # A withdrawn key must not stay valid through the cache.


def issue_token(
    person_id: str,
    *,
    key: Any,
    now: datetime,
    algorithm: Algorithm = "HS256",
    issuer: str = "practix-auth",
    audience: str = "practix",
    lifetime: timedelta = timedelta(days=1),
    is_super: bool = False,
    permissions: tuple[str, ...] = (),
    kid: str | None = None,
) -> str:
    """Return a signed token. `key` is the secret (HS256) or a private key (PEM or object)."""
    claims = {
        "sub": person_id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "iss": issuer,
        "aud": audience,
    }
    if is_super:
        claims["is_super"] = True
    if permissions:
        claims["permissions"] = list(permissions)
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def require_secret(algorithm: Algorithm, secret: SecretStr | None) -> None:
    """Raises ValueError if the algorithm is HS256 and the secret is missing or too short."""
    if algorithm == "HS256":
        require_long("" if secret is None else secret.get_secret_value())


def _find_published_keys(
    settings: TokenSettings, now: Clock, fetch_keys: FetchKeys | None
) -> PublishedKeys | None:
    """Return the published keys that the settings name; None for HS256, which has a shared
    secret instead. Raises ValueError if nothing is named, or if the file has no usable key."""
    if settings.algorithm == "HS256":
        return None
    fetch = fetch_keys if settings.jwks_file is None else fetch_from_file(settings.jwks_file)
    if fetch is None:
        raise ValueError(f"{settings.algorithm} needs jwks_file or fetch_keys")
    timing = KeySetTiming(
        settings.jwks_refresh_s, settings.jwks_refresh_s_min, settings.jwks_keep_s
    )
    published = PublishedKeys(settings.algorithm, fetch, timing, now)
    if settings.jwks_file is not None:
        published.use(settings.jwks_file.read_bytes())  # A wrong file stops start-up.
    return published


def _parse_caller(claims: Mapping[str, Any]) -> Caller:
    person_id = canonical_uuid(str(claims["sub"]))
    permissions = claims.get("permissions") or []
    if person_id is None:
        raise ValueError("sub is not a UUID")
    if not isinstance(permissions, list):
        raise ValueError("permissions is not a list")
    return Caller(
        PersonId(person_id), claims.get("is_super") is True, tuple(str(one) for one in permissions)
    )


def _parse_instant(claim: Any) -> datetime:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise ValueError("a time is not a number")
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a time is out of range") from error
