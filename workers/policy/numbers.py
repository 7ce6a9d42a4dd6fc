"""Numbers as Chinese instruments write them: 三千元, 3000元, 5万元, 70%, 百分之七十, 10个百分点, 12个月, 2023年1月1日.

Everything here takes text that was normalised by `normal`; amounts come back in fen, rates as exact fractions.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from fractions import Fraction

_DIGIT = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_HAN = "零〇一二两三四五六七八九十百千万亿"
_ARABIC = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_NUMBER = rf"(?:(?P<arabic>{_ARABIC})(?P<scale>[百千万亿]*)|(?P<han>[{_HAN}]+(?:点[{_HAN}]+)?))"
_MONEY = re.compile(_NUMBER + r"元")
_PERCENT = re.compile(_NUMBER + r"(?:%|个百分点)")
_PERCENT_HAN = re.compile(rf"百分之(?P<han>[{_HAN}]+(?:点[{_HAN}]+)?)")
_DATE = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
NOTHING_WORDS = ("无", "不设", "没有")
WHOLE_WORD = "全额"
UNITS = {"months": "个月", "years": "周岁", "days": "日"}


def normal(text: str) -> str:
    """NFKC with every white space taken out: what two spellings of the same words have in common."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def han_number(text: str) -> Fraction:
    """Value of a Chinese numeral: 三千 → 3000, 一万二千 → 12000, 二点五 → 5/2."""
    whole, _, tail = text.partition("点")
    total = section = digit = 0
    for sign in whole:
        if sign in _DIGIT:
            digit = digit * 10 + _DIGIT[sign] if digit and sign in "零〇" else _DIGIT[sign]
        elif sign in _SMALL:
            section += (digit or 1) * _SMALL[sign]
            digit = 0
        else:
            total = (total + section + digit) * _LARGE[sign]
            section = digit = 0
    fraction = Fraction(int("".join(str(_DIGIT[sign]) for sign in tail)), 10 ** len(tail)) if tail else Fraction(0)
    return total + section + digit + fraction


def _value(found: re.Match[str]) -> Fraction:
    if found["han"]:
        return han_number(found["han"])
    value = Fraction(found["arabic"].replace(",", ""))
    for sign in found["scale"]:
        value *= _SMALL.get(sign) or _LARGE[sign]
    return value


def money_in(text: str) -> set[Fraction]:
    """Amounts in fen that stand in normalised text; 无, 不设 and 没有 count as 0."""
    amounts = {_value(found) * 100 for found in _MONEY.finditer(text)}
    return amounts | {Fraction(0)} if any(word in text for word in NOTHING_WORDS) else amounts


def rates_in(text: str) -> set[Fraction]:
    """Percentages and percentage points that stand in normalised text, as fractions of one; 全额 counts as 1."""
    found = {_value(match) / 100 for match in _PERCENT.finditer(text)}
    if WHOLE_WORD in text:
        found.add(Fraction(1))
    return found | {han_number(match["han"]) / 100 for match in _PERCENT_HAN.finditer(text)}


def counts_in(text: str, unit: str) -> set[Fraction]:
    """Counts of `unit` (`months`, `years`, `days`) that stand in normalised text."""
    return {_value(found) for found in re.finditer(_NUMBER + re.escape(UNITS[unit]), text)}


def dates_in(text: str) -> set[date]:
    """Whole dates that stand in normalised text."""
    return {date(int(y), int(m), int(d)) for y, m, d in _DATE.findall(text)}
