"""The difference between topics as they should be and as they are."""

from __future__ import annotations

import pytest

from workers.log.admin import FoundTopic, TopicSpec
from workers.log.topics import Alter, Create, Refuse, difference

SPEC = TopicSpec("t", 12, 3, {"cleanup.policy": "delete", "retention.ms": "1000"})


def _found(partitions: int = 12, replicas: int = 3, **config: str) -> dict[str, FoundTopic]:
    settings = dict(SPEC.config) | {name.replace("_", "."): value for name, value in config.items()}
    return {"t": FoundTopic("t", partitions, replicas, settings)}


def test_nothing_to_do() -> None:
    assert difference([SPEC], _found()) == []
    assert difference([SPEC], _found(replicas=5)) == []  # more copies than asked for harm nobody


def test_a_missing_topic_is_created() -> None:
    assert difference([SPEC], {}) == [Create(SPEC)]


def test_changed_and_foreign_settings_are_shown() -> None:
    [step] = difference([SPEC], _found(retention_ms="500", segment_ms="7"))
    assert isinstance(step, Alter)
    assert step.changes == {"retention.ms": ("500", "1000"), "segment.ms": ("7", None)}
    assert step.forgets == []


@pytest.mark.parametrize("partitions", [6, 24])
def test_another_partition_count_is_refused(partitions: int) -> None:
    [step] = difference([SPEC], _found(partitions=partitions))
    assert isinstance(step, Refuse)
    assert f"has {partitions} partitions, should have 12" in step.why


def test_fewer_replicas_are_refused() -> None:
    [step] = difference([SPEC], _found(replicas=1))
    assert isinstance(step, Refuse)
    assert "kafka-reassign-partitions" in step.why


@pytest.mark.parametrize(
    ("name", "old", "new", "forgets"),
    [
        ("retention.ms", "-1", "1000", True),
        ("retention.ms", "2000", "1000", True),
        ("retention.ms", "1000", "2000", False),
        ("retention.ms", "1000", "-1", False),
        ("retention.ms", "1000", None, True),
        ("retention.bytes", "-1", "10", True),
        ("cleanup.policy", "compact", "delete", True),
        ("cleanup.policy", "delete", "compact", True),
        ("max.message.bytes", "10", "20", False),
    ],
)
def test_changes_that_make_the_broker_forget_are_told_apart(
    name: str, old: str, new: str | None, forgets: bool
) -> None:
    spec = TopicSpec("t", 1, 1, {} if new is None else {name: new})
    [step] = difference([spec], {"t": FoundTopic("t", 1, 1, {name: old})})
    assert isinstance(step, Alter)
    assert (step.forgets == [name]) is forgets
