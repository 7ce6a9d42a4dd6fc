"""Fixtures every test may use. Tests import helpers from the repository's root (`tests.…`)."""

from __future__ import annotations

from tests.kafka_fixture import kafka, own_kafka
from tests.log_bench import bench

__all__ = ["bench", "kafka", "own_kafka"]
