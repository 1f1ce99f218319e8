"""A simulated cell: command processes, their network and their journal."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from command_api.domain.rules import DEFAULT_RULES
from command_api.domain.submission import Submission
from command_api.http.erasure_tokens import ErasureTokens
from command_api.http.link_tokens import LinkTokens
from command_api.http.peers.handover import HandedOver, Handover
from command_api.image.checkpoints import StoreLimits
from command_api.leader.answering import Answering
from command_api.leader.node import Node
from command_api.leader.ports import Answer
from command_api.leader.reign import RECORDS_MAX
from command_api.leader.timing import Timing
from command_api.rendering import build_renderer
from command_api.renewal.renewals import Renewals
from contracts.errors import CommandError, NoLeader, OutcomeUnknown
from contracts.journal.acceptance import JournalBroken
from contracts.journal.concealment import FingerprintKey
from contracts.representations import RenewalResponse
from projector.read_models.memory import MemorySink
from projector.read_models.projector import Projector
from runtime.process.tasks import end, run_aside
from tests.simulation.simulated.journal import Faults, SimulatedJournal
from tests.simulation.simulated.loop import TEST, SimulationLoop
from tests.simulation.simulated.network import SimulatedNetwork
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

TIMING: Final = Timing(heartbeat_timeout_s=5.0, tick_s=0.25)
SUBMIT_DEADLINE_S: Final = 20.0
PROJECTOR: Final = "projector"
KEEP_OLD_S: Final = 20.0
STORE_LIMITS: Final = StoreLimits(
    records_max=4, every_s=5.0, catching_up_max=6, ahead_max=8, cached_max=2
)
"""So small that a short run comes through all of it."""

_copy: Final = msgspec.json.Decoder(Submission)


class SimulatedPeers:
    """The `Peers` port over the simulated network; commands travel encoded."""

    def __init__(self, network: SimulatedNetwork, own_name: str) -> None:
        self._network = network
        self._own_name = own_name
        self._handovers: dict[str, Handover] = {}

    def knows(self, leader_url: str) -> bool:
        return True

    async def ask_renewal(self, *_: object, **__: object) -> RenewalResponse:
        raise NoLeader

    async def forward(self, leader_url: str, command: Submission, timeout_s: float) -> Answer:
        if leader_url not in self._handovers:
            self._handovers[leader_url] = Handover(partial(self._send, leader_url))
        encoded = msgspec.json.encode(command)
        return await self._handovers[leader_url].hand_over(encoded, timeout_s)

    async def _send(
        self, leader_url: str, commands: Sequence[HandedOver]
    ) -> Sequence[Answer | CommandError]:
        timeout_s = max(one.give_up_at for one in commands) - asyncio.get_running_loop().time()
        payload = ([one.encoded for one in commands], timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                answers = await self._network.call(self._own_name, leader_url, "forward", payload)
        except (ConnectionError, TimeoutError):
            raise OutcomeUnknown from None
        assert isinstance(answers, list)
        return answers


CELL_SECRET: Final = "the secret of the cell"
FINGERPRINT_KEY: Final = FingerprintKey(CELL_SECRET)
TOKENS: Final = ErasureTokens(CELL_SECRET)
LINKS: Final = LinkTokens(CELL_SECRET)


class Cluster:
    """`names` are the processes that may run; each can be started again after a crash."""

    def __init__(
        self,
        loop: SimulationLoop,
        names: tuple[str, ...] = ("alpha", "beta", "gamma"),
        *,
        faults: Faults | None = None,
        timing: Timing = TIMING,
        records_max: int = RECORDS_MAX,
        on_disk: bool = False,
        renews: bool = False,
        projector: str = PROJECTOR,
    ) -> None:
        """With `on_disk` each process keeps its image on a disk of its own. With `renews` the
        journal can be renewed."""
        self.loop = loop
        self.names = names
        self.network = SimulatedNetwork(loop)
        self.journal = SimulatedJournal(loop, faults)
        self.nodes: dict[str, Node] = {}
        self.renewals: dict[str, Renewals] = {}
        self.tables = MemorySink()
        """What the projector writes; it outlives the projector's process."""
        self.disks = {name: SimulatedDisk() for name in names} if on_disk else {}
        """Each outlives its process."""
        self._renews = renews
        self._projector = projector
        self._timing = timing
        self._records_max = records_max

    def start(self, name: str, broken: dict[str, BaseException] | None = None) -> None:
        """Start a life of `name`. A broken journal fails the run, unless `broken` is there to note
        it."""
        self.loop.spawn(name, self._live(name, broken))

    def start_all(self) -> None:
        for name in self.names:
            self.start(name)

    def start_projector(self) -> None:
        projecting = Projector(self.journal.connect(self._projector), self.tables)
        self.loop.spawn(self._projector, projecting.run())

    def crash_projector(self) -> None:
        self.loop.crash(self._projector)

    def crash(self, name: str) -> None:
        self.loop.crash(name)
        self.nodes.pop(name, None)
        self.renewals.pop(name, None)

    def running(self) -> list[str]:
        return [name for name in self.names if self.loop.is_alive(name)]

    def leaders(self) -> list[str]:
        return [name for name, node in self.nodes.items() if node.leading]

    async def submit(self, process: str, command: Submission) -> Answer:
        """Submit as a client does over HTTP. Raises CommandErrors and ConnectionError."""
        answer = await self.network.call(TEST, process, "submit", msgspec.json.encode(command))
        assert isinstance(answer, Answer)
        return answer

    def clock(self) -> datetime:
        """Return the wall clock of the process that runs."""
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.loop.wall_ms())

    async def _live(self, name: str, broken: dict[str, BaseException] | None) -> None:
        random = self.loop.random
        render = build_renderer(DEFAULT_RULES, TOKENS.sign, LINKS.sign)
        node = Node(
            journal=self.journal.connect(name),
            fingerprint_key=FINGERPRINT_KEY,
            own_url=name,
            clock=self.clock,
            steady=self.loop.time,
            render=render,
            rules=DEFAULT_RULES,
            random=random,
            new_nonce=lambda: f"{random.getrandbits(128):032x}",
            timing=self._timing,
            records_max=self._records_max,
            store=SimulatedStore(self.disks[name], random) if name in self.disks else None,
            store_limits=STORE_LIMITS,
        )
        self.nodes[name] = node
        peers = SimulatedPeers(self.network, name)
        answering = Answering(
            node, peers=peers, clock=self.clock, render=render, rules=DEFAULT_RULES
        )

        async def submit(payload: Any) -> Answer:
            return await answering.submit(_copy.decode(payload), SUBMIT_DEADLINE_S)

        async def forward(payload: Any) -> list[Answer | CommandError]:
            commands, timeout_s = payload
            return await answering.submit_forwarded(list(map(_copy.decode, commands)), timeout_s)

        self.network.serve(name, "submit", submit)
        self.network.serve(name, "forward", forward)
        renewing = self._start_renewals(name, node) if self._renews else None
        try:
            await node.run()
        except JournalBroken as error:
            if broken is None:
                raise
            broken[name] = error
        finally:
            await end(renewing)

    def _start_renewals(self, name: str, node: Node) -> asyncio.Task[None]:
        self.renewals[name] = renewals = Renewals(
            node,
            peers=SimulatedPeers(self.network, name),
            clock=self.clock,
            random=self.loop.random,
            patience_s=5.0,
            keep_old_s=KEEP_OLD_S,
            update_command=FINGERPRINT_KEY.conceal,
        )
        return run_aside(renewals.run(), "renewals")
