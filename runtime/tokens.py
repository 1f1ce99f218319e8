"""Who calls: bearer tokens (JWT) verified, and issued by the stand-in.

The algorithm is pinned by the settings, never taken from the token. A verified token is
remembered, bounded, so that the hot path is one dictionary look-up; its expiry is checked
against our own clock every time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self

import jwt
import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt, SecretStr, model_validator

from contracts.errors import Forbidden, TokenExpired, Unauthenticated
from contracts.ids import PersonId, canonical
from runtime.clock import Clock

log = logging.getLogger(__name__)

Algorithm = Literal["HS256", "RS256", "ES256"]
FetchKeys = Callable[[], Awaitable[bytes]]
"""Fetches the JSON Web Key Set as it is now. May raise anything."""
IsSuspended = Callable[[PersonId], bool]
"""Whether a person is shut out, as this process knows. May raise Unavailable."""

SECRET_BYTES_MIN: Final = 32
_KEY_KINDS: Final = {"RS256": "RSA", "ES256": "EC"}
_REQUIRED: Final = ("sub", "exp", "iat", "iss", "aud")


class TokenSettings(BaseModel):
    """Which tokens hold. HS256 needs `secret`; the others a `jwks_file`, or a
    `fetch_keys` of the verifier."""

    model_config = ConfigDict(frozen=True)

    algorithm: Algorithm = "HS256"
    secret: SecretStr | None = None
    jwks_file: Path | None = None
    issuer: str = "practix-auth"
    audience: str = "practix"
    leeway_s: NonNegativeInt = 5
    """How far the issuer's clock may be ahead of ours (`iat`, `nbf`). Never prolongs `exp`."""
    cache_size: PositiveInt = 20_000
    jwks_refresh_s_min: PositiveInt = 30
    """An unknown key id asks for the key set again, but not more often than this."""

    @model_validator(mode="after")
    def _has_its_keys(self) -> Self:
        require_secret(self.algorithm, self.secret)
        return self


class Caller(Struct, frozen=True, gc=False):
    """The person behind a request, as the token says."""

    person_id: PersonId
    is_super: bool = False
    permissions: tuple[str, ...] = ()


class _KeySet(Struct):
    keys: list[dict[str, Any]]


class UnknownKey(Unauthenticated):
    """Signed with a key that is not, or not yet, in our key set."""


class TokenVerifier:
    """Turns an `Authorization` header into a Caller."""

    def __init__(
        self, settings: TokenSettings, now: Clock, fetch_keys: FetchKeys | None = None
    ) -> None:
        """`fetch_keys` gets the key set when a token names a key that is not here.

        Raises ValueError where there could never be a key.
        """
        if settings.algorithm != "HS256" and settings.jwks_file is None and fetch_keys is None:
            raise ValueError(f"{settings.algorithm} needs jwks_file or fetch_keys")
        self._settings = settings
        self._now = now
        self._fetch_keys = fetch_keys
        self._cache: dict[str, tuple[Caller, datetime]] = {}
        self._keys: Mapping[str, Any] = _static_keys(settings)
        self._suspended: list[IsSuspended] = []
        self._refreshed_at: datetime | None = None
        self._refreshing = asyncio.Lock()

    def refuse_suspended(self, is_suspended: IsSuspended) -> None:
        """Refuse the tokens of whom `is_suspended` names, beside those named by others."""
        self._suspended.append(is_suspended)

    def demand_not_suspended(self, person_id: PersonId) -> None:
        """Raises Forbidden `suspended`."""
        for is_suspended in self._suspended:
            if is_suspended(person_id):
                raise Forbidden("suspended")

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller. Raises Unauthenticated, or TokenExpired, with nothing to add, and
        Forbidden `suspended`.

        Suspends only where the token names a key that has to be fetched first.
        """
        try:
            return self.verify(authorization)
        except UnknownKey:
            await self._refresh_keys()
            return self.verify(authorization)

    def verify(self, authorization: str | None) -> Caller:
        """As `authenticate`, with the keys that are here; raises UnknownKey for others."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
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
                self._key_for(token),
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
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated() from error
        self._remember(token, verified)
        return verified

    def _remember(self, token: str, verified: tuple[Caller, datetime]) -> None:
        if len(self._cache) >= self._settings.cache_size:
            del self._cache[next(iter(self._cache))]  # The one that came first.
        self._cache[token] = verified

    def _key_for(self, token: str) -> Any:
        if self._settings.algorithm == "HS256":
            return self._keys[""]
        kid = jwt.get_unverified_header(token).get("kid", "")
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid not in self._keys:
            raise UnknownKey()
        return self._keys[kid]

    def _check_begun(self, claims: Mapping[str, Any]) -> None:
        latest = self._now() + timedelta(seconds=self._settings.leeway_s)
        if any(_instant(claims[name]) > latest for name in ("iat", "nbf") if name in claims):
            raise ValueError("not valid yet")

    async def _refresh_keys(self) -> None:
        """Fetch the key set again, boundedly often; without success the old one stays."""
        async with self._refreshing:
            now = self._now()
            pause = timedelta(seconds=self._settings.jwks_refresh_s_min)
            if self._fetch_keys is None or (
                self._refreshed_at is not None and now - self._refreshed_at < pause
            ):
                return
            self._refreshed_at = now
            try:
                self._keys = parse_jwks(await self._fetch_keys(), self._settings.algorithm)
                self._cache.clear()  # A withdrawn key must not live on in the cache.
            except Exception as error:
                log.warning("key set not fetched", extra={"reason": repr(error)})


def parse_jwks(document: bytes, algorithm: Algorithm) -> dict[str, Any]:
    """Key id to public key, of those that fit `algorithm`. Raises ValueError."""
    kind = _KEY_KINDS.get(algorithm)
    try:
        entries = msgspec.json.decode(document, type=_KeySet).keys
        return {
            str(entry.get("kid", "")): jwt.PyJWK(entry, algorithm=algorithm).key
            for entry in entries
            if entry.get("kty") == kind and entry.get("use", "sig") == "sig"
        }
    except (msgspec.MsgspecError, jwt.PyJWTError) as error:
        raise ValueError(f"not a key set: {error}") from error


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
    if algorithm == "HS256" and (
        secret is None or len(secret.get_secret_value().encode()) < SECRET_BYTES_MIN
    ):
        raise ValueError(f"HS256 needs a secret of at least {SECRET_BYTES_MIN} bytes")


def _static_keys(settings: TokenSettings) -> Mapping[str, Any]:
    if settings.algorithm == "HS256":
        assert settings.secret is not None  # The settings saw to it.
        return {"": settings.secret.get_secret_value()}
    if settings.jwks_file is not None:
        return parse_jwks(settings.jwks_file.read_bytes(), settings.algorithm)
    return {}


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
    except OverflowError as error:
        raise ValueError("a time is out of range") from error
