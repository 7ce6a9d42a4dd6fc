"""Fixtures every test may use. Tests import helpers from the repository's root (`tests.…`)."""

from __future__ import annotations

import pytest

from tests.kafka_fixture import kafka, own_kafka
from tests.log_bench import bench

__all__ = ["bench", "kafka", "own_kafka"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, those with a broker stay together: one broker, nobody else's kill -9 beside it.

    All others stay with their file, whose fixtures are made once (a county year takes half a minute).
    """
    for item in items:
        group = "broker" if item.get_closest_marker("broker") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
