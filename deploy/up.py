"""`make up`: makes the secrets that .env lacks, builds, starts and waits until all is healthy.

`python deploy/up.py [ENV_FILE]`: the file adds variables to those of .env, for example the
names of other images. COMPOSE_PROFILES=site,stand-in,grafana,kafka-ui,mailpit opens the site,
publishes the stand-in and starts the other three. Variables take precedence as in compose: the
environment overrides the files, and a later file overrides an earlier one.

`make roll`, or `python deploy/up.py --roll [ENV_FILE]`, replaces our processes one by one instead,
while the others work.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from runpy import run_path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VERSION = run_path(str(ROOT / "runtime" / "version.py"))["VERSION"]
_WAITING = run_path(str(ROOT / "runtime" / "process" / "becoming_ready.py"))
FILL_S_MAX = _WAITING["FILL_S_MAX"]
PREPARES = _WAITING["PREPARES"]
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
    "CLICKHOUSE_INVESTIGATOR_PASSWORD",
    "PRACTIX_OPERATOR_TOKEN",
    "PRACTIX_ANALYST_TOKEN",
    "PRACTIX_PSEUDONYM_KEY",
    "PRACTIX_INVESTIGATOR_TOKEN",
)
SETTING = re.compile(r"""\s*(?:export\s+)?(\w+)\s*=\s*["']?(.*?)["']?\s*(?:\s#.*)?""")
"""A line of an environment file: name and value, without quotes and comment."""
PREPARED = ("topic", "migrations")
"""Services that run once, before the others are replaced: these may need rights and tables that
the new version has added."""
ROLLED = (
    "notifier_1",
    "notifier_2",
    "projector_1",
    "query_api_1",
    "query_api_2",
    "projector_2",
    "command_api_1",
    "command_api_2",
)
"""Services of which another one works meanwhile, in the order of their replacement. The first
projector fills the tables that its build needs; the last one keeps up those of the build before
until nobody reads them any more."""
FILLING = ("projector_1", "projector_2")
"""Services that may have tables to fill before they are ready."""
RUN_ONCE = ("run", "--rm", "--no-deps")
REPLACE = ("up", "--detach", "--no-deps", "--force-recreate")
"""Arguments that stop a service's container and start a new one."""
HEALTHY = ("up", "--detach", "--no-deps", "--no-recreate", "--wait", "--wait-timeout", "120")
"""Arguments that wait until it is healthy, for so many seconds at most."""
WAIT_READY = ("python3", "-m", "deploy.wait_ready")
"""Waits for a projector, which may have tables to fill for hours, or cannot go on with them."""
ROLL_ENDED = """\
make roll: {service} {failure}. What comes after it works on as it was.
  Do what is said above, and run make roll again; or go back to the version before.
  More: "New tables beside old ones" in docs/operations.md.
"""
LOGINS = ("anna", "boris")
UP_S_MAX = "300"
"""For so many seconds everything may take to be healthy, or to say what it is waiting for."""
STILL_FILLING = """\
make up: tables are being filled, and reads wait for them. Commands are taken. This waits, too;
  whoever stops it stops nothing else.
"""
PAGES = {
    "grafana": ("GRAFANA_PORT", "3000"),
    "kafka-ui": ("KAFKA_UI_PORT", "8081"),
    "mailpit": ("MAILPIT_PORT", "8025"),
}
MAILPIT = "mailto://mailpit:1025?from=practix@example.org&to=everybody@example.org&mode=insecure"
"""Apprise address of everybody's notices while the profile `mailpit` is on."""


def main(extra: list[str]) -> int:
    rolling = "--roll" in extra
    extra = [one for one in extra if one != "--roll"]
    own = ROOT / ".env"
    make_secrets(own)
    files = [own, *map(Path, extra)]
    values = {**read_variables(files), **os.environ}
    environment = {"PRACTIX_VERSION": VERSION, **os.environ, **variables_of_profiles(values)}
    # One service builds the image that most of them use, another one that of the query API.
    status = compose(files, environment, "build", "neighbours", "query_api_1")
    if rolling:
        return status or roll(files, environment)
    status = status or wait_healthy(files, environment)
    if not status:
        print_addresses(values)
    return status


class RollStep(NamedTuple):
    """A part of a roll."""

    arguments: tuple[str, ...]
    """Those of docker compose."""
    failure: str
    """The end of a sentence about the service, for when the step fails."""


def replace(service: str) -> list[RollStep]:
    """Return the steps that replace the container of a service."""
    waiting = ("exec", "-T", service, *WAIT_READY) if service in FILLING else (*HEALTHY, service)
    return [
        RollStep((*REPLACE, service), "could not be replaced"),
        RollStep(waiting, "was replaced, but is not ready"),
    ]


def make_secrets(file: Path) -> None:
    """Add the secrets that the file lacks; an upgrade may need more of them."""
    file.touch(mode=0o600)
    missing = [name for name in SECRETS if name not in read_variables([file])]
    with file.open("a") as lines:
        lines.writelines(f"{name}={secrets.token_urlsafe(32)}\n" for name in missing)


def compose(files: Iterable[Path], environment: Mapping[str, str], *arguments: str) -> int:
    """Run docker compose and return its exit status."""
    command = ["docker", "compose", *(f"--env-file={path.absolute()}" for path in files)]
    return subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False).returncode


def wait_healthy(files: Iterable[Path], environment: Mapping[str, str]) -> int:
    """Start everything and wait until it is healthy. Return 0, or the exit status of a failure. To
    fill tables may take FILL_S_MAX."""
    give_up_at = time.monotonic() + FILL_S_MAX
    while status := compose(
        files, environment, "up", "--detach", "--wait", "--wait-timeout", UP_S_MAX
    ):
        looks = [
            compose(files, environment, "exec", "-T", one, *WAIT_READY, "--look") for one in FILLING
        ]
        is_filling = PREPARES in looks and {0, PREPARES}.issuperset(looks)
        if not is_filling or time.monotonic() > give_up_at:
            return status
        sys.stderr.write(STILL_FILLING)
    return 0


def roll(files: Iterable[Path], environment: Mapping[str, str]) -> int:
    """Replace one service after another. Return 0, or the exit status of the first failure: what
    comes after it stays as it was."""
    plan = {one: [RollStep((*RUN_ONCE, one), "failed")] for one in PREPARED}
    plan |= {one: replace(one) for one in ROLLED}
    for service, steps in plan.items():
        for arguments, failure in steps:
            if status := compose(files, environment, *arguments):
                sys.stderr.write(ROLL_ENDED.format(service=service, failure=failure))
                return status
    return 0


def read_variables(files: Iterable[Path]) -> dict[str, str]:
    """Return the variables of the files. A later file overrides an earlier one."""
    lines = (line for path in files for line in path.read_text().splitlines())
    return {found[1]: found[2] for line in lines if (found := SETTING.fullmatch(line))}


def variables_of_profiles(values: Mapping[str, str]) -> dict[str, str]:
    """Return variables that the profiles set for services that always run.

    With `mailpit` the stand-in sends mail; with `stand-in` the gateway publishes the stand-in, with
    `site` the site, to which public pages then have links. HAND_ON, STAND_IN, SITE and SITE_URL
    override them.
    """
    found = {}
    if has_profile("mailpit", values):
        found["HAND_ON"] = json.dumps({"*": MAILPIT})
    if has_profile("stand-in", values):
        found["STAND_IN"] = "published"
    if has_profile("site", values):
        found |= {"SITE": "open", "SITE_URL": "/"}
    return {name: value for name, value in found.items() if name not in values}


def has_profile(profile: str, values: Mapping[str, str]) -> bool:
    """Return whether COMPOSE_PROFILES names the profile, or all of them (`*`)."""
    return bool({profile, "*"}.intersection(values.get("COMPOSE_PROFILES", "").split(",")))


def request_token(url: str, login: str) -> str:
    """Return a token from the stand-in's Auth, good for a day."""
    request = urllib.request.Request(
        f"{url}/neighbours/auth/token",
        data=json.dumps({"login": login}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: str = json.load(answer)["access_token"]
    return found


def print_addresses(values: Mapping[str, str]) -> None:
    url = address_of(values, "PORT", "8000")
    print(f"PRACTIX is ready at {url}")
    print(f"  API document {url}/api/openapi")
    for name in PAGES:
        if has_profile(name, values):
            print(f"  {name} {address_of(values, *PAGES[name])}")
    if has_profile("site", values):
        print(f"  site {url}/")
    if has_profile("stand-in", values):
        for login in LOGINS:
            print(f"  {login.upper()}={request_token(url, login)}")
    else:
        print("  tokens come from your Auth; COMPOSE_PROFILES=stand-in publishes the stand-in's")
    print(f"  PRACTIX_OPERATOR_TOKEN={values['PRACTIX_OPERATOR_TOKEN']}")


def address_of(values: Mapping[str, str], variable: str, port: str) -> str:
    return f"http://127.0.0.1:{values.get(variable) or port}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
