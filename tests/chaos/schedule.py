"""What is done to the system and when: a list that depends on the seed and the length of the run alone."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import NamedTuple

WORKERS = 2
SINGLE_KILLS, BURST_KILLS, BURST_S = 7, 5, 1.9
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
    """The steps in order of time. The broker, the pause and the burst each have a part of the run to themselves."""
    random = Random(f"chaos schedule {seed}")
    length = max(seconds, 20.0)
    burst = random.uniform(0.14, 0.20) * length
    steps = [
        Step(burst + BURST_S * n / BURST_KILLS, Act.BURST, (n + random.randrange(2)) % WORKERS)
        for n in range(BURST_KILLS)
    ]
    sleeper, paused = random.randrange(WORKERS), random.uniform(0.36, 0.40) * length
    steps += [Step(paused, Act.PAUSE, sleeper), Step(paused + PAUSE_S, Act.RESUME, sleeper)]
    steps.append(Step(random.uniform(0.04, 0.06) * length, Act.KILL_RESTORE, random.randrange(WORKERS)))
    steps.append(Step(max(0.80 * length, paused + PAUSE_S + 2.0), Act.BROKER, -1))
    for _ in range(SINGLE_KILLS - 1):
        low, high = random.choice(((0.08, 0.12), (0.28, 0.34), (0.42, 0.60)))
        # while one worker sleeps only the other can be killed
        at = random.uniform(low, high) * length
        asleep = paused - 0.5 <= at <= paused + PAUSE_S + 0.5
        steps.append(Step(at, Act.KILL, 1 - sleeper if asleep else random.randrange(WORKERS)))
    return sorted(steps)
