"""Waits until the process in this container is ready: `python3 -m deploy.wait_ready`.

Exits with status 1, and the reason on stderr, if it cannot become ready in time. With `--look` it
does not wait: it exits with status PREPARES if the process prepares tables, and says how far it is.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

from runtime.process.becoming_ready import (
    PREPARES,
    ReadinessWait,
    describe,
    describe_progress,
    prepares,
)

URL: Final = f"http://127.0.0.1:{os.environ.get('PRACTIX_HEALTH_PORT', '8000')}/readyz"
LOOK_S: Final = 0.5
ANSWER_S_MAX: Final = 5.0


def main() -> None:
    wait = ReadinessWait(time.monotonic())
    while not (entries := read_readiness()).get("ready"):
        reason = wait.find_end(entries, time.monotonic())
        if not reason and "--look" in sys.argv:
            if prepares(entries):
                print(describe_progress(entries), file=sys.stderr)
                sys.exit(PREPARES)
            reason = describe(entries)
        if reason:
            sys.exit(f"not ready: {reason}")
        time.sleep(LOOK_S)


def read_readiness() -> dict[str, Any]:
    """Return what /readyz says; nothing if it does not answer."""
    try:
        try:
            answer = urllib.request.urlopen(URL, timeout=ANSWER_S_MAX)
        except urllib.error.HTTPError as not_ready:
            answer = not_ready
        with answer:
            found: dict[str, Any] = json.load(answer)
    except (OSError, ValueError, HTTPException):
        return {}
    return found


if __name__ == "__main__":
    main()
