"""One spelling for each certificate, one mask, two keys."""

from __future__ import annotations

import pytest

from tests.unit.directory.people import KEYS, REGION, card
from workers.directory.certificate import Certificate, certificate, check_character, mask
from workers.directory.keys import DirectoryKeys
from workers.errors import Usage


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        ("", "abc 123-x", Certificate("01", "ABC123X")),
        ("01", "ＡＢ１２３４５６", Certificate("01", "AB123456")),
        ("1", "123456", Certificate("01", "123456")),
        ("居民身份证（户口簿）", "123456", Certificate("01", "123456")),
        ("护照", "E1234567", Certificate("16", "E1234567")),
        ("军官证", "军字第001号", Certificate("02", "军字第001号")),
        ("会员卡", "123456", None),
        ("01", "", None),
        ("01", " - ", None),
        ("99", "9" * 51, None),
        ("99", "12\x0034", None),
    ],
)
def test_one_spelling(kind: str, number: str, expected: Certificate | None) -> None:
    assert certificate(kind, number) == expected


def test_fifteen_digits_and_eighteen_are_one_certificate() -> None:
    new = card(77)
    old = new[:6] + new[8:17]
    assert certificate("01", old) == Certificate("01", new)
    assert certificate("16", old) == Certificate("16", old)


def test_the_check_character_is_that_of_the_standard() -> None:
    # the example of GB 11643-1999, annex A; put together here so that no whole number stands in the file
    assert check_character("11010519491231" + "002") == "X"


@pytest.mark.parametrize("length", range(51))
def test_the_mask_shows_seven_characters_at_most_and_of_a_short_number_none(length: int) -> None:
    number = ("ABCDEFGHIJ" * 6)[:length]
    shown = mask(number)
    assert len(shown) == length
    assert len(shown.replace("*", "")) == (7 if length >= 11 else 0)


def test_a_certificate_never_prints_its_number() -> None:
    number = card(5)
    one = Certificate("01", number)
    assert number not in f"{one} {one!r} {[one]}"
    assert "k" * 32 not in repr(KEYS)


def test_the_index_tells_region_kind_and_number_apart_and_is_no_bare_hash() -> None:
    one, other = Certificate("01", card(1)), Certificate("01", card(2))
    indexes = {
        KEYS.blind(REGION, one), KEYS.blind(REGION, other), KEYS.blind("440000", one),
        KEYS.blind(REGION, Certificate("16", one.number)), DirectoryKeys(b"l" * 32, 1).blind(REGION, one),
    }  # fmt: skip
    assert len(indexes) == 5
    assert KEYS.blind(REGION, one) == KEYS.blind(REGION, Certificate("01", card(1)))


def test_a_seal_opens_only_under_its_key_and_in_its_row() -> None:
    one = Certificate("01", card(1))
    blind = KEYS.blind(REGION, one)
    sealed = KEYS.seal(REGION, one, blind)
    assert KEYS.unseal(sealed, blind) == (REGION, one)
    assert sealed != KEYS.seal(REGION, one, blind)
    for keys, raw, row in ((DirectoryKeys(b"l" * 32, 1), sealed, blind), (KEYS, sealed, b"0" * 16), (KEYS, b"", blind)):
        with pytest.raises(Usage):
            keys.unseal(raw, row)
