"""The report of the shadow: each cause from its trace, sums, small cells left out, the same from both sources."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from schemas.topics import full_name
from tests.unit.replay.replay_files import defaults
from tests.unit.replay.two_numbers import ADOPTION, LAW, REGION, SIGNED, Numbers, bill, identity
from workers.errors import Usage
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.policy.adoption import build_adoption
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import Line, read_lines
from workers.shadow.causes import Cause, compare
from workers.shadow.cells import Bill, Cell, Cells, hidden
from workers.shadow.compare import Asked, compared
from workers.shadow.report import page, report, table, text

EVERYTHING = Asked.of(None, None, None, any_mode=True)


def cause_of(identity_name: str | None, platform: str, own: str = "1000.00", **facts: Any) -> Cause:
    """The cause for one bill of Qiannan on which the platform paid this much."""
    numbers = Numbers()
    if identity_name is not None:
        numbers.say("A", **identity(identity_name))
    numbers.say("A", **bill("S1", own, assistance_paid_upstream=platform, **facts))
    return compare(LAW, numbers.values["assistance.decided"][-1]).cause


@pytest.mark.parametrize(
    ("cause", "name", "platform", "facts"),
    [
        (Cause.SAME, "低保对象", "700.00", {}),
        (Cause.SAME, None, "0.00", {}),
        (Cause.NOT_REPORTED, "低保对象", "0.00", {}),
        (Cause.IDENTITY_UNKNOWN, None, "700.00", {}),
        (Cause.IDENTITY_DIFFERS, "低保对象", "1000.00", {}),  # 一类: 100 %
        (Cause.IDENTITY_DIFFERS, "低保对象", "600.00", {}),  # 三类: 60 %
        (Cause.NOT_COVERED, "低保对象", "700.00", {"designated": False, "emergency_rescue": False}),
        (Cause.BASE, "低保对象", "0.01", {"own": "0.00"}),
        (Cause.BASE, "低保对象", "840.00", {"out_of_scope": "200.00"}),
        (Cause.CAP, "特困人员", "60000.00", {"own": "60000.00", "in_scope": "90000.00"}),
        (Cause.RATE, "低保对象", "650.00", {}),
        (Cause.RATE, "低保对象", "701.00", {"referral": "missing", "referral_missing_by": "person"}),
        (Cause.OTHER, "低保对象", "123.45", {}),
    ],
)
def test_the_cause_comes_from_the_trace(cause: Cause, name: str | None, platform: str, facts: dict[str, str]) -> None:
    own = facts.pop("own", "1000.00") if "own" in facts else "1000.00"
    assert cause_of(name, platform, own, **facts) is cause


def test_the_deductible_of_another_kind_is_named() -> None:
    """低保边缘: a yearly line is withheld; the platform gave the rate on the whole base."""
    numbers = Numbers()
    numbers.say("A", **identity("因病致贫重病患者", recognised_on="2023-01-01", applied_on="2023-01-01"))
    numbers.say("A", **bill("S1", "20000.00", in_scope="30000.00", assistance_paid_upstream="10000.00"))
    decision = numbers.values["assistance.decided"][-1]
    assert decision["layers"]["ordinary"] != "10000.00"
    assert compare(LAW, decision).cause is Cause.DEDUCTIBLE


def test_every_cause_has_one_sentence() -> None:
    sentences = [cause.text for cause in Cause]
    assert len(set(sentences)) == len(sentences)
    assert all(each.endswith("。") for each in sentences)


def test_a_second_layer_that_the_platform_does_not_know() -> None:
    decision = _decision(layers={"ordinary": "500.00", "tilt": "20.00"}, platform="500.00")
    assert compare(None, decision).cause is Cause.SECOND_LAYER


def test_a_bill_that_waits_is_not_compared_further() -> None:
    assert compare(None, _decision({"ordinary": "0.00"}, "5.00", status="held")).cause is Cause.NOT_DECIDED


def _decision(layers: dict[str, str], platform: str, **changes: Any) -> dict[str, Any]:
    stated = {"stated": platform, "counted": platform, "beyond": "0.00"}
    body = {"status": "decided", "reason": "assisted", "layers": layers, "paid_upstream": stated, "steps": []}
    return body | {"figures": {"base": "520.00", "excluded": "0.00"}} | changes


# --- small cells
def _cells(persons: dict[str, int]) -> dict[str, Cell]:
    return {name: Cell(bills=number, persons=number) for name, number in persons.items()}


def test_a_cell_of_few_persons_is_left_out_and_never_alone() -> None:
    """One hidden cell is the total less the others: a second one goes with it."""
    assert hidden(_cells({"a": 3, "b": 12, "c": 40}), 10) == {"a", "b"}
    assert hidden(_cells({"a": 3, "b": 4, "c": 40}), 10) == {"a", "b"}
    assert hidden(_cells({"a": 30, "b": 40, "c": 0}), 10) == frozenset()
    assert hidden(_cells({"a": 3}), 10) == {"a"}


def test_a_report_of_few_persons_says_nothing() -> None:
    cells = Cells()
    cells.add(Bill("p", REGION, "S1", "522701", "QN", "d", compare(None, _decision({"ordinary": "1.00"}, "1.00"))))
    told = report(cells, EVERYTHING.told(), 10, 3)
    assert told["total"] is None
    assert told["waiting_without_decision"] is None
    assert [row for name in ("causes", "counties", "classes") for row in told[name] if not row["hidden"]] == []
    assert "1.00" not in text(told) + page(told) + table(told)
    assert report(cells, EVERYTHING.told(), 1, 3)["total"]["ours"] == "1.00"


# --- from both sources
def lines(persons: int = 30) -> list[dict[str, Any]]:
    """A shadow region: everybody's bill; the platform pays the same, less, or nothing."""
    order = {"type": "office.ordered", "version": 1, "region": REGION, "order_id": "M1", "kind": "region_mode"}
    said = [{"topic": "office.ordered", "key": "M1", "value": order | {"mode": "shadow"} | SIGNED}]
    for n in range(persons):
        head = {"version": 1, "region": REGION, "psn_no": f"P{n}"}
        paid = ("700.00", "600.00", "0.00")[n % 3]
        for topic, event in (
            ("identity.changed", identity("低保对象")),
            ("settlement.reported", bill(f"S{n}", assistance_paid_upstream=paid, county=f"52270{1 + n % 2}")),
        ):
            said.append({"topic": topic, "key": f"P{n}", "value": head | event})
    waits = {name: value for name, value in bill("H1", assistance_paid_upstream="9.00").items() if name != "designated"}
    head = {"version": 1, "region": REGION, "psn_no": "P0"}
    said.append({"topic": "settlement.reported", "key": "P0", "value": head | waits})
    return said


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("shadow") / "feed.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines()))
    return file


@pytest.fixture(scope="module")
def database(feed: Path) -> Path:
    """The read model of the same feed."""
    records: list[Emitted] = []
    settings = defaults()
    engine = Engine(settings, dev_keys=True, keep=records.append)
    engine.adopt(ADOPTION)
    engine.run(read_lines(feed, settings.topic_prefix), ADOPTION)
    shorts = {full_name(short, "medassist"): short for short in WRITERS}
    path = feed.with_name("history.sqlite")
    body = json.dumps({"hash": LAW.hash, "body": ADOPTION.decode()}).encode()
    orders = [line["value"] for line in lines() if line["topic"] == "office.ordered"]
    with Database(path) as made:
        made.take(Source("journal", 0), [Row(0, 1, b"!rulebook.adopted", body)], WRITERS["journal"])
        made.take(Source("journal", 0), [Row(1, 1, b"!office.ordered", orjson.dumps(orders[0]))], WRITERS["journal"])
        for offset, each in enumerate(records):
            if each.topic in shorts:
                made.take(
                    Source(shorts[each.topic], offset), [Row(0, 1, each.key, each.value)], WRITERS[shorts[each.topic]]
                )
    return path


def test_both_sources_say_the_same(feed: Path, database: Path, tmp_path: Path) -> None:
    settings = defaults()
    asked = Asked.of(REGION, "2023-01-01", "2023-12-31", any_mode=False)
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    live = compared(asked, settings, database, None, k=1, bills=files[0])
    cold = compared(asked, settings, None, feed, k=1, bills=files[1])
    assert live["total"] == {
        "bills": 30, "persons": 30, "ours": "21000.00", "platform": "13000.00", "more": "8000.00", "less": "0.00",
    }  # fmt: skip
    by_cause = {row["name"]: row["bills"] for row in live["causes"]}
    assert by_cause == {"same": 10, "not_reported": 10, "identity_differs": 10}
    assert {row["name"]: row["bills"] for row in live["counties"]} == {"522701": 15, "522702": 15}
    assert [row["name"] for row in live["classes"]] == ["QN 二类人员"]
    assert live["waiting_without_decision"] == 1
    # the journal knows of the bill that waits what the platform paid; the read model only that it waits
    assert {row["name"]: row["bills"] for row in cold["causes"]} == {**by_cause, "not_decided": 1}
    assert cold["total"]["platform"] == "13009.00"
    rows = [list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")))) for file in files]
    assert len(rows[0]) == 21
    assert len(rows[1]) == 22
    assert sorted(rows[0][1:]) == sorted(row for row in rows[1][1:] if row[8] != "not_decided")


def test_no_person_stands_in_any_form_of_it(feed: Path, tmp_path: Path) -> None:
    out = tmp_path / "bills.csv"
    told = compared(EVERYTHING, defaults(), None, feed, k=1, bills=out)
    everything = json.dumps(told) + text(told) + page(told) + table(told) + out.read_text(encoding="utf-8")
    engine = Engine(defaults(), dev_keys=True, keep=lambda _: None)
    keys = [engine._journal.keys.person_key(REGION, f"P{n}") for n in range(30)]
    assert [key for key in keys if key in everything or key[:16] in everything] == []


def test_outside_the_office_small_cells_are_missing(feed: Path) -> None:
    told = compared(EVERYTHING, defaults(), None, feed, k=12, bills=None)
    shown = {row["name"] for row in told["causes"] if not row["hidden"]}
    assert shown == set()
    assert {row["name"] for row in told["counties"] if not row["hidden"]} == {"522701", "522702"}
    assert "人数过少" in text(told)


def test_a_span_without_bills_reports_nothing(feed: Path) -> None:
    told = compared(Asked.of(None, "2024-01-01", None, any_mode=True), defaults(), None, feed, k=10, bills=None)
    assert told["total"]["bills"] == 0


@pytest.mark.parametrize(("from_", "to"), [("2023-1-1", None), (None, "2023-02-30"), ("2023-02-02", "2023-02-01")])
def test_a_span_is_asked_in_days(from_: str | None, to: str | None) -> None:
    with pytest.raises(Usage):
        Asked.of(None, from_, to, any_mode=True)


def test_the_command_writes_what_it_was_asked_for(database: Path, tmp_path: Path) -> None:
    from workers.cli import _register_all, app

    if not any(group.name == "shadow" for group in app.registered_groups):
        _register_all()
    html, table_file = tmp_path / "r.html", tmp_path / "r.csv"
    args = ["shadow", "report", "--database", str(database), "--html", str(html), "--csv", str(table_file), "--json"]
    ran = CliRunner().invoke(app, args)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["total"]["bills"] == 30
    assert "试运行（影子模式）对比报告" in html.read_text(encoding="utf-8")
    assert table_file.read_text(encoding="utf-8").startswith("\ufeffdimension,name")
    shown = CliRunner().invoke(app, ["shadow", "status", "--database", str(database)])
    assert "试运行（只比较，不支付）" in shown.stdout
    line = ["order", "new", "--mode", "live", "--region", REGION, "--first-day", "2024-01-01", "--dry-run"]
    signed = ["--author", "E1", "--second-signer", "E2", "--document", "D1", "--ordered-on", "2023-12-20"]
    ordered = CliRunner().invoke(app, [*line, *signed])
    assert json.loads(ordered.stdout)["value"]["first_day"] == "2024-01-01"
    assert isinstance(CliRunner().invoke(app, [*line[:-3], *signed, "--dry-run"]).exception, Usage)
    assert isinstance(CliRunner().invoke(app, ["order", "new", *signed]).exception, Usage)


def test_an_order_of_the_command_is_folded() -> None:
    from workers.office.region import mode_order

    order = mode_order({"mode": "shadow", "region": REGION, **SIGNED})
    numbers = Numbers()
    numbers.run([Line(1, "office.ordered", order["order_id"].encode(), orjson.dumps(order), (), None)], ADOPTION)
    assert numbers.values["journal.answered"][-1]["outcome"] == "applied"
    assert build_adoption() == ADOPTION
