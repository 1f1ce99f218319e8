"""Builds the routers of a command process from the routes of its nouns."""

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request

from command_api.http import announcement_routes, booking_routes, person_routes, rating_routes
from command_api.http.edge import Edge
from contracts.values.ids import OPERATOR
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.api_route import ApiRoute
from runtime.limits.callers import authenticate

PUBLIC_ROUTES: Final = (
    booking_routes.ROUTES,  # First, because routes are tried in order and these are the hottest.
    announcement_routes.ROUTES,
    rating_routes.ROUTES,
    person_routes.ROUTES,
)
OPERATOR_ROUTES: Final = (person_routes.OPERATOR_ROUTES,)


def build_public_router(edge: Edge, verifier: TokenVerifier) -> APIRouter:
    """Returns the routes for people, under `/api/v1`."""
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
    for routes in PUBLIC_ROUTES:
        routes.add_to(router, edge, partial(authenticate, verifier=verifier))
    return router


def build_operator_router(edge: Edge, guard: OperatorGuard) -> APIRouter:
    """Returns the routes for operators, under `/api/v1/operator`."""

    async def authenticate_operator(request: Request) -> Caller:
        await guard(request)
        return Caller(OPERATOR)

    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)
    for routes in OPERATOR_ROUTES:
        routes.add_to(router, edge, authenticate_operator)
    return router
