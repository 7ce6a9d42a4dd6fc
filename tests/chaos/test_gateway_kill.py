"""The window under kills: 200 bills a second, impatient clients, blind retries; decided once, told the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.gateway_run import GatewayRun
from tests.kafka_fixture import KafkaUnderTest

RATE, SECONDS = 200.0, 15.0


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_each_bill_is_decided_once_and_every_try_is_told_the_same(
    own_kafka: KafkaUnderTest, tmp_path: Path
) -> None:
    assert own_kafka.broker is not None
    verdict = await GatewayRun(7, RATE, SECONDS, tmp_path, own_kafka.broker).run()
    shown = f"{verdict.bills} bills, {verdict.tries} tries, {verdict.told} told, {verdict.journal_records} in the "
    shown += f"journal, {dict(verdict.strikes)}, {dict(verdict.statuses)}"
    assert verdict.red == [], shown
    assert verdict.bills == RATE * SECONDS, shown
    assert verdict.strikes["ledger"] >= 2, shown
    assert verdict.strikes["gateway"] >= 2, shown
    assert verdict.journal_records > verdict.bills, shown
    assert not [status for status in verdict.statuses if status.startswith(("4", "500"))], shown
