"""The peers of a command process that is alone in its cell: there are none."""

from command_api.leader.ports import Answer
from contracts.errors import NoLeader
from contracts.representations import RenewalResponse


class NoPeers:
    """Knows no other process and can forward nothing."""

    def knows(self, *_: object) -> bool:
        return False

    async def forward(self, *_: object) -> Answer:
        raise NoLeader

    async def ask_renewal(self, *_: object, **__: object) -> RenewalResponse:
        raise NoLeader
