"""`practix export`: writes a range of positions of the history to a file."""

from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from launcher.analyst_client import AnalystClient
from launcher.client import RequestRefused
from launcher.exports.receiving import receive
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
    with make_progress_bar() as progress:
        task = progress.add_task(f"export {request.table}", total=None)
        return await receive(
            client,
            request.query(),
            file,
            lambda done, of: progress.update(task, total=of, completed=done),
        )
