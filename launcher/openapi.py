"""One document of what all processes serve, made without starting a server.

`python -m launcher.openapi` prints it as the compose file's gateway serves it
(`deploy/gateway/openapi.json`, renewed by `make openapi`).
"""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from pydantic import SecretStr

import command_api.main
import command_api.settings
import notifier.main
import notifier.settings
import projector.main
import projector.settings
import query_api.main
import query_api.settings
from neighbours.app import create_app
from neighbours.settings import StandInSettings
from runtime.openapi.document import Document, merge

NOBODY: Final = "127.0.0.1:1"
SECRET: Final = "nothing is signed here, and yet it has to be long"

Given = dict[str, Any]


async def unite_documents() -> Document:
    """The united documents of the processes as `python -m` would start them."""
    return merge(await collect_documents())


async def collect_documents() -> dict[str, Document]:
    """What each process says of itself, by its name."""
    async with start_apps() as apps:
        return {name: app.openapi() for name, app in apps.items()}


@asynccontextmanager
async def start_apps() -> AsyncIterator[dict[str, FastAPI]]:
    """The app of each process, by its name, with its routes, which are made at its start.
    Needs no server; that nobody is there to connect to is not logged."""
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        before = logging.root.manager.disable
        logging.disable()
        stack.callback(logging.disable, before)
        apps = _apps(Path(scratch))
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield apps


def _apps(scratch: Path) -> dict[str, FastAPI]:
    command, query, project, notify = _settings()
    return {
        "command_api": command_api.main.build_app(command),
        "query_api": query_api.main.build_app(query),
        "projector": projector.main.build_app(project),
        "notifier": notifier.main.build_app(notify),
        "neighbours": create_app(_stand_in(scratch)),
    }


def _stand_in(scratch: Path) -> StandInSettings:
    secret = SecretStr(SECRET)
    return StandInSettings(
        data_dir=scratch, secret=secret, operator_token=secret, credential=secret
    )


def _settings() -> tuple[
    command_api.settings.Settings,
    query_api.settings.Settings,
    projector.settings.Settings,
    notifier.settings.Settings,
]:
    """What makes every route be served, and leads nowhere."""
    kafka: Given = {"KAFKA_BOOTSTRAP_SERVERS": NOBODY}
    tables: Given = {"POSTGRES_DSN": f"postgresql://{NOBODY}/practix"}
    history: Given = {"CLICKHOUSE_DSN": f"clickhouse://{NOBODY}/practix"}
    operator: Given = {"PRACTIX_OPERATOR_TOKEN": SECRET}
    cell: Given = {"own_url": f"http://{NOBODY}", "cell_secret": SECRET}
    feeds: Given = {"feed_secret": SECRET}
    around: Given = {
        "token": {"secret": SECRET},
        "neighbours": {"base_url": f"http://{NOBODY}", "credential": SECRET},
    }
    return (
        command_api.settings.Settings(**kafka, **around, **cell, **operator),
        query_api.settings.Settings(**tables, **around, **operator, **history, **feeds),
        projector.settings.Settings(**kafka, **tables, **operator, **history),
        notifier.settings.Settings(**kafka, **tables, **around, **operator),
    )


def format_document(document: Document) -> str:
    """As in the file, which people read and compare."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


if __name__ == "__main__":
    print(format_document(asyncio.run(unite_documents())), end="")
