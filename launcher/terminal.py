"""Output for a terminal: a progress bar, and the version."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from runtime.version import VERSION


def make_progress_bar() -> Progress:
    """Return a progress bar on standard error; standard output stays for results."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        refresh_per_second=5,
    )


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"practix {VERSION}")
        raise typer.Exit


PrintVersion = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
]
"""The option that prints the version and ends."""
