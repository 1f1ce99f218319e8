"""Reads a process's settings. A wrong setting is reported in one line, without its value."""

import os
import re
import sys
from collections.abc import Callable
from typing import Annotated, Any, Final, NoReturn, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from runtime.auth.operators import OperatorTokens, demand_distinct
from runtime.auth.secret import Secret
from runtime.limits.settings import RateLimits
from runtime.logs.settings import LogSettings
from runtime.service.cell import UNNAMED, CellName
from runtime.service.http_limits import HttpLimits

S = TypeVar("S", bound=BaseSettings)

WRONG_SETTINGS_STATUS: Final = os.EX_CONFIG
"""The exit status (78, sysexits.h) that tells a supervisor not to start the process again."""


class SettingsWrong(Exception):
    """Settings are missing or wrong. The message names each of them, without values."""


def load_settings(kind: type[S], **given: Any) -> S:
    """Read the settings from the environment; those in `given` come first. Raises
    SettingsWrong."""
    try:
        return kind(**given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        lines = (f"{_variable(kind, one['loc'])}: {_reason(one['msg'])}" for one in found)
        raise SettingsWrong("; ".join(lines)) from None
    except SettingsError as error:
        raise SettingsWrong(str(error)) from None


def load_settings_or_exit(kind: type[S]) -> S:
    """Read the settings. If one is wrong, exit with status 78."""
    try:
        return load_settings(kind)
    except SettingsWrong as wrong:
        exit_for_wrong_settings(str(wrong))


def exit_for_wrong_settings(reason: str) -> NoReturn:
    """Print the reason and exit with status 78, as after wrong settings."""
    print(reason, file=sys.stderr)
    sys.exit(WRONG_SETTINGS_STATUS)


def _variable(kind: type[BaseSettings], place: tuple[int | str, ...]) -> str:
    """Return the name of a setting in the environment. An alias already is such a name."""
    if not place:
        return kind.__module__.partition(".")[0]
    name = "__".join(map(str, place))
    if place[0] in kind.model_fields:
        name = f"{_prefix(kind, place)}{name}"
    return name.upper()


def _prefix(kind: type[BaseSettings], place: tuple[int | str, ...]) -> str:
    """Return the prefix of the variable that the value at `place` comes from."""
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


def _demand_origins(given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if not _ORIGIN.fullmatch(one):
            raise ValueError(f"not an origin like https://app.example: {one}")
    return given


Origins = Annotated[CommaSeparated, AfterValidator(_demand_origins)]
"""Origins separated by commas. No pattern, and no `*`."""

SHARED_PREFIX: Final = "PRACTIX_"
_TOKENS: Final = ("operator_token", "analyst_token", "investigator_token")
"""Settings of services that open routes, besides `operator_tokens`."""


class ServiceSettings(BaseSettings):
    """Settings that every service has. A variable of one service (`PROJECTOR_HTTP…`) sets them
    for that service, and a shared variable (`PRACTIX_HTTP…`) sets them for all.

    The service's own variable wins, whether it is JSON or nested. If it leaves a field out, the
    shared one counts.
    """

    model_config = SettingsConfigDict(env_nested_delimiter="__", frozen=True, extra="ignore")

    cell: CellName = UNNAMED
    """The cell that this process belongs to. It names the journal."""
    http: HttpLimits = HttpLimits()
    rate_limits: RateLimits = RateLimits()
    logs: LogSettings = LogSettings()
    hosts: CommaSeparated = ()
    """Host names under which we answer, besides those of loopback. `*` means any."""
    cors_origins: Origins = ()
    """Origins whose pages may use the API from a browser."""
    operator_tokens: OperatorTokens = {}
    """Tokens of operators, by the name of the person who holds each."""
    pseudonym_key: Secret | None = None
    """Key of the pseudonyms that analysts and logs have in place of ids. It must be the same
    for all services."""

    @model_validator(mode="after")
    def _demand_distinct_tokens(self) -> Self:
        tokens = {f"{SHARED_PREFIX}{one.upper()}": getattr(self, one, None) for one in _TOKENS}
        demand_distinct(tokens, self.operator_tokens)
        return self

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


def _demand_scheme(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """Return a validator of addresses with one of these schemes. Its error never repeats the
    address.

    A client library would quote an address that it cannot parse. Such an address is often
    wrong because its password contains an unescaped slash.
    """

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


PostgresDsn = Annotated[SecretStr, AfterValidator(_demand_scheme("postgresql", "postgres"))]
ClickHouseDsn = Annotated[SecretStr, AfterValidator(_demand_scheme("clickhouse", "clickhouses"))]
