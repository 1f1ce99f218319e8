"""Collects readiness, metrics and API documents of all processes, for the gateway."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import aiohttp
import msgspec
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from runtime.openapi.document import Document, merge
from runtime.process.readiness import is_ready

ANSWER_S_MAX: Final = 2.0
PROCESS: Final = "process"
"""The label that keeps the series of several processes apart."""


class Overview:
    """Asks all processes and unites their answers. Nothing is cached."""

    def __init__(self, upstreams: Mapping[str, str], session: aiohttp.ClientSession) -> None:
        self._upstreams = upstreams
        self._session = session

    async def readiness(self) -> dict[str, Any]:
        """Return `ready`, and each check as `process.name`, as the embedded profile does.

        A process that does not answer with its readiness has `process.answers`, false, instead.
        """
        answers = await self._ask_all("/readyz", (200, 503))
        checks: dict[str, Any] = {}
        for process, body in answers.items():
            for name, value in _read_checks(body).items():
                checks[f"{process}.{name}"] = value
        return {"ready": is_ready(checks), **checks}

    async def metrics(self) -> bytes:
        """Return the metrics of all processes as Prometheus text, labelled by process."""
        answers = await self._ask_all("/metrics")
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_FixedMetrics(unite_metrics(answers)))
        return generate_latest(registry)

    async def openapi(self) -> Document | None:
        """Merge the documents of the processes that answer; None if none does.

        Raises DocumentsDiffer.
        """
        answers = await self._ask_all("/api/openapi.json")
        documents = {
            process: msgspec.json.decode(body) for process, body in answers.items() if body
        }
        return merge(documents) if documents else None

    async def _ask_all(self, path: str, statuses: Collection[int] = (200,)) -> dict[str, bytes]:
        """Return the bodies by process, empty if there was no answer with one of `statuses`."""
        bodies = await asyncio.gather(
            *(self._ask(address + path, statuses) for address in self._upstreams.values())
        )
        return dict(zip(self._upstreams, bodies, strict=True))

    async def _ask(self, url: str, statuses: Collection[int]) -> bytes:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S_MAX)
        # The session does not decompress, so the process must not compress.
        headers = {"Accept-Encoding": "identity"}
        try:
            async with self._session.get(url, headers=headers, timeout=timeout) as response:
                return await response.read() if response.status in statuses else b""
        except (aiohttp.ClientError, TimeoutError):
            return b""


def unite_metrics(answers: Mapping[str, bytes]) -> list[Metric]:
    """Return one family per name, as the text format demands, with all processes' series."""
    answering = Metric("gateway_process_answers", "1 while a process answers", "gauge")
    families = {answering.name: answering}
    for process, body in answers.items():
        answering.add_sample(answering.name, {PROCESS: process}, 1 if body else 0)
        for part in text_string_to_metric_families(body.decode()):
            whole = families.setdefault(part.name, Metric(part.name, part.documentation, part.type))
            for sample in part.samples:
                whole.add_sample(sample.name, {**sample.labels, PROCESS: process}, sample.value)
    return list(families.values())


class _FixedMetrics(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _read_checks(body: bytes) -> dict[str, Any]:
    try:
        checks = msgspec.json.decode(body, type=dict[str, Any])
        ready = checks.pop("ready")
    except (msgspec.DecodeError, KeyError):
        return {"answers": False}
    return checks or {"ready": ready}
