"""Runs one seed: people use the cell while things go wrong, then everything is checked."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from random import Random
from typing import Any, Final

from projector.proof.verify import verify
from tests.simulation import invariants
from tests.simulation.people.chats import Chatters, check_chats
from tests.simulation.people.erasures import Operators, check_erasures, is_anybody_erasing
from tests.simulation.simulated.chaos import Chaos
from tests.simulation.simulated.clients import Population, WrongAnswer
from tests.simulation.simulated.cluster import Cluster
from tests.simulation.simulated.journal import Faults
from tests.simulation.simulated.loop import TEST, SimulationLoop

CLIENTS: Final = 4
WISHES: Final = 12
CALM_S_MAX: Final = 600.0

Beside = Callable[[Cluster, Population], Coroutine[Any, Any, None]]
"""Something else that happens while clients give commands and things go wrong."""


async def _nothing(_cluster: Cluster, _population: Population) -> None: ...


def run_seed(seed: int) -> SimulationLoop:
    """Raises what went wrong. The same seed does the same again."""
    return run_cell(seed).loop


def run_with_erasures(seed: int) -> SimulationLoop:
    """As `run_seed`, and operators have people erased meanwhile."""
    return run_cell(seed, beside=partial(erase_people, seed)).loop


def run_with_chats(seed: int) -> Cluster:
    """As `run_seed`, and people write in the chats of their announcements meanwhile."""
    return run_cell(seed, beside=partial(let_people_chat, seed))


async def let_people_chat(seed: int, cluster: Cluster, population: Population) -> None:
    await Chatters(cluster, population, Random(f"chats {seed}")).chat()


async def erase_people(seed: int, cluster: Cluster, population: Population) -> None:
    await Operators(cluster, population, Random(f"erasures {seed}")).erase()


def run_cell(seed: int, *, renews: bool = False, beside: Beside = _nothing) -> Cluster:
    """Run a cell in which people do what they like and things go wrong, and check it."""
    loop = SimulationLoop(seed)
    faults, on_disk = _faults(loop.random), loop.random.random() < 0.7
    cluster = Cluster(loop, faults=faults, on_disk=on_disk, renews=renews)
    loop.run(_run(cluster, beside), max_virtual_s=6 * 3600.0)
    return cluster


async def _run(cluster: Cluster, beside: Beside) -> None:
    random = cluster.loop.random
    cluster.network.loss = random.choice((0.0, 0.0, 0.02))
    cluster.start_all()
    cluster.start_projector()
    population = Population(cluster, random)
    chaos = Chaos(cluster, random)
    raging = asyncio.create_task(chaos.rage(random.randint(1, 5)))
    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            clients.create_task(population.live(WISHES))
        clients.create_task(beside(cluster, population))
        await raging
        chaos.mend()
    await _calm(cluster, population)
    check(cluster, population)
    await check_tables(cluster)


async def _calm(cluster: Cluster, population: Population) -> None:
    """Wait until every process has read everything, one of them leads, no erasure goes on, and one
    log is left."""
    deadline = cluster.loop.time() + CALM_S_MAX
    while is_anybody_erasing(cluster, population.people) or not _is_calm(cluster):
        if cluster.loop.time() > deadline:
            raise WrongAnswer(f"no calm after {CALM_S_MAX} s: {cluster.leaders()} lead")
        await asyncio.sleep(1.0)


def _is_calm(cluster: Cluster) -> bool:
    if len(cluster.leaders()) != 1 or len(cluster.nodes) != len(cluster.names):
        return False
    positions = {node.tail.position for node in cluster.nodes.values()}
    positions.add(cluster.tables.reached)
    end = len(cluster.journal.log) - 1
    one_log = len(cluster.journal.logs) == 1
    return (
        one_log
        and len(positions) == 1
        and all(node.tail.seen_offset == end for node in cluster.nodes.values())
    )


def check(cluster: Cluster, population: Population) -> None:
    invariants.check_dates(cluster.journal.log)
    commits = invariants.accepted_commits(cluster.journal.log)
    invariants.check_answers(population.told, commits)
    invariants.check_keys(commits)
    check_erasures(commits)
    check_chats(commits)
    folded = invariants.check_every_prefix(commits)
    for name, node in cluster.nodes.items():
        invariants.check_same_image(name, node.image, folded, commits)


async def check_tables(cluster: Cluster) -> None:
    """Check that the projector's tables are the fold of the journal, and that verify finds
    nothing."""
    journal = cluster.journal.connect(TEST)
    lines = [line async for line in verify(journal, cluster.tables)]
    if not lines[-1]["ok"]:
        raise invariants.Violation(f"verify: {lines[-1]}")


def _faults(random: Random) -> Faults:
    """Return the faults of a run. A few runs have none, so that plain failures are not masked."""
    if random.random() < 0.2:
        return Faults()
    return Faults(
        straggle=random.choice((0.0, 0.01, 0.05)),
        straggle_s=(0.5, random.choice((2.0, 20.0, 200.0))),
        lost_ack=random.choice((0.0, 0.01)),
        gap=random.choice((0.0, 0.01)),
        duplicate=random.choice((0.0, 0.02)),
        hung=random.choice((0.0, 0.2)),
    )
