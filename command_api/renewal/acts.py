"""Records renewals of the journal as acts of operators (`contracts.journal.renewal_acts`).

The beginning is recorded before anything is copied: a renewal that cannot be recorded does not
happen. The end is recorded by whoever leads then. It has an idempotency key that follows from the
generation, so it is recorded once, and knows from the recorded beginning who answers for it.
"""

from typing import Final

from command_api.image.store import StoredAnswer
from command_api.leader.answering import demand_store
from command_api.leader.node import Node
from command_api.leader.reign import Reign
from contracts.journal.records import CommandInfo, Outcome
from contracts.journal.renewal_acts import BEGUN, END_RENEWAL, ENDED, RENEW, RenewalEnd
from contracts.values.ids import OPERATOR, new_id

BEGINNING: Final = "renewal {}"
END: Final = "renewal {} ended"
"""Idempotency keys, by the generation that is to be. No client's key has a blank in it."""


class RenewalActs:
    """Records the acts of the reigns of one process."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def record_begun(self, reign: Reign, by: str | None, to: int) -> None:
        """Record that the operator `by` begins a renewal to generation `to`. None if the token
        names nobody. Raises OutcomeUnknown if leading ends first."""
        facts = {"signed_by": by, "from": reign.generation, "to": to}
        await self._record(reign, RENEW, BEGINNING.format(to), Outcome(BEGUN, facts=facts))

    async def record_end(
        self, reign: Reign, to: int, ended: RenewalEnd, reason: str | None = None
    ) -> None:
        """Record how the renewal to generation `to` ended. Does nothing if that is recorded, or if
        no beginning is known. Raises OutcomeUnknown if leading ends first, and NoLeader if the
        image on disk is damaged."""
        begun = self._find(BEGINNING.format(to))
        if begun is None or self._find(END.format(to)) is not None:
            return
        facts = {"generation": reign.generation, "ended": ended, "reason": reason}
        outcome = Outcome(ENDED, facts=begun.outcome.facts | facts)
        await self._record(reign, END_RENEWAL, END.format(to), outcome)

    def _find(self, key: str) -> StoredAnswer | None:
        with demand_store():
            return self._node.image.keys.find(OPERATOR, key, "")

    async def _record(self, reign: Reign, kind: str, key: str, outcome: Outcome) -> None:
        command = CommandInfo(new_id(), kind, OPERATOR, key, "")
        await reign.record_act(command, outcome)
