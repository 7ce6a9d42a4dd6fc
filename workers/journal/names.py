"""Names of topics and groups that rooms share."""

from __future__ import annotations

from workers.settings import Settings

FEEDS = (
    "identity.changed",
    "settlement.reported",
    "application.filed",
    "enrolment.changed",
    "admission.registered",
    "office.ordered",
)
"""Short names of the feeds that intake reads; `fund.reported` and `payment.reported` belong to the money workers."""


def topic_name(settings: Settings, short: str) -> str:
    """Full name of a topic: "journal" → "medassist.journal.v1"; "<feed>.dlq" keeps its suffix last."""
    if short.endswith(".dlq"):
        return f"{topic_name(settings, short.removesuffix('.dlq'))}.dlq"
    return f"{settings.topic_prefix}.{short}.v1"


def short_name(settings: Settings, full: str) -> str:
    """Short name of a full topic name; the inverse of `topic_name`."""
    suffix = ".dlq" if full.endswith(".dlq") else ""
    middle = full.removesuffix(".dlq").removeprefix(f"{settings.topic_prefix}.")
    return middle.rsplit(".v", 1)[0] + suffix


def intake_group(settings: Settings) -> str:
    """The consumer group of intake; the clock compares its committed offsets with what the feeds held."""
    return f"{settings.topic_prefix}-intake"
