"""The audit accepts a clean log and finds each way of spoiling it: a check that cannot fail is none."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.audit.handmade import (
    PERSON,
    Log,
    answered,
    clean,
    dead_letter,
    decided,
    decision_id,
    line,
    replayed,
    spoilt,
    write,
)
from workers.audit.run import Plan, Result, run_audit
from workers.audit.source import AuditError, FolderSource


async def judged(log: Log, folder: Path, **plan: Any) -> Result:
    source = FolderSource(write(log, folder / "log"), "medassist")
    return await run_audit(source, Plan(seed="7", **plan))


def file(folder: Path, name: str, lines: list[dict[str, Any]]) -> Path:
    target = folder / name
    target.write_bytes(b"".join(orjson.dumps(x) + b"\n" for x in lines))
    return target


async def test_a_clean_log_is_accounted_for(tmp_path: Path) -> None:
    result = await judged(clean(), tmp_path)
    assert result.findings.lines() == []
    assert result.line == "ALL ACCOUNTED 7 inputs, 3 decisions, 1 dead letters, seed 7"


def without(topic: str, index: int) -> Callable[[], Log]:
    def spoil() -> Log:
        log = copy.deepcopy(clean())
        del log[topic][index]
        return log

    return spoil


def twice(topic: str, index: int) -> Callable[[], Log]:
    """The record stands there again, after all others."""

    def spoil() -> Log:
        log = copy.deepcopy(clean())
        again = copy.deepcopy(log[topic][index])
        log[topic].append(again | {"offset": len(log[topic])})
        return log

    return spoil


def changed(topic: str, index: int, **changes: Any) -> Callable[[], Log]:
    return lambda: spoilt(topic, index, **changes)


def added(topic: str, record: dict[str, Any]) -> Callable[[], Log]:
    def spoil() -> Log:
        log = copy.deepcopy(clean())
        log.setdefault(topic, []).append(record)
        return log

    return spoil


def header_changed(topic: str, index: int, name: str, text: str | None) -> Callable[[], Log]:
    def spoil() -> Log:
        log = copy.deepcopy(clean())
        headers = log[topic][index]["headers"]
        headers.pop(name)
        if text is not None:
            headers[name] = text
        return log

    return spoil


OTHER = "b2" * 32
S1_AGAIN = decided(4, "S1", 5, 700)
OTHER_OWNER = decided(1, "S1", 6, 700) | {"person_key": OTHER, "decision_id": decision_id(1, OTHER)}
MUCH = {"base": "100000.00", "deductible": "0.00", "own_share": "30000.00", "over_cap": "0.00"}
MUCH_POSTED = [{"layer": "ordinary", "amount": "70000.00"}]
OPEN = {"topic": "journal", "partition": 0, "begin": 0, "end": 8, "last_stable": 7}
TOO_MUCH = {"ordinary": "700.01", "tilt": "0.00"}
STATE_OF_S2 = next(n for n, each in enumerate(clean()["ledger-changelog"]) if each["key"].endswith("|S2"))


NOTHING_PAYABLE = {"ordinary": "0.00", "tilt": "0.00"}
IN_SHADOW = {
    "type": "mode.switched",
    "region": "520000",
    "mode": "shadow",
    "counted_by": "settled_on",
    "order_id": "O1",
}


def upstream(stated: str, counted: str, beyond: str) -> dict[str, str]:
    return {"stated": stated, "counted": counted, "beyond": beyond}


PLAIN = dead_letter(0, "settlement.reported", 5) | {"value_base64": "eyJwIjogMX0="}

SPOILT: list[tuple[str, str, str, Callable[[], Log]]] = [
    (
        "A0",
        "a decision that is not JSON",
        "not JSON",
        lambda: clean() | {"assistance.decided": [line("assistance.decided", 0, PERSON, "no")]},
    ),
    ("A0", "an amount without places", "two places", changed("assistance.decided", 0, layers__ordinary="700")),
    (
        "A0",
        "an answer without outcome",
        "lacks",
        added("journal.answered", line("journal.answered", 7, PERSON, {"partition": 0})),
    ),
    ("A1", "an answer is missing", "no answer", without("journal.answered", 3)),
    (
        "A1",
        "an answer stands twice in a row",
        "2 answers",
        added("journal.answered", clean()["journal.answered"][6] | {"offset": 7}),
    ),
    ("A1", "an answer comes again later", "again later", twice("journal.answered", 2)),
    ("A1", "a journal record is not worked", "not worked", changed("ledger-changelog", 0, offset=6)),
    ("A1", "an answer does not name its decision", "does not name", changed("journal.answered", 2, decision_ids=[])),
    ("A1", "a feed record is nowhere", "neither", without("settlement.reported.dlq", 0)),
    ("A1", "a journal record claims a source that is not there", "no such record", without("settlement.reported", 4)),
    ("A1", "a source stamp is garbage", "stamp of its source", header_changed("journal", 3, "source_offset", "x")),
    (
        "A2",
        "a bill is decided twice",
        "a second time",
        added("assistance.decided", line("assistance.decided", 3, PERSON, S1_AGAIN)),
    ),
    (
        "A2",
        "another person's bill",
        "another person",
        added("assistance.decided", line("assistance.decided", 3, OTHER, OTHER_OWNER)),
    ),
    ("A2", "a chain is broken", "supersedes another", changed("assistance.decided", 2, supersedes=decision_id(2))),
    ("A2", "a repeat is decided", "due confirmed|repeat", changed("journal.answered", 3, outcome="decided")),
    ("A2", "a contradiction is not a conflict", "due conflict", changed("journal.answered", 4, outcome="repeat")),
    ("A2", "a first bill is a repeat", "answered repeat", changed("journal.answered", 5, outcome="repeat")),
    ("A3", "a sequence has a gap", "sequence 3 where 2", without("assistance.decided", 1)),
    ("A3", "an id is not the hash", "not the hash", changed("assistance.decided", 1, decision_id=decision_id(9))),
    ("A3", "decisions out of input order", "not its place", changed("assistance.decided", 1, cause__offset=1)),
    ("A3", "a cause in another partition", "lies in partition 3", changed("assistance.decided", 1, cause__partition=3)),
    ("A3", "a task's sequence has a gap", "sequence 2 where 1", changed("task.opened", 0, sequence=2)),
    ("A4", "more than was asked for", "was asked for", changed("assistance.decided", 1, figures__base="600.00")),
    (
        "A4",
        "previous + difference is not the total",
        "previous + difference",
        changed("assistance.decided", 2, delta__ordinary="-600.00"),
    ),
    (
        "A4",
        "more than was left under the limit",
        "the limit is",
        changed(
            "assistance.decided",
            1,
            layers__ordinary="70000.00",
            delta__ordinary="70000.00",
            figures=MUCH,
            postings=MUCH_POSTED,
        ),
    ),
    (
        "A5",
        "the state's total is off by a fen",
        "ledger-changelog says 70001",
        changed("ledger-changelog", 4, ordinary_used=70_001),
    ),
    (
        "A5",
        "the cap table is off by a fen",
        "person.accumulated says 70001",
        changed("person.accumulated", 2, counters__ordinary_used="700.01"),
    ),
    (
        "A5",
        "a bill's layers in the state",
        "the state says 69999",
        changed("ledger-changelog", 3, layers__ordinary=69_999),
    ),
    (
        "A5",
        "a bill's decision in the state",
        "names another decision",
        changed("ledger-changelog", 3, decision__sequence=1),
    ),
    ("A5", "a bill the state does not know", "does not know", without("ledger-changelog", 3)),
    ("A5", "the state's sequence", "the state counts 2", changed("ledger-changelog", 1, seq={"assistance.decided": 2})),
    ("A7", "a transaction is open", "stable at 7", added("journal", OPEN)),
    (
        "A9",
        "a dead letter without reason",
        "lacks dlq_reason",
        header_changed("settlement.reported.dlq", 0, "dlq_reason", None),
    ),
    (
        "A9",
        "a reason that is not on the list",
        "closed list",
        header_changed("settlement.reported.dlq", 0, "dlq_reason", "because"),
    ),
    ("A9", "a dead letter in the clear", "not encrypted", lambda: clean() | {"settlement.reported.dlq": [PLAIN]}),
    ("A10", "figures do not add up", "not given", changed("assistance.decided", 1, figures__own_share="299.99")),
    (
        "A10",
        "postings are not the difference",
        "postings of ordinary",
        changed("assistance.decided", 1, postings__0__amount="1.00"),
    ),
    ("A10", "a reversed bill keeps money", "has amounts", changed("assistance.decided", 2, figures__base="1.00")),
    (
        "A10",
        "what the platform paid is paid again",
        "fen of the platform's payment are counted, 50000 lie",
        changed("assistance.decided", 1, paid_upstream=upstream("500.00", "0.00", "0.00")),
    ),
    (
        "A10",
        "the platform's payment is invented",
        "no body of the bill does",
        changed("assistance.decided", 1, paid_upstream=upstream("1.00", "1.00", "0.00")),
    ),
    (
        "A10",
        "counted, yet posted to the hospital",
        "0 fen are posted to upstream, 50000 are counted",
        changed("assistance.decided", 1, paid_upstream=upstream("500.00", "500.00", "0.00")),
    ),
    (
        "A10",
        "posted to upstream and counted nowhere",
        "70000 fen are posted to upstream, 0 are counted",
        changed("assistance.decided", 1, postings__0__payee="upstream"),
    ),
    (
        "A10",
        "a region that pays is said to be in shadow",
        "decided as shadow, the orders about the region say live",
        changed("assistance.decided", 1, mode="shadow", postings__0__payee="shadow", payable=NOTHING_PAYABLE),
    ),
    (
        "A10",
        "shadow, yet posted to the hospital",
        "posted to shadow where",
        changed("assistance.decided", 1, mode="shadow"),
    ),
    (
        "A10",
        "a region in shadow pays",
        "decided as live, the orders about the region say shadow",
        changed("journal", 0, **IN_SHADOW),
    ),
    ("A10", "more is payable than is ours", "are payable", changed("assistance.decided", 1, payable=TOO_MUCH)),
    ("A1", "an answer is another person's", "another person", changed("journal.answered", 2, person_key=OTHER)),
    ("A1", "a decision is another person's", "for another person", changed("assistance.decided", 0, person_key=OTHER)),
    ("A1", "a fen more is answered", "answers 70001", changed("journal.answered", 2, layers__ordinary="700.01")),
    ("A1", "a fen less is answered again", "answers 69999", changed("journal.answered", 3, layers__ordinary="699.99")),
    ("A1", "a fen more is to be paid", "to be paid, 70000", changed("journal.answered", 5, payable__tilt="0.01")),
    ("A1", "an old decision is answered", "not the last", changed("journal.answered", 6, decision_id=decision_id(1))),
    ("A1", "the position is beyond the end", "journal ends at 7", changed("ledger-changelog", 0, offset=8)),
    ("A1", "the position is of another journal", "another journal", changed("ledger-changelog", 0, incarnation="j")),
    ("A3", "the last task is gone", "0 records, the state counts 1", without("task.opened", 0)),
    ("A10", "a bill of another amount", "the bill is of 100001", changed("journal", 5, in_scope_personal="1000.01")),
    ("A10", "excluded what nobody paid", "100001 fen", changed("assistance.decided", 1, figures__excluded="0.01")),
    ("A5", "a figure beside the sum", "excluded", changed("assistance.decided", 1, figures__excluded="0.01")),
    ("A5", "a figure in the state", "own_share", changed("ledger-changelog", 3, figures__own_share=29_999)),
    ("A5", "the year in the state", "says 2022", changed("ledger-changelog", STATE_OF_S2, year=2022)),
    (
        "A5",
        "who was paid, in the decision",
        "paid to hospital, person",
        changed("assistance.decided", 1, postings__0__payee="person"),
    ),
    (
        "A5",
        "who was paid, in the state",
        "paid to hospital",
        changed("ledger-changelog", STATE_OF_S2, paid__hospital__ordinary=69_999),
    ),
    (
        "A5",
        "the state knows of another payer",
        "paid elsewhere",
        changed("ledger-changelog", STATE_OF_S2, paid={"upstream": {"ordinary": 1}}),
    ),
]


@pytest.mark.parametrize(("check", "_name", "says", "spoil"), SPOILT, ids=[f"{row[0]} {row[1]}" for row in SPOILT])
async def test_each_corruption_is_found(
    check: str, _name: str, says: str, spoil: Callable[[], Log], tmp_path: Path
) -> None:
    result = await judged(spoil(), tmp_path)
    found = [finding.what for finding in result.findings.listed if finding.check == check]
    assert any(says in what for what in found), result.findings.lines()
    assert result.line.startswith("NOT ACCOUNTED")


async def test_a_task_of_a_list_may_stand_twice_but_not_say_two_things(tmp_path: Path) -> None:
    body = {"person_key": OTHER, "sequence": 1, "kind": "unresolved", "cause": {"type": "list.line", "offset": 4}}
    tasks = clean()["task.opened"]
    for second, wrong in ((body, 0), (body | {"kind": "other"}, 1), (body | {"sequence": 2}, 1)):
        log = clean() | {
            "task.opened": [*tasks, *(line("task.opened", n + 1, OTHER, b) for n, b in enumerate((body, second)))]
        }
        assert (await judged(log, tmp_path)).findings.counts["A3"] == wrong


async def test_the_replay_must_agree(tmp_path: Path) -> None:
    def replay(**change: Any) -> Path:
        body = replayed()
        body["persons"][PERSON]["settlements"]["S2"] |= change
        return file(tmp_path, "replay.json", [body])

    assert (await judged(clean(), tmp_path, replay=replay())).findings.clean
    assert (await judged(clean(), tmp_path, replay=replay(layers={"ordinary": "700.01"}))).findings.counts["A5"] == 1
    assert (await judged(clean(), tmp_path, replay=replay(reason="cap_used_up"))).findings.counts["A5"] == 1
    more = replayed()
    more["persons"][PERSON]["settlements"]["S9"] = {"status": "decided", "layers": {}}
    more["persons"][PERSON]["years"]["2023"]["QN"]["ordinary_used"] = "0.00"
    result = await judged(clean(), tmp_path, replay=file(tmp_path, "more.json", [more]))
    assert result.findings.counts["A5"] == 2


async def test_a_concurrent_reader_must_have_seen_the_same_list(tmp_path: Path) -> None:
    rows = [
        {"topic": "assistance.decided", "partition": 0, "offset": n, "decision_id": decision_id(n + 1)}
        for n in range(3)
    ]
    for seen, wrong in [
        (rows, 0),
        (rows[:2], 1),  # one that it never saw
        (rows[1:], 1),
        ([*rows, rows[2]], 1),  # one twice
        ([rows[0], rows[1] | {"decision_id": decision_id(9)}, rows[2]], 1),  # an aborted one
        ([*rows, rows[2] | {"offset": 7}], 1),  # one that is gone
    ]:
        result = await judged(clean(), tmp_path, reader=file(tmp_path, "reader.ndjson", seen))
        assert result.findings.counts["A6"] == wrong, result.findings.lines()


async def test_nothing_that_was_published_is_lost(tmp_path: Path) -> None:
    feed = clean()["settlement.reported"] + clean()["identity.changed"]
    bare = [{k: v for k, v in row.items() if k not in ("partition", "offset")} for row in feed]
    for published, wrong in [
        (feed, 0),
        (feed[1:], 0),  # the rest was not acknowledged
        (bare, 0),
        (bare[1:], 1),
        ([*bare, bare[0]], 1),
        ([*feed, feed[0] | {"offset": 6}], 1),
        ([feed[0] | {"value": {"type": "other"}}, *feed[1:]], 1),
    ]:
        result = await judged(clean(), tmp_path, published=file(tmp_path, "feed.ndjson", published))
        assert result.findings.counts["A1"] == wrong, result.findings.lines()


@pytest.mark.parametrize(
    ("started_s", "outcomes", "wrong"),
    [(1, 7, 0), (1, 6, 1), (1, 8, 1), (1_800_000_000, 6, 0), (1_800_000_000, 8, 1)],
)
async def test_metrics_agree_with_the_log(started_s: int, outcomes: int, wrong: int, tmp_path: Path) -> None:
    text = f"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {started_s}\n"
    text += "# TYPE settlement_outcomes counter\n"
    text += f'settlement_outcomes_total{{outcome="decided"}} {outcomes - 1}\n'
    text += 'settlement_outcomes_total{outcome="repeat"} 1\n'
    (tmp_path / "metrics.txt").write_text(text, encoding="utf-8")
    result = await judged(clean(), tmp_path, metrics=(str(tmp_path / "metrics.txt"),))
    assert result.findings.counts["A8"] == wrong


@pytest.mark.parametrize(("accepted", "dead", "wrong"), [(6, 1, 0), (5, 1, 1), (7, 0, 1), (5, 2, 1)])
async def test_what_intake_read_became_something(accepted: int, dead: int, wrong: int, tmp_path: Path) -> None:
    text = "# TYPE settlement_intake_records counter\nsettlement_intake_records_total 7\n"
    text += f"# TYPE settlement_intake_accepted counter\nsettlement_intake_accepted_total {accepted}\n"
    text += f"# TYPE settlement_dead_letters counter\nsettlement_dead_letters_total {dead}\n"
    (tmp_path / "metrics.txt").write_text(text, encoding="utf-8")
    result = await judged(clean(), tmp_path, metrics=(str(tmp_path / "metrics.txt"),))
    assert result.findings.counts["A8"] == wrong


async def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="no journal"):
        await judged({"settlement.reported": []}, tmp_path)
    (tmp_path / "log" / "x.ndjson").write_text("{}\n", encoding="utf-8")
    with pytest.raises(AuditError, match=r"x\.ndjson:1"):
        FolderSource(tmp_path / "log", "medassist")


async def test_the_list_is_bounded_and_holds_ids_only(tmp_path: Path) -> None:
    log = clean()
    log["journal.answered"] = [line("journal.answered", n, PERSON, answered(100 + n, "held", [])) for n in range(50)]
    result = await judged(log, tmp_path)
    assert result.findings.counts["A1"] > 40
    assert sum(finding.check == "A1" for finding in result.findings.listed) == 20
    assert "not listed" in "\n".join(result.findings.lines())
