"""Bounds of one replica, from the settings; times in milliseconds."""

from __future__ import annotations

from typing import NamedTuple

from workers.settings import Settings


class Bounds(NamedTuple):
    """What a replica allows itself."""

    body_bytes_max: int
    requests_max: int
    deadline_ms: int
    """A settle, cancel … is answered 202 after this."""
    quote_deadline_ms: int
    flush_deadline_ms: int
    remembered_max: int
    """Bills and answers kept for retries and queries; what is older is looked up in the read model."""


def bounds_of(settings: Settings) -> Bounds:
    """The bounds that the settings name."""
    return Bounds(
        body_bytes_max=settings.feed_record_bytes_max,
        requests_max=settings.gateway_requests_max,
        deadline_ms=settings.gateway_deadline_ms,
        quote_deadline_ms=settings.quote_deadline_ms,
        flush_deadline_ms=settings.commit_deadline_ms,
        remembered_max=settings.gateway_remembered_max,
    )
