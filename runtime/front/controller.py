"""Applies what holds for every HTTP request, and serves direct routes without FastAPI.

One pass does what a chain of middleware would do, each with wrappers of its own: known hosts,
trusted proxies, rate limits, HEAD, pages of other origins, safe headers, clients that leave. A
direct route (`runtime.front.direct_routes`) is then called at once. Every other request goes on
to the app behind, and the same rules finish its response.
"""

import re
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import CommandError, NotFound, RateLimited
from runtime.front.cors import Cors
from runtime.front.direct_routes import DirectRoute, DirectRoutes
from runtime.front.hosts import KnownNames
from runtime.front.proxies import TrustedProxies
from runtime.front.received import IndexedHeaders, ReceivedRequest
from runtime.front.request_spans import begin_span, end_span
from runtime.front.whole_response import write_whole
from runtime.http.api_route import demand_unambiguous
from runtime.http.methods import get_of_head
from runtime.http.page_headers import RawHeaders, add_page_headers
from runtime.http.problems import problem_of, problem_of_error
from runtime.limits.callers import person_of
from runtime.limits.limiter import Limiter, admission_of
from runtime.logs.lines import CLIENT_GONE, LINES
from runtime.traces.context import begin_trace, request_id_of
from runtime.traces.spans import SPANS

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")


class FrontController:
    """ASGI application in front of a FastAPI app. Give it HTTP requests only."""

    def __init__(
        self,
        app: FastAPI,
        behind: ASGIApp,
        limiter: Limiter,
        *,
        origins: Sequence[str] = (),
        hosts: Iterable[str] = (),
    ) -> None:
        """`behind` serves the routes of `app` that are not direct. Pages of `origins` may use the
        app, under the names of loopback and `hosts`."""
        self.routes = DirectRoutes(app, limiter)
        self._behind = behind
        self._limiter = limiter
        self._cors = Cors(origins)
        self._names = KnownNames(hosts)
        self._proxies = TrustedProxies([str(one) for one in limiter.limits.trusted_proxies])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_at = perf_counter()
        headers, method = IndexedHeaders(scope["headers"]), scope["method"]
        if method == "OPTIONS":
            if (preflight := self._cors.answer_preflight(headers)) is not None:
                await preflight(scope, receive, send)
                return
        elif method == "HEAD":
            scope = get_of_head(scope)
        request = ReceivedRequest(scope, receive, send, headers)
        request.traceparent = begin_trace(headers)
        if SPANS.is_open:
            begin_span(request)
        try:
            await self._answer(request)
        finally:
            self._tell(request, method, began_at)

    async def _answer(self, request: ReceivedRequest) -> None:
        scope = request.scope
        found = self.routes.find(scope["method"], scope["path"])
        try:
            self._let_in(request, found and found[0])
        except CommandError as error:
            await self._respond(request, problem_of(request, error))
            return
        try:
            if found is None:
                await self._pass_on(request)
            else:
                await self._serve(request, *found)
        except ClientDisconnect:
            request.status = CLIENT_GONE

    def _let_in(self, request: ReceivedRequest, route: DirectRoute | None) -> None:
        """Count the request for its client. Raises UnknownHost and RateLimited, and NotFound for
        a path with a control character: the pattern of a route would take a line feed at its end,
        but limits go by the exact path."""
        scope, headers = request.scope, request.headers
        self._names.demand(headers.getlist("host"))
        self._proxies.name_client(scope, headers)
        if route is not None:
            rules = route.limits
        else:
            rules = self._limiter.find_rules(scope["method"], scope["path"])
        if rules is not None:
            rules.open(scope).take()
        if route is None and _CONTROLS.search(scope["path"]):
            raise NotFound

    async def _serve(
        self, request: ReceivedRequest, route: DirectRoute, parameters: dict[str, str]
    ) -> None:
        """Have a direct route answer."""
        request.scope["route"], request.scope["path_params"] = route, parameters
        try:
            demand_unambiguous(request, route.query_names)
            response = await route.handle(request)
        except (CommandError, HTTPException) as error:
            response = problem_of_error(request, error)
        except ClientDisconnect:
            raise
        except Exception as error:
            await self._respond(request, problem_of_error(request, error))
            raise  # The server logs it.
        if (unsent := self._write(request, response)) is not None:
            await unsent(request.scope, request.receive, request.send)

    async def _pass_on(self, request: ReceivedRequest) -> None:
        """Let the app behind answer, and finish its response."""
        refused: RateLimited | None = None

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    _note(request, message["status"])
                except RateLimited as error:
                    refused = error
                else:
                    message["headers"] = list(message.get("headers", ()))
                    self._finish(request, message["status"], message["headers"])
            if refused is None:
                await request.send(message)

        await self._behind(request.scope, request.receive, send_unless_refused)
        if refused is not None:
            await self._respond(request, problem_of(request, refused))

    async def _respond(self, request: ReceivedRequest, response: Response) -> None:
        """Send a response that did not come from the app behind."""
        if (unsent := self._write(request, response)) is not None:
            await unsent(request.scope, request.receive, request.send)

    def _write(self, request: ReceivedRequest, response: Response) -> Response | None:
        """Finish such a response, and write it if the server takes it at once. Returns the one
        that still has to be sent."""
        try:
            _note(request, response.status_code)
        except RateLimited as error:
            response = problem_of(request, error)
        self._finish(request, response.status_code, response.raw_headers)
        return None if write_whole(request.scope, response) else response

    def _finish(self, request: ReceivedRequest, status: int, headers: RawHeaders) -> None:
        """Add the headers that every response has."""
        request.status, request.response_headers = status, headers
        headers.append((b"x-request-id", request_id_of(request.traceparent).encode()))
        if (admission := admission_of(request)) is not None:
            headers.extend(admission.headers())
        add_page_headers(headers)
        self._cors.add_to(headers, request.headers)

    def _tell(self, request: ReceivedRequest, method: str, began_at: float) -> None:
        """Add the line of the request to the log, and end its span: with its route, and not its
        path, which has ids of people."""
        position = dict(request.response_headers).get(b"x-position")
        route = self.routes.path_of(request.scope.get("route"))
        if request.span is not None:
            end_span(request.span, request, method, route, request.status)
        LINES.add_request(
            method,
            route,
            request.status,
            began_at,
            request.traceparent,
            person_of(request),
            None if position is None else int(position),
        )


def _note(request: ReceivedRequest, status: int) -> None:
    """Count the response for the client, if it is one that a guesser gets. Raises RateLimited."""
    if (admission := admission_of(request)) is not None:
        admission.note(status)
