"""`practix journal renew`: has the journal written anew, and waits until it is in use."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
import typer

from launcher.client import RequestRefused, open_answer, operator_headers
from launcher.terminal import make_progress_bar
from launcher.verbs.analysts import AsJson, BaseUrl, RunToEnd

PATH: Final = "/api/v1/operator/journal/renewal"
POLL_S: Final = 0.5
SILENCE_S_MAX: Final = 30.0
ATTEMPTS_MAX: Final = 3
UNANSWERED_MAX: Final = 120
"""So many questions in a row may stay without an answer while leaders change."""

Renewal = dict[str, Any]
"""`contracts.representations.RenewalResponse`, as it was answered."""


class NotRenewed(RequestRefused):
    """The journal is as it was."""


def register(
    app: typer.Typer, resolve: Callable[[str | None], str], token: Callable[[], str], run: RunToEnd
) -> None:
    """Add the group `journal` to `app`."""
    journal = typer.Typer(help="The journal of the cell.")
    app.add_typer(journal, name="journal")

    @journal.callback()
    def group() -> None:
        """Keep `renew` a verb of the group: Typer would merge a single verb into it."""

    @journal.command("renew")
    def renew_verb(as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """Write the journal anew, without the texts of erased people, and switch to it."""
        done = run(renew(resolve(base_url), token()))
        if as_json:
            print(msgspec.json.encode(done).decode())
            return
        waited = done["without_writes_s"]
        print(f"renewed: the journal in use is number {done['generation']}")
        if waited is not None:
            print(f"writes waited for {waited:.2f} s")


async def renew(base_url: str, operator_token: str) -> Renewal:
    """Renew the journal and return the last answer. A renewal that was interrupted is begun again
    a few times. Raises NotRunning, RequestRefused and NotRenewed."""
    link = RenewalLink(base_url, operator_token)
    before = (await link.ask("GET"))["generation"]
    with make_progress_bar() as progress:
        task = progress.add_task("renew", total=None)
        for _ in range(ATTEMPTS_MAX):
            renewal = await link.ask("POST")
            while renewal["generation"] == before and renewal["phase"] in ("copying", "switching"):
                progress.update(
                    task,
                    description=renewal["phase"],
                    total=renewal["of"],
                    completed=renewal["position"],
                )
                await asyncio.sleep(POLL_S)
                renewal = await link.ask("GET")
            if renewal["generation"] != before:
                return renewal
    raise NotRenewed(f"not renewed: {renewal['problem'] or 'the leader changed'}")


class RenewalLink:
    """Asks a system that may have no leader at the moment."""

    def __init__(self, base_url: str, operator_token: str) -> None:
        self._url = base_url + PATH
        self._headers = operator_headers(operator_token)

    async def ask(self, method: str) -> Renewal:
        unanswered = 0
        while True:
            try:
                async with open_answer(
                    method, self._url, self._headers, silence_s_max=SILENCE_S_MAX
                ) as response:
                    answer: Renewal = msgspec.json.decode(await response.read())
                    return answer
            except RequestRefused as refused:
                unanswered += 1
                if not str(refused).startswith("503") or unanswered > UNANSWERED_MAX:
                    raise
            await asyncio.sleep(POLL_S)
