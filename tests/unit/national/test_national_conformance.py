"""`tuodi conformance`: a vendor learns line by line what would be taken, and what to mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from schemas.national.load import load_national
from schemas.reasons import RejectReason
from tests.unit.intake.bills import bill
from tests.unit.national.national_samples import PERSON, SAMPLES, value_of
from workers.intake.commands import register
from workers.intake.conformance import Finding, advice_table, findings
from workers.intake.shape import member_of


def app() -> Any:
    import typer

    found = typer.Typer()
    register(found)
    return found


def found(*lines: bytes) -> list[Finding]:
    return list(findings(lines, load_national()))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_bare_message_and_a_feed_line_find_the_same(name: str) -> None:
    sample = SAMPLES[name]
    bare = orjson.dumps(sample["value"])
    line = orjson.dumps({"topic": sample["topic"], "key": PERSON, "value": sample["value"]})
    (alone,), (inside,) = found(bare), found(line)
    if name not in {"身份发错主题", "没有人员编号", "两个人员编号"}:  # a bare message names neither topic nor key
        assert alone == inside
    assert inside.taken is ("taken" in sample["expect"])
    assert inside.advice if not inside.taken or inside.warnings else not inside.advice


def test_our_own_form_is_judged_too_and_lines_are_numbered() -> None:
    lines = found(b"", orjson.dumps(bill()), b"  \n", b"{bad", orjson.dumps(bill(care_type="hotel")))
    assert [(line.line, line.reason, line.field) for line in lines] == [
        (2, None, None),
        (4, "not_json", None),
        (5, "unknown_code", "care_type"),
    ]


def test_the_command_prints_advice_and_its_exit_code_tells(tmp_path: Path) -> None:
    file = tmp_path / "messages.ndjson"
    good, wrong = value_of("2304 住院结算 整笔交易"), value_of("A13 医疗类别不在字典")
    file.write_bytes(orjson.dumps(good) + b"\n")
    assert CliRunner().invoke(app(), ["conformance", str(file)]).exit_code == 0
    file.write_bytes(orjson.dumps(good) + b"\n" + orjson.dumps(wrong) + b"\n")
    text = CliRunner().invoke(app(), ["conformance", str(file)])
    assert text.exit_code == 1
    assert "2: 拒收 2304 unknown_code med_type 9902 (A13)" in text.output
    assert "1901" in text.output
    lines = CliRunner().invoke(app(), ["conformance", str(file), "--json"]).output.splitlines()
    shown = [orjson.loads(line) for line in lines if line.startswith("{")]
    assert [(line["taken"], line["code"]) for line in shown] == [(True, None), (False, "9902")]
    assert PERSON not in text.output


def test_every_reason_and_check_has_advice_in_both_languages() -> None:
    table = advice_table()
    assert set(table["reason"]) == {reason.value for reason in RejectReason}
    checks = {sample["expect"].get("check") for sample in SAMPLES.values()} - {None}
    checks |= {check for sample in SAMPLES.values() for check in sample["expect"].get("warnings", [])}
    assert checks <= set(table["check"])
    for kind in table.values():
        assert all(set(sentences) == {"zh", "en"} for sentences in kind.values())


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b'{"value":{"a":1.10}}', b'{"a":1.10}'),
        (b' { "topic" : "x" , "value" : {"a": 1e4 , "b":[1]} , "key":null }', b'{"a": 1e4 , "b":[1]}'),
        (b'{"value":-0.00,"x":1}', b"-0.00"),
        (b'{"x":{"value":1}}', b""),
        (b"{}", b""),
    ],
)
def test_a_member_is_cut_out_as_it_is_spelled(line: bytes, value: bytes) -> None:
    assert member_of(line, "value") == value


def test_a_number_in_a_feed_line_counts_as_it_is_spelled() -> None:
    raw = orjson.dumps({"topic": "settlement.reported", "key": PERSON, "value": value_of("2304 住院结算 整笔交易")})
    assert found(raw)[0].taken
    (third,) = found(raw.replace(b'"preselfpay_amt":1000,', b'"preselfpay_amt":1000.000,'))
    assert (third.reason, third.field, third.check) == ("bad_amount", "preselfpay_amt", "A1")
