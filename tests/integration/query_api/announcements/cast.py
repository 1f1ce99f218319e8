"""A host, and one person in every relation to the host and an announcement."""

from typing import Any

from contracts.values.ids import PersonId
from tests.cells.read_side import PAIRS, ReadSide

STATUSES = ("Created", "Alive", "Closed", "Done", "Cancelled")
VISIBILITIES = ("public", "subscribers", "invite")
ANNOUNCED = ("Alive", "Closed", "Done")


class Cast:
    """A host, and one person in every relation to the host and the evening."""

    def __init__(self, reads: ReadSide) -> None:
        self.reads = reads
        self.ids: dict[str, str] = {}

    async def arrive(self) -> None:
        for role in ("host", "follower", "followed", "stranger", "operator", *PAIRS):
            self.ids[role] = await self.reads.person(role)
        host = PersonId(self.ids["host"])
        self.reads.ugc.following_of = {
            self.ids["follower"]: {host},
            host: {PersonId(self.ids["followed"])},
        }

    async def evening(self, **changes: Any) -> str:
        evening = await self.reads.evening(self.ids["host"], **changes)
        for state in PAIRS:
            await self.reads.booking(evening, self.ids[state], state)
        return evening

    async def get(self, path: str, role: str) -> Any:
        return await self.reads.get(path, self.ids[role], is_super=role == "operator")
