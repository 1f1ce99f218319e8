"""Configures and builds the clients of the outside services."""

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
"""The services that take our credential. Auth and Movie_API are open to everybody."""


class OutsideSettings(BaseModel):
    """Addresses and credentials of the outside services, and our limits for their answers."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    """Address of the stand-in, or of a gateway with the same paths, for all five services."""
    auth_url: str | None = None
    """Address of Auth if it is not at `base_url`; likewise for the services below."""
    movies_url: str | None = None
    ugc_url: str | None = None
    notification_url: str | None = None
    shortener_url: str | None = None
    jwks_url: str | None = None
    """Address of the key set that verifies tokens; by default that of Auth."""
    credential: Secret | None = None
    """Bearer token for UGC, Notification and Url_shortner at `base_url`."""
    ugc_credential: Secret | None = None
    """Bearer token for one service. If a service is elsewhere, `credential` is not sent to it."""
    notification_credential: Secret | None = None
    shortener_credential: Secret | None = None
    remote: RemoteSettings = RemoteSettings()
    people: CacheSettings = CacheSettings(ttl_s=60)
    movies: CacheSettings = CacheSettings(ttl_s=600)
    follows: CacheSettings = CacheSettings(ttl_s=5)
    """Short, because it decides who sees an announcement."""
    links: CacheSettings = CacheSettings(ttl_s=3600)

    def url_of(self, service: str) -> str:
        """Return the address of `auth`, `movies`, `ugc`, `notification` or `shortener`."""
        base = self.base_url.rstrip("/").removesuffix("/neighbours")
        return getattr(self, f"{service}_url") or f"{base}/neighbours/{service}"

    def credential_of(self, service: str) -> SecretStr | None:
        """Return the credential to send to a service; None for Auth and Movie_API."""
        if service not in WITH_CREDENTIAL:
            return None
        own: SecretStr | None = getattr(self, f"{service}_credential")
        elsewhere = getattr(self, f"{service}_url") is not None
        return own if own is not None or elsewhere else self.credential

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        """Refuse settings without a credential: nothing would be delivered, and nobody would
        see why."""
        at_base = [name for name in WITH_CREDENTIAL if getattr(self, f"{name}_url") is None]
        if any(self.credential_of(name) is None for name in at_base):
            raise ValueError(f"credential is missing: {', '.join(at_base)} at base_url need one")
        return self


class OutsideClients:
    """The clients of all five services over one session, which the caller closes."""

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
        """Return the JSON Web Key Set for `TokenVerifier`. Raises DependencyDown."""
        reply = await self._key_set.call("GET", "")
        if not reply.found:
            raise DependencyDown("auth")
        return reply.body

    def circuits(self) -> dict[str, CircuitState]:
        """Return the state of each service's circuit, for /readyz."""
        return {name: remote.circuit.state for name, remote in self._remotes.items()}
