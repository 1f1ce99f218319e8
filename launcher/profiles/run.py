"""`practix run`: runs a system in the foreground until Ctrl-C or SIGTERM."""

import asyncio
import socket

from pydantic import SecretStr

from command_api.settings import RuleSettings
from launcher.data_directory import DataDirectory
from launcher.profiles.embedded import OnReady, build_app
from launcher.profiles.listening import QUICK_END, listen
from launcher.profiles.separate import ServiceStopped, run_separate
from launcher.profiles.welcome import build_welcome, load_stand_in_settings
from launcher.settings import Settings
from neighbours.app import StandInState
from runtime.auth.operators import demand_distinct
from runtime.process.clock import system_clock
from runtime.service.serving import serve_until_stopped
from runtime.service.settings import SettingsWrong, load_settings
from runtime.service.telemetry import configure_telemetry, load_trace_settings


class ClockNotOurs(Exception):
    """A clock offset is asked for, but Kafka's clock counts, which we cannot set."""


def run(settings: Settings, on_ready: OnReady) -> str | None:
    """Run until stopped and return None, or the reason if nobody asked the system to stop.

    Calls `on_ready` once the system works.

    Raises DataInUse, ClockTurnedBack, ClockNotOurs, PortInUse, ServerError, SettingsWrong,
    SecretUnusable.
    """
    _demand_own_clock(settings)
    data = DataDirectory(settings.data, settings.cell)
    data.occupy()
    try:
        data.require_secrets()
        # Wrong settings are reported before anything starts.
        load_stand_in_settings(settings, data)
        load_settings(RuleSettings)
        load_trace_settings()
        _demand_distinct_tokens(settings, data)
        data.remember_clock_offset(settings.clock_offset_s)
        with listen(settings.port) as listener:
            if settings.profile == "embedded":
                return _run_embedded(settings, data, listener, on_ready)
        return _run_separate(settings, data, on_ready)
    finally:
        data.vacate()


def _demand_own_clock(settings: Settings) -> None:
    if settings.profile == "servers" and settings.clock_offset_s:
        raise ClockNotOurs(
            "PRACTIX_CLOCK_OFFSET_S works in the embedded profile only: Kafka stamps every "
            "record by its own clock, and a leader whose clock differs from it resigns"
        )


def _demand_distinct_tokens(settings: Settings, data: DataDirectory) -> None:
    """Raises SettingsWrong if an operator's own token is one of those in the data directory."""
    tokens = {
        "the operator token": data.operator_token,
        "the analysts' token": data.analyst_token,
        "the investigators' token": data.investigator_token,
    }
    secrets = {name: SecretStr(token) for name, token in tokens.items()}
    try:
        demand_distinct(secrets, settings.operator_tokens)
    except ValueError as error:
        raise SettingsWrong(str(error)) from None


def _run_embedded(
    settings: Settings, data: DataDirectory, listener: socket.socket, on_ready: OnReady
) -> str | None:
    configure_telemetry("practix", settings.cell, SecretStr(data.pseudonym_key), settings.logs)
    return serve_until_stopped(
        lambda: build_app(settings, data, on_ready),
        listener,
        limits=settings.http.model_copy(update=QUICK_END),
        log_level="warning",
    )


def _run_separate(settings: Settings, data: DataDirectory, on_ready: OnReady) -> str | None:
    stand_in = StandInState(load_stand_in_settings(settings, data), system_clock)
    greeting = build_welcome(settings, data, stand_in)
    stand_in.close()
    try:
        asyncio.run(run_separate(settings, data, lambda: on_ready(greeting)))
    except ServiceStopped as stopped:
        return str(stopped)
    return None
