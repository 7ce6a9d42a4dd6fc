"""Plan and apply: topics first, then the opening of the journal, then the feeds.

Each step can be repeated, and the order makes an interruption harmless: until the journal is open there is no feed that
intake could read, so nothing gets into an unopened journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workers.errors import Usage
from workers.log.admin import TopicSpec, find_topics
from workers.log.kafka import KafkaLog
from workers.log.port import Log
from workers.log.topics import Alter, Create, Refuse, Step, carry_out, difference
from workers.settings import Settings
from workers.topics.opening import open_journal, opened_incarnation
from workers.topics.registry import feed_specs, own_specs


@dataclass(frozen=True, slots=True)
class Plan:
    """What `apply` would do."""

    steps: list[Step]
    open_journal: bool
    """Whether the journal would be opened (it never was)."""

    @property
    def refusals(self) -> list[Refuse]:
        return [step for step in self.steps if isinstance(step, Refuse)]

    @property
    def forgets(self) -> list[str]:
        """Topics whose records the broker would remove."""
        return [step.spec.name for step in self.steps if isinstance(step, Alter) and step.forgets]

    @property
    def empty(self) -> bool:
        return not self.steps and not self.open_journal


async def make_plan(settings: Settings) -> Plan:
    """Look at the cluster; writes nothing. Raises `Retry` (no broker), `Stop` (journal and changelog damaged)."""
    specs = own_specs(settings) + feed_specs(settings)
    found = await find_topics(settings.cluster, [spec.name for spec in specs])
    steps = difference(specs, found)
    if any(isinstance(step, Refuse) for step in steps):
        return Plan(steps, open_journal=False)  # with another partition count there is nothing to look into
    log: Log = KafkaLog(settings.cluster)
    try:
        return Plan(steps, open_journal=await opened_incarnation(log, settings) is None)
    finally:
        await log.close()


async def apply(settings: Settings, *, allow_forgetting: bool, say: Callable[[str], None]) -> str:
    """Carry the plan out; returns the journal's incarnation. Raises `Usage` before anything is written, if refused."""
    plan = await make_plan(settings)
    if plan.refusals:
        first, others = plan.refusals[0], len(plan.refusals) - 1
        also = f" ({others} more; see `tuodi topics plan`)" if others else ""
        raise Usage(f"topic {first.name} {first.why}{also}")
    if plan.forgets and not allow_forgetting:
        raise Usage(f"records of {', '.join(plan.forgets)} would be removed; if that is meant, say --allow-forgetting")
    feeds = {spec.name for spec in feed_specs(settings)}
    doable = [step for step in plan.steps if isinstance(step, Create | Alter)]
    await carry_out(settings.cluster, [step for step in doable if step.spec.name not in feeds])
    log: Log = KafkaLog(settings.cluster)
    try:
        incarnation, opened = await open_journal(log, settings)
    finally:
        await log.close()
    say(f"journal {'opened' if opened else 'is open'}: incarnation {incarnation}")
    await carry_out(settings.cluster, [step for step in doable if step.spec.name in feeds])
    say(f"{len(doable)} topics created or altered, {len(_all(settings)) - len(doable)} as they should be")
    return incarnation


def _all(settings: Settings) -> list[TopicSpec]:
    return own_specs(settings) + feed_specs(settings)
