"""`python -m neighbours`: runs the stand-in as its own process."""

import logging
from functools import partial

from neighbours.app import create_app
from neighbours.settings import StandInSettings
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    settings = load_settings_or_exit(StandInSettings)
    serve(partial(create_app, settings), settings.host, settings.port, settings.http)


if __name__ == "__main__":
    main()
