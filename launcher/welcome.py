"""What a newcomer reads and pastes into a shell once a system is ready."""

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import SecretStr

from launcher.data_directory import DataDirectory
from launcher.servers.process import HOST
from launcher.settings import Settings
from neighbours.app import Neighbours
from neighbours.auth import LoginBody
from neighbours.settings import NeighboursSettings
from runtime.clock import Clock

DEMO_LOGINS: Final = ("anna", "boris")


def stand_in(settings: Settings, data: DataDirectory, clock: Clock) -> Neighbours:
    """The neighbours' state in the data directory. To be closed."""
    return Neighbours(
        NeighboursSettings(
            data_dir=data.path / "neighbours",
            public_url=f"http://{HOST}:{settings.port}",
            secret=SecretStr(data.token_secret),
            clock_offset_s=settings.clock_offset_s,
        ),
        clock,
    )


def welcome(settings: Settings, data: DataDirectory, neighbours: Neighbours) -> str:
    url = f"http://{HOST}:{settings.port}"
    film = neighbours.films.first
    now = datetime.now(UTC) + timedelta(seconds=settings.clock_offset_s)
    tomorrow = (now + timedelta(days=1)).replace(microsecond=0)
    return "\n".join(
        [
            "",
            f"PRACTIX is ready at {url} (data in {data.path})",
            f"  API document   {url}/api/openapi",
            f"  readiness      {url}/readyz",
            "",
            "Ready-made tokens, good for a day, to paste into another shell:",
            f"  BASE={url}",
            f"  FILM={film.id}  # {film.title} ({film.year})",
            *(f"  {login.upper()}={_token_of(neighbours, login)}" for login in DEMO_LOGINS),
            f"  TOMORROW={tomorrow.isoformat()}",
            "",
            "Ctrl-C stops it.",
        ]
    )


def _token_of(neighbours: Neighbours, login: str) -> str:
    body = LoginBody(login=login)
    return neighbours.signer.token(neighbours.people.log_in(body)["user_id"], body)
