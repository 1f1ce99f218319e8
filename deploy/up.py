"""`make up`: secrets into .env on the first time, then build, start and wait for healthy.

`python deploy/up.py [ENV_FILE]`: the file adds to .env, for example other images.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRETS = (
    "TOKEN_SECRET",
    "CELL_SECRET",
    "FEED_SECRET",
    "POSTGRES_PASSWORD",
    "CLICKHOUSE_PASSWORD",
    "PRACTIX_OPERATOR_TOKEN",
)
UP_S_MAX = "300"


def main(extra: list[str]) -> int:
    own = ROOT / ".env"
    if not own.exists():
        own.touch(mode=0o600)
        own.write_text("".join(f"{name}={secrets.token_urlsafe(32)}\n" for name in SECRETS))
    files = [f"--env-file={path}" for path in (own, *extra)]
    compose = ["docker", "compose", *files]
    # One service builds the image that all of them use.
    built = subprocess.run([*compose, "build", "neighbours"], cwd=ROOT, check=False)
    if built.returncode:
        return built.returncode
    started = subprocess.run(
        [*compose, "up", "--detach", "--wait", "--wait-timeout", UP_S_MAX], cwd=ROOT, check=False
    )
    if started.returncode:
        return started.returncode
    port = os.environ.get("PORT", "8000")
    values = dict(line.split("=", 1) for line in own.read_text().splitlines() if "=" in line)
    print(f"PRACTIX is ready at http://127.0.0.1:{port}")
    print(f"  a token for anna: practix token anna --base-url http://127.0.0.1:{port}")
    print(f"  PRACTIX_OPERATOR_TOKEN={values['PRACTIX_OPERATOR_TOKEN']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
