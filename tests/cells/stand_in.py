"""Settings of the stand-in as tests start it, and of clients that use it."""

from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from neighbours.settings import StandInSettings
from runtime.calls.remote import RemoteSettings
from runtime.outside.wiring import OutsideSettings
from tests.waiting import WITHIN_S

TOKEN_SECRET: Final = "the secret of tests, of thirty-two bytes or more"
OPERATOR: Final = "the operator token of tests, of thirty-two bytes or more"
CREDENTIAL: Final = "the credential of tests, of thirty-two bytes or more"


def stand_in_settings(data_dir: Path, **changed: Any) -> StandInSettings:
    values: dict[str, Any] = {
        "data_dir": data_dir,
        "secret": SecretStr(TOKEN_SECRET),
        "operator_token": SecretStr(OPERATOR),
        "credential": SecretStr(CREDENTIAL),
    }
    return StandInSettings(**values | changed)


def build_settings(url: str, **changed: Any) -> OutsideSettings:
    """Return settings of clients with all five services at the stand-in's address."""
    values: dict[str, Any] = {
        "base_url": url,
        "credential": SecretStr(CREDENTIAL),
        "remote": RemoteSettings(timeout_s=WITHIN_S, deadline_s=WITHIN_S),
    }
    return OutsideSettings(**values | changed)


def key_for(path: str, token: str | None) -> str | None:
    """Return the bearer token to send. A test that names none operates the stand-in."""
    return OPERATOR if token is None and path.startswith("/neighbours/") else token
