"""`python -m neighbours`: runs the stand-in as its own process."""

from functools import partial

from neighbours.app import create_app
from neighbours.settings import StandInSettings
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit
from runtime.service.telemetry import configure_service


def main() -> None:
    settings = load_settings_or_exit(StandInSettings)
    configure_service("neighbours", settings)
    serve(partial(create_app, settings), settings.host, settings.port, settings.http)


if __name__ == "__main__":
    main()
