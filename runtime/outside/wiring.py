"""Where the services around us are, and the one place that builds the adapters to them."""

from typing import Final, Self

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from contracts.errors import DependencyDown
from runtime.auth.secret import Secret
from runtime.calls.circuit import CircuitState
from runtime.calls.lookup import CacheSettings
from runtime.calls.remote import Remote, RemoteSettings
from runtime.outside.adapters import (
    HttpAuth,
    HttpMovies,
    HttpNotification,
    HttpShortener,
    HttpUgc,
)

WITH_CREDENTIAL: Final = ("ugc", "notification", "shortener")


class OutsideSettings(BaseModel):
    """Addresses, and how much patience and memory we have with what answers there."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    """Where the stand-in, or a gateway laid out like it, serves all five services."""
    auth_url: str | None = None
    """Each service may be elsewhere instead."""
    movies_url: str | None = None
    ugc_url: str | None = None
    notification_url: str | None = None
    shortener_url: str | None = None
    jwks_url: str | None = None
    """The key set that verifies tokens; by default the one of Auth."""
    credential: Secret | None = None
    """Presented to UGC, Notification and Url_shortner at `base_url`, as a bearer token."""
    ugc_credential: Secret | None = None
    """A service that is elsewhere is presented its own credential, or none."""
    notification_credential: Secret | None = None
    shortener_credential: Secret | None = None
    remote: RemoteSettings = RemoteSettings()
    people: CacheSettings = CacheSettings(ttl_s=60)
    movies: CacheSettings = CacheSettings(ttl_s=600)
    follows: CacheSettings = CacheSettings(ttl_s=5)
    """Short: it decides who sees an evening."""
    links: CacheSettings = CacheSettings(ttl_s=3600)

    def url_of(self, service: str) -> str:
        """`service` is `auth`, `movies`, `ugc`, `notification` or `shortener`."""
        base = self.base_url.rstrip("/").removesuffix("/neighbours")
        return getattr(self, f"{service}_url") or f"{base}/neighbours/{service}"

    def credential_of(self, service: str) -> SecretStr | None:
        """What the service at `url_of` is presented. Auth and Movie_API need nothing."""
        if service not in WITH_CREDENTIAL:
            return None
        own: SecretStr | None = getattr(self, f"{service}_credential")
        elsewhere = getattr(self, f"{service}_url") is not None
        return own if own is not None or elsewhere else self.credential

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        """Without one nothing would be delivered, and nobody would see why."""
        at_base = [name for name in WITH_CREDENTIAL if getattr(self, f"{name}_url") is None]
        if any(self.credential_of(name) is None for name in at_base):
            raise ValueError(f"credential is missing: {', '.join(at_base)} at base_url need one")
        return self


class OutsideClients:
    """The five adapters over one session, which stays the caller's to close."""

    def __init__(self, session: aiohttp.ClientSession, settings: OutsideSettings) -> None:
        remotes = {
            name: Remote(
                name,
                settings.url_of(name),
                session,
                settings.remote,
                credential=settings.credential_of(name),
            )
            for name in ("auth", "movies", "ugc", "notification", "shortener")
        }
        self._remotes = remotes
        jwks_url = settings.jwks_url or settings.url_of("auth") + "/jwks.json"
        self._key_set = Remote("auth", jwks_url, session, settings.remote)
        self.auth = HttpAuth(remotes["auth"], settings.people)
        self.movies = HttpMovies(remotes["movies"], settings.movies)
        self.ugc = HttpUgc(remotes["ugc"], settings.follows)
        self.notification = HttpNotification(remotes["notification"])
        self.shortener = HttpShortener(remotes["shortener"], settings.links)

    async def fetch_keys(self) -> bytes:
        """The JSON Web Key Set, for `TokenVerifier`. Raises DependencyDown."""
        reply = await self._key_set.call("GET", "")
        if not reply.found:
            raise DependencyDown("auth")
        return reply.body

    def circuits(self) -> dict[str, CircuitState]:
        """For /readyz: how each service answered lately."""
        return {name: remote.circuit.state for name, remote in self._remotes.items()}


def connect_outside(session: aiohttp.ClientSession, settings: OutsideSettings) -> OutsideClients:
    return OutsideClients(session, settings)
