"""Figures of the lists worker. No label names a place, a department or a person."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

TAKEN = Counter("tuodi_lists_taken", "Lists taken in hand, by what became of them", ["state"])
REFUSED = Counter("tuodi_lists_refused_records", "Records of list.reported that became dead letters", ["reason"])
OUTBOX = Gauge("tuodi_lists_outbox_records", "Records that wait to be published")
TASKS = Gauge("tuodi_lists_open_tasks", "Lines that the directory cannot resolve")
WAITING = Gauge("tuodi_lists_waiting", "Lists in waiting/ or received that a person has to look at")
ROUND_SECONDS = Gauge("tuodi_lists_last_round_seconds", "How long the last round took")
