"""Who calls: bearer tokens (JWT) verified, and issued by the stand-in.

The algorithm is pinned by the settings, never taken from the token. A verified token is
remembered, bounded, so that the hot path is one dictionary look-up; its expiry is checked
against our own clock every time, and all are forgotten when the key set changes
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
from contracts.ids import PersonId, canonical
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
"""Whether a person is shut out, as this process knows. May raise Unavailable."""

_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""Of a token made for a caller (RFC 7519, RFC 9068), in any case. The same issuer may sign
other things with the same key, which are no pass."""
_REQUIRED: Final = ("sub", "exp", "iat", "iss", "aud")


class TokenSettings(BaseModel):
    """Which tokens hold. HS256 needs `secret`; the others take the key set in `jwks_file`,
    or else the one that the verifier's `fetch_keys` brings."""

    model_config = ConfigDict(frozen=True)

    algorithm: Algorithm = "HS256"
    secret: SecretStr | None = None
    jwks_file: Path | None = None
    issuer: str = "practix-auth"
    audience: str = "practix"
    leeway_s: NonNegativeInt = 5
    """How far the issuer's clock may be ahead of ours (`iat`, `nbf`). Never prolongs `exp`."""
    cache_size: PositiveInt = 20_000
    jwks_refresh_s: PositiveInt = 300
    """How often the key set is read again: a withdrawn key holds so long at most."""
    jwks_refresh_s_min: PositiveInt = 30
    """An unknown key id, or a failure, has it read again, but not more often than this."""
    jwks_keep_s: PositiveInt = 3600
    """How long the last good key set lasts while no good one can be read."""

    @model_validator(mode="after")
    def _has_its_keys(self) -> Self:
        require_secret(self.algorithm, self.secret)
        return self


class Caller(Struct, frozen=True, gc=False):
    """The person behind a request, as the token says."""

    person_id: PersonId
    is_super: bool = False
    permissions: tuple[str, ...] = ()


class TokenVerifier:
    """Turns an `Authorization` header into a Caller."""

    def __init__(
        self, settings: TokenSettings, now: Clock, fetch_keys: FetchKeys | None = None
    ) -> None:
        """Raises ValueError if there could never be a key."""
        self._settings = settings
        self._now = now
        self._published = _published(settings, now, fetch_keys)
        self._cache: dict[str, tuple[Caller, datetime]] = {}
        self._suspended: list[IsSuspended] = []

    def refuse_suspended(self, is_suspended: IsSuspended) -> None:
        """Refuse the tokens of whom `is_suspended` names, beside those named by others."""
        self._suspended.append(is_suspended)

    def demand_not_suspended(self, person_id: PersonId) -> None:
        """Raises Forbidden `suspended`."""
        for is_suspended in self._suspended:
            if is_suspended(person_id):
                raise Forbidden("suspended")

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller. Raises Unauthenticated, or TokenExpired, with nothing to add; Forbidden
        `suspended`; DependencyDown if the key set cannot be read and the last one is too old.

        Suspends only while the key set is read: now and then, or for an unknown key.
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
        """As `authenticate`, with the keys that are here; raises UnknownKey for others."""
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
            self._check_begun(claims)
            verified = _caller(claims), _instant(claims["exp"])
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unauthenticated() from error
        self._remember(token, verified)
        return verified

    def _remember(self, token: str, verified: tuple[Caller, datetime]) -> None:
        if len(self._cache) >= self._settings.cache_size:
            del self._cache[next(iter(self._cache))]  # The one that came first.
        self._cache[token] = verified

    def _key_for(self, header: Mapping[str, Any]) -> Any:
        kind = header.get("typ")
        if kind is not None and str(kind).lower() not in _TYPES:
            raise ValueError("a token for something else")
        if self._published is not None:
            return self._published.key(str(header.get("kid", "")))
        assert self._settings.secret is not None  # The settings saw to it.
        return self._settings.secret.get_secret_value()

    def _check_begun(self, claims: Mapping[str, Any]) -> None:
        latest = self._now() + timedelta(seconds=self._settings.leeway_s)
        if any(_instant(claims[name]) > latest for name in ("iat", "nbf") if name in claims):
            raise ValueError("not valid yet")

    async def _renew(self, published: PublishedKeys) -> None:
        if await published.renew():
            self._cache.clear()  # A withdrawn key must not live on in it.


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
    """A signed token. `key` is the secret (HS256) or a private key (PEM or object)."""
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
    """Raises ValueError where HS256 has no secret that is long enough for it."""
    if algorithm == "HS256":
        require_long("" if secret is None else secret.get_secret_value())


def _published(
    settings: TokenSettings, now: Clock, fetch_keys: FetchKeys | None
) -> PublishedKeys | None:
    """None for HS256, whose key is a shared secret. Raises ValueError."""
    if settings.algorithm == "HS256":
        return None
    fetch = fetch_keys if settings.jwks_file is None else fetch_from_file(settings.jwks_file)
    if fetch is None:
        raise ValueError(f"{settings.algorithm} needs jwks_file or fetch_keys")
    pace = KeySetTiming(settings.jwks_refresh_s, settings.jwks_refresh_s_min, settings.jwks_keep_s)
    published = PublishedKeys(settings.algorithm, fetch, pace, now)
    if settings.jwks_file is not None:
        published.take(settings.jwks_file.read_bytes())  # A wrong file stops the start.
    return published


def _caller(claims: Mapping[str, Any]) -> Caller:
    person_id = canonical(str(claims["sub"]))
    permissions = claims.get("permissions") or []
    if person_id is None:
        raise ValueError("sub is not a UUID")
    if not isinstance(permissions, list):
        raise ValueError("permissions is not a list")
    return Caller(
        PersonId(person_id), claims.get("is_super") is True, tuple(str(one) for one in permissions)
    )


def _instant(claim: Any) -> datetime:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise ValueError("a time is not a number")
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a time is out of range") from error
