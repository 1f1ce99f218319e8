"""`practix export`: a range of positions of the history as one file."""

import base64
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from launcher.client import RequestRefused
from launcher.verbs.analyst_client import AnalystClient


class ExportRequest(NamedTuple):
    out: Path
    table: str
    form: str
    first: int
    last: int | None
    """None: up to what the history has."""

    def query(self) -> dict[str, str]:
        bounds = {"from": str(self.first)} | ({} if self.last is None else {"to": str(self.last)})
        return {"table": self.table, "format": self.form, **bounds}


async def export(client: AnalystClient, wanted: ExportRequest) -> dict[str, Any]:
    """Write the file and return its last line: `ok`, `rows`, `bytes`, `sha256`.

    `out` is there only when it is whole; until then it grows under another name beside it.
    Raises NotRunning, and RequestRefused where the export broke off.
    """
    growing = wanted.out.with_name(wanted.out.name + ".part")
    try:
        with growing.open("wb") as file:
            end = await _receive(client, wanted, file)
        growing.replace(wanted.out)
    except OSError as error:
        raise RequestRefused(str(error)) from error
    finally:
        growing.unlink(missing_ok=True)
    return end


async def _receive(client: AnalystClient, wanted: ExportRequest, file: BinaryIO) -> dict[str, Any]:
    digest = sha256()
    with _progress() as progress:
        task = progress.add_task(f"export {wanted.table}", total=None)
        async for line in client.export(wanted.query()):
            if "ok" in line:
                return _demand_whole(line, digest.hexdigest())
            data = base64.b64decode(line["data"])
            file.write(data)
            digest.update(data)
            progress.update(task, total=line["of"], completed=line["done"])
    raise RequestRefused("the export broke off")


def _demand_whole(end: dict[str, Any], received: str) -> dict[str, Any]:
    if not end["ok"]:
        raise RequestRefused(f"the export broke off: {end['problem']}")
    if end["sha256"] != received:
        raise RequestRefused("the export was damaged on its way")
    return end


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        refresh_per_second=5,
    )
