"""Lines that cannot be written are lost, and each of them is counted."""

import os

from runtime.logs.writer import LOST, LineWriter


def count_lost(reason: str) -> float:
    return sum(
        sample.value
        for family in LOST.collect()
        for sample in family.samples
        if sample.labels == {"reason": reason}
    )


def test_every_line_that_cannot_be_written_is_counted() -> None:
    read_end, closed = os.pipe()
    os.close(read_end)
    writer = LineWriter(closed)
    before = count_lost("unwritable")
    for _ in range(3):
        writer.add(b"waits\n")
    writer.write(b"at once\n")
    assert count_lost("unwritable") == before + 4
    writer.write()
    assert count_lost("unwritable") == before + 4
    os.close(closed)
