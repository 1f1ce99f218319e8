"""Has the tables verified once at the start and then every day at VERIFY_AT (UTC, as 03:00).

What verify finds is logged, and stands in the projector's figures (`projector_verify_failed`,
`projector_verified_timestamp_seconds`), on which alerts look.
"""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

RETRY_S = 600.0
"""Pause after work that failed: a process was away, or did the same for somebody else."""
SILENCE_S_MAX = 300.0


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url, token, at = (
        os.environ[name] for name in ("VERIFY_URL", "PRACTIX_OPERATOR_TOKEN", "VERIFY_AT")
    )
    repeat_daily(at, lambda: verify(url, token))


def repeat_daily(at: str, work: Callable[[], bool]) -> NoReturn:
    """Do the work at once and then every day when the clock shows `at`; again after RETRY_S if it
    returns False."""
    while True:
        done = work()
        now = datetime.now(UTC)
        time.sleep((find_next(now, at) - now).total_seconds() if done else RETRY_S)


def verify(url: str, token: str) -> bool:
    """Have the tables verified, print the result, and return whether there is one."""
    request = urllib.request.Request(
        url, method="POST", headers={"Authorization": f"Bearer {token}"}
    )
    result = {}
    try:
        with urllib.request.urlopen(request, timeout=SILENCE_S_MAX) as answer:
            for line in answer:
                result = json.loads(line)
    except (OSError, urllib.error.URLError, ValueError) as error:
        print(f"not verified: {error}", flush=True)
        return False
    if "ok" not in result:
        print("not verified: the answer broke off", flush=True)
        return False
    print(f"verified: {json.dumps(summarize(result))}", flush=True)
    return True


def summarize(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result with numbers in place of lists: rows that differ may hold texts."""
    return {name: len(one) if isinstance(one, list) else one for name, one in result.items()}


def find_next(now: datetime, at: str) -> datetime:
    """Return the next moment at which the clock shows `at`."""
    hour, minute = map(int, at.split(":"))
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)


if __name__ == "__main__":
    main()
