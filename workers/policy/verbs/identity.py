"""`choose_identity` with `grace_month` and `retro_window`: which group the person belongs to for this bill.

QN-1.2g, 1.3a, 4.2d; readings QN-A6, A7, A8, A11, A23, X-A6. Intervals are half open inside: `start <= day < end`.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from workers.policy.case import Case, End, GroupPlan, Run
from workers.policy.dates import ONE_DAY, month_end, months_before
from workers.policy.say import Say, Says
from workers.policy.types import BillFacts, Identity, PersonFacts, Status, Step
from workers.policy.verbs.context import Context
from workers.policy.verbs_admission import ChooseIdentity, GraceMonth, RetroWindow

VALID, GRACE, RETRO, ADMITTED = "", ".grace", ".retro", ".admitted"
_WAY_RANK = {VALID: 0, ADMITTED: 1, GRACE: 2, RETRO: 3}
_NONE = End(Status.DECIDED, "no_identity")
_ENDED = End(Status.DECIDED, "identity_ended")

SAYS: Says = {
    "none": Say("费用发生时不具有本办法规定的救助对象身份。", options=("without_identity",)),
    "ended": Say("救助对象身份在费用发生之前已经终止。", options=("ends_in_hospital", "death_day")),
    "valid": Say("费用发生时为{身份}，属{类别}。", ("身份", "类别"), ("identity", "group")),
    "grace": Say(
        "{身份}身份已经终止，终止当月仍按{类别}享受待遇。",
        ("身份", "类别"),
        ("identity", "group"),
        options=("several",),
    ),
    "retro": Say("费用在{身份}申请前的追溯期内，按{类别}救助。", ("身份", "类别"), ("identity", "group")),
    "admitted": Say(
        "入院时为{身份}，按{类别}救助。", ("身份", "类别"), ("identity", "group"), options=("ends_in_hospital",)
    ),
}


class Found(NamedTuple):
    """A group that the person may use for the bill, and how."""

    group: GroupPlan
    way: str
    position: int  # of the identity's name in its group
    identity: Identity


class Chooser:
    """The compiled rule: `find` is also used alone, where only the benefit year is asked."""

    def __init__(self, rule: ChooseIdentity, context: Context) -> None:
        self.rule = rule
        self.names = {
            name: (context.groups[group.id], position)
            for group in context.book.group
            for position, identity in enumerate(group.identity)
            for name in (identity.name, *identity.aliases)
        }
        self.latest = context.pick(rule.several) == "latest"
        self.by_admission = context.pick(rule.ends_in_hospital) == "admission"
        self.death_counts = context.pick(rule.death_day) == "last_day_with"
        grace: list[GraceMonth] = context.rules("grace_month")
        self.has_grace = bool(grace)
        self.every_removal = self.has_grace and context.pick(grace[0].reach) == "next_month_for_every_removal"
        self.grace_ends = self.has_grace and context.pick(grace[0].lower_class_in_month) == "grace_ends"
        retro: list[RetroWindow] = context.rules("retro_window")
        self.retro_groups = frozenset(retro[0].groups) if retro else frozenset()
        self.retro_months = retro[0].reach.value if retro else 0
        self.retro_by_discharge = bool(retro) and context.pick(retro[0].date) == "discharge"
        self.year_of_application = bool(retro) and context.pick(retro[0].year) == "application_year"
        self.steps = {
            (group.id, position, way): Step(rule.id, group.id + way, (position,))
            for group, position in self.names.values()
            for way in _WAY_RANK
        }
        self.step_none = Step(rule.id, "none")
        self.step_ended = Step(rule.id, "ended")

    def end(self, identity: Identity) -> date:
        """First day without the identity; the day of death is the last day with it (X-A6)."""
        removed = identity.removed_on
        if removed is None:
            return date.max
        if self.death_counts and identity.removal_reason == "death":
            return removed + ONE_DAY
        return removed

    def find(self, bill: BillFacts, person: PersonFacts, day: date) -> Found | None:
        """The group that decides on `day`, or None."""
        best: Found | None = None
        for identity in person.identities:
            known = self.names.get(identity.identity)
            if known is None or identity.withdrawn:
                continue
            way = self.way(bill, person, day, identity, known[0])
            if way is None:
                continue
            found = Found(known[0], way, known[1], identity)
            if best is None or self.better(found, best):
                best = found
        return best

    def better(self, one: Found, other: Found) -> bool:
        """Whether `one` goes before `other` (QN-A7); ties by how it is held, then by name."""
        if self.latest and one.identity.recognised_on != other.identity.recognised_on:
            return one.identity.recognised_on > other.identity.recognised_on
        if one.group.rank != other.group.rank:
            return one.group.rank < other.group.rank
        return (_WAY_RANK[one.way], one.position) < (_WAY_RANK[other.way], other.position)

    def way(self, bill: BillFacts, person: PersonFacts, day: date, identity: Identity, group: GroupPlan) -> str | None:
        """How the identity covers the bill: held, last month, traced back, by admission; None if not at all."""
        start = identity.recognised_on
        if identity.removed_on is None:
            if start <= day:
                return VALID
            return RETRO if self.traces_back(bill, identity, group) else None
        end = self.end(identity)
        if end <= start:
            return None
        if day < start:
            return RETRO if self.traces_back(bill, identity, group) else None
        if day < end:
            return VALID
        last = self.last_day(identity, end, person, day)
        if day <= last:
            return GRACE
        admitted = bill.admitted_on
        return ADMITTED if self.by_admission and admitted is not None and start <= admitted <= last else None

    def last_day(self, identity: Identity, end: date, person: PersonFacts, day: date) -> date:
        """Last day of treatment: the month's end where the grace month applies, else the day before `end`."""
        removed = identity.removed_on
        if not self.has_grace or removed is None:
            return end - ONE_DAY
        if not self.every_removal:
            if self.holds_another(person, identity, end):
                return end - ONE_DAY
            if self.grace_ends and self.holds_another(person, identity, day):
                return end - ONE_DAY
        return max(month_end(removed), end - ONE_DAY)

    def holds_another(self, person: PersonFacts, but: Identity, day: date) -> bool:
        """Whether the person holds any other identity of this measure on `day`."""
        return any(
            other is not but
            and not other.withdrawn
            and other.identity in self.names
            and other.recognised_on <= day < self.end(other)
            for other in person.identities
        )

    def traces_back(self, bill: BillFacts, identity: Identity, group: GroupPlan) -> bool:
        """Whether a bill before recognition lies in the window of the application; none known, no window."""
        if group.id not in self.retro_groups:
            return False
        applied = identity.applied_on
        if applied is None:
            return False
        day = bill.discharged_on if self.retro_by_discharge else bill.settled_on
        return day >= months_before(applied, self.retro_months)

    def year(self, found: Found, day: date) -> int:
        """Benefit year: the bill's own, or the application's where QN-A8.year says so."""
        if self.year_of_application and found.way == RETRO:
            applied = found.identity.applied_on
            return applied.year if applied else day.year
        return day.year

    def run(self, case: Case) -> End | None:
        found = self.find(case.bill, case.person, case.date)
        if found is None:
            ended = self.has_ended(case.person, case.date)
            case.steps.append(self.step_ended if ended else self.step_none)
            return _ENDED if ended else _NONE
        case.group = found.group
        if self.year_of_application:
            case.year = self.year(found, case.date)
        case.steps.append(self.steps[found.group.id, found.position, found.way])
        return None

    def has_ended(self, person: PersonFacts, day: date) -> bool:
        """Whether an identity of this measure began by `day`; as none covers it, it has ended."""
        for identity in person.identities:
            if identity.recognised_on <= day and not identity.withdrawn and identity.identity in self.names:
                return True
        return False


def compile_choose(rule: ChooseIdentity, context: Context) -> Run:
    return Chooser(rule, context).run
