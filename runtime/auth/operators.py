"""Who may ask for an operator's routes: the holder of the cell's operator token, nobody else.

A super-user's token does not open them. It says what a person may do among people; it is
made by Auth, and one that leaked must not read the whole history.
"""

from hmac import compare_digest

from starlette.requests import Request

from contracts.errors import Unauthenticated


class OperatorGuard:
    """A dependency of operators' routes. `token` is the operator token."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def __call__(self, request: Request) -> None:
        """Raises Unauthenticated."""
        self.require(request)

    def require(self, request: Request) -> None:
        """Raises Unauthenticated."""
        if not self.admits(request):
            raise Unauthenticated

    def admits(self, request: Request) -> bool:
        return presents(request, self._token)


def presents(request: Request, secret: str) -> bool:
    """Whether the request brings `secret` as its bearer token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(token.encode(), secret.encode())
