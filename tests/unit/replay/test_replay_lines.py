"""Lines that are no replay lines are named by file and line; everything else about a line is read as stated."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.replay.replay_files import defaults, write
from workers.errors import Usage
from workers.replay.lines import LINE_BYTES_MAX, Line, adopts_by_itself, read_lines, short_topic
from workers.replay.run import replay_file

GOOD: dict[str, Any] = {"topic": "day.closed", "value": {"date": "2023-01-01"}}

BAD: dict[str, Any] = {
    "no JSON": b"{not json",
    "cut off": b'{"topic":"day.closed","value":{"date":"2023-01-0',
    "a list": b"[1]",
    "a number": b"7",
    "no topic": b'{"key":"P-1","value":{}}',
    "a topic that is no text": b'{"topic":7}',
    "headers that are no object": b'{"topic":"settlement.reported","headers":["a"]}',
    "value_base64 that is none": b'{"topic":"settlement.reported","value_base64":"%%%"}',
    "value_base64 that is no text": b'{"topic":"settlement.reported","value_base64":{}}',
    "an offset without its partition": b'{"topic":"journal","offset":1,"timestamp":1,"key":"k","value":{}}',
    "an offset that is a text": b'{"topic":"journal","partition":0,"offset":"1","timestamp":1}',
    "a negative partition": b'{"topic":"journal","partition":-1,"offset":1,"timestamp":1}',
    "a partition that is not there": b'{"topic":"journal","partition":12,"offset":1,"timestamp":1}',
    "a journal line without its place": b'{"topic":"journal","key":"k","value":{}}',
    "an exported line of another topic": b'{"topic":"assistance.decided","partition":0,"offset":1,"timestamp":1}',
    "a day without its date": b'{"topic":"day.closed","value":{}}',
    "a day without value": b'{"topic":"day.closed"}',
    "a day that does not exist": b'{"topic":"day.closed","value":{"date":"2023-02-30"}}',
    "a day that is a number": b'{"topic":"day.closed","value":{"date":20230201}}',
    "a topic written twice": b'{"topic":"settlement.reported","topic":"day.closed","value":{"date":"2023-02-01"}}',
    "deep and hard to read": b'{"topic":"x","a":"\\":","value":' + b"[" * 1_000 + b"]" * 1_000 + b"}",
    "an adoption of nothing": b'{"topic":"rulebook.adopted","value":{}}',
    "an adoption that is no object": b'{"topic":"rulebook.adopted","value":"x"}',
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD)
def test_a_malformed_line_is_asked_wrongly_and_named(tmp_path: Path, raw: bytes) -> None:
    file = write(tmp_path / "bad.ndjson", [GOOD, raw])
    with pytest.raises(Usage) as wrong:
        replay_file(file, defaults())
    assert str(wrong.value).startswith(f"{file}:2: ")


def test_a_value_that_writes_a_key_twice_is_refused_as_it_would_be_live(tmp_path: Path) -> None:
    line = b'{"topic":"settlement.reported","key":"P-1","value":{"type":"settlement.final","type":"settlement.final"}}'
    answer = replay_file(write(tmp_path / "twice.ndjson", [GOOD, line]), defaults())
    assert [(each.line, each.reason) for each in answer.rejected] == [(2, "not_json")]


def test_a_byte_order_mark_at_the_head_of_the_file_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "marked.ndjson"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"topic":"day.closed","value":{"date":"2023-01-01"}}\n')
    assert [line.topic for line in read_lines(file, "medassist")] == ["day.closed"]


def test_the_name_that_was_given_stands_in_the_message(tmp_path: Path) -> None:
    file = write(tmp_path / "copy", [b"x"])
    with pytest.raises(Usage, match=r"^-:1: not a JSON object"):
        replay_file(file, defaults(), name="-")


def test_a_line_longer_than_the_limit_is_named_before_it_is_parsed(tmp_path: Path) -> None:
    file = write(tmp_path / "long.ndjson", [b'{"topic":"' + b"x" * LINE_BYTES_MAX])
    with pytest.raises(Usage, match=r"long\.ndjson:1: the line is longer than"):
        list(read_lines(file, "medassist"))


def _one(tmp_path: Path, line: dict[str, Any]) -> Line:
    (found,) = read_lines(write(tmp_path / "one.ndjson", [b"", line, b"   "]), "medassist")
    return found


def test_what_a_line_states_is_what_is_read(tmp_path: Path) -> None:
    line = _one(tmp_path, {"topic": "x", "key": 7, "headers": {"ce_source": "a"}, "value": {"b": 1, "a": "中"}})
    assert line[:6] == (2, "x", b"7", '{"b":1,"a":"中"}'.encode(), (("ce_source", b"a"),), None)
    assert line.where == f"{tmp_path / 'one.ndjson'}:2"


def test_bytes_that_are_no_json_stay_as_they_are(tmp_path: Path) -> None:
    assert _one(tmp_path, {"topic": "x", "value": "{broken"}).value == b"{broken"
    raw = base64.b64encode(b"\xff\x00").decode()
    assert _one(tmp_path, {"topic": "x", "value_base64": raw}).value == b"\xff\x00"
    assert _one(tmp_path, {"topic": "x", "value": None}).value is None


def test_full_and_short_topic_names_are_the_same() -> None:
    assert short_topic("medassist.settlement.reported.v1", "medassist") == "settlement.reported"
    assert short_topic("settlement.reported", "medassist") == "settlement.reported"
    assert short_topic("other.settlement.reported.v1", "medassist") == "other.settlement.reported.v1"


def test_a_file_with_an_adoption_line_adopts_by_itself(tmp_path: Path) -> None:
    assert adopts_by_itself(write(tmp_path / "a", [{"topic": "rulebook.adopted", "value": {"shipped": True}}]))
    assert adopts_by_itself(write(tmp_path / "b", [b'{"topic": "rulebook.adopted", "value": {"shipped": true}}']))
    exported = {"topic": "journal", "partition": 0, "offset": 1, "timestamp": 1, "key": "!rulebook.adopted"}
    assert adopts_by_itself(write(tmp_path / "c", [exported]))
    assert not adopts_by_itself(write(tmp_path / "d", [GOOD]))
    mentioned = {"topic": "settlement.reported", "key": "P-1", "value": {"type": "rulebook.adopted"}}
    assert not adopts_by_itself(write(tmp_path / "e", [mentioned, b"rulebook.adopted"]))
