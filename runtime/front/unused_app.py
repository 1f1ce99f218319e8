"""Stands for the app behind a middleware of which only a rule is used."""

from starlette.types import Receive, Scope, Send


async def unused_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer nothing: nobody calls it."""
