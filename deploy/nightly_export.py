"""Exports what is new for analysts into EXPORT_FOLDER, at the start and then every day at
EXPORT_AT (UTC, as 04:00): `python3 -m deploy.nightly_export`.

The folder goes on from wherever a run ended, killed or not (`launcher/exports`).
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from deploy.nightly import repeat_daily
from launcher.analyst_client import AnalystClient
from launcher.client import NotRunning, RequestRefused
from launcher.exports.exporting import export_new


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    client = AnalystClient(os.environ["EXPORT_URL"], os.environ["PRACTIX_ANALYST_TOKEN"])
    folder = Path(os.environ["EXPORT_FOLDER"])
    repeat_daily(os.environ["EXPORT_AT"], lambda: export(client, folder))


def export(client: AnalystClient, folder: Path) -> bool:
    """Export what is new, print the result, and return whether there is one."""
    try:
        done = asyncio.run(export_new(client, folder))
    except (NotRunning, RequestRefused) as error:
        print(f"not exported: {error}", flush=True)
        return False
    print(f"exported: {json.dumps(done._asdict())}", flush=True)
    return True


if __name__ == "__main__":
    main()
