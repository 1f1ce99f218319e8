"""Serves the operational routes of every process: liveness, readiness and metrics."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from runtime.http.json_body import json_response
from runtime.process.lifecycle import current_process
from runtime.process.readiness import Readiness, is_ready


def build_process_router(readiness: Readiness) -> APIRouter:
    """Return a router with `/healthz`, `/readyz` and `/metrics`.

    `/readyz` answers 503 while a condition of `readiness` is False, and once the process was
    asked to stop.
    """
    process = current_process()
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz(_request: Request) -> Response:
        return json_response({"status": "alive"})

    @router.get("/readyz")
    async def readyz(_request: Request) -> Response:
        checks = {**readiness(), **({"stopping": True} if process.stopping else {})}
        ready = not process.stopping and is_ready(checks)
        return json_response({"ready": ready, **checks}, 200 if ready else 503)

    @router.get("/metrics")
    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
