"""`practix servers`: starts and stops Kafka, PostgreSQL and ClickHouse on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec
import typer

from launcher.servers.process import ServerError
from launcher.verbs.analysts import AsJson


def register(
    app: typer.Typer, directory: Callable[[], Path], fail: Callable[[str], NoReturn]
) -> None:
    """Add the group `servers` to `app`. `directory` keeps their state."""
    servers = typer.Typer(help="Local Kafka, PostgreSQL and ClickHouse, as the tests use them.")
    app.add_typer(servers, name="servers")

    @servers.command("up")
    def up(as_json: AsJson = False) -> None:
        """Start the servers in the background and print their addresses."""
        from launcher import local_servers

        try:
            state = local_servers.up(directory())
        except (local_servers.AlreadyUp, ServerError) as error:
            fail(str(error))
        if as_json:
            print(msgspec.json.encode(state).decode())
            return
        for name, value in state.items():
            if name.isupper():
                print(f"{name}={value}")
        for name, reason in state["unavailable"].items():
            print(f"# without {name}: {reason}")

    @servers.command("down")
    def down(as_json: AsJson = False) -> None:
        """Stop the servers."""
        from launcher import local_servers

        try:
            stopped = local_servers.down(directory())
        except ServerError as error:
            fail(str(error))
        print(msgspec.json.encode({"stopped": stopped}).decode() if as_json else "down")
