"""Records the span of a batch: how long a store took to take what several requests caused."""

from collections.abc import Sequence
from typing import Final

from contracts.journal.records import Commit
from runtime.traces.context import is_sampled
from runtime.traces.spans import SPANS, Span

LINKS_MAX: Final = 128
"""As many as OpenTelemetry keeps of one span."""


def begin_write(store: str, commits: Sequence[Commit]) -> Span | None:
    """Begin the span of a batch, if a request that caused one of its records is recorded.

    It stands in the trace of the first such request, and has links to all of them: a batch may hold
    thousands. If a share of requests is recorded, there is rarely more than one.
    """
    if not SPANS.is_open:
        return None
    causes = [one.command.traceparent for one in commits if is_sampled(one.command.traceparent)]
    if not causes:
        return None
    return SPANS.begin(
        f"write {store}",
        "consumer",
        causes[0],
        {
            "practix.store": store,
            "practix.position": commits[-1].seq,
            "messaging.batch.message_count": len(commits),
        },
        causes[:LINKS_MAX],
    )
