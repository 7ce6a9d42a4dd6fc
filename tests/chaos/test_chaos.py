"""Two chaos runs in the build: nothing lost, nothing doubled, every fen as the oracle says (docs/audit.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import Run, table
from tests.kafka_fixture import KafkaUnderTest

SECONDS, RATE = 24.0, 1_000.0


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_lost_or_doubled_under_kills(seed: int, own_kafka: KafkaUnderTest, tmp_path: Path) -> None:
    verdict = await Run(seed, SECONDS, RATE, tmp_path, own_kafka.broker).run()
    assert verdict.red == [], "\n".join(table(verdict))
    assert verdict.audit.startswith("ALL ACCOUNTED ")
    assert verdict.published >= SECONDS * RATE
