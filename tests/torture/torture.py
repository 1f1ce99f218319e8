"""Runs one torture: a system, a crowd that uses it, a plan of faults, and the checks afterwards."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final, NamedTuple

import aiohttp

from contracts.journal.records import Commit
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import topic_of
from runtime.journal.tail import Accepted
from runtime.service.cell import UNNAMED
from tests.e2e.recorded import find_misrecorded, read_accepted
from tests.e2e.traffic import AnsweredRequest
from tests.torture import checks
from tests.torture.faults import DISK_FULL, KINDS, SECONDS, Fault, NobodyLeads, inflict, plan
from tests.torture.system import System, running_system
from tests.torture.traffic import Crowd

CLIENTS: Final = 6
READY_S_MAX: Final = 120.0
SUCCESS_S_MAX: Final = 120.0


class Recovery(NamedTuple):
    kind: str
    silent_s: float | None
    """The longest time in which nobody was answered, from the fault until after its end; None
    where that did not end."""
    ready_s: float | None
    """From its end until every process was ready; None where one never was."""
    ready_last: tuple[str, ...] = ()
    """Who was waited for to the end."""


class Result(NamedTuple):
    recoveries: Sequence[Recovery]
    answered: Sequence[AnsweredRequest]
    records: Sequence[Accepted]
    told: checks.SentNotices
    reads: int
    ended_by_itself: Mapping[str, int]
    findings: Sequence[str]
    """What does not hold. Empty is what everybody wants."""

    @property
    def commits(self) -> list[Commit]:
        return [one.record for one in self.records if isinstance(one.record, Commit)]


async def torture(
    directory: Path,
    seed: int,
    rounds: int,
    kinds: Sequence[str] | None = None,
    seconds: tuple[float, float] = SECONDS,
) -> Result:
    """Raises ServerUnavailable if the machine lacks a server."""
    async with running_system(directory) as system, aiohttp.ClientSession() as session:
        if kinds is None:
            kinds = [*KINDS, *([DISK_FULL] if (directory / "kafka").is_mount() else [])]
        faults = plan(seed, rounds, kinds, seconds)
        random = Random(f"traffic {seed}")
        crowd = Crowd(
            session, system.commands, system.workers["query"], random, system.data.token_secret
        )
        await crowd.begin(system.workers["neighbours"].url)
        findings: list[str] = []
        recoveries: list[Recovery] = []
        async with asyncio.TaskGroup() as traffic:
            for _ in range(CLIENTS):
                traffic.create_task(crowd.live())
            for number, fault in enumerate(faults, 1):
                recovery = await _inflict(system, crowd, fault, findings)
                recoveries.append(recovery)
                say(f"{number}/{rounds}", recovery)
            crowd.stopping = True
        return await _looked_at(system, crowd, recoveries, findings)


async def _inflict(system: System, crowd: Crowd, fault: Fault, findings: list[str]) -> Recovery:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(fault.pause_s)
    try:
        async with inflict(system, fault) as lasts_s:
            began_at, before = loop.time(), len(crowd.answered)
            await asyncio.sleep(lasts_s)
    except NobodyLeads:
        findings.append(f"nobody led before: {fault.kind}")
        return Recovery(fault.kind, None, None)
    ended_at = loop.time()
    ready_s: float | None = None
    if unready := await system.all_ready(READY_S_MAX):
        say("NOT READY", unready)
        findings.append(f"not ready after {READY_S_MAX:g} s: {fault.kind}: {unready}")
    else:
        ready_s = round(loop.time() - ended_at, 1)
    silent_s: float | None = None
    if await _answered_after(crowd, loop.time()):
        answered_at = [one.sent_at + one.seconds for one in crowd.answered[before:]]
        silent_s = round(max(b - a for a, b in pairwise([began_at, *sorted(answered_at)])), 1)
    else:
        findings.append(f"no answer after {SUCCESS_S_MAX:g} s: {fault.kind}")
    return Recovery(fault.kind, silent_s, ready_s, system.ready_last)


async def _answered_after(crowd: Crowd, since: float) -> bool:
    """Return whether somebody gets an answer to a command given after `since`."""
    loop = asyncio.get_running_loop()
    while loop.time() < since + SUCCESS_S_MAX:
        if any(one.sent_at > since for one in crowd.answered[-50:]):
            return True
        await asyncio.sleep(0.02)
    return False


async def _looked_at(
    system: System, crowd: Crowd, recoveries: Sequence[Recovery], findings: list[str]
) -> Result:
    say("traffic has ended")
    if unready := await system.all_ready(READY_S_MAX):
        findings.append(f"not ready at the end: {unready}")
    records = await read_accepted(KafkaJournal(system.kafka.bootstrap_servers, topic_of(UNNAMED)))
    notices = await checks.read_sent_notices(system)
    result = Result(
        recoveries,
        crowd.answered,
        records,
        notices,
        crowd.reads,
        {one.name: one.ended_by_itself for one in system.workers.values()},
        findings,
    )
    findings += find_misrecorded(result.answered, result.commits)
    findings += checks.find_misdated(records)
    findings += await checks.run_verify(system)
    findings += checks.find_wrong_notices(notices)
    findings += [f"status 500: {one}" for one in crowd.crashes[:10]]
    findings += [f"stale read: {one}" for one in crowd.stale[:10]]
    return result


def say(*facts: object) -> None:
    print(time.strftime("%H:%M:%S"), *facts, flush=True)


def table_of(recoveries: Sequence[Recovery]) -> str:
    """Return for each kind of fault how often it came, and the median and longest seconds until a
    write was answered and until all were ready again, from the fault's end on."""
    by_kind: dict[str, list[Recovery]] = {}
    for one in recoveries:
        by_kind.setdefault(one.kind, []).append(one)
    lines = ["| fault | times | no write answered, s | all ready after, s |", "|---|---|---|---|"]
    for kind, found in sorted(by_kind.items()):
        silent = _span([one.silent_s for one in found])
        ready = _span([one.ready_s for one in found])
        lines.append(f"| {kind} | {len(found)} | {silent} | {ready} |")
    return "\n".join(lines)


def summary_of(result: Result) -> dict[str, Any]:
    return {
        "faults": len(result.recoveries),
        "answers": len(result.answered),
        "commits": len(result.commits),
        "reads": result.reads,
        "notices": len(result.told.inbox),
        "ended_by_itself": {k: n for k, n in result.ended_by_itself.items() if n},
        "findings": len(result.findings),
    }


def _span(seconds: Sequence[float | None]) -> str:
    known = [one for one in seconds if one is not None]
    missing = "" if len(known) == len(seconds) else f", {len(seconds) - len(known)} never"
    return f"{median(known):.1f} / {max(known):.1f}{missing}" if known else "never"
