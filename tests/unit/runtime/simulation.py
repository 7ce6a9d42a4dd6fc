"""One seed, one history: workers over the memory log that are killed, stopped, delayed and cut off from their commits.

The schedule is a function of the seed alone. What must hold whatever happens: every input exactly one output, in order,
state equal to a single-threaded fold (`World.faults`), no partition stopped, and an end to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import Any

from tests.broker.world import World
from tests.unit.runtime.processes import Process, task_factory
from tests.unit.runtime.virtual_loop import VirtualLoop
from workers.errors import Retry
from workers.log.memory import MemoryLog
from workers.log.memory_partition import TransactionState
from workers.log.memory_producer import MemoryTransactionalProducer
from workers.log.port import CommitUnknown, Fenced, GroupMember, Record, TopicPartition, TransactionalProducer
from workers.runtime.service import PartitionRuntime
from workers.runtime.surroundings import Phase

EPOCH_MS = 1_700_000_000_000
SHORT = {"session_timeout_ms": 2_000, "revoke_deadline_ms": 800, "close_deadline_ms": 500}
"""A session well below the commit's deadline: a stopped owner may wake up inside a commit that is no longer its own."""


@dataclass
class Faults:
    """Chances per call of the log, and how many kills and stops a history has."""

    delay: float = 0.15
    delay_seconds_max: float = 0.8
    long_delay: float = 0.01
    unsent_commit: float = 0.02
    lost_answer: float = 0.04
    failed_init: float = 0.05
    late_commit: float = 0.02
    """EndTxn travels on while the client has given up: it arrives later, perhaps after the next init."""
    killed_call: float = 0.01
    stopped_call: float = 0.02
    """Inside a call of the log: where a zombie does the most harm."""
    late_records: float = 0.1
    """A poll that answers late, perhaps after a rebalance: fetched before it, returned after it."""
    kills: int = 3
    stops: int = 2


@dataclass
class Outcome:
    """What a history ended in."""

    seed: int
    faults: list[str] = field(default_factory=list)
    kills: int = 0
    stops: int = 0
    unknown: int = 0
    fenced: int = 0
    stale: int = 0
    steps: int = 0
    log: list[str] = field(default_factory=list)


class SimProducer(MemoryTransactionalProducer):
    """A transactional producer whose commit may arrive after its sender has given up waiting."""

    sim: Simulation

    async def _commit(self) -> None:
        if self.sim.calm or self.sim.random.random() >= self.sim.faults.late_commit:
            await super()._commit()
            return
        await self._flush()
        self.sim.note(f"a commit of {self._id} is under way")
        self.sim._later(self.sim.random.uniform(0.01, 6.0), self._arrive)
        raise CommitUnknown("simulated: the answer was not awaited")

    def _arrive(self) -> None:
        with contextlib.suppress(Fenced):
            self._log.coordinator.end(self._id, self._epoch, TransactionState.COMMITTED)
            self._log.wake()


class SimMember:
    """A member whose polls may answer late; everything else is the memory log's own."""

    def __init__(self, inner: GroupMember, sim: Simulation) -> None:
        self._inner, self._sim = inner, sim

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def poll(self, *, max_records: int, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        got = await self._inner.poll(max_records=max_records, timeout_ms=timeout_ms)
        if got and not self._sim.calm and self._sim.random.random() < self._sim.faults.late_records:
            self._sim.note("records come late")
            await asyncio.sleep(self._sim.random.uniform(0.1, 6.0))
        return got


class SimLog(MemoryLog):
    """The memory log, knowing which process asked for a member, so that SIGSTOP also silences its heartbeat."""

    def __init__(self, sim: Simulation, **how: Any) -> None:
        super().__init__(**how)
        self.sim = sim
        self.members: dict[Process, list[Any]] = {}

    async def transactional(
        self, *, transactional_id: str, client_id: str, transaction_timeout_ms: int
    ) -> TransactionalProducer:
        made = SimProducer(self, transactional_id, transaction_timeout_ms)
        made.sim = self.sim
        return made

    async def member(self, **how: Any) -> GroupMember:
        made = SimMember(await super().member(**how), self.sim)
        process = Process.current()
        if process is not None:
            self.members.setdefault(process, []).append(made)
        return made


class Simulation:
    """A history of one seed."""

    def __init__(self, seed: int, *, faults: Faults | None = None, workers: int = 2, **parts: Any) -> None:
        self.random = random.Random(seed)
        self.faults = faults or Faults()
        self.outcome = Outcome(seed)
        self.calm = False
        self._options = parts.pop("options", {})
        self._parts = parts
        self._names = [chr(ord("a") + n) for n in range(workers)]
        self._processes: list[Process] = []
        self._current: dict[str, tuple[Process, Any]] = {}
        self._runtimes: list[PartitionRuntime] = []

    async def run(self) -> Outcome:
        """Play the history to its end."""
        loop = asyncio.get_running_loop()
        log = SimLog(self, clock_ms=lambda: EPOCH_MS + int(loop.time() * 1000), hook=self.hook)
        self.log = log
        self.world = await World(log, self.create, partitions=self.random.choice([1, 2, 3])).open()
        for name in self._names:
            self.start(name)
        self._plan()
        for _ in range(self.random.randint(4, 10)):
            await self.world.publish(self.random.randint(1, 25), keys=2, amount=self.random.randint(1, 90))
            await asyncio.sleep(self.random.uniform(0.0, 3.0))
        self.calm = True
        self.note("calm")
        await self._come_to_rest()
        self.outcome.faults += await self.world.faults()
        self.outcome.steps = sum(process.steps for process in self._processes)
        for process in self._processes:
            process.kill()
            process.bury()
        return self.outcome

    async def create(self, topics: dict[str, dict[str, str]], partitions: int) -> None:
        for name, config in topics.items():
            self.log.create_topic(name, partitions, append_time="message.timestamp.type" in config)

    def note(self, what: str) -> None:
        self.outcome.log.append(f"{asyncio.get_running_loop().time():8.3f} {what}")

    # ---- workers

    def start(self, name: str) -> None:
        """A new process in the slot `name`."""
        process = Process(f"{name}{len(self._processes)}")
        self._processes.append(process)
        runtime = self.world.runtime(
            name,
            options={"stall_ms": 600_000, "housekeeping_ms": 500, "poll_timeout_ms": 500, **SHORT} | self._options,
            jitter=random.Random(self.random.random()),
            **self._parts,
        )
        self._current[name] = process, runtime
        self._runtimes.append(runtime)
        self.note(f"start {process.name}")
        process.run(runtime.start())

    def _plan(self) -> None:
        """When kills and stops fall, in steps of the process they fall on: any await may be the one."""
        for _ in range(self.faults.kills):
            self._later(self.random.uniform(0.0, 15.0), self.kill_soon)
        for _ in range(self.faults.stops):
            self._later(self.random.uniform(0.0, 15.0), self.stop_soon)

    def kill_soon(self) -> None:
        name = self.random.choice(self._names)
        process, _ = self._current[name]

        process.at_step[process.steps + self.random.randint(1, 120)] = lambda: self.kill(name, process)

    def kill(self, name: str, process: Process) -> None:
        """SIGKILL; an orchestrator starts the slot again, soon or after the session."""
        if process.dead or self.calm:
            return
        self.outcome.kills += 1
        self.note(f"kill {process.name}")
        process.kill()
        self._freeze(process)
        self._later(self.random.choice([0.05, 0.3, 2.0, 7.0]), lambda: self.start(name))

    def stop_soon(self) -> None:
        process, _ = self._current[self.random.choice(self._names)]

        process.at_step[process.steps + self.random.randint(1, 120)] = lambda: self.stop(process)

    def stop(self, process: Process) -> None:
        """SIGSTOP, and SIGCONT before or after the session ran out."""
        if process.dead or process.stopped is not None or self.calm:
            return
        self.outcome.stops += 1
        self.note(f"stop {process.name}")
        process.stop()
        self._freeze(process)
        self._later(self.random.uniform(0.5, 14.0), lambda: self.go_on(process))

    def go_on(self, process: Process) -> None:
        if not process.dead:
            self.note(f"go on {process.name}")
            process.go_on()
            self._later(self.random.uniform(0.0, 1.0), lambda: self._thaw(process))

    def _thaw(self, process: Process) -> None:
        """The next heartbeat: until then a zombie believes what it believed."""
        if not process.dead and process.stopped is None:
            for member in self.log.members.get(process, []):
                member.thaw()

    def _freeze(self, process: Process) -> None:
        for member in self.log.members.get(process, []):
            member.freeze()

    def _later(self, seconds: float, what: Any) -> None:
        asyncio.get_running_loop().call_later(seconds, what)

    # ---- faults of the log

    async def hook(self, point: str, who: str) -> None:
        """Every call of a worker to the log comes by here, before and after its effect."""
        process = Process.current()
        if process is None or self.calm:
            return
        chance, faults = self.random.random(), self.faults
        if chance < faults.delay:
            await asyncio.sleep(self.random.uniform(0, faults.delay_seconds_max))
        elif chance < faults.delay + faults.long_delay:
            self.note(f"{process.name} waits long at {point} of {who}")
            await asyncio.sleep(self.random.uniform(3.0, 12.0))
        chance = self.random.random()
        if chance < faults.killed_call:
            self.kill(process.name[0], process)
            await asyncio.sleep(0)
        elif chance < faults.killed_call + faults.stopped_call:
            self.stop(process)
            await asyncio.sleep(0)
        chance = self.random.random()
        if point == "end" and chance < faults.unsent_commit:
            self.note(f"{process.name} cannot send its commit of {who}")
            raise CommitUnknown("simulated: not sent")
        if point == "ended" and chance < faults.lost_answer:
            self.note(f"{process.name} hears no answer to its commit of {who}")
            raise CommitUnknown("simulated: committed, answer lost")
        if point == "init" and chance < faults.failed_init:
            raise Retry("simulated: the coordinator is away")

    # ---- the end

    async def _come_to_rest(self) -> None:
        """After the last fault everything must be answered within two virtual minutes."""
        for _ in range(1_200):
            await asyncio.sleep(0.1)
            stopped = [p for _, runtime in self._current.values() for p in runtime.partitions.values()
                       if p.phase is Phase.STOPPED]  # fmt: skip
            if stopped:
                self.outcome.faults += [f"stopped: {partition.stop_reason}" for partition in stopped]
                break
            if all(not process.dead for process, _ in self._current.values()) and self._answered():
                break
        else:
            self.outcome.faults.append("not every input is answered two minutes after the last fault")
        for runtime in self._runtimes:
            self.outcome.stale += runtime.metrics.stale_records
            self.outcome.unknown += runtime.metrics.commit_unknown
            self.outcome.fenced += runtime.metrics.fenced

    def _answered(self) -> bool:
        world = self.world
        return len(self.log.records(world.output)) >= len(self.log.records(world.input)) - world.partitions


def simulate(seed: int, **how: Any) -> Outcome:
    """Play one seed; deterministic."""
    loop = VirtualLoop()
    loop.set_task_factory(task_factory)
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(Simulation(seed, **how).run())
    finally:
        asyncio.set_event_loop(None)
        loop.close()
