"""`practix export`: writes a range of positions of the history to a file."""

import base64
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from launcher.analyst_client import AnalystClient
from launcher.client import RequestRefused
from launcher.terminal import make_progress_bar


class ExportRequest(NamedTuple):
    out: Path
    table: str
    form: str
    first: int
    last: int | None
    """None: up to the end of the history."""

    def query(self) -> dict[str, str]:
        """Return the query parameters of the request."""
        bounds = {"from": str(self.first)} | ({} if self.last is None else {"to": str(self.last)})
        return {"table": self.table, "format": self.form, **bounds}


async def export(client: AnalystClient, request: ExportRequest) -> dict[str, Any]:
    """Write the file and return the result: `ok`, `rows`, `bytes`, `sha256`.

    The file grows under another name beside `out` and is renamed once it is whole. Raises
    NotRunning, and RequestRefused if the export broke off.
    """
    growing = request.out.with_name(request.out.name + ".part")
    try:
        with growing.open("wb") as file:
            end = await _receive(client, request, file)
        growing.replace(request.out)
    except OSError as error:
        raise RequestRefused(str(error)) from error
    finally:
        growing.unlink(missing_ok=True)
    return end


async def _receive(client: AnalystClient, request: ExportRequest, file: BinaryIO) -> dict[str, Any]:
    digest = sha256()
    with make_progress_bar() as progress:
        task = progress.add_task(f"export {request.table}", total=None)
        async for line in client.export(request.query()):
            if "ok" in line:
                return _demand_whole(line, digest.hexdigest())
            data = base64.b64decode(line["data"])
            file.write(data)
            digest.update(data)
            progress.update(task, total=line["of"], completed=line["done"])
    raise RequestRefused("the export broke off")


def _demand_whole(end: dict[str, Any], received: str) -> dict[str, Any]:
    """Return the result. Raises RequestRefused if the export failed or was damaged."""
    if not end["ok"]:
        raise RequestRefused(f"the export broke off: {end['problem']}")
    if end["sha256"] != received:
        raise RequestRefused("the export was damaged on the way")
    return end
