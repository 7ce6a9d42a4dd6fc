"""Which groups a person holds, and when: identities alone, without a bill. QN-1.2d, QN-A21, LZ-6, LZ-A16, HS-A7."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from workers.policy.dates import ONE_DAY
from workers.policy.types import Identity, PersonFacts
from workers.policy.verbs.context import Context
from workers.policy.verbs.identity import chooser_of


class Held(NamedTuple):
    """One identity in one group, from `first` to `last` inclusive.

    `belongs`: its list states all that is needed to belong to the measure, though perhaps not to which of two groups.
    """

    group: str
    name: str  # of the identity as the rulebook spells it
    identity: Identity
    first: date
    last: date
    belongs: bool = True

    def on(self, day: date) -> bool:
        return self.first <= day <= self.last


class Holdings:
    """The identities of a person as groups of one rulebook; `extra` are names that stand outside the groups."""

    def __init__(self, context: Context, *, lives_on: bool = False, extra: dict[str, str] | None = None) -> None:
        self.chooser = chooser_of(context)
        self.names = {group.id: tuple(each.name for each in group.identity) for group in context.book.group}
        self.lives_on = lives_on
        self.extra = extra or {}

    def of(self, person: PersonFacts) -> Iterator[Held]:
        """Every identity that is not withdrawn and held for a day at least."""
        for identity in self.chooser.identities(person):
            if identity.withdrawn:
                continue
            if identity.identity in self.extra:
                yield from self._held("", self.extra[identity.identity], identity, person, True)
                continue
            place, certain = self.chooser.placed(identity)
            if place is not None:
                name, belongs = self.names[place.group.id][place.position], certain or not place.conditional
                yield from self._held(place.group.id, name, identity, person, belongs)

    def _held(self, group: str, name: str, identity: Identity, person: PersonFacts, belongs: bool) -> Iterator[Held]:
        end = self.chooser.end(identity)
        if end > identity.recognised_on:
            last = end if end == date.max else end - ONE_DAY
            if self.lives_on and identity.removed_on is not None:
                last = self.chooser.last_day(identity, end, person, end)
            yield Held(group, name, identity, identity.recognised_on, last, belongs)


def own_name(identity: Identity) -> str:
    """An identity in the key of a matter: a source may give one number to several identities of a person."""
    said = f"{identity.region or ''}|{identity.identity}"
    return f"{identity.source_id}:{sha256(said.encode()).hexdigest()[:8]}"


class Interval(NamedTuple):
    """Days from `first` to `last`, both inclusive; `date.max` is open."""

    first: date
    last: date


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """The same days in intervals that neither meet nor overlap, in order; one that ends before it begins has none."""
    found: list[Interval] = []
    for each in sorted(each for each in intervals if each.first <= each.last):
        if found and (found[-1].last == date.max or each.first <= found[-1].last + ONE_DAY):
            found[-1] = Interval(found[-1].first, max(found[-1].last, each.last))
        else:
            found.append(each)
    return found


def common(one: Iterable[Interval], other: Iterable[Interval]) -> list[Interval]:
    """The days that both have."""
    others = list(other)
    found = [Interval(max(a.first, b.first), min(a.last, b.last)) for a in one for b in others]
    return joined(each for each in found if each.first <= each.last)


def open_end(day: date) -> date | None:
    """How an end is stated: None where it is open."""
    return None if day == date.max else day
