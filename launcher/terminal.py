"""Output for a terminal: a progress bar, and the version."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from runtime.version import VERSION


class LateProgress(Progress):
    """A progress bar that is not shown before there is progress. So an error right away is the only
    line."""

    def start(self) -> None:
        """Do nothing: there is nothing to show yet."""

    def stop(self) -> None:
        if self.live.is_started:
            super().stop()

    def update(self, *change: Any, **changes: Any) -> None:
        super().start()
        super().update(*change, **changes)

    def advance(self, *change: Any, **changes: Any) -> None:
        super().start()
        super().advance(*change, **changes)


def make_progress_bar() -> Progress:
    """Return a progress bar on standard error; standard output stays for results."""
    return LateProgress(
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
