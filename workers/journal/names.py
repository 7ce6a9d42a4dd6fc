"""Names of topics and groups under the settings' prefix."""

from __future__ import annotations

from schemas.topics import full_name
from workers.settings import Settings


def topic_name(settings: Settings, short: str) -> str:
    """Full name of a topic: "journal" → "medassist.journal.v1"."""
    return full_name(short, settings.topic_prefix)


def intake_group(settings: Settings) -> str:
    """The consumer group of intake; the clock compares its committed offsets with what the feeds held."""
    return f"{settings.topic_prefix}-intake"
