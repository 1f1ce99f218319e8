"""`make up`: secrets into .env on the first time, then build, start and wait for healthy.

`python deploy/up.py [ENV_FILE]`: the file adds to .env, for example other images.
COMPOSE_PROFILES=grafana,kafka-ui,mailpit starts those as well.
"""

import json
import os
import secrets
import subprocess
import sys
import urllib.request
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
LOGINS = ("anna", "boris")
UP_S_MAX = "300"
PAGES = {
    "grafana": ("GRAFANA_PORT", "3000"),
    "kafka-ui": ("KAFKA_UI_PORT", "8081"),
    "mailpit": ("MAILPIT_PORT", "8025"),
}
MAILPIT = "mailto://mailpit:1025?from=practix@example.org&to=everybody@example.org&mode=insecure"
"""Where Apprise takes everybody's messages while the profile `mailpit` is on."""


def main(extra: list[str]) -> int:
    own = ROOT / ".env"
    if not own.exists():
        own.touch(mode=0o600)
        own.write_text("".join(f"{name}={secrets.token_urlsafe(32)}\n" for name in SECRETS))
    files = [f"--env-file={path}" for path in (own, *extra)]
    # One service builds the image that all of them use.
    status = compose(files, "build", "neighbours") or compose(
        files, "up", "--detach", "--wait", "--wait-timeout", UP_S_MAX
    )
    if not status:
        values = dict(line.split("=", 1) for line in own.read_text().splitlines() if "=" in line)
        tell(values["PRACTIX_OPERATOR_TOKEN"])
    return status


def compose(files: list[str], *arguments: str) -> int:
    """Its exit status."""
    command = ["docker", "compose", *files, *arguments]
    environment = {**handed_on(), **os.environ}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def handed_on() -> dict[str, str]:
    """With the profile `mailpit`, what makes the neighbours send mail; HAND_ON overrules it."""
    return {"HAND_ON": json.dumps({"*": MAILPIT})} if "mailpit" in profiles() else {}


def profiles() -> list[str]:
    return [name for name in os.environ.get("COMPOSE_PROFILES", "").split(",") if name in PAGES]


def token(url: str, login: str) -> str:
    """From the stand-in's Auth, good for a day."""
    asked = urllib.request.Request(
        f"{url}/neighbours/auth/token",
        data=json.dumps({"login": login}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        found: str = json.load(answer)["access_token"]
    return found


def tell(operator_token: str) -> None:
    url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    print(f"PRACTIX is ready at {url}")
    print(f"  API document {url}/api/openapi")
    for name in profiles():
        variable, port = PAGES[name]
        print(f"  {name} http://127.0.0.1:{os.environ.get(variable, port)}")
    for login in LOGINS:
        print(f"  {login.upper()}={token(url, login)}")
    print(f"  PRACTIX_OPERATOR_TOKEN={operator_token}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
