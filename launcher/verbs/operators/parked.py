"""Lists, retries and gives up what the notifier has parked: notices and fan-outs."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from contracts.journal.places import OUTCOME, EventPlace, parse_place, spell_place
from launcher.client import Path, RequestRefused
from launcher.verbs.operators.link import OperatorLink

NOTICES: Final = ("notices",)
FANOUTS: Final = ("notices", "fanouts")
AT_ONCE: Final = 1_000
"""So many notices one request changes."""
PARKED: Final = {"state": "parked"}
ONLY_PARKED: Final = {"only": "parked"}
"""In a body, lets the request change nothing that is not parked at that moment."""
NOT_PARKED: Final = "not_parked"
NOTICE_ID_MAX: Final = 2**63 - 1
_NOTICE_ID: Final = re.compile(r"[1-9][0-9]{0,18}")

Line = dict[str, Any]


async def list_notices(link: OperatorLink) -> list[Line]:
    """Return the parked notices, oldest first, without what they say."""
    notices = await link.list_all(NOTICES, PARKED)
    return [_describe_notice(one) for one in sorted(notices, key=lambda one: one["id"])]


async def list_fanouts(link: OperatorLink) -> list[Line]:
    """Return the parked fan-outs, oldest first."""
    found = await link.list_all(FANOUTS, PARKED)
    found.sort(key=lambda one: (one["position"], one["event_index"]))
    return [_describe_fanout(one) for one in found]


async def retry_notices(link: OperatorLink, notice: str | None, *, dry_run: bool) -> Line:
    """Let a parked notice, or all, be sent again from now on, oldest first."""
    if notice is not None:
        await link.send("PUT", _path_of_notice(notice), _due_now(), dry_run=dry_run)
        return {"ok": True, "dry_run": dry_run, "parked": 1, "retried": 1}
    ids = [int(one["id"]) for one in await list_notices(link)]
    done = 0
    for start in range(0, len(ids), AT_ONCE):
        part = {"action": "reschedule", "ids": ids[start : start + AT_ONCE], **_due_now()}
        done += (await link.send("POST", (*NOTICES, "bulk"), part, dry_run=dry_run))["done"]
    return {"ok": done == len(ids), "dry_run": dry_run, "parked": len(ids), "retried": done}


async def retry_fanouts(link: OperatorLink, fanout: str | None, *, dry_run: bool) -> Line:
    """Ask UGC again for one parked fan-out, or for all, one after another in log order."""
    ids = [one["id"] for one in await list_fanouts(link)] if fanout is None else [fanout]
    done = 0
    for one in ids:
        try:
            await link.send("PUT", _path_of_fanout(one), _due_now(), dry_run=dry_run)
            done += 1
        except RequestRefused as error:
            if fanout is not None or error.code != NOT_PARKED:
                raise
    return {"ok": done == len(ids), "dry_run": dry_run, "parked": len(ids), "retried": done}


async def drop_notice(link: OperatorLink, notice: str, by: str | None, *, dry_run: bool) -> Line:
    """Give a parked notice up for good."""
    path = _path_of_notice(notice)
    return _describe_notice(await link.drop(path, by, ONLY_PARKED, dry_run=dry_run))


async def drop_fanout(link: OperatorLink, fanout: str, by: str | None, *, dry_run: bool) -> Line:
    """Give a parked fan-out up for good: nobody is told."""
    path = _path_of_fanout(fanout)
    return _describe_fanout(await link.drop(path, by, ONLY_PARKED, dry_run=dry_run))


def _path_of_fanout(text: str) -> Path:
    """Return the path of a fan-out. Raises RequestRefused if the text is no id of one."""
    place = parse_place(text)
    if place is None or place.event_index == OUTCOME:
        raise RequestRefused(f"{text!r} is no id of a fan-out")
    return *FANOUTS, str(place.seq), str(place.event_index)


def _path_of_notice(text: str) -> Path:
    """Return the path of a notice. Raises RequestRefused if the text is no id of one."""
    if _NOTICE_ID.fullmatch(text) is None or int(text) > NOTICE_ID_MAX:
        raise RequestRefused(f"{text!r} is no id of a notice")
    return *NOTICES, text


def _due_now() -> dict[str, str]:
    """Return the body that makes what is parked due now."""
    return {"due_at": datetime.now(UTC).isoformat(), **ONLY_PARKED}


def _describe_notice(notice: Mapping[str, Any]) -> Line:
    return {
        "id": str(notice["id"]),
        "event": notice["kind"],
        "key": notice["announcement_id"],
        "since": notice["due_at"],
        "reason": notice["reason"],
    }


def _describe_fanout(fanout: Mapping[str, Any]) -> Line:
    return {
        "id": spell_place(EventPlace(fanout["position"], fanout["event_index"])),
        "event": fanout["event_type"],
        "key": fanout["announcement_id"],
        "since": fanout["happened_at"],
        "reason": fanout["reason"],
    }
