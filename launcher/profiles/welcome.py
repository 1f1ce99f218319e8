"""What a newcomer reads and pastes into a shell once a system is ready."""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct
from pydantic import SecretStr

from launcher.data_directory import DataDirectory
from launcher.servers.process import HOST
from launcher.settings import Settings
from neighbours.app import StandInState
from neighbours.services.auth import LoginBody, person_id_of
from neighbours.settings import StandInSettings
from runtime.service.settings import load_settings

DEMO_LOGINS: Final = ("anna", "boris")


def load_stand_in_settings(settings: Settings, data: DataDirectory) -> StandInSettings:
    """Of the stand-in in the data directory; the environment may add to them.

    Raises SettingsWrong, SecretUnusable.
    """
    return load_settings(
        StandInSettings,
        data_dir=data.path / "neighbours",
        public_url=f"http://{HOST}:{settings.port}",
        secret=SecretStr(data.token_secret),
        operator_token=SecretStr(data.operator_token),
        credential=SecretStr(data.neighbour_credential),
        clock_offset_s=settings.clock_offset_s,
    )


class Welcome(Struct, frozen=True):
    """Where a system is, and all that a first request needs."""

    url: str
    data: str
    film_id: str
    film: str
    tokens: dict[str, str]
    inboxes: dict[str, str]
    """Addresses that open in a browser, without a token."""
    tomorrow: str

    @property
    def text(self) -> str:
        """To be read, and pasted into a shell."""
        return "\n".join(
            [
                "",
                f"PRACTIX is ready at {self.url} (data in {self.data})",
                f"  API document   {self.url}/api/openapi",
                f"  readiness      {self.url}/readyz",
                "",
                "Ready-made tokens, good for a day, to paste into another shell:",
                f"  BASE={self.url}",
                f"  FILM={self.film_id}  # {self.film}",
                *(f"  {login.upper()}={token}" for login, token in self.tokens.items()),
                f"  TOMORROW={self.tomorrow}",
                "",
                "Their inboxes, for a browser, also for a day:",
                *(f"  {link}" for link in self.inboxes.values()),
                "",
                "Ctrl-C stops it.",
            ]
        )


def build_welcome(settings: Settings, data: DataDirectory, neighbours: StandInState) -> Welcome:
    film = neighbours.films.first
    url = f"http://{HOST}:{settings.port}"
    now = datetime.now(UTC) + timedelta(seconds=settings.clock_offset_s)
    return Welcome(
        url=url,
        data=str(data.path),
        film_id=film.id,
        film=f"{film.title} ({film.year})",
        tokens={login: _issue_token(neighbours, login) for login in DEMO_LOGINS},
        inboxes={
            login: url + neighbours.access.inbox_links.path(person_id_of(login))
            for login in DEMO_LOGINS
        },
        tomorrow=(now + timedelta(days=1)).replace(microsecond=0).isoformat(),
    )


def _issue_token(neighbours: StandInState, login: str) -> str:
    body = LoginBody(login=login)
    return neighbours.signer.token(neighbours.people.log_in(body)["user_id"], body)
