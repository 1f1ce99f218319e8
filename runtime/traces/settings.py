"""The settings of traces. They have the names that OpenTelemetry gives them in all languages
(https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/), so whoever
operates a collector knows them, and an operator of Kubernetes sets them by itself."""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PositiveFloat, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Sampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]

Protocol = Literal["http/protobuf"]
Compression = Literal["none", "deflate", "gzip"]

_HEADER: Final = r"[ \t]*[!#-'*+.0-9A-Z^-z|~-]+[ \t]*=[ !#-+\x2d-:<-\[\]-~]+"
_HEADERS: Final = re.compile(f"{_HEADER}(,{_HEADER})*")
"""No wider than what the exporter takes: it would log a header that it refuses, with its value."""


def _demand_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address that begins with http:// or https://")
    return address


def _demand_headers(headers: SecretStr) -> SecretStr:
    if not _HEADERS.fullmatch(headers.get_secret_value().strip()):
        raise ValueError("not a list like name=value,name=value (values are percent-encoded)")
    return headers


Address = Annotated[str, AfterValidator(_demand_address)]
Headers = Annotated[SecretStr, AfterValidator(_demand_headers)]


class TraceSwitch(BaseSettings):
    """Says whether this process records spans."""

    model_config = SettingsConfigDict(
        env_prefix="OTEL_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    traces_exporter: Literal["none", "otlp"] = "none"
    sdk_disabled: bool = False

    @property
    def is_on(self) -> bool:
        return self.traces_exporter != "none" and not self.sdk_disabled


class TraceSettings(BaseSettings):
    """Says which spans are recorded, and where they are sent. Read only if any are: the same
    variables may be set for other programs."""

    model_config = SettingsConfigDict(
        env_prefix="OTEL_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    exporter_otlp_endpoint: Address = "http://localhost:4318"
    """Address of the collector."""
    exporter_otlp_traces_endpoint: Address | None = None
    """Whole address, with its path, to which spans are sent, if it is another. So each variable for
    traces has precedence over the one for all that is sent."""
    exporter_otlp_protocol: Protocol = "http/protobuf"
    exporter_otlp_traces_protocol: Protocol | None = None
    exporter_otlp_headers: Headers | None = None
    """Sent along to the collector, such as a credential. The exporter reads them itself."""
    exporter_otlp_traces_headers: Headers | None = None
    exporter_otlp_timeout: PositiveFloat = 10.0
    """Seconds that one attempt to send, with its repetitions, may take."""
    exporter_otlp_traces_timeout: PositiveFloat | None = None
    exporter_otlp_compression: Compression = "none"
    exporter_otlp_traces_compression: Compression | None = None
    traces_sampler: Sampler = "parentbased_always_on"
    traces_sampler_arg: float = Field(1.0, ge=0.0, le=1.0)
    """The share of traces that the samplers with a ratio record."""

    @property
    def address(self) -> str:
        """The whole address to which spans are sent."""
        own = self.exporter_otlp_traces_endpoint
        return own or f"{self.exporter_otlp_endpoint.rstrip('/')}/v1/traces"

    @property
    def timeout_s(self) -> float:
        return self.exporter_otlp_traces_timeout or self.exporter_otlp_timeout

    @property
    def compression(self) -> Compression:
        return self.exporter_otlp_traces_compression or self.exporter_otlp_compression
