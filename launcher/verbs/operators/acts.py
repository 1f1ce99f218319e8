"""`practix acts`: lists what operators did."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import typer

from launcher.verbs.analysts import AsJson, BaseUrl, RunToEnd
from launcher.verbs.operators.link import Connect
from runtime.http.harmless_text import escape_controls


def register(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the verb `acts` to `app`."""

    @app.command("acts")
    def acts_verb(
        last: Annotated[int, typer.Option(min=1, help="How many, from the newest on.")] = 50,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """List what operators did, newest first: who, when, what, and what stood before."""
        acts = run(connect(base_url).list_all(("acts",), {}, last))
        if as_json:
            print(msgspec.json.encode({"acts": acts}).decode())
            return
        for one in acts:
            print(describe_act(one))


def describe_act(act: Mapping[str, Any]) -> str:
    """Return an act as one line."""
    stated = act["stated_by"]
    by = act["by"] if stated is None else f"{act['by']} (says {stated})"
    parts = [act["at"], by, act["act"], act["subject"]]
    if act["position"] is not None:
        parts.append(f"at position {act['position']:,}")
    stood = [msgspec.json.encode(act[one]).decode() for one in ("before", "after") if act[one]]
    return "  ".join(escape_controls(one) for one in [*parts, " -> ".join(stood)]).rstrip()
