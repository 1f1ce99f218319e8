"""Runs `practix` and notes which query parameters and headers its handlers read.

Python with `-c` and `COMMAND` is `practix`. Each new reading is a line of the file that `FILE`
names in the environment: the route as the API document calls it, and the name as the document
has it.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection

from launcher.cli import main
from runtime.front.received import ReceivedRequest
from tests.paths import API_DOCUMENT

FILE: Final = "RECORDED_READS"
HEADERS: Final = (
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-Id",
    "Accept-Language",
)
"""The headers that the document can name, in one spelling. It never names Accept, Content-Type
and Authorization as parameters (OpenAPI 3.1, Parameter Object)."""
COMMAND: Final = "from tests.attack.recorded_reads import run; run()"

_METHOD_OF: Final = {"HEAD": "GET"}


def documented_names(document: Path = API_DOCUMENT) -> dict[str, set[str]]:
    """Return the query parameters and headers that the API document has, by route."""
    paths = msgspec.json.decode(document.read_bytes())["paths"]
    return {
        f"{method.upper()} {path}": {
            one["name"].title() if one["in"] == "header" else one["name"]
            for one in operation.get("parameters", ())
            if one["in"] != "path"
        }
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def recorded_names(file: Path) -> dict[str, set[str]]:
    """Return the names that were read so far, by route."""
    found: dict[str, set[str]] = {}
    for route, name in map(msgspec.json.decode, file.read_bytes().splitlines()):
        found.setdefault(route, set()).add(name)
    return found


class ReadingsFile:
    """The file of readings. Notes each of them once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._noted: set[tuple[str, str]] = set()
        # What has no braces comes first: `/bookings` is no id of a booking.
        routes = sorted(documented_names(), key=lambda route: (route.count("{"), -len(route)))
        self._routes = [(_pattern_of(route), route) for route in routes]

    def note(self, scope: Mapping[str, Any], name: str) -> None:
        if scope["type"] != "http":
            return
        method = _METHOD_OF.get(scope["method"], scope["method"])
        asked = f"{method} {scope['path']}"
        route = next((route for pattern, route in self._routes if pattern.fullmatch(asked)), None)
        if route is not None and (route, name) not in self._noted:
            self._noted.add((route, name))
            with self._file.open("ab") as file:
                file.write(msgspec.json.encode((route, name)) + b"\n")


def run() -> None:
    """Run `practix` with the arguments of this process, and record."""
    readings = ReadingsFile(Path(os.environ[FILE]))

    class NotedQuery(QueryParams):
        def __init__(self, scope: Any) -> None:
            super().__init__(scope["query_string"])
            self._scope = scope

        def __getitem__(self, name: str) -> str:
            readings.note(self._scope, name)
            return super().__getitem__(name)

        def __contains__(self, name: object) -> bool:
            readings.note(self._scope, str(name))
            return super().__contains__(name)

        def getlist(self, name: Any) -> list[str]:
            readings.note(self._scope, name)
            return super().getlist(name)

    class NotedHeaders(Headers):
        def __init__(self, scope: Any) -> None:
            super().__init__(scope=scope)
            self._scope = scope

        def __getitem__(self, name: str) -> str:
            for documented in HEADERS:
                if documented.lower() == name.lower():
                    readings.note(self._scope, documented)
            return super().__getitem__(name)

    def query_params(connection: HTTPConnection) -> QueryParams:
        found: QueryParams = _kept(connection, "_query_params", NotedQuery)
        return found

    def headers(connection: HTTPConnection) -> Headers:
        found: Headers = _kept(connection, "_headers", NotedHeaders)
        return found

    HTTPConnection.query_params = property(query_params)  # type: ignore[method-assign, assignment]
    HTTPConnection.headers = property(headers)  # type: ignore[method-assign, assignment]
    ReceivedRequest.headers = property(headers)  # type: ignore[method-assign, assignment]
    ReceivedRequest.query_params = property(query_params)  # type: ignore[method-assign, assignment]
    main()


def _kept(connection: HTTPConnection, name: str, make: Any) -> Any:
    if not hasattr(connection, name):
        setattr(connection, name, make(connection.scope))
    return getattr(connection, name)


def _pattern_of(route: str) -> re.Pattern[str]:
    parts = re.split(r"{\w+}", route)
    return re.compile("[^/]+".join(map(re.escape, parts)))
