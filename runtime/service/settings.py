"""Reading a process's settings, so that a wrong one is told in a line without its value."""

import os
import re
import sys
from collections.abc import Callable
from typing import Annotated, Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from runtime.limits.settings import RateLimits
from runtime.service.http_limits import HttpLimits

S = TypeVar("S", bound=BaseSettings)

CONFIG: Final = os.EX_CONFIG
"""The exit status (78, sysexits.h) that tells a supervisor that starting again is no use."""


class SettingsWrong(Exception):
    """A setting is missing or not what it has to be. The message names each, without values."""


def load_settings(kind: type[S], **given: Any) -> S:
    """The settings from the environment, `given` ones first. Raises SettingsWrong."""
    try:
        return kind(**given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        lines = (f"{_variable(kind, one['loc'])}: {_reason(one['msg'])}" for one in found)
        raise SettingsWrong("; ".join(lines)) from None
    except SettingsError as error:
        raise SettingsWrong(str(error)) from None


def load_settings_or_exit(kind: type[S]) -> S:
    """As `load_settings`; ends the process with status 78 if a setting is wrong."""
    try:
        return load_settings(kind)
    except SettingsWrong as wrong:
        exit_for_wrong_settings(str(wrong))


def exit_for_wrong_settings(reason: str) -> NoReturn:
    """End the process as wrong settings do."""
    print(reason, file=sys.stderr)
    sys.exit(CONFIG)


def _variable(kind: type[BaseSettings], place: tuple[int | str, ...]) -> str:
    """The environment's name of a setting; an alias already is one."""
    if not place:
        return kind.__module__.partition(".")[0]
    name = "__".join(map(str, place))
    if place[0] in kind.model_fields:
        name = f"{_prefix(kind, place)}{name}"
    return name.upper()


def _prefix(kind: type[BaseSettings], place: tuple[int | str, ...]) -> str:
    """The prefix of the variable that gave the value at `place`."""
    if issubclass(kind, ServiceSettings) and place[0] in ServiceSettings.model_fields:
        own: Any = EnvSettingsSource(kind)()
        for step in place:
            try:
                own = own[step]
            except (KeyError, IndexError, TypeError):
                return SHARED_PREFIX
    return kind.model_config.get("env_prefix", "")


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)]
"""A list in one variable: `a, b,c`."""

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def _are_origins(given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if not _ORIGIN.fullmatch(one):
            raise ValueError(f"not an origin like https://app.example: {one}")
    return given


Origins = Annotated[CommaSeparated, AfterValidator(_are_origins)]
"""Origins separated by commas. No pattern, and no `*`."""

SHARED_PREFIX: Final = "PRACTIX_"


class ServiceSettings(BaseSettings):
    """What every service can be told by a variable of its own, and all of them by a shared one.

    `PROJECTOR_HTTP…` comes before `PRACTIX_HTTP…`, as JSON or nested, in any order of the
    environment. What the service's own variables leave out is as shared.
    """

    model_config = SettingsConfigDict(env_nested_delimiter="__", frozen=True, extra="ignore")

    http: HttpLimits = HttpLimits()
    rate_limits: RateLimits = RateLimits()
    hosts: CommaSeparated = ()
    """Names under which requests may come, besides those of loopback; `*` for any."""
    cors_origins: Origins = ()
    """Origins whose pages may use the API from a browser."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 (called by name)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        shared = EnvSettingsSource(ServiceSettings, env_prefix=SHARED_PREFIX)
        return init_settings, env_settings, shared, dotenv_settings, file_secret_settings


def _address_of(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """Clients quote what they cannot parse, and a bad address is often a password with a
    slash that was not escaped: so it is looked at here, and not quoted."""

    def check(dsn: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(dsn.get_secret_value())
            known = parts.scheme in schemes
            hosts = parts.netloc.rpartition("@")[2].split(",")
            ports = [urlsplit(f"//{host}").port for host in hosts]
        except ValueError:
            known, ports = False, []
        if not known or not ports:
            raise ValueError(
                f"not an address that begins with {schemes[0]}:// "
                "(a password's special characters are percent-encoded)"
            )
        return dsn

    return check


PostgresDsn = Annotated[SecretStr, AfterValidator(_address_of("postgresql", "postgres"))]
ClickHouseDsn = Annotated[SecretStr, AfterValidator(_address_of("clickhouse", "clickhouses"))]
