"""Topics as they should be against topics as they are: the difference, and carrying it out.

Nothing here deletes a topic or adds partitions: a person's partition is a one-way door, so another partition count is
refused with the way out. A change that makes the broker forget records (shorter retention, another clean-up) is told
apart, because it cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.cluster import ClusterLike
from workers.log.admin import FoundTopic, TopicSpec, create_topics, set_config


@dataclass(frozen=True, slots=True)
class Create:
    """A topic that does not exist yet."""

    spec: TopicSpec


@dataclass(frozen=True, slots=True)
class Alter:
    """Settings of a topic that differ: name → (as it is, as it should be); None where it is not set on the topic."""

    spec: TopicSpec
    changes: Mapping[str, tuple[str | None, str | None]]

    @property
    def forgets(self) -> list[str]:
        """The settings among the changes that make the broker remove records."""
        return [name for name, (old, new) in self.changes.items() if _forgets(name, old, new)]


@dataclass(frozen=True, slots=True)
class Refuse:
    """A difference that is not changed here; `why` says what to do."""

    name: str
    why: str


Step = Create | Alter | Refuse


def difference(specs: Iterable[TopicSpec], found: Mapping[str, FoundTopic]) -> list[Step]:
    """What has to happen so that every spec holds; empty where all do."""
    steps: list[Step] = []
    for spec in specs:
        topic = found.get(spec.name)
        if topic is None:
            steps.append(Create(spec))
            continue
        steps += _refusals(spec, topic)
        changes = {
            name: (topic.config.get(name), spec.config.get(name))
            for name in sorted(spec.config.keys() | topic.config.keys())
            if topic.config.get(name) != spec.config.get(name)
        }
        if changes:
            steps.append(Alter(spec, changes))
    return steps


async def carry_out(cluster: ClusterLike, steps: Sequence[Create | Alter]) -> None:
    """Create and alter, in the order given. Interrupted, the next `difference` shows what is left."""
    await create_topics(cluster, [step.spec for step in steps if isinstance(step, Create)])
    for step in steps:
        if isinstance(step, Alter):
            await set_config(cluster, step.spec.name, step.spec.config)


def _refusals(spec: TopicSpec, topic: FoundTopic) -> list[Step]:
    refused: list[Step] = []
    if topic.partitions != spec.partitions:
        refused.append(
            Refuse(
                spec.name,
                f"has {topic.partitions} partitions, should have {spec.partitions}: people would change partition; set"
                " TUODI_PARTITIONS to what exists, or rebuild into a new journal",
            )
        )
    if topic.replication_factor < spec.replication_factor:
        refused.append(
            Refuse(
                spec.name,
                f"has {topic.replication_factor} replicas, should have {spec.replication_factor}: raise it with"
                " kafka-reassign-partitions, then plan again",
            )
        )
    return refused


def _forgets(name: str, old: str | None, new: str | None) -> bool:
    if name == "cleanup.policy":
        return True
    if name not in ("retention.ms", "retention.bytes"):
        return False
    if new is None:
        return True  # the broker's default takes over, and that one ends
    before, after = int(old) if old is not None else 0, int(new)
    return after >= 0 and (before < 0 or after < before)
