"""Expected against got, row by row. A fault says which row, both values, and the step from which they differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from schemas.money import text_of
from workers.cases.laws import run
from workers.cases.matters import wrong_matters
from workers.cases.steps import first_differing
from workers.cases.timeline import Row, Timeline
from workers.cases.words import FUNDS, REASONS, SECOND
from workers.policy.law import Law
from workers.policy.trace.told import FullStep
from workers.policy.types import Status, Verdict

_REASON_WORDS = {code: word for word, code in REASONS.items()}
_FUND_WORDS = {code: word for word, code in FUNDS.items()}


class Fault(NamedTuple):
    """One cell of one row that the law decides otherwise. `step`: where the hand arithmetic and the law part."""

    file: str
    line: int
    title: str
    event: str
    what: str
    expected: str
    got: str
    measure: str
    step: FullStep | None

    def __str__(self) -> str:
        lines = [
            f"{self.file}:{self.line} 〔{self.title}〕 {self.event}",
            f"  {self.what}：应为 {self.expected}，算得 {self.got}",
        ]
        if self.step is not None:
            lines.append(f"  从这一步起不同（{self.step.name}）：{self.step.sentence}")
            lines.extend(f"  依据：{each}" for each in articles_of(self.step))
        if self.measure:
            lines.append(f"  对照条文：tuodi rulebook show {self.measure}")
        return "\n".join(lines)

    def as_object(self) -> dict[str, Any]:
        """For programs."""
        step = self.step
        told = None
        if step is not None:
            told = {"rule": step.rule, "name": step.name, "sentence": step.sentence, "articles": articles_of(step)}
        return {
            "file": self.file, "line": self.line, "section": self.title, "event": self.event, "what": self.what,
            "expected": self.expected, "got": self.got, "measure": self.measure, "step": told,
        }  # fmt: skip


def articles_of(step: FullStep) -> list[str]:
    """Where the step stands: article and words, or the question it rests on."""
    return [f"{each.article}“{each.quote}”" if each.quote else f"解释 {each.question}" for each in step.citations]


def wrong_rows(law: Law, timeline: Timeline) -> Iterator[tuple[Row, Verdict, str, str, str]]:
    """Row, verdict, and what differs with both values; the cheap half, enough to know that a case fails."""
    used: dict[tuple[str, int], int] = {}
    for row, verdict in zip(timeline.rows, run(law, timeline), strict=True):
        key = (verdict.measure, verdict.year)
        ordinary = verdict.layers.get("ordinary", 0)
        second = sum(verdict.layers.values()) - ordinary
        used[key] = used.get(key, 0) + ordinary
        pairs: list[tuple[str, Any, Any]] = [
            ("理由", row.reason, verdict.reason), ("应救助", row.ordinary, ordinary), ("第二层", row.tilt, second)
        ]  # fmt: skip
        pairs += [(name, amount, verdict.layers.get(SECOND[name], 0)) for name, amount in row.second.items()]
        if row.total is not None:
            pairs.append(("累计", row.total, used[key]))
        if row.funds:
            pairs.append(("资金", row.funds, verdict.funding))
        if verdict.status is Status.DECIDED and not _adds_up(verdict):
            pairs.append(("各项合计", verdict.base, sum(verdict.layers.values())))
        for what, expected, got in pairs:
            if expected != got:
                yield row, verdict, what, _shown(expected), _shown(got)
                break


def faults(law: Law, timeline: Timeline) -> list[Fault]:
    """Every row that the law decides otherwise than its clerk, with the step that explains it."""
    found = []
    for row, verdict, what, expected, got in wrong_rows(law, timeline):
        step = first_differing(law, row, verdict)
        place = (_relative(timeline.path), row.line, timeline.title, row.event)
        found.append(Fault(*place, what, expected, got, verdict.measure, step))
    return [*found, *_matter_faults(law, timeline)]


def _matter_faults(law: Law, timeline: Timeline) -> Iterator[Fault]:
    """Every row about another matter than a bill that the law has otherwise."""
    for row, expected, got in wrong_matters(law, timeline, run(law, timeline)) if timeline.expected else ():
        place = (_relative(timeline.path), row.line, timeline.title, row.event)
        yield Fault(*place, "事项", expected, got, timeline.measure, None)


def _relative(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def fails(law: Law, timeline: Timeline) -> bool:
    """Whether any row differs, without telling which."""
    if timeline.rows and next(wrong_rows(law, timeline), None) is not None:
        return True
    return bool(timeline.expected) and next(wrong_matters(law, timeline, run(law, timeline)), None) is not None


def _shown(value: Any) -> str:
    if isinstance(value, int):
        return text_of(value)
    if isinstance(value, tuple):
        return "→".join(_FUND_WORDS.get(str(name), str(name)) for name in value) or "无"
    return _REASON_WORDS.get(value, str(value))


def _adds_up(verdict: Verdict) -> bool:
    parts = (*verdict.layers.values(), verdict.deductible, verdict.own_share, verdict.over_cap)
    return sum(parts) == verdict.base and min(*parts, verdict.excluded) >= 0
