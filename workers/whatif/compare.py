"""From the two sides to the answer: sums by layer, class and fund, moves between results, people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.money import text_of
from schemas.whatif import (
    BillChange,
    Change,
    ClassRow,
    Facts,
    FundRow,
    LawRef,
    LayerRow,
    MoveRow,
    PersonChange,
    Persons,
    WhatIf,
)
from workers.policy.law import Law
from workers.whatif.part import Part
from workers.whatif.sides import Key, Result

NOTHING = Result("", 0, "none", "none", "", (), ())


class Matter(NamedTuple):
    """One bill or other matter on both sides; `recover` ≥ 0 fen to be taken back, `pay` to be paid beside it."""

    key: Key
    before: Result
    after: Result
    recover: int
    pay: int

    @property
    def delta(self) -> int:
        return self.after.total - self.before.total

    @property
    def changed(self) -> bool:
        return _stated(self.before) != _stated(self.after)


def _stated(result: Result) -> tuple[object, ...]:
    return result.status, result.reason, result.layers, result.measure, result.year, result.group, result.funding


def matters(parts: Iterable[Part]) -> list[Matter]:
    """All matters of all parts, sorted by key; a held bill that was never decided has a result without amounts."""
    found = [each for part in parts for each in _of_part(part)]
    return sorted(found, key=lambda each: each.key)


def _of_part(part: Part) -> Iterator[Matter]:
    for key in {**part.today, **part.draft, **part.states, **part.states_draft}:
        before = part.today.get(key) or _state(part.states.get(key))
        after = part.draft.get(key) or (before if key in part.today else _state(part.states_draft.get(key)))
        yield Matter(key, before, after, -part.recover.get(key, 0), part.pay.get(key, 0))


def _state(state: tuple[str, str] | None) -> Result:
    return NOTHING if state is None else NOTHING._replace(status=state[0], reason=state[1])


class Given(NamedTuple):
    """What the answer says besides the sums."""

    file: str
    lines: int
    today: Law
    draft: Law
    changes: list[str]


def answer(given: Given, parts: list[Part]) -> WhatIf:
    """The whole answer; equal for every split of the persons into parts."""
    every = matters(parts)
    people = list(_people(every))
    recover = sum(max(0, each.recover) for each in _by_person(every))
    return WhatIf(
        facts=Facts(
            file=given.file,
            lines=given.lines,
            bills=sum(each.key[3] == "bill" for each in every),
            rejected=len(frozenset[int]().union(*(part.refused for part in parts))),
        ),
        today=law_ref(given.today),
        draft=law_ref(given.draft),
        dropped_measures=sorted(set(given.today.measures) - set(given.draft.measures)),
        changes=given.changes,
        persons=_persons(sum(part.persons for part in parts), every, people),
        recover=text_of(recover),
        pay_more=text_of(sum(each.pay for each in every)),
        total=_change(sum(each.before.total for each in every), sum(each.after.total for each in every)),
        layers=list(_layers(every)),
        classes=list(_classes(every, given)),
        funds=list(_funds(every)),
        moves=list(_moves(every)),
        people=people,
    )


def law_ref(law: Law) -> LawRef:
    names = [f"{each.measure} {each.book.instrument.doc_no} {each.book.revision}" for each in law.instruments]
    return LawRef(hash=law.hash, engine=law.engine, instruments=names)


def _change(before: int, after: int) -> Change:
    return Change(**_texts(before, after))


def _texts(before: int, after: int) -> dict[str, str]:
    return {"before": text_of(before), "after": text_of(after), "delta": text_of(after - before)}


class Book:
    """Sums before and after by a key; rows in the order of the keys."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, ...], list[int]] = {}

    def add(self, key: tuple[str, ...], side: int, amount: int) -> None:
        self.sums.setdefault(key, [0, 0])[side] += amount

    def rows(self) -> Iterator[tuple[tuple[str, ...], int, int]]:
        for key, (before, after) in sorted(self.sums.items()):
            yield key, before, after


def _layers(every: list[Matter]) -> Iterator[LayerRow]:
    book = Book()
    for each in every:
        for side, result in enumerate((each.before, each.after)):
            for layer, fen in result.layers:
                book.add((result.measure, str(result.year), layer), side, fen)
    for (measure, year, layer), before, after in book.rows():
        if before or after:
            yield LayerRow(measure=measure, year=int(year), layer=layer, **_texts(before, after))


def _classes(every: list[Matter], given: Given) -> Iterator[ClassRow]:
    book, bills = Book(), Book()
    for each in every:
        for side, result in enumerate((each.before, each.after)):
            if result.measure:
                book.add((result.measure, result.group), side, result.total)
                bills.add((result.measure, result.group), side, 1)
    counts = {key: (before, after) for key, before, after in bills.rows()}
    for key, before, after in book.rows():
        measure, group = key
        name = _group_name(given.draft, measure, group) or _group_name(given.today, measure, group) or "无类别"
        bills_before, bills_after = counts[key]
        yield ClassRow(
            measure=measure, group=group, name=name, bills_before=bills_before, bills_after=bills_after,
            **_texts(before, after),
        )  # fmt: skip


def _group_name(law: Law, measure: str, group: str) -> str:
    found = (each.name for book in law.measures.get(measure, ()) for each in book.book.group if each.id == group)
    return next(found, "")


def _funds(every: list[Matter]) -> Iterator[FundRow]:
    book = Book()
    for each in every:
        for side, result in enumerate((each.before, each.after)):
            if result.total:
                book.add((result.measure, *result.funding), side, result.total)
    for key, before, after in book.rows():
        yield FundRow(measure=key[0], funding=list(key[1:]), **_texts(before, after))


def _moves(every: list[Matter]) -> Iterator[MoveRow]:
    counts = Counter(
        (each.after.measure or each.before.measure, _told(each.before), _told(each.after))
        for each in every
        if _told(each.before) != _told(each.after)
    )
    for (measure, was, now), bills in sorted(counts.items()):
        yield MoveRow(measure=measure, was=was, now=now, bills=bills)


def _told(result: Result) -> str:
    return f"{result.status}/{result.reason}"


def _by_person(every: list[Matter]) -> Iterator[Matter]:
    """Each person's matters summed up; only key[0], recover and pay have a meaning."""
    sums: dict[str, list[int]] = {}
    for each in every:
        mine = sums.setdefault(each.key[0], [0, 0])
        mine[0] += each.recover
        mine[1] += each.pay
    for person, (recover, pay) in sums.items():
        yield Matter((person, "", "", ""), NOTHING, NOTHING, recover, pay)


def _people(every: list[Matter]) -> Iterator[PersonChange]:
    changed: dict[str, list[Matter]] = {}
    for each in every:
        if each.changed:
            changed.setdefault(each.key[0], []).append(each)
    for person, mine in changed.items():
        before, after = sum(each.before.total for each in mine), sum(each.after.total for each in mine)
        recover = max(0, sum(each.recover for each in mine))
        bills = [_bill(each) for each in mine]
        yield PersonChange(person_key=person, recover=text_of(recover), bills=bills, **_texts(before, after))


def _bill(each: Matter) -> BillChange:
    _, region, setl_id, kind = each.key
    known = each.after if each.after.measure else each.before
    return BillChange(
        region=region, setl_id=setl_id, kind=kind, measure=known.measure, year=known.year,
        was=_told(each.before), now=_told(each.after), group_before=each.before.group, group_after=each.after.group,
        layers_before=_money(each.before.layers), layers_after=_money(each.after.layers),
        recover=text_of(max(0, each.recover)), **_texts(each.before.total, each.after.total),
    )  # fmt: skip


def _money(layers: Iterable[tuple[str, int]]) -> dict[str, str]:
    return {layer: text_of(fen) for layer, fen in layers}


def _persons(seen: int, every: list[Matter], people: list[PersonChange]) -> Persons:
    deltas: dict[str, int] = {}
    for each in every:
        deltas[each.key[0]] = deltas.get(each.key[0], 0) + each.delta
    return Persons(
        seen=seen,
        changed=len(people),
        gain=sum(delta > 0 for delta in deltas.values()),
        lose=sum(delta < 0 for delta in deltas.values()),
        owe=sum(each.recover > 0 for each in _by_person(every)),
    )
