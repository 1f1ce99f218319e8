"""`python -m neighbours`: the stand-in as its own process."""

import logging

import uvicorn

from neighbours.app import create_app
from neighbours.settings import NeighboursSettings


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    settings = NeighboursSettings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
    )


if __name__ == "__main__":
    main()
