"""`make up`: the secrets that .env lacks, then build, start and wait for healthy.

`python deploy/up.py [ENV_FILE]`: the file adds to .env, for example other images.
COMPOSE_PROFILES=stand-in,grafana,kafka-ui,mailpit publishes the stand-in and starts the
others as well. Variables count as compose counts them: the environment before the files, a
later file before an earlier one.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRETS = (
    "TOKEN_SECRET",
    "CELL_SECRET",
    "FEED_SECRET",
    "NEIGHBOUR_CREDENTIAL",
    "POSTGRES_PASSWORD",
    "POSTGRES_PROJECTOR_PASSWORD",
    "POSTGRES_NOTIFIER_PASSWORD",
    "POSTGRES_QUERY_API_PASSWORD",
    "KAFKA_ADMIN_PASSWORD",
    "KAFKA_COMMAND_API_PASSWORD",
    "KAFKA_PROJECTOR_PASSWORD",
    "KAFKA_NOTIFIER_PASSWORD",
    "KAFKA_UI_PASSWORD",
    "CLICKHOUSE_PASSWORD",
    "CLICKHOUSE_ANALYST_PASSWORD",
    "PRACTIX_OPERATOR_TOKEN",
)
SETTING = re.compile(r"""\s*(?:export\s+)?(\w+)\s*=\s*["']?(.*?)["']?\s*(?:\s#.*)?""")
"""A line of an environment file: name and value, without quotes and what is behind ` #`."""
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
    make_secrets(own)
    files = [own, *map(Path, extra)]
    values = {**in_files(files), **os.environ}
    environment = {**os.environ, **handed_on(values)}
    # One service builds the image that all of them use.
    status = compose(files, environment, "build", "neighbours") or compose(
        files, environment, "up", "--detach", "--wait", "--wait-timeout", UP_S_MAX
    )
    if not status:
        tell(values)
    return status


def make_secrets(file: Path) -> None:
    """Add those that the file does not have, as after an upgrade that needs more of them."""
    file.touch(mode=0o600)
    missing = [name for name in SECRETS if name not in in_files([file])]
    with file.open("a") as lines:
        lines.writelines(f"{name}={secrets.token_urlsafe(32)}\n" for name in missing)


def compose(files: Iterable[Path], environment: Mapping[str, str], *arguments: str) -> int:
    """Its exit status."""
    command = ["docker", "compose", *(f"--env-file={path.absolute()}" for path in files)]
    return subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False).returncode


def in_files(files: Iterable[Path]) -> dict[str, str]:
    """The variables that they set; of one that several set, the last file's."""
    lines = (line for path in files for line in path.read_text().splitlines())
    return {found[1]: found[2] for line in lines if (found := SETTING.fullmatch(line))}


def handed_on(values: Mapping[str, str]) -> dict[str, str]:
    """What the profiles mean for services that run in any case: with `mailpit` the neighbours
    send mail, and with `stand-in` the gateway publishes them. HAND_ON and STAND_IN overrule."""
    found = {}
    if asked_for("mailpit", values):
        found["HAND_ON"] = json.dumps({"*": MAILPIT})
    if asked_for("stand-in", values):
        found["STAND_IN"] = "published"
    return {name: value for name, value in found.items() if name not in values}


def asked_for(profile: str, values: Mapping[str, str]) -> bool:
    return bool({profile, "*"}.intersection(values.get("COMPOSE_PROFILES", "").split(",")))


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


def tell(values: Mapping[str, str]) -> None:
    url = page(values, "PORT", "8000")
    print(f"PRACTIX is ready at {url}")
    print(f"  API document {url}/api/openapi")
    for name in PAGES:
        if asked_for(name, values):
            print(f"  {name} {page(values, *PAGES[name])}")
    if asked_for("stand-in", values):
        for login in LOGINS:
            print(f"  {login.upper()}={token(url, login)}")
    else:
        print("  tokens come from your Auth; COMPOSE_PROFILES=stand-in publishes the stand-in's")
    print(f"  PRACTIX_OPERATOR_TOKEN={values['PRACTIX_OPERATOR_TOKEN']}")


def page(values: Mapping[str, str], variable: str, port: str) -> str:
    return f"http://127.0.0.1:{values.get(variable) or port}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
