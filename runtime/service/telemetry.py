"""Configures what a process tells of itself: its log, and spans if its settings ask for them."""

from pydantic import SecretStr

from runtime.logs.configuring import configure_logs
from runtime.logs.settings import LogSettings
from runtime.service.cell import CellName
from runtime.service.settings import (
    ServiceSettings,
    SettingsWrong,
    exit_for_wrong_settings,
    load_settings,
)
from runtime.traces.configuring import configure_traces
from runtime.traces.settings import TraceSettings, TraceSwitch


def configure_service(name: str, settings: ServiceSettings) -> None:
    """Configure the process of a service. Call it once, at its start. If a setting of traces is
    wrong, exit with status 78."""
    try:
        configure_telemetry(name, settings.cell, settings.pseudonym_key, settings.logs)
    except SettingsWrong as wrong:
        exit_for_wrong_settings(str(wrong))


def configure_telemetry(
    name: str, cell: CellName, key: SecretStr | None, logs: LogSettings
) -> None:
    """Configure the process that spans call by this name. Logs and spans have the same
    pseudonyms; without a key every start has others. Raises SettingsWrong."""
    pseudonyms = configure_logs(key, logs)
    if (traces := load_trace_settings()) is None:
        return
    try:
        configure_traces(traces, name, cell, pseudonyms)
    except ValueError as error:
        raise SettingsWrong(f"OpenTelemetry: {error}") from None


def load_trace_settings() -> TraceSettings | None:
    """Return the settings of traces; None if this process records none. Raises SettingsWrong."""
    return load_settings(TraceSettings) if load_settings(TraceSwitch).is_on else None
