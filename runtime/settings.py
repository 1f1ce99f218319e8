"""Reading a process's settings, so that a wrong one is told in a line without its value."""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsError

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


def settings_or_exit(kind: type[S]) -> S:
    """As `load_settings`; ends the process with status 78 if a setting is wrong."""
    try:
        return load_settings(kind)
    except SettingsWrong as wrong:
        exit_wrong(str(wrong))


def exit_wrong(reason: str) -> NoReturn:
    """End the process as wrong settings do."""
    print(reason, file=sys.stderr)
    sys.exit(CONFIG)


def _variable(kind: type[BaseSettings], place: tuple[int | str, ...]) -> str:
    """The environment's name of a setting; an alias already is one."""
    if not place:
        return kind.__module__.partition(".")[0]
    name = "__".join(map(str, place))
    if place[0] in kind.model_fields:
        name = f"{kind.model_config.get('env_prefix', '')}{name}"
    return name.upper()


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)]
"""A list in one variable: `a, b,c`."""


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
