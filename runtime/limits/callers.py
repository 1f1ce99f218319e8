"""Finds out who sends a request, and counts the request for that person."""

from starlette.requests import Request

from runtime.auth.tokens import Caller, TokenVerifier
from runtime.limits.limiter import admit


async def authenticate(request: Request, verifier: TokenVerifier) -> Caller:
    """Return the caller. Raises as `TokenVerifier.authenticate` does, and RateLimited if this
    person sends too many requests."""
    caller = await verifier.authenticate(request.headers.get("authorization"))
    admit(request, caller.person_id)
    return caller
