"""Fixtures every test may use. Tests import helpers from the repository's root (`tests.…`)."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from tests.kafka_fixture import kafka, own_kafka
from tests.log_bench import bench
from tests.side_by_side import BROKER, ByGroup, group_of

__all__ = ["bench", "kafka", "own_kafka"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Groups of ours for `--dist loadgroup`; see `tests.side_by_side`."""
    return ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that needs a broker stands where it is seen to: else it would start a second one beside the first."""
    for item in items:
        if item.get_closest_marker("broker") and group_of(item.nodeid) != BROKER:
            raise pytest.UsageError(f"{item.nodeid} needs a broker; move it to tests/broker or name it in side_by_side")
