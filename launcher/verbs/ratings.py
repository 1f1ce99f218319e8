"""`practix ratings trial`: shows whom another formula of the score would move, and how far."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
import rich.table
import typer
from rich.console import Console
from rich.text import Text

from launcher.verbs.analysts import AsJson, BaseUrl, Connect, RunToEnd
from runtime.http.harmless_text import escape_controls

ROLES: Final = ("host", "guest", "overall")

Constant = Annotated[float | None, typer.Option(show_default="as published")]


def register(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the group `ratings` to `app`."""
    ratings = typer.Typer(help="The formula of the scores.")
    app.add_typer(ratings, name="ratings")

    @ratings.callback()
    def group() -> None:
        """Keep `trial` a verb of the group: Typer would merge a single verb into it."""

    @ratings.command("trial")
    def trial_verb(
        prior_mean: Constant = None,
        prior_weight: Constant = None,
        half_life_days: Constant = None,
        spread: Constant = None,
        z: Constant = None,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Compute all scores with other constants. The live scores stay as they are."""
        constants = {
            "prior_mean": prior_mean,
            "prior_weight": prior_weight,
            "half_life_days": half_life_days,
            "spread": spread,
            "z": z,
        }
        changed = {name: value for name, value in constants.items() if value is not None}
        trial = run(connect(base_url).try_formula(changed))
        print_trial(trial, as_json=as_json)


def print_trial(trial: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(trial).decode())
        return
    changes = [
        f"{name} {live:g} -> {trial['formula'][name]:g}"
        for name, live in trial["live"].items()
        if trial["formula"][name] != live
    ]
    print(f"trial: {', '.join(changes) or 'the published formula'}")
    for role in ROLES:
        _print_shift(role, trial[role])


def _print_shift(role: str, shift: Mapping[str, Any]) -> None:
    print(
        f"{role}: {shift['moved']:,} of {shift['people']:,} people would be shown another rating; "
        f"on average {shift['mean_shift']:.2f}, at most {shift['largest_shift']:.1f} away"
    )
    if not shift["movers"]:
        return
    table = rich.table.Table("person", title=f"{role}: whose rank would move most")
    for name in ("votes", "rating", "would be", "by", "rank", "would be", "by"):
        table.add_column(name, justify="right")
    for mover in shift["movers"]:
        table.add_row(Text(escape_controls(mover["person_id"])), *_figures(mover))
    Console().print(table)


def _figures(mover: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = mover["before"], mover["after"]
    low, would_be_low = mover["rank_before"], mover["rank_after"]
    return (
        f"{mover['rating_count']:,}",
        f"{before:.1f}",
        f"{after:.1f}",
        f"{after - before:+.1f}",
        f"{low:.2f}",
        f"{would_be_low:.2f}",
        f"{would_be_low - low:+.2f}",
    )
