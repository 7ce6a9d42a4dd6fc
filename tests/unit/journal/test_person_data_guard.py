"""The guard: what is shaped like an ID card or a mobile number between boundaries, and what only looks so inside."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.journal.pii import holds_person_data, value_holds_person_data

CARD = "11010519491231002X"  # the worked example of GB 11643-1999
CARD_DIGIT = "440524188001010014"  # the other one
MOBILE = "13800138000"

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        CARD.lower(),
        CARD_DIGIT,
        MOBILE,
        "19912345678",
        f"身份证{CARD}号",
        f"电话：{MOBILE}",
        f"+86{MOBILE}",
        f"86{MOBILE}",
        f"+86 {MOBILE}",
        "138-0013-8000",
        "138 0013 8000",
        "110105 19491231 002X",
        "110105-19491231-002X",
        "１３８００１３８０００",
        f"note_{MOBILE}",
        f"{MOBILE}.",
        f"[{CARD}]",
    ],
)
def test_shapes_of_people_are_found(text: str) -> None:
    assert holds_person_data(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "52000000000000000001000042",  # a person number of 26 digits
        "H52270100001202305061230450001",  # a message number
        f"S{MOBILE}",  # inside a longer word
        f"{MOBILE}7",
        f"5{MOBILE}",
        f"A{CARD}",
        "110105194912310021",  # wrong check character
        "11010519491331002X",  # no thirteenth month
        "11010519490230002X",  # no 30 February
        "12800138000",  # not a mobile prefix
        "13800138000.00",  # an amount
        "20230506123045001",
        "1234567.89",
        "2023-05-06 12:30:00",
    ],
)
def test_other_numbers_pass(text: str) -> None:
    assert not holds_person_data(text.encode())


@pytest.mark.parametrize("text", [f"a\n{MOBILE}", f"tab\t{CARD}", f'"{MOBILE}'])
def test_escapes_do_not_hide_a_shape(text: str) -> None:
    value = {"note": text}
    for raw in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert value_holds_person_data(raw.encode(), json.loads(raw))


def test_unicode_escapes_of_digits_do_not_hide_a_shape() -> None:
    raw = '{"note": "' + "".join(f"\\u{ord(digit):04x}" for digit in MOBILE) + '"}'
    assert value_holds_person_data(raw.encode(), json.loads(raw))


def test_a_name_of_a_field_counts_too() -> None:
    raw = json.dumps({"a\\b": 1, "deep": [{MOBILE: 1}]})
    assert value_holds_person_data(raw.encode(), json.loads(raw))


@given(
    st.integers(110000, 659000),
    st.dates(min_value=date(1900, 1, 1)),
    st.integers(0, 999),
    st.text(alphabet="中文 ，。:;()", max_size=5),
)
def test_every_correct_card_number_is_found(place: int, born: object, serial: int, around: str) -> None:
    body = f"{place}{str(born).replace('-', '')}{serial:03}"
    if not 1900 <= int(body[6:10]) <= 2099:
        return
    check = "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]
    assert holds_person_data(f"{around}{body}{check}{around}".encode())
    wrong = "10X98765432"[("10X98765432".index(check) + 1) % 11]
    assert not holds_person_data(f"{body}{wrong}".encode())


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    assert holds_person_data(raw) in (True, False)
