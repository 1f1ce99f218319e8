"""What every process answers to its operators: alive, ready, and its figures."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from runtime.http.json_body import json_response
from runtime.process.lifecycle import current_process

Readiness = Callable[[], Mapping[str, Any]]
"""What readiness hangs on, by name; every false value means not ready."""


def build_process_router(readiness: Readiness) -> APIRouter:
    """`/healthz`, `/readyz` (503 while anything in `readiness` is false, and from the moment
    in which the process was asked to stop) and `/metrics`."""
    process = current_process()
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz(_request: Request) -> Response:
        return json_response({"status": "alive"})

    @router.get("/readyz")
    async def readyz(_request: Request) -> Response:
        checks = {**readiness(), **({"stopping": True} if process.stopping else {})}
        ready = not process.stopping and all(value is not False for value in checks.values())
        return json_response({"ready": ready, **checks}, 200 if ready else 503)

    @router.get("/metrics")
    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
