"""Fixtures every test may use. Tests import helpers from the repository's root (`tests.…`)."""

from __future__ import annotations

from tests.kafka_fixture import kafka, own_kafka

__all__ = ["kafka", "own_kafka"]
