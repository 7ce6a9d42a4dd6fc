"""Person keys: SM3 by its standard's vectors, HMAC by its definition, and a secret that shows itself nowhere."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from workers.errors import Usage
from workers.journal.keys import PersonKeys, dead_letter_key, person_keys, province_of
from workers.settings import Settings

SECRET = bytes(range(32))


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@pytest.mark.parametrize(
    ("text", "expected"),
    [  # GB/T 32905-2016, appendix A
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_vectors_of_the_standard(text: bytes, expected: str) -> None:
    assert sm3(text).hex() == expected


def test_a_person_key_is_hmac_sm3_over_province_and_number() -> None:
    block = SECRET.ljust(64, b"\0")
    message = b"520000|P-17"
    inner = sm3(bytes(byte ^ 0x36 for byte in block) + message)
    expected = sm3(bytes(byte ^ 0x5C for byte in block) + inner).hex()
    assert PersonKeys(SECRET, 1).person_key("520000", "P-17") == expected


def test_a_pool_and_its_province_give_one_key_and_another_province_another() -> None:
    keys = PersonKeys(SECRET, 1)
    assert province_of("522701") == "520000"
    assert keys.person_key("522701", "P1") == keys.person_key("520000", "P1")
    assert keys.person_key("510000", "P1") != keys.person_key("520000", "P1")


def test_another_secret_gives_another_key() -> None:
    assert PersonKeys(SECRET, 1).person_key("520000", "P1") != PersonKeys(SECRET[::-1], 1).person_key("520000", "P1")


def test_a_repr_never_shows_the_secret() -> None:
    assert SECRET.hex() not in repr(PersonKeys(SECRET, 3))
    assert repr(PersonKeys(SECRET, 3)) == "PersonKeys(version=3)"


def test_the_key_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET.hex() + "\n")
    keys = person_keys(Settings(person_key_file=file, person_key_version=4))
    assert keys.version == 4
    assert keys.person_key("520000", "P1") == PersonKeys(SECRET, 1).person_key("520000", "P1")


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "ключ"])
def test_a_bad_key_file_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.write_text(content)
    with pytest.raises(Usage) as caught:
        person_keys(Settings(person_key_file=file))
    assert "TUODI_PERSON_KEY_FILE" in str(caught.value)
    assert not content or content not in str(caught.value)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="cannot read"):
        person_keys(Settings(person_key_file=tmp_path / "none"))


def test_without_a_file_development_keys_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUODI_DEV_KEYS", raising=False)
    with pytest.raises(Usage, match="TUODI_PERSON_KEY_FILE"):
        person_keys(Settings())
    with pytest.raises(Usage, match="TUODI_DEAD_LETTER_KEY_FILE"):
        dead_letter_key(Settings())


@pytest.mark.parametrize("how", ["variable", "option"])
def test_development_keys_warn_loudly(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    monkeypatch.setenv("TUODI_DEV_KEYS", "1" if how == "variable" else "")
    with caplog.at_level(logging.WARNING):
        made = person_keys(Settings(), dev_keys=how == "option")
    assert "DEVELOPMENT KEYS IN USE" in caplog.text
    assert len(made.person_key("520000", "P1")) == 64


def test_a_configured_file_wins_over_allowed_development_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUODI_DEV_KEYS", "1")
    file = tmp_path / "key"
    file.write_text(SECRET.hex())
    found = person_keys(Settings(person_key_file=file)).person_key("520000", "P1")
    assert found == PersonKeys(SECRET, 1).person_key("520000", "P1")


def test_the_dead_letter_key_has_256_bits(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(os.urandom(48).hex())
    with pytest.raises(Usage, match="64 hexadecimal digits"):
        dead_letter_key(Settings(dead_letter_key_file=file))
    file.write_text(SECRET.hex())
    assert dead_letter_key(Settings(dead_letter_key_file=file)) == SECRET
