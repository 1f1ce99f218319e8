"""Guards the operators' routes: only the holder of the cell's operator token may use them, and
those for analysts the holder of the analysts' token as well.

A super-user's token does not open them. Auth issues it for what a person may do among other
people, and if it leaks nobody must be able to read the whole history with it.
"""

from hmac import compare_digest

from starlette.requests import Request

from contracts.errors import Unauthenticated


class OperatorGuard:
    """Checks the operator token. Operators' routes use it as a FastAPI dependency."""

    def __init__(self, *tokens: str) -> None:
        """`tokens`: each of them opens the routes. One is the operator token; some routes have
        another one beside it."""
        self._tokens = tokens

    def or_holder_of(self, token: str | None) -> "OperatorGuard":
        """Return a guard that this other token opens as well, if there is one."""
        return self if token is None else OperatorGuard(*self._tokens, token)

    async def __call__(self, request: Request) -> None:
        """Raises Unauthenticated unless the request carries a token that opens the routes."""
        self.require(request)

    def require(self, request: Request) -> None:
        """Raises Unauthenticated unless the request carries a token that opens the routes."""
        if not self.admits(request):
            raise Unauthenticated

    def admits(self, request: Request) -> bool:
        """Return whether the request carries a token that opens the routes."""
        return any(presents(request, token) for token in self._tokens)


def presents(request: Request, secret: str) -> bool:
    """Return whether the request carries `secret` as its bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(token.encode(), secret.encode())
