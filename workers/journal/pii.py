"""The guard against people's data: strings shaped like a resident ID card number or a mobile telephone number.

ID card: GB 11643-1999, 18 characters with a valid birth date and the check character of ISO 7064 MOD 11-2. Mobile:
eleven digits `1[3-9]…`, with or without +86 and separators. Both count only between boundaries (no letter or digit
beside them), so that long numbers of settlements and messages, in which such a shape is an accident, pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

_CARD = re.compile(
    rb"(?<![0-9A-Za-z])([1-9][0-9]{5})[- ]?((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])[- ]?([0-9]{3})([0-9Xx])"
    rb"(?![0-9A-Za-z])"
)
_MOBILE = re.compile(
    rb"(?<![0-9A-Za-z])(?<![0-9]\.)(?:\+?86[- ]?)?1[3-9][0-9](?:[0-9]{8}|[- ][0-9]{4}[- ][0-9]{4})"
    rb"(?![0-9A-Za-z]|\.[0-9])"
)
CARDS_MAX = 1_000
"""Card-shaped strings in one text that are looked at; of more, every eleventh is a card by chance alone."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = b"10X98765432"

# Every digit becomes 0, every separator -, everything else a dot. Searches for fixed bytes in that shape find the few
# runs of digits worth a regular expression; regular expressions over the whole text would take twenty times as long.
_SHAPE = bytes(0x30 if 0x30 <= c <= 0x39 else 0x2D if c in b"- " else 0x2E for c in range(256))
_RUN = b"0" * 11
_PARTED = (b"000-0000-0000", b"000000-00000000-000")
_PARTED_COMMON = b"-0000"
_DIGITS = re.compile(rb"[0-9]+")
_MOBILE_RUNS, _CARD_RUNS = (11, 13), (17, 18)
_FULL_WIDTH = b"\xef\xbc"


def holds_person_data(raw: bytes) -> bool:
    """True where UTF-8 text holds an ID-card-shaped or mobile-shaped string. JSON escapes are the caller's to undo."""
    if b"\xef" in raw and _FULL_WIDTH in raw:
        raw = unicodedata.normalize("NFKC", raw.decode("utf-8", "replace")).encode()
    shape = raw.translate(_SHAPE)
    if _PARTED_COMMON in shape and (_PARTED[0] in shape or _PARTED[1] in shape):
        cards_found = enumerate(_CARD.finditer(raw))
        return _MOBILE.search(raw) is not None or any(n >= CARDS_MAX or _is_card(found) for n, found in cards_found)
    start, cards = shape.find(_RUN), 0
    while start >= 0:
        run = _DIGITS.match(raw, start)
        end = run.end() if run else start + len(_RUN)
        if end - start in _MOBILE_RUNS and _MOBILE.match(raw, start):
            return True
        if end - start in _CARD_RUNS and (found := _CARD.match(raw, start)):
            cards += 1
            if cards > CARDS_MAX or _is_card(found):
                return True
        start = shape.find(_RUN, end)
    return False


def value_holds_person_data(raw: bytes, value: Any) -> bool:
    """The same for a JSON text and what it decodes to: where the text has escapes, each string is looked at decoded."""
    if b"\\" not in raw:
        return holds_person_data(raw)
    return holds_person_data(raw) or any(holds_person_data(text.encode()) for text in _strings(value))


def _is_card(found: re.Match[bytes]) -> bool:
    place, year, month, day, serial, check = found.groups()
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    digits = place + year + month + day + serial
    total = sum(weight * (digit - 0x30) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return bool(_CHECK[total % 11] == check.upper()[0])


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
