"""`practix run`: a system in the foreground, until Ctrl-C or SIGTERM."""

import signal
import socket
from datetime import timedelta
from typing import Final

import uvicorn

from launcher.data_directory import DataDirectory
from launcher.embedded import build_app
from launcher.settings import Settings
from neighbours.app import Neighbours
from neighbours.auth import LoginBody
from runtime.clock import Clock

DEMO_LOGINS: Final = ("anna", "boris")
HOST: Final = "127.0.0.1"


class PortInUse(Exception):
    """Somebody else listens there."""


def run_embedded(settings: Settings) -> str | None:
    """Run until stopped; the reason where it did not stop because it was asked to.

    Raises DataInUse, ClockTurnedBack, PortInUse, ServerError.
    """
    data = DataDirectory(settings.data)
    data.occupy()
    try:
        data.remember_clock_offset(settings.clock_offset_s)
        listener = _listen(settings.port)
        with listener:
            return _serve(settings, data, listener)
    finally:
        data.vacate()


def _serve(settings: Settings, data: DataDirectory, listener: socket.socket) -> str | None:
    failures: list[str] = []

    def fail(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    async def ready(neighbours: Neighbours, clock: Clock) -> None:
        print(_welcome(settings, data, neighbours, clock), flush=True)

    config = uvicorn.Config(
        build_app(settings, data, ready, fail),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops the server on these, and then sends them to us once more.
        signal.signal(number, lambda *_: None)
    server.run([listener])
    return failures[0] if failures else None


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise PortInUse(f"port {port} of {HOST} is in use; set PORT to another one") from error
    return listener


def _welcome(settings: Settings, data: DataDirectory, neighbours: Neighbours, clock: Clock) -> str:
    """What a newcomer pastes into a shell."""
    url = f"http://{HOST}:{settings.port}"
    film = neighbours.films.first
    lines = [
        "",
        f"PRACTIX is ready at {url} (data in {data.path})",
        f"  API document   {url}/api/openapi",
        f"  readiness      {url}/readyz",
        "",
        "Ready-made tokens, good for a day:",
        f"  BASE={url}",
        f"  FILM={film.id}  # {film.title} ({film.year})",
    ]
    for login in DEMO_LOGINS:
        token = _token_of(neighbours, login)
        lines.append(f"  {login.upper()}={token}")
    tomorrow = (clock() + timedelta(days=1)).replace(microsecond=0)
    lines += [f"  TOMORROW={tomorrow.isoformat()}", "", "Ctrl-C stops it."]
    return "\n".join(lines)


def _token_of(neighbours: Neighbours, login: str) -> str:
    body = LoginBody(login=login)
    return neighbours.signer.token(neighbours.people.log_in(body)["user_id"], body)
