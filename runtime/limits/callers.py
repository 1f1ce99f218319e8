"""Finds out who sends a request, and counts it for them."""

from starlette.requests import Request

from runtime.auth.tokens import Caller, TokenVerifier
from runtime.limits.limiter import admit


async def authenticate(request: Request, verifier: TokenVerifier) -> Caller:
    """Return the person whose token the request carries. Raises Unauthenticated, and
    RateLimited if they send too many."""
    caller = await verifier.authenticate(request.headers.get("authorization"))
    admit(request, caller.person_id)
    return caller
