"""Certificates: their kinds, one spelling each, and the one mask under which a person may see them.

Kinds: dictionary `psn_cert_type` of the platform. Numbers of resident ID cards: GB 11643-1999; those of fifteen digits
(1984–1999) become their eighteen-digit form, since lists hold both for one person.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

CHARACTERS_MAX = 50
ID_CARD = "01"

WORDS = {
    "居民身份证": "01", "居民身份证(户口簿)": "01", "身份证": "01", "户口簿": "01", "中国人民解放军军官证": "02",
    "军官证": "02", "武警警官证": "03", "香港特区护照/身份证明": "04", "澳门特区护照/身份证明": "05",
    "台湾居民来往大陆通行证": "06", "外国人永久居留证": "07", "外国人护照": "08", "残疾人证": "09", "军烈属证明": "10",
    "外国人就业证": "11", "外国专家证": "12", "外国人常驻记者证": "13", "台港澳人员就业证": "14",
    "回国(来华)定居专家证": "15", "中国护照": "16", "护照": "16", "港澳台居民居住证": "17", "社会保障卡": "90",
    "其他": "99", "其他身份证件": "99",
}  # fmt: skip
KINDS = frozenset(WORDS.values())

_NOISE = re.compile(r"[\s\-_·.‐-―]+")
_OLD = re.compile(r"[1-9][0-9]{7}(0[1-9]|1[0-2])[0-3][0-9][0-9]{3}", re.ASCII)
_PLAIN = re.compile(r"[0-9A-Z]{6,50}", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SHOWN_BEFORE, SHOWN_AFTER, SHOWN_FROM = 3, 4, 11
"""A mask shows the first three and the last four of a number of eleven characters or more, of a shorter one nothing."""


class Certificate(NamedTuple):
    """Kind (two digits) and number in its one spelling. Never printed: its repr shows the mask."""

    kind: str
    number: str

    def __repr__(self) -> str:
        return f"Certificate({self.kind}, {mask(self.number)})"

    def __str__(self) -> str:
        return repr(self)


def certificate(kind: str, number: str) -> Certificate | None:
    """The certificate of two cells, or None where they name none. An empty kind is the resident ID card."""
    code = _kind(kind)
    if _PLAIN.fullmatch(number) is None:
        number = _NOISE.sub("", unicodedata.normalize("NFKC", number)).upper()
    if code is None or not number or len(number) > CHARACTERS_MAX or not number.isprintable():
        return None
    if code == ID_CARD and len(number) == 15 and _OLD.fullmatch(number):
        number = f"{number[:6]}19{number[6:]}"
        number += check_character(number)
    return Certificate(code, number)


def _kind(text: str) -> str | None:
    if not text:
        return ID_CARD
    if text in KINDS:
        return text
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    return plain.zfill(2) if plain.zfill(2) in KINDS else WORDS.get(plain)


def check_character(seventeen: str) -> str:
    """Check character of a resident ID card number (ISO 7064, MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, seventeen, strict=True))
    return "10X98765432"[total % 11]


def mask(number: str) -> str:
    """The one mask: `123***********5678`; a number under eleven characters is all stars."""
    if len(number) < SHOWN_FROM:
        return "*" * len(number)
    hidden = len(number) - SHOWN_BEFORE - SHOWN_AFTER
    return f"{number[:SHOWN_BEFORE]}{'*' * hidden}{number[-SHOWN_AFTER:]}"
