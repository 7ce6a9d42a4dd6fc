"""Where the names of identities stand in the groups, and stays that outlast an identity; JY-3.1e, 5.1.2b, LZ-14.1d."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from workers.policy.case import GroupPlan
from workers.policy.county_lists import BY_COUNTY, Term, Terms
from workers.policy.types import BillFacts, Identity, PersonFacts
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import StayInProgress


class Place(NamedTuple):
    """Where the rulebook puts a name: the group, the position in it, and what the list must state besides."""

    group: GroupPlan
    position: int
    sub_classes: frozenset[str]
    member_types: frozenset[str]
    counties: Terms | None = None  # only recognised there, while its county's list names it (JY-3.1f)

    @property
    def conditional(self) -> bool:
        """Whether the name alone does not tell that a person belongs to the measure: a kind of member, a county."""
        return bool(self.member_types) or self.counties is not None


Places = tuple[Place, ...]


def places_of(context: Context) -> dict[str, Places]:
    """Name or alias → its places in the groups, highest first."""
    found: dict[str, Places] = {}
    for group in sorted(context.book.group, key=lambda each: each.rank):
        for position, identity in enumerate(group.identity):
            conditions = (frozenset(identity.sub_classes), frozenset(identity.member_types))
            for name in (identity.name, *identity.aliases):
                found[name] = (*found.get(name, ()), Place(context.groups[group.id], position, *conditions))
    return {**_of_county_lists(context), **found}


def _of_county_lists(context: Context) -> dict[str, Places]:
    """Names that counties put among the people whom they themselves recognise."""
    for group in context.book.group:
        for position, identity in enumerate(group.identity):
            if identity.recognised_by == BY_COUNTY:
                place = Place(context.groups[group.id], position, frozenset(), frozenset())
                return {name: (place._replace(counties=terms),) for name, terms in context.lists.terms().items()}
    return {}


class Listed:
    """Identities of names that counties keep a list of: each as often and as long as its county's list names it."""

    def __init__(self, names: Mapping[str, Places]) -> None:
        self._terms = {name: places[0].counties for name, places in names.items() if places[0].counties is not None}

    def of(self, person: PersonFacts) -> tuple[Identity, ...]:
        """All identities of the person; of one that names no county every term that it may have."""
        if not self._terms:
            return person.identities
        return tuple(held for identity in person.identities for held in self._held(identity))

    def _held(self, identity: Identity) -> Iterable[Identity]:
        counties = self._terms.get(identity.identity)
        if counties is None:
            return (identity,)
        if identity.county is not None:
            return (_within(identity, term) for term in counties.get(identity.county, ()))
        every = sorted({term for terms in counties.values() for term in terms})
        return (_within(identity, term) for term in every)


def _within(identity: Identity, term: Term) -> Identity:
    first, removed = max(identity.recognised_on, term.first), identity.removed_on
    if removed is not None and removed < term.end:
        return identity._replace(recognised_on=first)
    end = None if term.end == date.max else term.end
    return identity._replace(recognised_on=first, removed_on=end, removal_reason=None)


def place_of(places: Places, identity: Identity, provisional: bool = False) -> tuple[Place | None, bool]:
    """The place of an identity as its list states it, and whether that is certain; None: it has no place."""
    first = places[0]
    if first.counties is not None:
        if identity.county is None:
            return first, False
        return (first, True) if identity.county in first.counties else (None, True)
    if first.sub_classes:
        stated = next((place for place in places if identity.sub_class in place.sub_classes), None)
        if stated is None and provisional:
            return places[-1], True
        return (first, False) if stated is None else (stated, True)
    if first.member_types:
        if identity.member_type is None:
            return first, False
        return (first, True) if identity.member_type in first.member_types else (None, True)
    return first, True


class Stays:
    """`stay_in_progress`: who leaves a group while in hospital is assisted for that stay; JY-5.1.2b, JY-A8, A14."""

    def __init__(self, context: Context) -> None:
        rules: list[StayInProgress] = context.rules("stay_in_progress")
        self.care_types = frozenset(rules[0].care_types) if rules else frozenset()
        self.on_the_day = bool(rules) and context.pick(rules[0].admitted) == "up_to_removal"
        self.only_last = bool(rules) and context.pick(rules[0].reach) == "leaving_all_groups"

    def covers(self, bill: BillFacts, identity: Identity) -> bool | None:
        """Whether the stay was in progress on the day of removal; None: the day of admission was not stated."""
        removed, admitted = identity.removed_on, bill.admitted_on
        if bill.care_type not in self.care_types or removed is None:
            return False
        if admitted is None:
            return None
        return admitted < removed or (self.on_the_day and admitted == removed)
