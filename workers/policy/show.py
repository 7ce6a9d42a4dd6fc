"""A rulebook as a clerk reads it: each group and rule with its words, each open question with the chosen reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from schemas.money import text_of
from workers.policy.figures import shown
from workers.policy.loader import walk
from workers.policy.schema import Group, Question, Rulebook
from workers.policy.values import CountValue, DateValue, LiteralCite, Model, MoneyValue, RateValue, ReadingCite

UNIT_WORDS = {"months": "个月", "years": "周岁", "days": "日"}


def as_text(book: Rulebook) -> str:
    """The whole rulebook as lines of text."""
    table = book.instrument
    lines = [f"{table.title}（{table.doc_no}）", f"修订 {book.revision}，自 {table.in_force.value} 起", ""]
    for group in book.group:
        lines.extend(_group(group))
    for rule in book.rule:
        lines.append(f"◆ {rule.name}  [{rule.id}: {rule.do}]  {'、'.join(rule.clauses)}")
        lines.extend(f"    {line}" for line in _cited(rule))
    lines.append("")
    for question in book.question:
        lines.extend(_question(question))
    return "\n".join(lines)


def _group(group: Group) -> Iterator[str]:
    yield f"● {group.name}（第 {group.rank} 位）：{'、'.join(each.name for each in group.identity)}"
    for label, value in (("比例", group.rate), ("起付线", group.deductible), ("年度限额", group.cap)):
        if value is not None:
            yield f"    {label} {_value(value)}  {_cite(value.cite)}"

    for pool in group.pool:
        for label, value in (("比例", pool.rate), ("年度限额", pool.cap)):
            if value is not None:
                yield f"    {pool.name} {label} {_value(value)}  {_cite(value.cite)}"
    if group.like:
        yield f"    比例、起付线、年度限额同 {group.like}"
    elif group.outside:
        yield f"    另一文件规定的标准：{'、'.join(group.outside)}"


def _cited(rule: Any) -> Iterator[str]:
    for _, node in walk(rule):
        cites = getattr(node, "cite", ())
        for cite in cites if isinstance(cites, tuple) else (cites,):
            yield f"{_value(node)}{_cite(cite)}"


def _value(node: Any) -> str:
    if isinstance(node, RateValue):
        return _rate(node.value) + " "
    if isinstance(node, MoneyValue):
        return f"{text_of(node.value)}元 "
    if isinstance(node, CountValue):
        return f"{node.value}{UNIT_WORDS[node.unit]} "
    return f"{node.value} " if isinstance(node, DateValue) else ""


def _rate(rate: Fraction) -> str:
    return shown("ratio", f"{rate.numerator}/{rate.denominator}")


def _cite(cite: Any) -> str:
    if isinstance(cite, LiteralCite):
        return f"{cite.article}“{cite.quote}”"
    return f"解释 {cite.question}" if isinstance(cite, ReadingCite) else f"同 {cite.to}"


def _question(question: Question) -> Iterator[str]:
    yield f"？ {question.id} {question.text}"
    for reading in question.readings:
        yield f"    {'→' if reading.id == question.chosen else ' '} {reading.id}：{reading.text}"
    yield f"    依据：{question.basis}（{question.decided_by}，{question.decided_on}）"


def as_object(book: Rulebook) -> dict[str, Any]:
    """The rulebook as plain JSON values; rates as "7/10", amounts in fen."""
    plain: dict[str, Any] = _plain(book)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        names = type(value).model_fields
        return {info.alias or name: _plain(getattr(value, name)) for name, info in names.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return value.isoformat() if isinstance(value, date) else value
