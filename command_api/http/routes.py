"""Builds the routers of a command process from the routes of its nouns.

Every module of `nouns/` has the routes of a noun and is found by being there: ROUTES are those
for people, and OPERATOR_ROUTES, which it may lack, those for operators.
"""

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request

from command_api.http import nouns
from command_api.http.edge import Edge
from command_api.http.noun_routes import NounRoutes
from contracts.values.ids import OPERATOR
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.api_route import ApiRoute
from runtime.limits.callers import authenticate
from runtime.process.modules import import_modules

_NOUNS: Final = import_modules(nouns)

PUBLIC_ROUTES: Final[list[NounRoutes]] = [noun.ROUTES for noun in _NOUNS]
OPERATOR_ROUTES: Final[list[NounRoutes]] = [
    noun.OPERATOR_ROUTES for noun in _NOUNS if hasattr(noun, "OPERATOR_ROUTES")
]


def build_public_router(edge: Edge, verifier: TokenVerifier) -> APIRouter:
    """Return the routes for people, under `/api/v1`."""
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
    for routes in PUBLIC_ROUTES:
        routes.add_to(router, edge, partial(authenticate, verifier=verifier))
    return router


def build_operator_router(edge: Edge, guard: OperatorGuard) -> APIRouter:
    """Return the routes for operators, under `/api/v1/operator`."""

    async def authenticate_operator(request: Request) -> Caller:
        return Caller(OPERATOR, operator=await guard(request))

    router = APIRouter(prefix="/api/v1/operator", tags=["operator"], route_class=ApiRoute)
    for routes in OPERATOR_ROUTES:
        routes.add_to(router, edge, authenticate_operator)
    return router
