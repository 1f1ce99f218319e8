"""Runs `practix dead` against a served notifier."""

from functools import partial
from typing import Any

import msgspec

from launcher.verbs.operators.dead import register
from launcher.verbs.operators.link import OperatorLink
from tests.cells.stand_in import OPERATOR
from tests.integration.launcher.invoking import Practix, build_practix
from tests.integration.notifier.http.served_notifier import ServedNotifier


def dead_of(cell: ServedNotifier) -> Practix:
    def link(base_url: str, _token: str) -> OperatorLink:
        return OperatorLink(base_url, OPERATOR)

    return partial(build_practix(register, cell.url, {"COLUMNS": "200"}, link), "dead")


async def parked(dead: Practix, of: str) -> list[dict[str, Any]]:
    said = await dead("list", "--of", of, "--json")
    found: list[dict[str, Any]] = msgspec.json.decode(said.stdout)["dead_letters"]
    return found
