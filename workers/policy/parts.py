"""A rulebook laid out as small parts with places, names and words, so that two rulebooks can be compared part by part.

A place uses the ids of a rulebook, not positions: `group.class_2.rate` stays the same when a group is put in front.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from schemas.money import text_of
from workers.policy.figures import shown
from workers.policy.schema import Question, Rulebook
from workers.policy.values import (
    Choice,
    Condition,
    CountValue,
    DateValue,
    LiteralCite,
    Model,
    MoneyValue,
    OnlyIf,
    RateValue,
    ReadingCite,
    ReferenceCite,
    WordValue,
)

UNITS = {"months": "个月", "years": "周岁", "days": "日"}
LABELS = {
    "brackets": "年龄段等", "years": "年龄", "shares": "资助", "window_figure": "缴费期", "do": "做法",
    "rate": "比例", "deductible": "起付线", "cap": "年度限额", "limit": "限额", "threshold": "起付标准",
    "points": "降低", "factor": "一次性比例", "identity": "身份", "group": "类别", "rule": "规定",
    "question": "解释", "figure": "外部标准", "instrument": "文件", "in_force": "施行日期",
    "last_day": "有效期届满日", "place": "适用地区", "counties": "区划", "governs": "通则", "pool": "分项",
    "bands": "档次", "rank": "位次", "name": "名称", "months": "月数", "reach": "追溯", "clauses": "条款编号",
    "chosen": "采用的解释", "fields": "计入项目", "order": "次序", "title": "标题", "doc_no": "文号",
    "care_types": "就医类别", "identities": "身份", "groups": "类别", "layers": "层次", "outside": "外部标准",
    "like": "同类别", "aliases": "别名", "when": "条件", "exempt": "例外", "one_of": "限于",
    "recognised_by": "认定部门", "benefit_date": "费用日期", "class_change": "类别变化", "article": "条文",
    "applies_to": "减半对象", "exceptions": "例外", "nested": "内含限额", "from_amount": "起", "amount": "金额",
    "sub_classes": "细类", "member_types": "成员类型", "codes": "不予救助情形", "verified_on": "核对日期",
}  # fmt: skip
_SILENT = frozenset({"schema_", "measure", "revision", "name", "source", "id", "cite"})
"""Fields that identify or cite; citations are told beside the part they belong to."""

Names = tuple[str, ...]


class Part(NamedTuple):
    """One thing a rulebook says: where, as what, with which words and on which article."""

    place: str
    label: str
    words: str
    cite: str


def parts_of(book: Rulebook) -> dict[str, Part]:
    """Every part by its place, in the order of the rulebook."""
    return {part.place: part for part in _walk(book, (), (), "", _chosen(book))}


def _chosen(book: Rulebook) -> dict[str, Question]:
    return {question.id: question for question in book.question}


def _walk(node: Any, place: Names, label: Names, cite: str, asked: Mapping[str, Question]) -> Iterator[Part]:
    for name, value in _fields(node):
        here, shown_as = (*place, name), (*label, LABELS.get(name, name))
        own = _cite(getattr(value, "cite", None) or getattr(node, "cite", None)) or cite
        words = _reading(node) if name == "chosen" else words_of(value, asked)
        if words is not None:
            yield Part(".".join(here), " · ".join(shown_as), words, own)
        elif isinstance(value, tuple):
            yield from _items(value, here, label, own, asked)
        elif value is not None:
            yield from _walk(value, here, shown_as, own, asked)


def _fields(node: Model) -> Iterator[tuple[str, Any]]:
    for name in type(node).model_fields:
        if name not in _SILENT:
            yield name, getattr(node, name)


def _items(value: tuple[Any, ...], place: Names, label: Names, cite: str, asked: Mapping[str, Question]) -> Any:
    """Tables of a list, each under its id; what has none under its number. The table itself is a part, too."""
    for number, item in enumerate(value, start=1):
        key = str(getattr(item, "id", None) or getattr(item, "no", None) or getattr(item, "name", None) or number)
        title = str(getattr(item, "name", None) or key)
        kind = LABELS.get(place[-1], place[-1])
        own = _cite(getattr(item, "cite", None)) or cite
        verb = f"（{item.do}）" if hasattr(item, "do") else ""
        yield Part(".".join((*place, key)), " · ".join((*label, f"{kind} {title}")), f"有{verb}", own)
        yield from _walk(item, (*place, key), (*label, title), own, asked)


def words_of(value: Any, asked: Mapping[str, Question]) -> str | None:
    """A value in a clerk's words; None where it is a table or a list of tables."""
    if value is None or value == ():
        return None
    if isinstance(value, RateValue | MoneyValue | CountValue | DateValue | WordValue):
        return _figure(value)
    if isinstance(value, Choice):
        question = asked.get(value.question)
        return f"按解释 {value.question}（{_reading(question) if question else ''}）"
    if isinstance(value, OnlyIf):
        return f"仅当解释 {value.question} 采用 {'、'.join(value.readings)}"
    if isinstance(value, Condition):
        return f"{value.fact} {'限于' if value.one_of else '不是'} {'、'.join(map(str, value.one_of or value.is_not))}"
    if isinstance(value, tuple):
        plain = [words_of(item, asked) for item in value]
        return None if any(each is None for each in plain) else "；".join(str(each) for each in plain)
    if isinstance(value, Fraction):
        return shown("ratio", f"{value.numerator}/{value.denominator}")
    return None if isinstance(value, Model) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return value.isoformat() if isinstance(value, date) else str(value)


def _figure(value: RateValue | MoneyValue | CountValue | DateValue | WordValue) -> str:
    if isinstance(value, RateValue):
        return shown("ratio", f"{value.value.numerator}/{value.value.denominator}")
    if isinstance(value, MoneyValue):
        return f"{text_of(value.value)}元"
    if isinstance(value, CountValue):
        return f"{value.value}{UNITS[value.unit]}"
    return _plain(value.value)


def _reading(question: Question) -> str:
    return next(each.text for each in question.readings if each.id == question.chosen)


def _cite(cite: Any) -> str:
    if isinstance(cite, tuple):
        return "；".join(_cite(each) for each in cite)
    if isinstance(cite, LiteralCite):
        return f"{cite.article}“{cite.quote}”"
    if isinstance(cite, ReadingCite):
        return f"解释 {cite.question}"
    return f"同 {cite.to}" if isinstance(cite, ReferenceCite) else ""
