"""The parts of the chaos harness by themselves: what it sends, when it strikes, how it judges."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.chaos.judge import Strike, compare_with_oracle, gap_rows
from tests.chaos.load import load
from tests.chaos.mend import Mended
from tests.chaos.run import Verdict, table
from tests.chaos.schedule import BURST_KILLS, PAUSE_S, SESSION_TIMEOUT_S, Act, schedule
from tests.chaos.tail import Gap
from workers.intake.verdict import Accepted, judge

SEEDS = range(1, 11)


def test_the_same_seed_sends_the_same_bytes() -> None:
    first, again, other = (list(islice(load(seed, 40), 2_000)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", [1, 2])
def test_each_record_is_accepted_or_refused_as_it_says(seed: int) -> None:
    reasons: Counter[str | None] = Counter()
    for feed in islice(load(seed, 100), 6_000):
        verdict = judge(feed.topic, feed.key, feed.value, (), 1_767_225_600_000)
        got = None if isinstance(verdict, Accepted) else str(verdict.reason)
        assert got == feed.wrong
        reasons[got] += 1
    assert len(reasons) >= 11
    assert 0.01 < 1 - reasons[None] / reasons.total() < 0.03


def test_the_load_holds_every_kind_of_trouble() -> None:
    kinds = Counter(
        orjson.loads(f.value or b"{}")["type"]
        for f in islice(load(1, 100), 6_000)
        if f.wrong is None and f.value is not None
    )
    expected = {f"settlement.{kind}" for kind in ("final", "cancel", "reverse", "reinstate")}
    assert expected | {"identity.changed", "application.filed", "enrolment.changed"} <= set(kinds)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_schedule_keeps_its_promises(seed: int) -> None:
    steps = schedule(seed, 24.0)
    assert steps == schedule(seed, 24.0)
    assert steps == sorted(steps)
    acts = Counter(step.act for step in steps)
    assert acts[Act.KILL] >= 6
    assert acts[Act.BURST] == BURST_KILLS == 5
    burst = [step.at_s for step in steps if step.act is Act.BURST]
    assert burst[-1] - burst[0] <= 2.0
    assert acts[Act.BROKER] == acts[Act.KILL_RESTORE] == acts[Act.PAUSE] == acts[Act.RESUME] == 1
    paused, resumed = (next(s for s in steps if s.act is act) for act in (Act.PAUSE, Act.RESUME))
    assert resumed.at_s - paused.at_s == pytest.approx(PAUSE_S)
    assert PAUSE_S > SESSION_TIMEOUT_S
    inside = [s for s in steps if paused.at_s <= s.at_s <= resumed.at_s and s.act in (Act.KILL, Act.BURST)]
    assert all(step.worker != paused.worker for step in inside)
    assert steps[-1].at_s < 24.0
    order = [step.act for step in steps if step.act in (Act.PAUSE, Act.RESUME, Act.BROKER)]
    assert order == [Act.PAUSE, Act.RESUME, Act.BROKER]


def test_gaps_go_to_their_cause_and_are_measured_after_the_last_of_it() -> None:
    strikes = [Strike("killed, restarted", at, at) for at in (10.0, 11.5)]
    strikes += [Strike("paused", 30.0, 38.0), Strike("broker lost", 60.0, 64.0)]
    gaps = [Gap(0, 9.9, 14.0), Gap(1, 30.1, 39.0), Gap(2, 60.5, 77.0), Gap(3, 80.0, 86.0)]
    rows = {row.kind: row for row in gap_rows(gaps, strikes)}
    assert rows["killed, restarted"].after_last_s == pytest.approx(2.5)
    assert rows["killed, restarted"].longest_s == pytest.approx(4.1)
    assert not rows["killed, restarted"].red
    assert rows["paused"].red  # 8.9 s, the limit is 8
    assert not rows["broker lost"].red  # reported apart
    assert rows["no cause"].red
    assert {kind: row.count for kind, row in rows.items()} == {
        "markers lost": 0, "broker lost": 1, "paused": 1, "killed, restarted": 1, "no cause": 1,
    }  # fmt: skip


def export(folder: Path, *values: dict[str, Any]) -> Path:
    file = folder / "journal.ndjson"
    file.write_bytes(b"".join(orjson.dumps({"value": value}) + b"\n" for value in values))
    return file


def test_the_oracle_comparison_finds_a_fen(tmp_path: Path) -> None:
    bill = {"type": "settlement.final", "version": 1, "region": "520000", "person_key": "k", "setl_id": "S1"}
    bill |= {"county": "522701", "care_type": "inpatient", "discharged_on": "2023-05-06", "settled_on": "2023-05-06"}
    bill |= {"designated": True, "referral": "not_required", "place": "in_city", "in_scope_personal": "1000.00"}
    identity = {"type": "identity.changed", "region": "520000", "person_key": "k", "source_id": "m", "identity": "孤儿"}
    identity |= {"revision": 1, "recognised_on": "2023-01-01"}
    journal = export(tmp_path, bill, identity)

    def system(amount: str, used: str) -> dict[str, Any]:
        row = {"status": "decided", "reason": "assisted", "layers": {"ordinary": amount}}
        years = {"2023": {"QN": {"ordinary_used": used}}}
        return {"persons": {"k": {"settlements": {"S1": row}, "years": years}}}

    assert compare_with_oracle(journal, system("1000.00", "1000.00")) == (1, [])
    assert len(compare_with_oracle(journal, system("1000.01", "1000.00"))[1]) == 1
    assert len(compare_with_oracle(journal, system("1000.00", "999.99"))[1]) == 1
    assert len(compare_with_oracle(journal, {"persons": {}})[1]) == 2


def test_a_silence_beside_lost_markers_has_no_limit_and_the_table_tells_how_they_ended() -> None:
    rows = gap_rows([Gap(3, 10.0, 60.0)], [Strike("markers lost", 12.0, 55.0), Strike("paused", 11.0, 14.0)])
    assert [(row.kind, row.red) for row in rows if row.count] == [("markers lost", False)]
    verdict = Verdict(4, markers_lost=2, mended=Mended(["commit decided[3]: seen"], ["undecided x[1]: gone"]))
    shown = "\n".join(table(verdict))
    assert "lost the markers of 2 transactions; 1 places ended by `tuodi topics mend`" in shown
    assert "UNDECIDED undecided x[1]" in shown
