"""Takes a service down or slows it, for tests and demos. A restart resets everything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal, get_args

from fastapi import APIRouter, Depends
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.responses import Response

from contracts.errors import DependencyDown
from neighbours.bodies import BoundedRoute
from runtime.auth.operators import OperatorGuard
from runtime.http.json_body import json_response

Service = Literal["auth", "movies", "ugc", "notification", "shortener"]
SERVICES: Final[tuple[Service, ...]] = get_args(Service)

DELAY_MS_MAX: Final = 60_000


class Switch(Struct):
    service: Service
    down: bool = False
    delay_ms: int = 0


class SwitchBody(BaseModel):
    """An absent field leaves its switch as it is."""

    model_config = ConfigDict(extra="forbid")

    down: StrictBool | None = None
    delay_ms: Annotated[StrictInt, Field(ge=0, le=DELAY_MS_MAX)] | None = None


class Switches:
    """The switches of all services: at first each is up and fast."""

    def __init__(self) -> None:
        self._switches = {service: Switch(service) for service in SERVICES}

    def guard(self, service: Service) -> Callable[[], Awaitable[None]]:
        """Return what every route of the service waits for; it raises DependencyDown."""

        async def pass_or_fail() -> None:
            if delay_s := self.delay_s(service):
                await asyncio.sleep(delay_s)
            self.demand_up(service)

        return pass_or_fail

    def delay_s(self, service: Service) -> float:
        """Return how long the service takes before it answers."""
        return self._switches[service].delay_ms / 1000

    def demand_up(self, service: Service) -> None:
        """Raise DependencyDown if the service is switched off."""
        if self._switches[service].down:
            raise DependencyDown(service)

    @property
    def down(self) -> frozenset[Service]:
        return frozenset(name for name, switch in self._switches.items() if switch.down)

    def turn(self, service: Service, body: SwitchBody) -> Switch:
        """Set a service's switch and return it as it is then."""
        switch = self._switches[service]
        switch.down = switch.down if body.down is None else body.down
        switch.delay_ms = switch.delay_ms if body.delay_ms is None else body.delay_ms
        return switch


def control_router(switches: Switches, operator: OperatorGuard) -> APIRouter:
    router = APIRouter(
        route_class=BoundedRoute,
        prefix="/neighbours/control",
        tags=["neighbours: control"],
        dependencies=[Depends(operator)],
    )

    @router.post("/{service}")
    async def turn(service: Service, body: SwitchBody) -> Response:
        """Take a service down or up, or make it slow. Needs the operator token."""
        return json_response(switches.turn(service, body))

    return router
