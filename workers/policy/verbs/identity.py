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
from workers.policy.verbs.applicants import Abroad, Applicants
from workers.policy.verbs.context import Context
from workers.policy.verbs.phases import Phases
from workers.policy.verbs.places import Listed, Place, Stays, place_of, places_of
from workers.policy.verbs.retro import Recognitions
from workers.policy.verbs.sources import Sources
from workers.policy.verbs.ways import ADMITTED, APPLIED, BEFORE, DOUBT, GRACE, RETRO, STAY, UNAPPLIED, VALID, YEAR
from workers.policy.verbs_admission import ChooseIdentity, GraceMonth, RetroWindow

_WAY_RANK = {VALID: 0, APPLIED: 0, ADMITTED: 1, STAY: 2, GRACE: 3, RETRO: 4, YEAR: 5, BEFORE: 6, DOUBT: 7}
_NONE = End(Status.DECIDED, "no_identity")
_ENDED = End(Status.DECIDED, "identity_ended")
_UNAPPLIED = End(Status.DECIDED, "application_missing")

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
    "before": Say("费用在{身份}新认定之前的追溯期内，按{类别}救助。", ("身份", "类别"), ("identity", "group")),
    "year": Say("费用发生的年度内为{身份}，属{类别}。", ("身份", "类别"), ("identity", "group")),
    "admitted": Say(
        "入院时为{身份}，按{类别}救助。", ("身份", "类别"), ("identity", "group"), options=("ends_in_hospital",)
    ),
    "stay": Say("住院期间{身份}身份终止，出院时仍按{类别}救助。", ("身份", "类别"), ("identity", "group")),
    "applied": Say("费用发生时为{身份}，已经提出申请，属{类别}。", ("身份", "类别"), ("identity", "group")),
    "doubt": Say("{身份}：没有收到判定所需的事实，等待补充。", ("身份", "类别"), ("identity", "group")),
    "wrong_source": Say("{身份}不是由规定的部门认定，不计入。", ("身份",), ("word",), options=("source",)),
    "unapplied": Say("此类对象须先提出申请，没有收到包括本次费用的申请。"),
}


class Look(NamedTuple):
    """What the time line gives for a bill: the group that decides, one a missing fact may open, and the waiting one."""

    best: Found | None
    doubt: Found | None
    unapplied: bool


class Found(NamedTuple):
    """A group that the person may use for the bill, and how."""

    group: GroupPlan
    way: str
    position: int  # of the identity's name in its group
    identity: Identity
    applied: date | None = None


def chooser_of(context: Context) -> Chooser:
    """The one chooser of a rulebook: many rules ask who a person is, and it is dear to compile."""
    if "chooser" not in context.shared:
        context.shared["chooser"] = Chooser(context.rules("choose_identity")[0], context)
    chooser: Chooser = context.shared["chooser"]
    return chooser


class Chooser:
    """The compiled rule: `find` is also used alone, where only the benefit year is asked."""

    def __init__(self, rule: ChooseIdentity, context: Context) -> None:
        self.rule = rule
        self.names = places_of(context)
        self.identities = Listed(self.names).of
        self.plain = {
            name: places[0]
            for name, places in self.names.items()
            if not (places[0].sub_classes or places[0].member_types or places[0].counties is not None)
        }
        self.sources = Sources(rule, context)
        self.stay = Stays(context)
        self.applicants = Applicants(context, self.sources.wrong)
        self.abroad = Abroad(context)
        self.phases = Phases(context)
        self.recognitions = Recognitions(context, self.end)
        claims = [each for each in context.rules("running_claim") if each.days is not None]
        self.whole_year = any(context.pick(each.days) == "whole_calendar_year" for each in claims)
        missing = rule.sub_class_missing
        self.provisional = missing is not None and context.pick(missing) == "lowest_provisionally"
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
        self.year_of_application = self.year_of_application or self.applicants.year_of_application
        self.steps = {
            (place.group.id, place.position, way): Step(rule.id, place.group.id + way, (place.position,))
            for places in self.names.values()
            for place in places
            for way in _WAY_RANK
        }
        self.step_none = Step(rule.id, "none")
        self.step_ended = Step(rule.id, "ended")
        self.step_unapplied = Step(rule.id, "unapplied")

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
        return self.look(bill, person, day).best

    def look(self, bill: BillFacts, person: PersonFacts, day: date) -> Look:
        """All identities of the person against the bill; a doubt counts only where it could change the group."""
        best: Found | None = None
        doubt: Found | None = None
        unapplied = False
        for identity in self.identities(person):
            place, certain = self.plain.get(identity.identity), True
            if place is None:
                place, certain = self.placed(identity)
            if place is None or identity.withdrawn or self.sources.wrong(identity):
                continue
            on_application, applied = place.group.id in self.applicants.groups, identity.applied_on
            if on_application:
                way, applied = self.applicants.way(person, day, identity, self.end)
            else:
                way = self.way(bill, person, day, identity, place.group)
            if way is not None and self.abroad.counties:
                way = self.abroad.way(way, bill, person, identity, on_application)
            if way is None:
                continue
            if way == UNAPPLIED:
                unapplied = True
            elif way == DOUBT or not certain:
                if doubt is None or place.group.rank < doubt.group.rank:
                    doubt = Found(place.group, DOUBT, place.position, identity)
            else:
                found = Found(self.phases.at(place.group, place.position, day), way, place.position, identity, applied)
                if best is None or self.better(found, best):
                    best = found
        if doubt is not None and best is not None and doubt.group.rank >= best.group.rank:
            doubt = None
        return Look(best, doubt, unapplied)

    def better(self, one: Found, other: Found) -> bool:
        """Whether `one` goes before `other` (QN-A7); ties by how it is held, then by name."""
        if self.latest and one.identity.recognised_on != other.identity.recognised_on:
            return one.identity.recognised_on > other.identity.recognised_on
        if self.stay.only_last and (one.way == STAY) != (other.way == STAY):
            return other.way == STAY
        if one.group.rank != other.group.rank:
            return one.group.rank < other.group.rank
        return (_WAY_RANK[one.way], one.position) < (_WAY_RANK[other.way], other.position)

    def way(self, bill: BillFacts, person: PersonFacts, day: date, identity: Identity, group: GroupPlan) -> str | None:
        """How the identity covers the bill: held, last month, traced back, by admission; None if not at all."""
        start = identity.recognised_on
        if identity.removed_on is None:
            if start <= day:
                return VALID
            return self.way_before(bill, person, day, identity, group)
        end = self.end(identity)
        if end <= start:
            return None
        if day < start:
            return self.way_before(bill, person, day, identity, group)
        if day < end:
            return VALID
        last = self.last_day(identity, end, person, day)
        if day <= last:
            return GRACE
        stays = self.stay.covers(bill, identity)
        if stays is not False:
            return STAY if stays else DOUBT
        admitted = bill.admitted_on
        if self.by_admission and admitted is not None and start <= admitted <= last:
            return ADMITTED
        return YEAR if self.in_year(identity, day) else None

    def way_before(
        self, bill: BillFacts, person: PersonFacts, day: date, identity: Identity, group: GroupPlan
    ) -> str | None:
        """How an identity covers a bill from before its recognition."""
        if self.traces_back(bill, identity, group):
            return RETRO
        if self.in_year(identity, day):
            return YEAR
        recognitions = self.recognitions
        if recognitions.rule is None or not recognitions.opens(identity, person):
            return None
        return BEFORE if recognitions.inside(bill, identity.recognised_on) else None

    def in_year(self, identity: Identity, day: date) -> bool:
        """Whether the identity is held on some day of the calendar year of `day`, where that counts (DT-A11)."""
        if not self.whole_year:
            return False
        start, end = identity.recognised_on, self.end(identity)
        return start < end and start.year <= day.year and end > day.replace(month=1, day=1)

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
            other != but
            and not other.withdrawn
            and self.belongs(other)
            and other.recognised_on <= day < self.end(other)
            for other in self.identities(person)
        )

    def placed(self, identity: Identity) -> tuple[Place | None, bool]:
        """The place of an identity whose list must state more than its name, and whether that is certain."""
        places = self.names.get(identity.identity)
        if places is None or self.sources.wrong(identity):
            return None, True
        return place_of(places, identity, self.provisional)

    def belongs(self, identity: Identity) -> bool:
        """Whether the rulebook has a group for the identity, as far as its list states it."""
        return self.placed(identity)[0] is not None

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
            return found.applied.year if found.applied else day.year
        return day.year

    def run(self, case: Case) -> End | None:
        if not case.person.identities:  # nearly everybody of a city
            case.steps.append(self.step_none)
            return _NONE
        look = self.look(case.bill, case.person, case.date)
        if look.doubt is not None:
            case.hold = "fact_missing"
        found = look.doubt or look.best
        if found is None:
            if look.unapplied:
                case.steps.append(self.step_unapplied)
                return _UNAPPLIED
            ended = self.has_ended(case.person, case.date)
            case.steps.append(self.step_ended if ended else self.foreign(case.person) or self.step_none)
            return _ENDED if ended else _NONE
        case.group = found.group
        if found.group.missing:
            case.hold = case.hold or "figure_missing"
        if self.year_of_application:
            case.year = self.year(found, case.date)
        case.steps.append(self.steps[found.group.id, found.position, found.way])
        return None

    def foreign(self, person: PersonFacts) -> Step | None:
        """Names an identity that does not count for who recognised it."""
        found = (each.identity for each in person.identities if not each.withdrawn and self.sources.wrong(each))
        name = next((name for name in found if name in self.names), None)
        return None if name is None else Step(self.rule.id, "wrong_source", (name,))

    def has_ended(self, person: PersonFacts, day: date) -> bool:
        """Whether an identity of this measure began by `day` and is over; one that does not count has not ended."""
        for identity in self.identities(person):
            if identity.withdrawn or identity.recognised_on > day:
                continue
            if self.end(identity) <= day and self.belongs(identity):
                return True
        return False


def compile_choose(rule: ChooseIdentity, context: Context) -> Run:
    return chooser_of(context).run
