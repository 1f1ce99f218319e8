"""Checks what must hold once a torture is over; each check lists what it found wrong."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Final, NamedTuple

import asyncpg

from contracts.journal.records import Barrier, Commit
from launcher.client import NotRunning, RequestRefused, stream_operator_lines
from neighbours.store import FILE_NAME
from notifier.rights import TOO_LATE
from runtime.journal.tail import Accepted
from tests.torture.cut_off import IS_BEING_SENT, read_cut_off
from tests.torture.system import System

TOLD_S_MAX: Final = 180.0
TABLES_S_MAX: Final = 180.0
AHEAD_S_MAX: Final = 61.0
LATE_S_MAX: Final = 12 * 3600.0

_UNTOLD: Final = f"(n.state = 'waiting' AND n.due_at <= now() OR {IS_BEING_SENT})"
SELECT_UNTOLD: Final = f"SELECT count(*) FROM notifier.notices n WHERE {_UNTOLD}"
SELECT_WHY_UNTOLD: Final = f"""
    SELECT n.key, n.state, n.attempts, n.reason, n.holder, n.turn,
           extract(epoch FROM now() - n.due_at)::int AS due_s_ago,
           extract(epoch FROM n.try_at - now())::int AS tried_in_s
    FROM notifier.notices n WHERE {_UNTOLD} ORDER BY n.id LIMIT 10
"""
SELECT_NOTICES: Final = "SELECT key, state, reason FROM notifier.notices"
SELECT_UNTIMELY: Final = """
    SELECT kind, state, reason, count(*) AS times FROM notifier.notices
    WHERE state = 'sent' AND due_at > now()
       OR state IN ('skipped', 'parked') AND reason = $1 AND expires_at > now()
    GROUP BY 1, 2, 3
"""
SELECT_TWICE: Final = """
    SELECT s.seq, s.event_index, n.recipient, n.kind, count(*) AS times
    FROM notifier.sources s JOIN notifier.notices n ON n.id = s.notice_id
    GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
"""


class SentNotices(NamedTuple):
    """Which notices the notifier says it sent, which have arrived, and which were sent twice."""

    notices: Mapping[str, tuple[str, str | None]]
    """State and reason by key."""
    inbox: frozenset[str]
    """Keys."""
    twice: tuple[str, ...]
    cut_off: frozenset[str]
    """Keys of those of which an attempt was cut off, so that they may have arrived."""
    untimely: tuple[str, ...] = ()
    """Sent before they were due, or given up before it was too late."""
    untold: tuple[str, ...] = ()
    """Due, and still waiting when we stopped waiting for them."""


def find_misdated(records: Iterable[Accepted]) -> Iterator[str]:
    """Return records that a wrong clock decided: their dates are far off the broker's stamps, by
    more than the way to the broker takes."""
    for record, position, stamp_ms in records:
        if isinstance(record, Commit | Barrier):
            ahead_s = record.decided_at.timestamp() - stamp_ms / 1000
            if not -LATE_S_MAX <= ahead_s <= AHEAD_S_MAX:
                yield f"record {position.state.seq} is dated {ahead_s:+.0f} s off its stamp"


async def run_verify(system: System) -> list[str]:
    """Ask verify: chain, capacity and overlaps at every position, tables and history.

    It asks again for a while if the tables are away: a link that was half-open may have left
    connections that only their next use finds dead.
    """
    give_up_at = monotonic() + TABLES_S_MAX
    while True:
        try:
            last = await _last_line_of_verify(system)
        except RequestRefused as error:
            if "503" not in str(error) or monotonic() > give_up_at:
                return [f"verify: {error}"]
            await asyncio.sleep(1.0)
        except NotRunning as error:
            return [f"verify: {error}"]
        else:
            return [] if last.get("ok") else [f"verify: {last}"]


async def _last_line_of_verify(system: System) -> dict[str, Any]:
    last: dict[str, Any] = {}
    url = system.workers["projector"].url
    async for line in stream_operator_lines(url, "verify", system.data.operator_token):
        last = line
    return last


async def read_sent_notices(system: System) -> SentNotices:
    """Return the notices once everything that is due has been sent, or after TOLD_S_MAX."""
    connection = await asyncpg.connect(system.postgres.dsn)
    try:
        give_up_at = asyncio.get_running_loop().time() + TOLD_S_MAX
        while await connection.fetchval(SELECT_UNTOLD):
            if asyncio.get_running_loop().time() > give_up_at:
                break
            await asyncio.sleep(0.2)
        untold = tuple(str(dict(row)) for row in await connection.fetch(SELECT_WHY_UNTOLD))
        rows = await connection.fetch(SELECT_NOTICES)
        notices = {row["key"]: (row["state"], row["reason"]) for row in rows}
        twice = tuple(str(tuple(row)) for row in await connection.fetch(SELECT_TWICE))
        rows = await connection.fetch(SELECT_UNTIMELY, TOO_LATE)
        untimely = tuple(str(tuple(row)) for row in rows)
        cut_off = await read_cut_off(connection)
    finally:
        await connection.close()
    inbox = read_inbox(system.data.path / "neighbours")
    return SentNotices(notices, inbox, twice, cut_off, untimely, untold)


def read_inbox(directory: Path) -> frozenset[str]:
    """Return the keys of all messages that the stand-in has taken."""
    path = directory / FILE_NAME
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return frozenset(key for (key,) in connection.execute("SELECT key FROM notice"))
    finally:
        connection.close()


def find_wrong_notices(sent_notices: SentNotices) -> Iterator[str]:
    """Return what was not sent once, or not recorded as it was. A notice of which an attempt was
    cut off may be recorded as unconfirmed, whether it arrived or not."""
    for fact in sent_notices.twice:
        yield f"told twice: {fact}"
    for notices in sent_notices.untimely:
        yield f"too early, or given up too early: {notices}"
    for notice in sent_notices.untold:
        yield f"due, and not told: {notice}"
    by_state: dict[str, set[str]] = {}
    for key, (state, _) in sent_notices.notices.items():
        by_state.setdefault(state, set()).add(key)
    sent, unconfirmed = by_state.get("sent", set()), by_state.get("unconfirmed", set())
    for key in sorted(sent - sent_notices.inbox)[:10]:
        yield f"{key} is recorded as sent and never arrived"
    for key in sorted(sent_notices.inbox - sent - unconfirmed)[:10]:
        yield f"{key} arrived and is recorded as {sent_notices.notices.get(key)}"
    for key in sorted(unconfirmed - sent_notices.cut_off)[:10]:
        yield f"{key} is recorded as {sent_notices.notices[key]}, and no attempt was cut off"
    for (state, reason), number in Counter(sent_notices.notices.values()).items():
        if state == "parked":
            yield f"{number} notices are parked: {reason}"
