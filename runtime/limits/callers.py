"""Finds out who sends a request, and counts the request for that person."""

from typing import Final

from starlette.requests import Request

from runtime.auth.tokens import Caller, TokenVerifier
from runtime.limits.limiter import admit

_PERSON: Final = "practix.person"


async def authenticate(request: Request, verifier: TokenVerifier) -> Caller:
    """Return the caller. Raises as `TokenVerifier.authenticate` does, and RateLimited if this
    person sends too many requests."""
    caller = await verifier.authenticate(request.headers.get("authorization"))
    request.scope[_PERSON] = caller.person_id
    admit(request, caller.person_id)
    return caller


def person_of(request: Request) -> str:
    """Return the id of the person who was found to have sent the request; empty if nobody was."""
    found: str = request.scope.get(_PERSON, "")
    return found
