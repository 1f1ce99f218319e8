"""Makes an app for a test as processes have it, with the front controller and no narrow limits."""

from contextlib import nullcontext
from typing import Final

from fastapi.dependencies import models

from contracts.values.ids import PersonId
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.limits.limiter import Limiter
from runtime.limits.settings import AddressLimits, PersonLimits, RateLimits
from runtime.service.app import ServiceApp, make_app

MANY: Final = 100_000_000
UNLIMITED: Final = RateLimits(
    person=PersonLimits(**dict.fromkeys(PersonLimits.model_fields, MANY)),
    address=AddressLimits(**dict.fromkeys(AddressLimits.model_fields, MANY)),
)
"""Limits have tests of their own."""


class TrustingVerifier(TokenVerifier):
    """Takes everybody for one person."""

    def __init__(self, person_id: str) -> None:
        self._caller = Caller(PersonId(person_id))

    async def authenticate(self, authorization: str | None) -> Caller:
        return self._caller


def make_front_app() -> ServiceApp:
    """Return an app to which a test adds routes."""
    _forget_handlers()
    return make_app("PRACTIX", lambda _: nullcontext(), Limiter(UNLIMITED))


def _forget_handlers() -> None:
    """Let go of the handlers of former tests. FastAPI remembers thousands of them, and each keeps
    the whole service alive that it belongs to: 80 MB."""
    for remembered in vars(models).values():
        if hasattr(remembered, "cache_clear"):
            remembered.cache_clear()
