"""The registry's topics as specs of a cluster, in the order in which they have to come into being."""

from __future__ import annotations

from schemas.topics import Kind, Topic, of_kind
from workers.log.admin import TopicSpec
from workers.settings import Settings


def own_specs(settings: Settings) -> list[TopicSpec]:
    """Everything but the feeds: made first, so that nothing can flow before the journal is opened."""
    return [_spec(topic, settings) for kind in Kind if kind is not Kind.FEED for topic in of_kind(kind)]


def feed_specs(settings: Settings) -> list[TopicSpec]:
    """The feeds: made last. Intake has nothing to read until the journal is open."""
    return [_spec(topic, settings) for topic in of_kind(Kind.FEED)]


def _spec(topic: Topic, settings: Settings) -> TopicSpec:
    return TopicSpec(
        topic.full_name(settings.topic_prefix),
        settings.partitions,
        settings.replication_factor,
        topic.config(settings.replication_factor),
    )
