"""What is done to the system and when: a list that depends on the seed and the length of the run alone."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import NamedTuple

WORKERS = 2
SINGLE_KILLS, BURST_KILLS, BURST_S = 6, 5, 1.9
SESSION_TIMEOUT_S = 6.0
PAUSE_S = SESSION_TIMEOUT_S + 2.0
"""Past the session time-out: the group gives the partitions away, and the sleeper must not write when it wakes."""


class Act(StrEnum):
    KILL = "kill -9, restarted at once"
    BURST = "kill -9 in a burst, restarted at once"
    KILL_RESTORE = "kill -9 during restore, restarted at once"
    PAUSE = "SIGSTOP"
    RESUME = "SIGCONT"
    BROKER = "broker kill -9, restarted on its data"


class Step(NamedTuple):
    """`at_s` seconds after the load began; `worker` is -1 for the broker."""

    at_s: float
    act: Act
    worker: int


def schedule(seed: int, seconds: float) -> list[Step]:
    """The steps in order of time; workers get time to live between them, or nothing but their start would be tested.

    In turn: restore, two kills, the burst, the pause with two kills of the other worker, the broker, two kills.
    """
    random = Random(f"chaos schedule {seed}")
    scale, sleeper = max(seconds, 24.0) / 24.0, random.randrange(WORKERS)

    def at(second: float) -> float:
        return (second + random.uniform(-0.3, 0.3)) * scale

    def kill(second: float, worker: int | None = None) -> Step:
        return Step(at(second), Act.KILL, random.randrange(WORKERS) if worker is None else worker)

    burst, paused, first = at(7.2), at(11.5), random.randrange(WORKERS)
    steps = [Step(at(1.5), Act.KILL_RESTORE, random.randrange(WORKERS)), kill(4.3), kill(5.6)]
    steps += [Step(burst + BURST_S * n / BURST_KILLS, Act.BURST, (first + n) % WORKERS) for n in range(BURST_KILLS)]
    steps += [Step(paused, Act.PAUSE, sleeper), kill(13.5, 1 - sleeper), kill(16.5, 1 - sleeper)]
    steps += [Step(paused + PAUSE_S, Act.RESUME, sleeper), Step(at(21.6), Act.BROKER, -1), kill(22.8), kill(23.5)]
    return sorted(steps)
