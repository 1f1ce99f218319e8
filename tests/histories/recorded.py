"""A history whose records never change, whatever deciders write by now.

`recorded.jsonl` was written once, by people with random wishes. After it come the samples of all
stored events. So every event there ever was occurs, and most of them have a past.
"""

from pathlib import Path
from typing import Final

import msgspec

from contracts.journal.records import Commit, decode_record
from tests.histories.chain import Chain
from tests.paths import SAMPLES

RECORDED: Final = Path(__file__).with_name("recorded.jsonl")
MAKING: Final = (
    "announcement.created.v1",
    "booking.invited.v1",
    "invite_job.begun.v1",
    "post.written.v1",
    "broadcast.written.v1",
    "rating.given.v1",
    "report.made.v1",
)
"""Their samples come first: the others name what these make."""


def read_recorded() -> list[Commit]:
    """Return the recorded commits, and then one commit for each sample."""
    chain = Chain()
    for line in RECORDED.read_bytes().splitlines():
        record = decode_record(line)
        assert isinstance(record, Commit)
        chain.append(record)
    chain.now = chain.commits[-1].decided_at
    for sample in sorted(SAMPLES, key=lambda path: (path.stem not in MAKING, path.stem)):
        chain.wait(minutes=5)
        chain.commit(msgspec.json.decode(sample.read_bytes()))
    return chain.commits
