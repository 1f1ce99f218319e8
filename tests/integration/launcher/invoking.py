"""Invokes verbs of `practix` against a served app, in this process."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

import typer
from typer.testing import CliRunner, Result

from launcher.analyst_client import AnalystClient
from launcher.client import NotRunning, RequestRefused

T = TypeVar("T")

Practix = Callable[..., Coroutine[Any, Any, Result]]

SECRET: Final = "the operator's secret of the tests"


def build_practix(
    register: Callable[..., None],
    url: str,
    environment: Mapping[str, str] | None = None,
    client: Callable[[str, str], Any] = AnalystClient,
) -> Practix:
    """Return a function that runs a verb, with its words, against `url`, by such a client.

    It runs in a thread, as a verb has a loop of its own.
    """
    verbs = typer.Typer(pretty_exceptions_enable=False)
    register(verbs, lambda base_url: client(base_url or url, SECRET), _run_to_end)
    runner = CliRunner(env=environment)

    async def invoke(*words: str) -> Result:
        return await asyncio.to_thread(lambda: runner.invoke(verbs, list(words)))

    return invoke


def _run_to_end(work: Coroutine[Any, Any, T], /) -> T:
    try:
        return asyncio.run(work)
    except (NotRunning, RequestRefused) as error:
        typer.echo(f"practix: {error}", err=True)
        raise typer.Exit(1) from error
