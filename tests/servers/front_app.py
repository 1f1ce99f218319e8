"""Makes an app for a test as processes have it, with the front controller and no narrow limits."""

from contextlib import nullcontext
from typing import Final

from runtime.limits.limiter import Limiter
from runtime.limits.settings import AddressLimits, PersonLimits, RateLimits
from runtime.service.app import ServiceApp, make_app

MANY: Final = 100_000_000
UNLIMITED: Final = RateLimits(
    person=PersonLimits(**dict.fromkeys(PersonLimits.model_fields, MANY)),
    address=AddressLimits(**dict.fromkeys(AddressLimits.model_fields, MANY)),
)
"""Limits have tests of their own."""


def make_front_app() -> ServiceApp:
    """Return an app to which a test adds routes."""
    return make_app("PRACTIX", lambda _: nullcontext(), Limiter(UNLIMITED))
