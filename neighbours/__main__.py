"""`python -m neighbours`: the stand-in as its own process."""

import logging
from functools import partial

from neighbours.app import create_app
from neighbours.settings import NeighboursSettings
from runtime.serving import serve


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    settings = NeighboursSettings()
    serve(partial(create_app, settings), settings.host, settings.port, settings.http)


if __name__ == "__main__":
    main()
