"""Every scalar of the wire at, below and above its edges: one spelling, a limit, no surprise of the parser."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.events import words as w
from schemas.money import FEN_MAX, SignedYuan, Yuan, fen_of, text_of


def _taken(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_json(json.dumps(value), strict=True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (w.Id, "a"),
        (w.Id, "A-z0.9_:" + "x" * 56),
        (w.Code, "I63.900x001"),
        (w.Code, "A17.0+G01*"),
        (w.Word, "ordinary_used"),
        (w.Label, "事实无人抚养儿童"),
        (w.Document, "黔南府办发〔2022〕26号"),
        (w.Division, "522701"),
        (w.PersonKey, "0f" * 32),
        (w.AfterKey, ""),
        (w.Digest, "1:9f86d081"),
        (w.Hash, "sha256:" + "0" * 64),
        (w.DecisionId, "a2" * 16),
        (w.ClauseId, "QN-2.1c"),
        (w.Measure, "QN"),
        (w.MonthText, "2023-12"),
        (w.Year, 2000),
        (w.Revision, 1),
        (w.Count, 2**53 - 1),
        (w.Version1, 1),
    ],
)
def test_taken_as_written(kind: Any, value: object) -> None:
    assert _taken(kind, value) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (w.Id, ""),
        (w.Id, "x" * 65),
        (w.Id, "a b"),
        (w.Id, "a\n"),
        (w.Id, "张三"),
        (w.Id, 7),
        (w.Code, "x" * 33),
        (w.Word, "Ordinary"),
        (w.Label, "a\u0000b"),
        (w.Label, "长" * 65),
        (w.Division, "52270"),
        (w.Division, "５２２７０１"),
        (w.Division, 522701),
        (w.PersonKey, "0F" * 32),
        (w.PersonKey, "0f" * 31),
        (w.AfterKey, "0f"),
        (w.Hash, "sha1:" + "0" * 64),
        (w.DecisionId, "a1" * 16),
        (w.ClauseId, "QN"),
        (w.MonthText, "2023-13"),
        (w.Year, 1999),
        (w.Year, "2023"),
        (w.Year, 2023.0),
        (w.Revision, 0),
        (w.Revision, True),
        (w.Count, -1),
        (w.Count, 2**53),
        (w.Version1, 1.0),
        (w.Version1, True),
        (w.Version1, "1"),
    ],
)
def test_refused(kind: Any, value: object) -> None:
    with pytest.raises(ValidationError):
        _taken(kind, value)


@pytest.mark.parametrize("text", ["1900-01-01", "2000-02-29", "2199-12-31"])
def test_days(text: str) -> None:
    assert _taken(w.Day, text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "value",
    [
        "1899-12-31",
        "2200-01-01",
        "2023-02-29",
        "2023-5-6",
        "20230506",
        "2023-05-06T00:00:00",
        "2023-W18-6",
        "1683331200",
        "２０２３-05-06",
        "",
        1683331200,
        20230506.0,
        None,
    ],
)
def test_refused_days(value: object) -> None:
    with pytest.raises(ValidationError):
        _taken(w.Day, value)


def test_moments_carry_their_offset() -> None:
    assert _taken(w.Moment, "2023-05-06T12:30:00+08:00") == datetime.fromisoformat("2023-05-06T04:30:00+00:00")
    assert _taken(w.Moment, "2023-05-06T04:30:00.250Z").microsecond == 250_000
    for value in ("2023-05-06T12:30:00", "2023-05-06 12:30:00Z", "2023-05-06", "1683331200", 1683331200):
        with pytest.raises(ValidationError):
            _taken(w.Moment, value)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0.00", 0), ("0.01", 1), ("1.00", 100), ("10.05", 1005), ("999999999999.99", FEN_MAX)],
)
def test_amounts(text: str, fen: int) -> None:
    assert _taken(Yuan, text) == fen == fen_of(text)
    assert text_of(fen) == text


@pytest.mark.parametrize(
    "value",
    [
        "1000000000000.00",
        "-0.01",
        "-0.00",
        "1.0",
        "1.000",
        "1",
        ".50",
        "01.00",
        "00.50",
        "1e2",
        "1,000.00",
        " 1.00",
        "+1.00",
        "١.00",
        "1.²0",
        "1..00",
        "1.5.00",
        "",
        "NaN",
        1,
        1.5,
        True,
        None,
        "1.00\n",
        "1.00\x00",
    ],
)
def test_refused_amounts(value: object) -> None:
    with pytest.raises(ValidationError):
        _taken(Yuan, value)


def test_only_differences_have_a_sign() -> None:
    assert _taken(SignedYuan, "-12.30") == -1230
    assert TypeAdapter(SignedYuan).dump_json(-1230) == b'"-12.30"'
    for value in ("-0.00", "--1.00", "- 1.00", "-1000000000000.00"):
        with pytest.raises(ValidationError):
            _taken(SignedYuan, value)
