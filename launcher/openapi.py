"""Builds one API document of all processes without starting a server.

`python -m launcher.openapi` prints the document that the compose file's gateway serves
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
"""An address at which nothing answers."""
SECRET: Final = "nothing is signed here, and yet it has to be long"

Values = dict[str, Any]


async def unite_documents() -> Document:
    """Return the merged document of all processes, as `python -m` would start them."""
    return merge(await collect_documents())


async def collect_documents() -> dict[str, Document]:
    """Return each process's own document by its name."""
    async with start_apps() as apps:
        return {name: app.openapi() for name, app in apps.items()}


@asynccontextmanager
async def start_apps() -> AsyncIterator[dict[str, FastAPI]]:
    """Yield the app of each process by its name. An app makes its routes when it starts.

    Needs no server. The failures to connect to one are not logged.
    """
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        before = logging.root.manager.disable
        logging.disable()
        stack.callback(logging.disable, before)
        apps = _build_apps(Path(scratch))
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield apps


def _build_apps(scratch: Path) -> dict[str, FastAPI]:
    command, query, project, notify = _build_settings()
    return {
        "command_api": command_api.main.build_app(command),
        "query_api": query_api.main.build_app(query),
        "projector": projector.main.build_app(project),
        "notifier": notifier.main.build_app(notify),
        "neighbours": create_app(_build_stand_in_settings(scratch)),
    }


def _build_stand_in_settings(scratch: Path) -> StandInSettings:
    secret = SecretStr(SECRET)
    return StandInSettings(
        data_dir=scratch, secret=secret, operator_token=secret, credential=secret
    )


def _build_settings() -> tuple[
    command_api.settings.Settings,
    query_api.settings.Settings,
    projector.settings.Settings,
    notifier.settings.Settings,
]:
    """Return settings that turn every route on and lead to no server."""
    kafka: Values = {"KAFKA_BOOTSTRAP_SERVERS": NOBODY}
    tables: Values = {"POSTGRES_DSN": f"postgresql://{NOBODY}/practix"}
    history: Values = {"CLICKHOUSE_DSN": f"clickhouse://{NOBODY}/practix"}
    operator: Values = {"PRACTIX_OPERATOR_TOKEN": SECRET}
    cell: Values = {"own_url": f"http://{NOBODY}", "cell_secret": SECRET}
    feeds: Values = {"feed_secret": SECRET}
    around: Values = {
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
    """Return the document as the text of the file, indented for people to compare."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


if __name__ == "__main__":
    print(format_document(asyncio.run(unite_documents())), end="")
