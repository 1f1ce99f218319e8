"""`python -m neighbours`: runs the stand-in as its own process."""

from functools import partial

from neighbours.app import create_app
from neighbours.settings import StandInSettings
from runtime.service.logs import log_to_stderr
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit


def main() -> None:
    settings = load_settings_or_exit(StandInSettings)
    log_to_stderr(settings.pseudonym_key)
    serve(partial(create_app, settings), settings.host, settings.port, settings.http)


if __name__ == "__main__":
    main()
