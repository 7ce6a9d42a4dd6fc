"""Names of topics and groups under the settings' prefix."""

from __future__ import annotations

from schemas.codec import FEED_MODELS, JOURNAL_MODELS, type_of
from schemas.topics import FEEDS, full_name
from workers.settings import Settings

_JOURNAL_TYPES = frozenset(type_of(model) for model in JOURNAL_MODELS)
INTAKE_FEEDS = tuple(feed for feed in FEEDS if all(type_of(model) in _JOURNAL_TYPES for model in FEED_MODELS[feed]))
"""Feeds whose events the journal carries; fund and payment reports go to the money workers, not through intake."""


def topic_name(settings: Settings, short: str) -> str:
    """Full name of a topic: "journal" → "medassist.journal.v1"."""
    return full_name(short, settings.topic_prefix)


def ledger_group(settings: Settings) -> str:
    """The consumer group of the ledger, and the first part of its transactional ids: two deployments on one cluster
    differ in their prefix, so neither can fence or rebalance the other."""
    return f"{settings.topic_prefix}-ledger"


def intake_group(settings: Settings) -> str:
    """The consumer group of intake; the clock compares its committed offsets with what the feeds held."""
    return f"{settings.topic_prefix}-intake"
