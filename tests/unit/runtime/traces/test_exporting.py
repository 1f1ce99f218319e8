"""An exporter that fails, raises or hangs costs spans, and nothing else."""

import asyncio
import logging
from collections.abc import Sequence
from threading import Event
from time import perf_counter

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from runtime.process.lifecycle import Process, run_as
from runtime.traces import exporting
from runtime.traces.exporting import LOST, SENT_AT_ONCE, WAITING_MAX, SpanQueue
from tests.waiting import WITHIN_S


class ToldExporter(SpanExporter):
    """Takes spans as it is told to."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        """How many spans came together."""
        self.answer = SpanExportResult.SUCCESS
        self.error: BaseException | None = None
        self.is_open = True
        self.hangs = Event()
        self.asked = Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked.set()
        if self.error is not None:
            raise self.error
        if self.hangs.is_set():
            Event().wait(60.0)
        self.taken.append(len(spans))
        return self.answer

    def shutdown(self) -> None:
        self.is_open = False


def span() -> ReadableSpan:
    return ReadableSpan("work")


def lost(reason: str) -> float:
    found = {one.labels["reason"]: one.value for family in LOST.collect() for one in family.samples}
    return found.get(reason, 0.0)


def test_spans_go_together_in_bounded_parts() -> None:
    collector = ToldExporter()
    queue = SpanQueue(collector)
    for _ in range(SENT_AT_ONCE + 1):
        queue.on_end(span())
    queue.export()
    queue.export()
    assert collector.taken == [SENT_AT_ONCE, 1]


def test_more_spans_than_fit_are_counted() -> None:
    queue, before = SpanQueue(ToldExporter()), lost("full")
    for _ in range(WAITING_MAX + 3):
        queue.on_end(span())
    assert lost("full") == before + 3


@pytest.mark.parametrize("error", [None, RuntimeError("Kanarienvogel")])
def test_what_no_collector_takes_is_lost_and_counted(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    collector, before = ToldExporter(), lost("not_taken")
    collector.answer, collector.error = SpanExportResult.FAILURE, error
    queue = SpanQueue(collector)
    for _ in range(2):
        queue.on_end(span())
    queue.export()
    assert lost("not_taken") == before + 2
    collector.answer, collector.error = SpanExportResult.SUCCESS, None
    queue.on_end(span())
    queue.export()
    assert collector.taken[-1] == 1
    assert [one.getMessage() for one in caplog.records] == ["spans not exported"] * bool(error)


async def test_what_waits_at_the_end_is_still_exported() -> None:
    collector = ToldExporter()
    queue = SpanQueue(collector)
    with queue.keep_exporting():
        queue.on_end(span())
    assert (collector.taken, collector.is_open) == ([1], False)


async def test_spans_are_exported_while_the_process_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "EXPORTED_EVERY_S", 0.01)
    collector = ToldExporter()
    queue = SpanQueue(collector)
    with queue.keep_exporting():
        for _ in range(2):
            collector.asked.clear()
            queue.on_end(span())
            assert await asyncio.to_thread(collector.asked.wait, WITHIN_S)


async def test_a_collector_that_hangs_delays_the_end_by_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "STOP_S_MAX", 0.1)
    collector = ToldExporter()
    collector.hangs.set()
    queue = SpanQueue(collector)
    began_at = perf_counter()
    with queue.keep_exporting():
        queue.on_end(span())
        assert perf_counter() - began_at < 5.0, "ending a span waits for nobody"
    assert perf_counter() - began_at < 10.0
    assert not collector.is_open


async def test_the_end_of_its_thread_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is that ends it: nothing may stop unseen."""
    monkeypatch.setattr(exporting, "EXPORTED_EVERY_S", 0.0)
    failed = asyncio.Event()
    collector = ToldExporter()
    collector.error = KeyboardInterrupt()
    queue, process = SpanQueue(collector), Process(lambda _reason: failed.set())
    with run_as(process), caplog.at_level(logging.CRITICAL), queue.keep_exporting():
        queue.on_end(span())
        await asyncio.wait_for(failed.wait(), WITHIN_S)
    assert process.failure is not None
    assert process.failure.startswith("span exporter stopped")
