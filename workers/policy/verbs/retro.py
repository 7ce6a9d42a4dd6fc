"""`retro_benefit`: a payment per new recognition for the bills of a window before it; DT-3.3, A1–A3, A6–A8, A13, A15.

What a recognition earns depends on all bills of its window together, so it is worked out before any bill is decided
(`Law.foresee`), and each bill is told its share: in proportion to its cost, exact over the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from workers.policy.case import Case, End, Run
from workers.policy.dates import months_before
from workers.policy.rounding import Rounding
from workers.policy.say import NOT, Say, Says
from workers.policy.types import BillFacts, BillKey, Identity, PersonFacts, Share, Step
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import RetroBenefit

_NAMES = ("认定日期", "追溯期内合计", "比例", "追溯救助合计", "本次费用", "本次追溯救助")
_KINDS = ("word", "fen", "word", "fen", "fen", "fen")
_OPTIONS = ("months", "base", "arithmetic", "year", "twice", "again")
SAYS: Says = {
    "outside": Say("费用不在新认定之前的追溯期内。", effect=NOT),
    "below": Say(
        "{认定日期}认定之前的追溯期内，个人负担合计{追溯期内合计}元，没有达到起点或年度限额已经用完。", _NAMES[:2],
        _KINDS[:2], effect=NOT, options=_OPTIONS,
    ),
    "used_up": Say(
        "{认定日期}认定之前的追溯期内，个人负担合计{追溯期内合计}元，本年度追溯救助限额已经用完。", _NAMES[:2],
        _KINDS[:2], effect=NOT, options=_OPTIONS,
    ),
    "share": Say(
        "{认定日期}认定之前的追溯期内，个人负担合计{追溯期内合计}元，按{比例}，追溯救助合计{追溯救助合计}元；"
        "本次费用{本次费用}元，按费用所占份额{本次追溯救助}元。",
        _NAMES, _KINDS, outputs=1, options=_OPTIONS,
    ),
}  # fmt: skip


class Window(NamedTuple):
    """Bills from `first` on and before `end` belong to the recognition."""

    recognised_on: date
    first: date
    end: date


class Recognitions:
    """The compiled rule: which recognitions open a window, and what each bill of a window gets. Empty without rule."""

    def __init__(self, context: Context, end: Callable[[Identity], date]) -> None:
        rules: list[RetroBenefit] = context.rules("retro_benefit")
        self.rule = rules[0] if rules else None
        self.names: frozenset[str] = frozenset()
        self._end = end
        if self.rule is None:
            return
        rule, pick, table = self.rule, context.pick, context.book.instrument
        names = {*rule.identities, *(rule.more_identities if context.holds(rule.more_if, False) else ())}
        self.names = frozenset(
            name
            for group in context.book.group
            for identity in group.identity
            if identity.name in names
            for name in (identity.name, *identity.aliases)
        )
        self.last_months = 0 if pick(rule.months) == "whole_12_months" else rule.to_months.value
        self.whole = pick(rule.base) == "including_out_of_scope"
        self.marginal = pick(rule.arithmetic) == "marginal"
        self.by_cost = pick(rule.year) == "cost"
        self.bill_once = pick(rule.twice) == "bill_once"
        self.first_only = pick(rule.again) == "first_only"
        self.valid = (table.in_force.value, date.max if table.last_day is None else table.last_day.value)
        self.rounding: Rounding = context.rounding

    def windows(self, person: PersonFacts) -> list[Window]:
        """Windows of the new recognitions, in the order of their dates; two of one day are one (DT-A6, A7, A15)."""
        if self.rule is None:
            return []
        days = {each.recognised_on for each in person.identities if self.opens(each, person)}
        return [self.window(day) for day in sorted(days)]

    def window(self, recognised_on: date) -> Window:
        """The window of a recognition, by discharge date (DT-A1, A6)."""
        assert self.rule is not None  # noqa: S101
        first = months_before(recognised_on, self.rule.from_months.value)
        return Window(recognised_on, first, months_before(recognised_on, self.last_months))

    def inside(self, bill: BillFacts, recognised_on: date) -> bool:
        window = self.window(recognised_on)
        return window.first <= bill.discharged_on < window.end

    def opens(self, identity: Identity, person: PersonFacts) -> bool:
        """Whether the recognition is a new one of the right kind inside the validity of the instrument."""
        day = identity.recognised_on
        if identity.identity not in self.names or not self._held(identity) or not self.valid[0] <= day <= self.valid[1]:
            return False
        earlier = [each for each in person.identities if self._before(each, day)]
        if self.first_only and earlier:
            return False
        if identity.new_recognition is not None:
            return identity.new_recognition
        return all(self._end(each) < day for each in earlier)  # renewed without a gap: not new (DT-A13)

    def _before(self, other: Identity, day: date) -> bool:
        return other.identity in self.names and self._held(other) and other.recognised_on < day

    def _held(self, identity: Identity) -> bool:
        return not identity.withdrawn and self._end(identity) > identity.recognised_on

    def covers(self, bill: BillFacts, person: PersonFacts) -> bool:
        """Whether the bill lies in some window."""
        day = bill.discharged_on
        return any(window.first <= day < window.end for window in self.windows(person))

    def own(self, bill: BillFacts) -> int:
        """What the bill adds to a window: own payment after all insurances and what the platform assisted, fen."""
        outside = bill.class_b_first_pay + bill.over_limit_price_pay + bill.out_of_scope if self.whole else 0
        return max(0, (bill.in_scope_personal or 0) + outside - bill.assistance_paid_upstream)

    def shares(self, person: PersonFacts, bills: Iterable[BillFacts]) -> Mapping[BillKey, tuple[Share, ...]]:
        """What each bill gets, of accepted bills in the order of their arrival."""
        found: dict[BillKey, tuple[Share, ...]] = {}
        listed, taken, used = list(bills), set[BillKey](), dict[int, int]()
        for window in self.windows(person):
            inside = [
                bill for bill in listed if window.first <= bill.discharged_on < window.end and _key(bill) not in taken
            ]
            paid = self._pay(window, inside, used)
            for key, share in paid.items():
                found[key] = (*found.get(key, ()), share)
            if self.bill_once and any(share.amount for share in paid.values()):
                taken |= set(paid)
        return found

    def _pay(self, window: Window, inside: list[BillFacts], used: dict[int, int]) -> dict[BillKey, Share]:
        """One recognition: the payment on the sum of its window, spread over the bills, within the yearly ceiling."""
        rule = self.rule
        assert rule is not None  # noqa: S101
        base = sum(map(self.own, inside))
        exact, unit, rate = self._entitled(base)
        total, year = min(self.rounding(exact, unit), rule.limit.value), window.recognised_on.year
        if not self.by_cost:
            total = min(total, rule.limit.value - used.get(year, 0))
        spread = _spread(total, [self.own(bill) for bill in inside])
        result: dict[BillKey, Share] = {}
        for bill, amount in zip(inside, spread, strict=True):
            of = bill.discharged_on.year if self.by_cost else year
            amount = min(amount, rule.limit.value - used.get(of, 0))
            used[of] = used.get(of, 0) + amount
            result[_key(bill)] = Share(window.recognised_on, of, self.own(bill), base, rate, total, amount)
        return result

    def _entitled(self, base: int) -> tuple[int, int, str]:
        """Exact payment as a fraction of fen, and how its rate is told: one rate for all of it, or one a slice (A3)."""
        rule = self.rule
        assert rule is not None  # noqa: S101
        reached = [band for band in sorted(rule.bands, key=lambda each: each.from_amount) if base >= band.from_amount]
        if not reached:
            return 0, 1, ""
        if not self.marginal:
            rate = reached[-1].rate
            assert rate is not None  # noqa: S101
            return base * rate.numerator, rate.denominator, f"{rate.numerator * 100 // rate.denominator}%"
        ends = [*(band.from_amount for band in reached[1:]), base]
        exact = sum((end - band.from_amount) * (band.rate or 0) for band, end in zip(reached, ends, strict=True))
        return *exact.as_integer_ratio(), "分段比例"


def _key(bill: BillFacts) -> BillKey:
    return bill.region, bill.setl_id


def _spread(total: int, parts: list[int]) -> list[int]:
    """`total` in proportion to the parts, in whole fen; it adds up."""
    whole, done, given = sum(parts), 0, 0
    spread = []
    for part in parts:
        done += part
        upto = total * done // whole if whole else 0
        spread.append(upto - given)
        given = upto
    return spread


def compile_retro(rule: RetroBenefit, context: Context) -> Run:
    outside, layer = Step(rule.id, "outside"), rule.layer

    def run(case: Case) -> End | None:
        shares = (case.person.foreseen or {}).get(_key(case.bill))
        if not shares:
            case.steps.append(outside)
            return None
        amount = sum(share.amount for share in shares)
        days = "、".join(share.recognised_on.isoformat() for share in shares if share.amount or not amount)[:64]
        base = sum(share.total_base for share in shares if share.amount or not amount)
        if not amount:
            case.spent = any(share.rate and share.own and not share.total for share in shares)
            case.steps.append(Step(rule.id, "used_up" if case.spent else "below", (days, base)))
            return None
        case.layers[layer] = amount
        rates = "、".join(dict.fromkeys(share.rate for share in shares if share.amount))
        total = sum(share.total for share in shares if share.amount)
        own = max(share.own for share in shares)
        case.steps.append(Step(rule.id, "share", (days, base, rates, total, own, amount)))
        return None

    return run
