"""Inbox, health, options, metrics: the parts that decide when, whether and how it is told."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from workers.errors import Usage
from workers.log.port import Record
from workers.runtime.health import PartitionReport, Verdict, judge
from workers.runtime.inbox import Inbox
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import RuntimeOptions
from workers.runtime.places import where_raised
from workers.runtime.restore import RestoreProgress


def record(offset: int, size: int = 10) -> Record:
    return Record("t", 0, offset, 0, None, b"x" * size, ())


def inbox(*, records: int = 3, size: int = 100, tick: float = 0.02) -> Inbox:
    return Inbox(batch_records_max=records, batch_bytes_max=size, inbox_batches_max=2, tick_seconds=lambda: tick)


async def test_a_full_batch_is_due_at_once() -> None:
    box = inbox(tick=60)
    box.offer([record(n) for n in range(4)])
    await asyncio.wait_for(box.due(), 1)
    assert [r.offset for r in box.cut()] == [0, 1, 2]
    assert len(box) == 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(box.due(), 0.01)


async def test_a_small_batch_is_due_after_one_tick() -> None:
    box = inbox(tick=0.02)
    began = asyncio.get_running_loop().time()
    box.offer([record(0)])
    await box.due()
    assert asyncio.get_running_loop().time() - began >= 0.015
    assert len(box.cut()) == 1


async def test_bytes_cut_a_batch_but_never_to_nothing() -> None:
    box = inbox(size=100)
    box.offer([record(0, 60), record(1, 60), record(2, 500)])
    await box.due()
    assert [r.offset for r in box.cut()] == [0]
    await box.due()
    assert [r.offset for r in box.cut()] == [1]
    await box.due()
    assert [r.offset for r in box.cut()] == [2]


async def test_an_inbox_is_full_by_records_or_bytes_and_low_below_one_batch() -> None:
    box = inbox(records=3, size=100)
    assert box.low
    box.offer([record(n, 1) for n in range(6)])
    assert box.full
    assert not box.low
    box.clear()
    box.offer([record(0, 150)])
    assert not box.full
    assert not box.low
    box.offer([record(1, 50)])
    assert box.full


def report(phase: str = "running", still: float = 0.0, lag: int = 0, reason: str | None = None) -> PartitionReport:
    return PartitionReport(0, phase, still, lag, reason)


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([report()], Verdict.READY),
        ([report(still=10_000)], Verdict.READY),
        ([report(lag=5, still=1)], Verdict.READY),
        ([report(lag=5, still=31)], Verdict.NOT_READY),
        ([report(lag=5, still=61)], Verdict.EXIT),
        ([report("restoring", still=1)], Verdict.RESTORING),
        ([report("restoring", still=31)], Verdict.NOT_READY),
        ([report("unknown", still=61)], Verdict.EXIT),
        ([report("fenced", still=1)], Verdict.READY),
        ([report("fenced", still=61)], Verdict.EXIT),
        ([report("stopped", reason="why"), report()], Verdict.NOT_READY),
        ([report("stopped", still=10_000, lag=9, reason="why")], Verdict.NOT_READY),
        ([], Verdict.READY),
    ],
)
def test_health_is_progress(reports: list[PartitionReport], expected: Verdict) -> None:
    found = judge(reports, unassigned_seconds=None, stall_seconds=30)
    assert found.verdict is expected
    assert found.ready is (expected is Verdict.READY)
    assert bool(found.reasons) is (expected is not Verdict.READY)


def test_a_lag_that_nobody_knows_is_a_stall() -> None:
    def verdict(measured_seconds_ago: float) -> Verdict:
        return judge(
            [report()], unassigned_seconds=None, stall_seconds=30, measured_seconds_ago=measured_seconds_ago
        ).verdict

    assert [verdict(29), verdict(31), verdict(61)] == [Verdict.READY, Verdict.NOT_READY, Verdict.EXIT]


def test_a_worker_without_an_assignment_is_not_ready_and_then_an_exit() -> None:
    found = {seconds: judge([], unassigned_seconds=seconds, stall_seconds=30).verdict for seconds in (0.0, 60.0, 61.0)}
    assert found == {0.0: Verdict.NOT_READY, 60.0: Verdict.NOT_READY, 61.0: Verdict.EXIT}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("transaction_timeout_ms", 10_001),
        ("commit_deadline_ms", 10_000),
        ("revoke_deadline_ms", 5_000),
        ("batch_records_max", 0),
        ("tick_ms", -1),
    ],
)
def test_limits_that_contradict_each_other_are_refused(option: str, value: int) -> None:
    with pytest.raises(Usage, match=option):
        RuntimeOptions(group="g", input_topic="i", changelog_topic="c", client_id="w", **{option: value})


def test_a_short_session_shortens_what_must_fit_into_it() -> None:
    options = RuntimeOptions(group="g", input_topic="i", changelog_topic="c", client_id="w", session_timeout_ms=1_500)
    assert options.revoke_deadline_ms + options.close_deadline_ms < options.session_timeout_ms


def test_one_transactional_id_per_partition() -> None:
    options = RuntimeOptions(group="g", input_topic="i", changelog_topic="c", client_id="w")
    assert options.transactional_id(7) == "g-i-7"


def test_metrics_are_carried_over_once() -> None:
    registry = CollectorRegistry()
    metrics, other = RuntimeMetrics("ledger", registry), RuntimeMetrics("intake", registry)
    metrics.batch(5, 0.004)
    metrics.restoring(RestoreProgress(3, 100, 50, 1.5), 100)
    metrics.lag({3: 7}, 2.5)
    metrics.flush()
    metrics.flush()
    other.flush()
    text = generate_latest(registry).decode()
    for line in (
        'settlement_records_total{worker="ledger"} 5.0',
        'settlement_records_total{worker="intake"} 0.0',
        'settlement_restore_records_total{worker="ledger"} 100.0',
        'settlement_restore_eta_seconds{partition="3",worker="ledger"} 1.5',
        'settlement_lag_records{partition="3",worker="ledger"} 7.0',
        'settlement_lag_seconds{worker="ledger"} 2.5',
        'settlement_commit_seconds_count{worker="ledger"} 1.0',
    ):
        assert line in text
    metrics.lag({}, 0.0)
    assert "settlement_lag_records{" not in generate_latest(registry).decode()


def test_where_an_error_was_raised_holds_nothing_of_what_it_says() -> None:
    try:
        raise KeyError("520101199001011234")
    except KeyError as error:
        told = where_raised(error)
    assert told.startswith("KeyError at test_runtime_parts.py:")
    assert "5201" not in told


async def test_a_lower_limit_leaves_the_rest_due() -> None:
    box = inbox(records=5)
    box.offer([record(n) for n in range(5)])
    await asyncio.wait_for(box.due(), 1)
    assert [r.offset for r in box.cut(2)] == [0, 1]
    await asyncio.wait_for(box.due(), 1)
    assert [r.offset for r in box.cut(9)] == [2, 3, 4]
