"""The simulation loop keeps asyncio's promises and adds crashes, pauses and virtual time."""

import asyncio
import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.paths import ROOT
from tests.simulation.simulated.loop import TEST, SimulationLoop, Stuck
from tests.simulation.simulated.network import ANSWER_TIMEOUT_S, SimulatedNetwork

SEEDS = range(50)


def test_time_jumps_to_the_next_timer() -> None:
    loop = SimulationLoop(1)

    async def main() -> float:
        await asyncio.sleep(3600)
        return loop.time()

    assert loop.run(main()) == 3600


def test_what_goes_to_a_thread_is_done_at_once_and_fails_as_it_would_there() -> None:
    async def main() -> int:
        with pytest.raises(ZeroDivisionError):
            await asyncio.get_running_loop().run_in_executor(None, divmod, 1, 0)
        return await asyncio.get_running_loop().run_in_executor(None, abs, -3)

    assert SimulationLoop(1).run(main()) == 3


async def _exercise_asyncio(loop: SimulationLoop) -> list[object]:
    """One pass over the primitives that the services use."""
    results: list[object] = []
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=2)

    async def produce() -> None:
        for number in range(5):
            await queue.put(number)
            await asyncio.sleep(loop.random.random())

    async def count() -> AsyncIterator[int]:
        try:
            for number in range(10):
                await asyncio.sleep(0.1)
                yield number
        finally:
            results.append("generator closed")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(produce())
        results.append([await queue.get() for _ in range(5)])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await queue.get()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.5)
    results.append(await asyncio.gather(*(asyncio.sleep(0.1, n) for n in range(3))))
    async for number in count():
        if number == 2:
            break
    async with asyncio.Lock(), asyncio.Semaphore(1):
        await asyncio.sleep(0)
    return results


def test_asyncio_primitives_work_as_usual() -> None:
    for seed in SEEDS:
        loop = SimulationLoop(seed)
        results = loop.run(_exercise_asyncio(loop))
        assert results == [[0, 1, 2, 3, 4], [0, 1, 2], "generator closed"]


def test_within_a_process_callbacks_run_in_order_and_across_processes_in_any() -> None:
    orders = set()
    for seed in SEEDS:
        loop = SimulationLoop(seed)
        ran: list[str] = []

        async def main(loop: SimulationLoop = loop, ran: list[str] = ran) -> None:
            for step in ("a1", "a2", "b1", "b2"):
                with loop.process(step[0]):
                    loop.call_soon(ran.append, step)
            await asyncio.sleep(1)

        loop.run(main())
        assert ran.index("a1") < ran.index("a2")
        assert ran.index("b1") < ran.index("b2")
        orders.add(tuple(ran))
    assert len(orders) == 6


async def _cluster(loop: SimulationLoop) -> None:
    """Three processes call each other at random while one of them stalls or dies."""
    network = SimulatedNetwork(loop, loss=0.1)
    names = ("a", "b", "c")

    async def echo(payload: object) -> object:
        await asyncio.sleep(loop.random.random())
        return payload

    async def work(name: str) -> None:
        network.serve(name, "echo", echo)
        for number in range(20):
            try:
                await network.call(name, loop.random.choice(names), "echo", number)
            except ConnectionError as error:
                loop.note(name, number, str(error))

    workers = [loop.spawn(name, work(name)) for name in names]
    await asyncio.sleep(5 * loop.random.random())
    victim = loop.random.choice(names)
    loop.pause(victim)
    await asyncio.sleep(5)
    if loop.random.random() < 0.5:
        loop.crash(victim)
    else:
        loop.resume(victim)
    await asyncio.wait([w for w, name in zip(workers, names, strict=True) if loop.is_alive(name)])


def _trace_of_cluster(seed: int) -> int:
    loop = SimulationLoop(seed)
    loop.run(_cluster(loop))
    return loop.trace


def test_the_same_seed_gives_the_same_run() -> None:
    assert [_trace_of_cluster(s) for s in SEEDS] == [_trace_of_cluster(s) for s in SEEDS]
    assert len({_trace_of_cluster(seed) for seed in SEEDS}) == len(SEEDS)


def test_the_same_seed_gives_the_same_run_in_another_interpreter() -> None:
    code = "from tests.simulation.test_loop import _trace_of_cluster as t; print(t(1))"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(printed.stdout) == _trace_of_cluster(1)


def test_a_paused_process_does_nothing_and_its_timers_fire_late() -> None:
    loop = SimulationLoop(1)
    woke_at = []

    async def sleep() -> None:
        await asyncio.sleep(1)
        woke_at.append(loop.time())

    async def main() -> None:
        sleeping = loop.spawn("node", sleep())
        await asyncio.sleep(0.5)
        loop.pause("node")
        await asyncio.sleep(60)
        assert woke_at == []
        loop.resume("node")
        await sleeping

    loop.run(main())
    assert woke_at == [60.5]


def test_nothing_of_a_crashed_process_runs_again_and_its_name_can_be_born_again() -> None:
    loop = SimulationLoop(1)
    said: list[str] = []

    async def live(life: int) -> None:
        try:
            while True:
                said.append(f"life {life}")
                await asyncio.sleep(1)
        finally:
            said.append("finally")
            await asyncio.sleep(1)  # Even this leaves no trace.

    async def never_started() -> None:
        raise AssertionError

    async def main() -> list[str]:
        loop.spawn("node", live(1))
        await asyncio.sleep(1.5)
        loop.spawn("node", never_started())
        loop.crash("node")
        assert not loop.is_alive("node")
        await asyncio.sleep(10)
        loop.spawn("node", live(2))
        await asyncio.sleep(0.5)
        return list(said)

    assert loop.run(main()) == ["life 1", "life 1", "life 2"]


def test_each_process_has_a_wall_clock_of_its_own() -> None:
    loop = SimulationLoop(1)

    async def read_clock() -> int:
        return loop.wall_ms()

    async def main() -> int:
        loop.set_clock("node", 86_400_000)
        return await loop.spawn("node", read_clock()) - await loop.spawn("other", read_clock())

    assert loop.run(main()) == 86_400_000


def test_a_deadlock_is_reported_with_who_waits() -> None:
    loop = SimulationLoop(1)

    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck, match=r"deadlock(?s:.)*node: .*wait_for_ever"):
        loop.run(_awaiting(loop.spawn("node", wait_for_ever())))


@pytest.mark.parametrize(("step_s", "match"), [(0.0, "steps"), (1.0, "virtual time")])
def test_a_run_ends_at_its_budget(step_s: float, match: str) -> None:
    loop = SimulationLoop(1)

    async def main() -> None:
        for _ in itertools.count():
            await asyncio.sleep(step_s)

    with pytest.raises(Stuck, match=match):
        loop.run(main(), max_virtual_s=100, max_steps=1_000)


def test_an_exception_that_nobody_takes_fails_the_run() -> None:
    loop = SimulationLoop(1)

    async def fail() -> None:
        raise ZeroDivisionError

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(1)
        assert task.done()

    with pytest.raises(ExceptionGroup) as raised:
        loop.run(main())
    assert raised.group_contains(ZeroDivisionError)


def test_an_exception_that_leaves_a_spawned_task_fails_the_run_at_once() -> None:
    loop = SimulationLoop(1)

    async def fail() -> None:
        await asyncio.sleep(1)
        raise ZeroDivisionError

    loop.spawn("node", fail())
    with pytest.raises(ZeroDivisionError):
        loop.run(asyncio.sleep(100))
    assert loop.time() == 1


def test_cancelled_timers_do_not_pile_up() -> None:
    loop = SimulationLoop(1)

    async def main() -> None:
        for _ in range(20_000):
            loop.call_later(3600, print).cancel()

    loop.run(main())
    assert len(loop._timers) < 2_000


# The network


Scenario = Callable[[SimulationLoop, SimulatedNetwork], Awaitable[Any]]


def _with_echo(scenario: Scenario, *, seed: int = 1) -> Any:
    """Run a scenario in which the process `server` answers `echo` after a second."""
    loop = SimulationLoop(seed)
    network = SimulatedNetwork(loop)

    async def echo(payload: object) -> object:
        await asyncio.sleep(1)
        if isinstance(payload, Exception):
            raise payload
        return payload

    async def main() -> Any:
        with loop.process("server"):
            network.serve("server", "echo", echo)
        return await scenario(loop, network)

    return loop.run(main())


def test_a_call_returns_what_the_handler_returns_or_raises() -> None:
    async def scenario(loop: SimulationLoop, network: SimulatedNetwork) -> None:
        assert await network.call(TEST, "server", "echo", 7) == 7
        with pytest.raises(TimeoutError, match="its own"):
            await network.call(TEST, "server", "echo", TimeoutError("its own"))
        assert 2 < loop.time() < 2.1

    _with_echo(scenario)


def test_a_call_to_nobody_is_refused_soon() -> None:
    async def scenario(loop: SimulationLoop, network: SimulatedNetwork) -> None:
        with pytest.raises(ConnectionError, match="refused"):
            await network.call(TEST, "nobody", "echo", 7)
        loop.crash("server")
        with pytest.raises(ConnectionError, match="refused"):
            await network.call(TEST, "server", "echo", 7)
        assert loop.time() < 0.1

    _with_echo(scenario)


def test_a_call_is_reset_when_the_callee_crashes() -> None:
    async def scenario(loop: SimulationLoop, network: SimulatedNetwork) -> None:
        loop.call_later(0.5, loop.crash, "server")
        with pytest.raises(ConnectionError, match="reset"):
            await network.call(TEST, "server", "echo", 7)
        assert loop.time() < 0.6

    _with_echo(scenario)


def test_a_partition_loses_messages_until_it_heals() -> None:
    async def scenario(loop: SimulationLoop, network: SimulatedNetwork) -> None:
        network.partition([TEST], ["server"])
        with pytest.raises(ConnectionError, match="no answer"):
            await network.call(TEST, "server", "echo", 7)
        assert loop.time() == ANSWER_TIMEOUT_S
        network.heal()
        assert await network.call(TEST, "server", "echo", 7) == 7

    _with_echo(scenario)


async def _awaiting(task: asyncio.Task[None]) -> None:
    await task
