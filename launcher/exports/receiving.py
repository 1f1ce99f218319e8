"""Receives an exported file in lines of JSON (`query_api.analysts.export`) and checks it."""

import base64
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, BinaryIO

from launcher.analyst_client import AnalystClient
from launcher.client import RequestRefused


async def receive(
    client: AnalystClient,
    query: Mapping[str, str],
    file: BinaryIO,
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> dict[str, Any]:
    """Write the file and return the last line of the export. `on_progress` is told how many rows
    have come, and of how many. Raises NotRunning, OSError, and RequestRefused if the export broke
    off or was damaged on the way."""
    digest = sha256()
    async for line in client.export(query):
        if "ok" in line:
            return _demand_whole(line, digest.hexdigest())
        data = base64.b64decode(line["data"])
        file.write(data)
        digest.update(data)
        on_progress(line["done"], line["of"])
    raise RequestRefused("the export broke off")


def _demand_whole(end: dict[str, Any], received: str) -> dict[str, Any]:
    if not end["ok"]:
        raise RequestRefused(f"the export broke off: {end['problem']}")
    if end["sha256"] != received:
        raise RequestRefused("the export was damaged on the way")
    return end
