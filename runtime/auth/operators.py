"""Guards the operators' routes: only the holder of the cell's operator token may use them.

A super-user's token does not open them. Auth issues it for what a person may do among other
people, and if it leaks nobody must be able to read the whole history with it.
"""

from hmac import compare_digest

from starlette.requests import Request

from contracts.errors import Unauthenticated


class OperatorGuard:
    """Checks the operator token. Operators' routes use it as a FastAPI dependency."""

    def __init__(self, token: str) -> None:
        """`token` is the operator token."""
        self._token = token

    async def __call__(self, request: Request) -> None:
        """Raises Unauthenticated unless the request carries the operator token."""
        self.require(request)

    def require(self, request: Request) -> None:
        """Raises Unauthenticated unless the request carries the operator token."""
        if not self.admits(request):
            raise Unauthenticated

    def admits(self, request: Request) -> bool:
        """Return whether the request carries the operator token."""
        return presents(request, self._token)


def presents(request: Request, secret: str) -> bool:
    """Return whether the request carries `secret` as its bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(token.encode(), secret.encode())
