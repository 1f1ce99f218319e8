"""Builds stand-ins for the server images from one base, for machines that can pull nothing.

`python -m tests.compose.images` builds them and prints the environment that names them. With
`--missing` it does so only for images that single tests need and that are neither here nor in a
registry.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

from launcher.servers.kafka import default_cache_dir, resolve_jars
from tests.servers.containers import service

HERE: Final = Path(__file__).parent
BASE_IMAGE: Final = os.environ.get("BASE_IMAGE", "local/debian:bookworm")
NAMES: Final = {
    "KAFKA_IMAGE": "kafka",
    "POSTGRES_IMAGE": "postgres",
    "CLICKHOUSE_IMAGE": "clickhouse",
    "GATEWAY_IMAGE": "gateway",
    "PROMETHEUS_IMAGE": "prometheus",
}
OF_TESTS: Final = ("KAFKA_IMAGE", "POSTGRES_IMAGE", "CLICKHOUSE_IMAGE")


def why_no_engine() -> str | None:
    """Returns why containers cannot run here, or None."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    for question in (["docker", "info"], ["docker", "compose", "version"]):
        asked = subprocess.run(question, capture_output=True, text=True, check=False)
        if asked.returncode:
            return f"`{' '.join(question)}` fails: {asked.stderr.strip()[-200:]}"
    if subprocess.run(
        ["docker", "image", "inspect", BASE_IMAGE], capture_output=True, check=False
    ).returncode:
        return f"there is no base image {BASE_IMAGE} (set BASE_IMAGE)"
    return None


def build(variables: Collection[str] = tuple(NAMES)) -> dict[str, str]:
    """Builds the images and returns the environment that names them. Raises CalledProcessError."""
    jars = asyncio.run(resolve_jars(default_cache_dir()))
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch) / "context"
        shutil.copytree(HERE, context, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        shutil.copytree(jars, context / "jars")
        for name in map(NAMES.__getitem__, variables):
            subprocess.run(
                ["docker", "build", "--quiet", f"--build-arg=BASE_IMAGE={BASE_IMAGE}",
                 f"--tag=practix-test/{name}", f"--file={context}/{name}.Dockerfile", str(context)],
                check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
    images = {variable: f"practix-test/{NAMES[variable]}" for variable in variables}
    return {"BASE_IMAGE": BASE_IMAGE, **images}


def missing() -> list[str]:
    """Returns the variables of images that single tests need and that cannot be pulled."""
    return [variable for variable in OF_TESTS if not _at_hand(service(NAMES[variable]).image)]


def _at_hand(image: str) -> bool:
    return any(
        subprocess.run(["docker", *attempt, image], capture_output=True, check=False).returncode
        == 0
        for attempt in (["image", "inspect"], ["pull", "--quiet"])
    )


if __name__ == "__main__":
    if reason := why_no_engine():
        sys.exit(reason)
    wanted = missing() if "--missing" in sys.argv else list(NAMES)
    for variable, image in build(wanted).items() if wanted else ():
        print(f"{variable}={image}")
