"""Declares and serves the routes of a noun: announcement, booking, rating or person.

A noun's module declares each write once: method, path, body, answer, and a function that
builds the command. This module does everything else, for every write in the same order:
authenticate, read the body, build the command, have it decided, answer with its outcome.

The name and the docstring of a declared function are public: the API document shows them.
Clients use the name as the id of the operation, so it never changes.

A handler takes the bare request and returns finished bytes, so its route is a direct one
(`runtime.front.direct_routes`): FastAPI only makes the API document.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from inspect import getdoc
from typing import Any, Final, Generic, NamedTuple, Protocol

import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from command_api.domain.submission import AnyCommand, Submission
from command_api.http.api_document import document_read, document_write
from command_api.http.bodies import Body, NoBody
from command_api.http.edge import Edge
from command_api.http.erasure_tokens import ErasureTokens
from command_api.http.link_tokens import LinkTokens
from command_api.http.lookups import Lookups
from command_api.leader.ports import Answer
from contracts.error_codes import read_refusal
from runtime.auth.operators import sign
from runtime.auth.tokens import Caller
from runtime.http.entity_tag import entity_tag
from runtime.http.json_body import FinishedJson, parse_body, read_json_body
from runtime.http.parameters import Parameter, path_id
from runtime.http.problems import problem

Authenticate = Callable[[Request], Awaitable[Caller]]
"""Returns the caller of a request. Raises Unauthenticated, and RateLimited if they send too
many."""

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class WriteRequest(NamedTuple, Generic[Body]):
    """The parts of a request from which a command is built."""

    http: Request
    caller: Caller
    body: Body
    lookups: Lookups
    tokens: ErasureTokens
    links: LinkTokens

    def signature(self, stated: str | None) -> str | None:
        """Return who answers for the act of an operator: whom the token names, or else who is
        stated in the body."""
        return sign(self.caller.operator, stated)

    def path_id(self, name: str) -> str:
        """Return the id in the path. Raises NotFound if it is no UUID."""
        return path_id(self.http, name)


BuildCommand = Callable[[WriteRequest[Body]], Awaitable[AnyCommand]]
"""Returns the command of a request. Raises Malformed, and the errors of `Lookups`,
`ErasureTokens` and `LinkTokens`."""

Read = Callable[[Edge, Request, Caller], Awaitable[object]]
"""Returns the content of the answer to a read: something that msgspec can encode."""


class DoneLater(NamedTuple):
    """A command whose work follows its answer, which is sent with 202."""

    command: type[Struct]
    answer: type


class NounRoutes:
    """The routes of one noun, in the order in which they are declared."""

    def __init__(self) -> None:
        self._routes: list[_Route] = []

    def write(
        self,
        method: str,
        path: str,
        body: type[Body],
        answer: type | None,
        *,
        created: bool = False,
        may_exist: bool = False,
        accepted: DoneLater | None = None,
        if_match: bool = False,
        parameters: Sequence[Parameter] = (),
    ) -> Callable[[BuildCommand[Body]], BuildCommand[Body]]:
        """Declare that the decorated function builds the command of these requests.

        `answer` is the type of the answer. If it has a `version`, the answer is sent with an
        entity tag. `created`, `may_exist` and `if_match` change the API document only: it then
        promises 201 instead of 200, or both, and shows If-Match. `accepted` is one of the
        commands that may come of the requests.
        """
        documented = document_write(
            answer,
            body,
            created=created,
            may_exist=may_exist,
            accepted=None if accepted is None else accepted.answer,
            if_match=if_match,
            parameters=parameters,
        )
        tagged = "version" in getattr(answer, "__struct_fields__", ())

        def declare(build: BuildCommand[Body]) -> BuildCommand[Body]:
            self._routes.append(
                _WriteRoute(method, path, body, build, documented, tagged, accepted)
            )
            return build

        return declare

    def read(self, path: str, answer: Any) -> Callable[[Read], Read]:
        """Declare that the decorated function answers GET requests at `path`, from what this
        process knows. `answer` is the type of what it returns."""
        documented = document_read(answer)

        def declare(read: Read) -> Read:
            self._routes.append(_ReadRoute(path, read, documented))
            return read

        return declare

    def add_to(self, router: APIRouter, edge: Edge, authenticate: Authenticate) -> None:
        """Add all declared routes to `router`."""
        for route in self._routes:
            route.add_to(router, edge, authenticate)


class _Route(Protocol):
    def add_to(self, router: APIRouter, edge: Edge, authenticate: Authenticate) -> None: ...


class _WriteRoute(NamedTuple, Generic[Body]):
    method: str
    path: str
    body: type[Body]
    build: BuildCommand[Body]
    documented: dict[str, Any]
    tagged: bool
    accepted: DoneLater | None

    def add_to(self, router: APIRouter, edge: Edge, authenticate: Authenticate) -> None:
        handle = self._make_handler(edge, authenticate)
        _add_documented(router, self.method, self.path, handle, self.build, self.documented)

    def _make_handler(self, edge: Edge, authenticate: Authenticate) -> Handle:
        body_type, build, tagged, accepted = self.body, self.build, self.tagged, self.accepted
        takes_body = body_type is not NoBody
        # The fingerprint of a PUT or POST covers even a body that the route does not take.
        reads_body = takes_body or self.method != "DELETE"

        async def handle(request: Request) -> Response:
            caller = await authenticate(request)
            raw_body = await read_json_body(request) if reads_body else b""
            body = parse_body(body_type, raw_body if takes_body else b"")
            command = await build(
                WriteRequest(request, caller, body, edge.lookups, edge.tokens, edge.links)
            )
            submission, answer = await edge.submit(request, caller, raw_body, command)
            return _respond(request, submission, answer, tagged=tagged, accepted=accepted)

        return handle


class _ReadRoute(NamedTuple):
    path: str
    read: Read
    documented: dict[str, Any]

    def add_to(self, router: APIRouter, edge: Edge, authenticate: Authenticate) -> None:
        async def handle(request: Request) -> Response:
            caller = await authenticate(request)
            return edge.answer_read(await self.read(edge, request, caller))

        _add_documented(router, "GET", self.path, handle, self.read, self.documented)


class _Versioned(Struct):
    """The one field of an answer that its entity tag needs."""

    version: int


_decode_version: Final = msgspec.json.Decoder(_Versioned).decode


def _add_documented(
    router: APIRouter,
    method: str,
    path: str,
    handle: Handle,
    declared: Callable[..., Any],
    documented: dict[str, Any],
) -> None:
    router.add_api_route(
        path,
        handle,
        methods=[method],
        name=declared.__name__,
        description=getdoc(declared),
        **documented,
    )


def _respond(
    request: Request,
    submission: Submission,
    answer: Answer,
    *,
    tagged: bool,
    accepted: DoneLater | None,
) -> Response:
    headers = [
        (b"x-position", b"%d" % answer.position),
        (b"idempotency-key", submission.idempotency_key.encode()),
    ]
    if answer.replayed:
        headers.append((b"idempotent-replay", b"true"))
    outcome = answer.outcome
    if outcome.refused:
        return problem(
            read_refusal(outcome.code),
            language=submission.language,
            instance=request.scope["path"],
            facts=msgspec.json.decode(answer.body),
            headers={name.decode(): value.decode() for name, value in headers},
        )
    if tagged:
        version = _decode_version(answer.body).version
        headers.append((b"etag", entity_tag(answer.body, version).encode()))
    status = 201 if outcome.created else 200
    if accepted is not None and isinstance(submission.command, accepted.command):
        status = 202
    return FinishedJson(answer.body, status, headers)
