"""A command process without HTTP, for `benchmarks.image`: says when it is ready, and then waits.

python -m benchmarks.image.process JOURNAL [IMAGE [follow]]

With `follow`, somebody else holds the journal, and it says again and again how far it is.
"""

import asyncio
import json
import secrets
import sys
from pathlib import Path
from random import Random
from typing import Final, NoReturn

from command_api.domain.rules import DEFAULT_RULES
from command_api.http.erasure_tokens import ErasureTokens
from command_api.http.link_tokens import LinkTokens
from command_api.image.sqlite.store import SqliteStore
from command_api.leader.node import Node
from command_api.leader.timing import Timing
from command_api.rendering import build_renderer
from contracts.journal.concealment import NO_SECRET
from runtime.journal.sqlite import SqliteJournal
from runtime.process.clock import steady_clock, system_clock
from runtime.process.garbage_collector import collect_rarely
from runtime.process.tasks import keep_running

POLL_S = 0.005
FOLLOW_POLL_S = 0.1


SECRET: Final = secrets.token_hex()


async def main(journal: Path, image: Path | None, follow: bool) -> None:
    collect_rarely()
    node = Node(
        journal=SqliteJournal(journal),
        fingerprint_key=NO_SECRET,
        own_url="",
        clock=system_clock,
        steady=steady_clock,
        render=build_renderer(DEFAULT_RULES, ErasureTokens(SECRET).sign, LinkTokens(SECRET).sign),
        random=Random(1),
        new_nonce=lambda: secrets.token_hex(16),
        rules=DEFAULT_RULES,
        timing=Timing(alone=True, tick_s=0.02),
        store=None if image is None else SqliteStore(image),
    )
    working = keep_running(node.run(), "node")
    if follow:
        await tell_progress(node)
    while not node.leading:
        await asyncio.sleep(POLL_S)
    print(json.dumps({"position": node.image.seq, **read_memory()}), flush=True)
    while image is not None and node.keeper.written_to < node.image.seq - 1:
        await asyncio.sleep(1.0)
    print(json.dumps({"written": node.keeper.written_to, **read_memory()}), flush=True)
    await working


async def tell_progress(node: Node) -> NoReturn:
    """Print the positions that are read and written, and the memory, whenever one has changed."""
    told = None
    while True:
        reached = {"position": node.image.seq, "written": node.keeper.written_to}
        if reached != told:
            print(json.dumps({**reached, **read_memory()}), flush=True)
            told = reached
        await asyncio.sleep(FOLLOW_POLL_S)


def read_memory(process: int | str = "self") -> dict[str, float]:
    """Return the resident memory of a process now and at most, in megabytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1000 for name in ("VmRSS", "VmHWM")}


if __name__ == "__main__":
    asyncio.run(
        main(
            Path(sys.argv[1]),
            Path(sys.argv[2]) if sys.argv[2:] else None,
            follow=sys.argv[3:] == ["follow"],
        )
    )
