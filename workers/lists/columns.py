"""Columns of a list and what a line states: names under which they come, words, days. Pure; a fault names no value.

`facts` of a line is one text, so that the database compares two months with one comparison: the fields of `FIELDS`
in order, joined by U+001F, absent ones empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from schemas.events.identity import MemberType, RemovalReason
from schemas.events.words import DAY_MAX, DAY_MIN
from workers.directory.certificate import Certificate, certificate
from workers.journal.pii import holds_person_data
from workers.sheets.rows import LOST_DIGITS

WHO = ("cert_type", "certno", "psn_no")
FIELDS = (
    "recognised_on", "removed_on", "removal_reason", "sub_class", "member_type", "county", "entered_on", "applied_on",
    "approved_on", "new_recognition",
)  # fmt: skip
WANTED = (*WHO, "identity", *FIELDS)
SEPARATOR = "\x1f"

ALIASES = {name: name for name in WANTED} | {
    "psn_cert_type": "cert_type", "证件类型": "cert_type", "身份证件类型": "cert_type",
    "证件号码": "certno", "证件号": "certno", "身份证号": "certno", "身份证号码": "certno", "公民身份号码": "certno",
    "人员编号": "psn_no", "个人编号": "psn_no",
    "救助身份": "identity", "医疗救助身份": "identity", "身份类别": "identity", "人员类别": "identity",
    "认定日期": "recognised_on", "纳入资助时间": "recognised_on", "开始日期": "recognised_on",
    "终止日期": "removed_on", "退出日期": "removed_on", "终止原因": "removal_reason", "退出原因": "removal_reason",
    "保障类别": "sub_class", "家庭成员类别": "member_type", "认定地": "county", "认定地区划": "county",
    "录入日期": "entered_on", "申请日期": "applied_on", "审批日期": "approved_on", "是否新增": "new_recognition",
}  # fmt: skip

REASONS = {each.value: each.value for each in RemovalReason} | {
    "死亡": "death", "不符合条件": "ineligible", "不再符合条件": "ineligible", "迁出": "moved", "到期": "expired",
    "其他": "other",
}  # fmt: skip
MEMBERS = {each.value: each.value for each in MemberType} | {
    "老年人": "elderly", "未成年人": "minor", "重度残疾人": "severely_disabled", "重病患者": "severe_patient",
    "其他": "other",
}  # fmt: skip
YES_NO = {"是": "1", "否": "0", "true": "1", "false": "0", "1": "1", "0": "0", "新增": "1"}

_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]00:00(?::00)?)?", re.ASCII)
_NUMBER = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_LABEL = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_DAYS = frozenset(name for name in FIELDS if name.endswith("_on"))


class Fault(NamedTuple):
    """Why a line is refused. `word` is the unknown word of a dictionary, shown only to who sent the list."""

    what: str
    word: str = ""


class Stated(NamedTuple):
    """Identity and facts of a line."""

    identity: str
    facts: str


def who_of(cells: tuple[str, ...]) -> Certificate | str | Fault:
    """The certificate or the person number of a line."""
    kind, number, psn_no = cells[:3]
    if LOST_DIGITS in cells[:3]:
        return Fault("a number cell has lost its last digits: format the column as text and fill it anew")
    if number:
        found = certificate(kind, number)
        return found if found is not None else Fault("the certificate is too long, or its kind is not known")
    if not psn_no:
        return Fault("states neither a certificate nor a person number")
    if _NUMBER.fullmatch(psn_no) is None or holds_person_data(psn_no.encode()):
        return Fault(
            "the person number is none: 1 to 64 characters of A-Z a-z 0-9 . _ : -, not shaped like an ID number"
        )
    return psn_no


class Reader:
    """Reads what lines of one kind of list state. What was read is kept for the lines that say the same."""

    def __init__(self, words: Mapping[str, str], divisions: frozenset[str], county: str) -> None:
        self._words = {_plain(word): identity for word, identity in words.items()}
        identities = set(words.values())
        self.only = identities.pop() if len(identities) == 1 else None
        """The identity of lines without a word, where the kind of list has only one."""
        self._divisions, self._county = divisions, county
        self.stated = lru_cache(maxsize=16_384)(self._stated)

    def _stated(self, cells: tuple[str, ...]) -> Stated | Fault:
        """`cells` are identity and FIELDS."""
        word = _plain(cells[0])
        identity = self._words.get(word) if word else self.only
        if identity is None:
            return Fault("this identity is not one of this list's words", word or "")
        values: list[str] = []
        for name, cell in zip(FIELDS, cells[1:], strict=True):
            value = self._value(name, cell)
            if value is None:
                return Fault(f"{name}: {_FORMS.get(name, 'a day is YYYY-MM-DD')}")
            values.append(value)
        if values[0] and values[1] and values[1] < values[0]:
            return Fault("removed_on lies before recognised_on")
        return Stated(identity, SEPARATOR.join(values))

    def _value(self, name: str, cell: str) -> str | None:
        if name == "county":
            return cell if not cell or cell in self._divisions else None
        if not cell:
            return ""
        if name in _DAYS:
            return day_of(cell)
        if name == "removal_reason":
            return REASONS.get(cell)
        if name == "member_type":
            return MEMBERS.get(cell)
        if name == "new_recognition":
            return YES_NO.get(cell.lower())
        return cell if _LABEL.fullmatch(cell) and not holds_person_data(cell.encode()) else None


_FORMS = {
    "removal_reason": f"one of {', '.join(REASONS)}",
    "member_type": f"one of {', '.join(MEMBERS)}",
    "new_recognition": "是 or 否",
    "county": "six digits, a division of the region",
    "sub_class": "at most 64 characters, nothing shaped like an ID number or a telephone number",
}


@lru_cache(maxsize=16_384)
def day_of(text: str) -> str | None:
    """A day as YYYY-MM-DD, or None."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day.isoformat() if DAY_MIN <= day <= DAY_MAX else None


def fields_of(facts: str) -> dict[str, str]:
    """The facts of a line by name; absent ones are left out."""
    return {name: value for name, value in zip(FIELDS, facts.split(SEPARATOR), strict=True) if value}


def _plain(word: str) -> str:
    return word.strip().replace("“", "").replace("”", "").replace(" ", "")
