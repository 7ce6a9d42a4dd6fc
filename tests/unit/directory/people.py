"""Synthetic people: certificate numbers are made at run time, so that none stands in this repository."""

from __future__ import annotations

from workers.directory.certificate import check_character
from workers.directory.keys import DirectoryKeys

REGION = "520000"
KEYS = DirectoryKeys(b"k" * 32, 1)


def card(number: int) -> str:
    """A resident ID card number that passes every check, and belongs to nobody: place 999999."""
    seventeen = f"999999{1950 + number // 4_000 % 60}0{1 + number // 500 % 8}1{number % 8}{number // 8 % 1000:03d}"
    return seventeen + check_character(seventeen)


def psn_no(number: int) -> str:
    return f"P{number:07d}"
