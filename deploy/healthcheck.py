"""Exits with status 0 if the process in this container says that it is ready."""

import os
import sys
import urllib.error
import urllib.request

PORT = os.environ.get("PRACTIX_HEALTH_PORT", "8000")

try:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=2) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except (OSError, urllib.error.URLError) as error:
    sys.exit(f"not ready: {error}")
