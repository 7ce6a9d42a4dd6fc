"""People who do not exist, each with a name, ID numbers and a telephone, to be planted where a stranger could write.

All are made at run time and carry marks, so that one search finds every one of them: cards the place and year, phones
the first seven digits, names two characters that stand nowhere else. Each planted value is used once.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from workers.directory.certificate import check_character

CARD_MARK, PHONE_MARK, NAME_MARK = "9999991913", "1990917", "龘欉"
_FAMILY = "曌翀彧骉犇淼焱垚鑫喆赟昶燊奭壵"
_GIVEN = "亢仉仵伉佧佴侔俅俜倌倥偌偾傧儇冁冢刳刿剞勐匏卺叆吆呔哌哏哚啐喈喹嗉嘏噱囝囿圜圮坂坭埏堋塄墁夼奁妫"
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


class Someone(NamedTuple):
    """One person's data; nobody has it."""

    card: str
    phone: str
    name: str

    @property
    def values(self) -> tuple[str, str, str]:
        return self.card, self.phone, self.name


class Plants:
    """Gives out people one after the other, and knows all that it gave out."""

    def __init__(self) -> None:
        self.planted: set[str] = set()
        self._number = 0

    def someone(self) -> Someone:
        n = self._number
        self._number += 1
        seventeen = f"{CARD_MARK}0{1 + n // 1_000 % 9}1{n // 9_000 % 9}{n % 1_000:03d}"
        family, given = _FAMILY[n % len(_FAMILY)], _GIVEN[n // len(_FAMILY) % len(_GIVEN)]
        found = Someone(seventeen + check_character(seventeen), f"{PHONE_MARK}{n:04d}", NAME_MARK + family + given)
        self.planted.update(found.values)
        return found


def spellings(value: str) -> list[bytes]:
    """How a value may stand in bytes: UTF-8, GB18030, UTF-16, JSON escapes, full width, parted by spaces or hyphens."""
    escaped = json.dumps(value)[1:-1]
    texts = {value, value.translate(FULL_WIDTH), value.lower(), escaped, escaped.upper().replace("\\U", "\\u")}
    texts.add(json.dumps(value.translate(FULL_WIDTH))[1:-1])
    if value.isascii():
        texts |= _parted(value)
    encoded = [text.encode(code) for text in texts for code in ("utf-8", "gb18030", "utf-16-le")]
    return sorted(set(encoded), key=len, reverse=True)


def _parted(digits: str) -> set[str]:
    cuts = (3, 7) if digits.startswith("199") else (6, 14)
    found = set()
    for between in " -":
        found.add(between.join((digits[: cuts[0]], digits[cuts[0] : cuts[1]], digits[cuts[1] :])))
    return found
