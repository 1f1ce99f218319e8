"""The greeting of a system that is ready: addresses and tokens to paste into a shell."""

import shlex
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
    """Return the settings of the stand-in in the data directory; the environment may add some.

    Raises SettingsWrong, SecretUnusable.
    """
    return load_settings(
        StandInSettings,
        data_dir=data.outside_path,
        public_url=f"http://{HOST}:{settings.port}",
        secret=SecretStr(data.token_secret),
        operator_token=SecretStr(data.operator_token),
        credential=SecretStr(data.neighbour_credential),
        clock_offset_s=settings.clock_offset_s,
    )


class Welcome(Struct, frozen=True):
    """Address of a system and everything that a first request needs."""

    url: str
    data: str
    analyst_token_file: str
    film_id: str
    film: str
    tokens: dict[str, str]
    inboxes: dict[str, str]
    """Addresses that open in a browser without a token."""
    tomorrow: str
    export: str
    """Line for another shell, in which verbs then find this system; empty if they do so anyway."""

    @property
    def text(self) -> str:
        """The greeting as text for a person, parts of it to paste into a shell."""
        return "\n".join(
            [
                "",
                f"PRACTIX is ready: open {self.url} in a browser (data in {self.data})",
                f"  API document   {self.url}/api/openapi",
                f"  readiness      {self.url}/readyz",
                f"  for analysts   {self.url}/analyst (token in {self.analyst_token_file})",
                "",
                "Tokens for a day, to paste into another shell:",
                *([f"  {self.export}"] if self.export else []),
                f"  BASE={self.url}",
                f"  FILM={self.film_id}  # {self.film}",
                *(f"  {login.upper()}={token}" for login, token in self.tokens.items()),
                f"  TOMORROW={self.tomorrow}",
                "",
                "Their inboxes, to open in a browser, also for a day:",
                *(f"  {link}" for link in self.inboxes.values()),
                "",
                "Press Ctrl-C to stop.",
            ]
        )


def build_welcome(settings: Settings, data: DataDirectory, stand_in: StandInState) -> Welcome:
    """Return the greeting. Logs the people of DEMO_LOGINS in at the stand-in."""
    film = stand_in.films.first
    url = f"http://{HOST}:{settings.port}"
    now = datetime.now(UTC) + timedelta(seconds=settings.clock_offset_s)
    return Welcome(
        url=url,
        data=str(data.path),
        analyst_token_file=str(data.analyst_token_path),
        film_id=film.id,
        film=f"{film.title} ({film.year})",
        tokens={login: _issue_token(stand_in, login) for login in DEMO_LOGINS},
        inboxes={
            login: url + stand_in.access.inbox_links.path(person_id_of(login))
            for login in DEMO_LOGINS
        },
        tomorrow=(now + timedelta(days=1)).replace(microsecond=0).isoformat(),
        export=write_export(settings),
    )


def write_export(settings: Settings) -> str:
    """Return the line that exports port and data directory as far as they are not the default
    ones; empty if both are."""
    default = Settings.model_fields
    stated = []
    if settings.port != default["port"].default:
        stated.append(f"PORT={settings.port}")
    if settings.data.resolve() != default["data"].default.resolve():
        stated.append(f"PRACTIX_DATA={shlex.quote(str(settings.data.resolve()))}")
    return " ".join(["export", *stated]) if stated else ""


def _issue_token(stand_in: StandInState, login: str) -> str:
    body = LoginBody(login=login)
    return stand_in.signer.token(stand_in.people.log_in(body)["user_id"], body)
