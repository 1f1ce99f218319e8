"""Decides who may use which route of the stand-in.

The operator token opens everything. The credential of our own services opens what they need,
and a person's token opens what is that person's. Everybody else may log in, look films up and
follow short links.
"""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request

from contracts.errors import Forbidden, Unauthenticated
from neighbours.services.auth import Signer
from neighbours.settings import StandInSettings
from runtime.auth.operators import OperatorGuard, presents
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.process.clock import Clock

INBOX_LINK_LIFETIME: Final = timedelta(days=1)
"""As long as the tokens that `practix run` prints beside the link."""


class Access:
    """The checks of all routes.

    Each raises Unauthenticated, or Forbidden if the caller is a person other than the one
    concerned.
    """

    def __init__(self, settings: StandInSettings, signer: Signer, now: Clock) -> None:
        async def own_keys() -> bytes:
            return msgspec.json.encode(signer.key_set)

        tokens = TokenSettings(
            algorithm=settings.algorithm,
            secret=settings.secret,
            issuer=settings.issuer,
            audience=settings.audience,
        )
        self.operator = OperatorGuard(settings.operator_token.get_secret_value())
        self.inbox_links = InboxLinks(settings.operator_token.get_secret_value(), now)
        self._credential = settings.credential.get_secret_value()
        self._verifier = TokenVerifier(tokens, now, own_keys)

    async def require_service(self, request: Request) -> None:
        """Demand one of our own services or the operator."""
        if not self._is_ours(request):
            raise Unauthenticated

    async def require_person(self, request: Request, person_id: str) -> None:
        """Demand that person or the operator."""
        if not self.operator.admits(request):
            await self._require_token_of(request, person_id)

    async def require_person_or_service(self, request: Request, person_id: str) -> None:
        """Demand that person, one of our own services or the operator."""
        if not self._is_ours(request):
            await self._require_token_of(request, person_id)

    async def require_inbox_reader(
        self, request: Request, person_id: str, until: str, signature: str
    ) -> None:
        """Demand a signed link to this inbox, that person or the operator."""
        if not self.inbox_links.admits(person_id, until, signature):
            await self.require_person(request, person_id)

    def _is_ours(self, request: Request) -> bool:
        return self.operator.admits(request) or presents(request, self._credential)

    async def _require_token_of(self, request: Request, person_id: str) -> None:
        caller = await self._verifier.authenticate(request.headers.get("authorization"))
        if caller.person_id != person_id:
            raise Forbidden


class InboxLinks:
    """Signed links that open one inbox in a browser, which sends no token, until they expire."""

    def __init__(self, key: str, now: Clock) -> None:
        self._key = key.encode()
        self._now = now

    def path(self, person_id: str) -> str:
        """Return path and query of a new link."""
        until = int((self._now() + INBOX_LINK_LIFETIME).timestamp())
        query = urlencode({"until": until, "signature": self._signature(person_id, str(until))})
        return f"/neighbours/notification/inbox/{person_id}?{query}"

    def admits(self, person_id: str, until: str, signature: str) -> bool:
        """Return whether the link was signed by us and has not expired."""
        right = self._signature(person_id, until)
        if not hmac.compare_digest(signature.encode(), right.encode()):
            return False
        return self._now().timestamp() < int(until)  # A number, since we signed it.

    def _signature(self, person_id: str, until: str) -> str:
        message = f"inbox {person_id} until {until}".encode()
        return hmac.new(self._key, message, sha256).hexdigest()
