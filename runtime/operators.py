"""Who may ask for an operator's routes: the holder of the cell's operator token, or a
person whose own token says that they are a super-user."""

from hmac import compare_digest

from starlette.requests import Request

from contracts.errors import Forbidden, Unauthenticated
from runtime.tokens import TokenVerifier


class OperatorGuard:
    """`secret` is the operator token; `verifier` None where persons' tokens are not taken."""

    def __init__(self, secret: str, verifier: TokenVerifier | None = None) -> None:
        self._secret = secret.encode()
        self._verifier = verifier

    async def __call__(self, request: Request) -> None:
        """Raises Unauthenticated, or Forbidden for a person who is no super-user."""
        authorization = request.headers.get("authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and compare_digest(token.encode(), self._secret):
            return
        if self._verifier is None:
            raise Unauthenticated
        if not (await self._verifier.authenticate(authorization)).is_super:
            raise Forbidden
