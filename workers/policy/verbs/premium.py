"""`premium`: the subsidy of the personal contribution; QN-1.2a–e, N2, T1–T3, JY-7.1a, LZ-11, HS-3.2d, DT-3.2a.

Once per coverage year: of several payments the first that earns something, by date and number. The recognition that
decides is the one on the payment date, and where that earns nothing, one that begins later inside the window (QN-A20).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from workers.policy.matters.brackets import Brackets
from workers.policy.matters.holding import Held, Holdings
from workers.policy.matters.places import validity
from workers.policy.matters.plan import Plan
from workers.policy.matters.situation import PremiumPaid, Situation
from workers.policy.matters.wanted import Grant
from workers.policy.rounding import ratio_text
from workers.policy.say import NOT, Say, Says
from workers.policy.types import Identity, PersonFacts, Step
from workers.policy.values import Choice
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import Premium, PremiumShare

LAYER = "premium"
EVERYBODY = "everybody"
NOBODY = Identity("", EVERYBODY, date.min)
"""Stands for the identity of people who need none."""
ANYBODY = Held("", EVERYBODY, NOBODY, date.min, date.max)
_NAMES, _KINDS = ("个人缴费标准", "比例", "资助额"), ("fen", "ratio", "fen")


def premium_says(rule: Premium, context: Context) -> Says:
    """Codes of one `premium` rule: one for each share, and why nothing is given."""
    says: dict[str, Say] = {}
    for share in rule.shares:
        if share.rate is not None:
            text = f"{share.name}：个人缴费标准{{个人缴费标准}}元×{{比例}}＝{{资助额}}元。"
            says[share.id] = Say(text, _NAMES, _KINDS, outputs=1, options=("decides", "later"))
        else:
            text = f"{share.name}：定额资助{{资助额}}元（个人缴费标准{{个人缴费标准}}元）。"
            says[share.id] = Say(text, ("个人缴费标准", "资助额"), ("fen", "fen"), outputs=1, options=("decides",))
    says["no_figure"] = Say("所依据的文件尚未录入该参保年度的标准，等待录入。")
    says["not_stated"] = Say("没有收到判定资助比例所需的事实，等待补充。")
    says["after_window"] = Say("集中征缴期结束后缴费，不享受参保资助。")
    says["again"] = Say("本参保年度已经资助过一次，不重复资助。")
    says["none"] = Say("缴费时不属于享受参保资助的人员。", effect=NOT, options=("decides", "later", "by_insurance"))
    return says


class Earned(NamedTuple):
    """What one payment earns: the code of the step, its amount, whom it serves."""

    code: str
    amount: int = 0
    share: PremiumShare | None = None
    held: Held | None = None


class Subsidy:
    """The compiled rule."""

    def __init__(self, rule: Premium, context: Context) -> None:
        self.rule, self.measure = rule, context.book.measure
        self.counties, self.valid = frozenset(context.book.place.counties), validity(context)
        extra = {
            name: each.name for share in rule.shares for each in share.identity for name in (each.name, *each.aliases)
        }
        lives_on = rule.lives_on is not None and context.pick(rule.lives_on) == "everything"
        self.holdings = Holdings(context, lives_on=lives_on, extra=extra)
        self.shares = [share for share in rule.shares if context.holds(share.only_if, True)]
        self.by_list = [share for share in rule.shares if share not in self.shares]
        self.lists = context.lists
        self.open_share = next((share for share in self.shares if share.everybody), None)
        self.ranks = {group.id: group.rank for group in context.book.group}
        self.named = {each.name: share for share in self.shares for each in share.identity}
        self.fixed: dict[str, Mapping[int, int] | None] = {
            share.id: context.figures.get(share.figure) for share in rule.shares if share.figure is not None
        }
        self.window: Mapping[int, date] | None = None
        if rule.window_figure is not None:
            self.window = context.figures.get(rule.window_figure, {})
        self.decides = context.pick(rule.decides)
        self.later = rule.later is not None and context.pick(rule.later) == "later_in_window"
        self.insurance = "every_insurance" if rule.by_insurance is None else context.pick(rule.by_insurance)
        self.brackets = Brackets("payment_date" if rule.age_on is None else context.pick(rule.age_on))
        self.rounding = context.rounding
        options = (rule.decides, rule.later, rule.age_on, rule.lives_on)
        self.questions = tuple(dict.fromkeys(each.question for each in options if isinstance(each, Choice)))

    def wanted(self, situation: Situation) -> Iterator[Grant]:
        """One decision for each contribution of a person whom the rulebook knows at all."""
        paid = [each for each in situation.recorded.premiums if self._governs(each)]
        if not paid:
            return
        known = sorted(self.holdings.of(situation.person), key=lambda each: self.ranks.get(each.group, 0))
        held = [*known, *([ANYBODY] if self.open_share is not None else ())]
        if not held:
            return
        given: set[int] = set()
        for payment in sorted(paid, key=lambda each: (each.paid_on, each.region, each.payment_id)):
            earned = self._earned(payment, held, situation.person)
            if payment.coverage_year in given and (earned.amount or earned.code in _WAITS):
                earned = Earned("again")  # certain, whatever the wait would bring
            elif earned.amount:
                given.add(payment.coverage_year)
            elif earned.code == "none" and all(each.identity is NOBODY for each in held):
                continue  # who is none of those whom the rule names has nothing to be decided
            yield self._grant(payment, earned, situation.person)

    def _governs(self, payment: PremiumPaid) -> bool:
        first = self.rule.first_year
        if first is not None:
            began = payment.coverage_year >= first.value
        else:
            began = self.valid.first <= payment.paid_on <= self.valid.last
        return payment.kind == self.rule.kind and payment.county in self.counties and began

    def _earned(self, payment: PremiumPaid, held: list[Held], person: PersonFacts) -> Earned:
        window = None
        if self.window is not None:
            window = self.window.get(payment.coverage_year)
            if window is None:
                return Earned("no_figure")
            if payment.paid_on > window:
                return Earned("after_window")
        day = window if self.decides == "window_end" and window is not None else payment.paid_on
        if self.decides == "any_of_the_year":
            first, last = date(payment.coverage_year, 1, 1), date(payment.coverage_year, 12, 31)
            return self._best((each for each in held if each.first <= last and first <= each.last), payment, person)
        on_day = self._best((each for each in held if each.on(day)), payment, person, window)
        if on_day.code != "none" or window is None or not self.later or self.decides != "payment_date":
            return on_day
        begun = (each for each in held if payment.paid_on < each.first <= window)
        return self._best(begun, payment, person, window)

    def _best(
        self, held: Iterable[Held], payment: PremiumPaid, person: PersonFacts, window: date | None = None
    ) -> Earned:
        """The highest share that one of the identities earns; one that a missing fact leaves open goes before less."""
        best, doubt = Earned("none"), Earned("none")
        for each in held:
            for share, certain in self._shares_of(each, payment):
                open_fact = not (each.belongs and certain)
                insured = self._insured(each, payment, person)
                if insured is False:
                    continue
                fits = self.brackets.fit(share.brackets, person, payment, window)
                if fits is False or (fits is None and each.identity is NOBODY):
                    continue  # of people of whom nothing is known nothing is waited for
                found = self._amount(share, payment, each)
                if found.code == "no_figure" and best.code == "none":
                    best = found
                if insured is None or fits is None or open_fact:
                    doubt = max(doubt, found, key=lambda one: one.amount)
                elif found.amount > best.amount:
                    best = found
        return Earned("not_stated") if doubt.amount > best.amount else best

    def _shares_of(self, held: Held, payment: PremiumPaid) -> list[tuple[PremiumShare, bool]]:
        """What the identity may earn, and whether it is certain that it does."""
        if held.identity is NOBODY:
            return [(self.open_share, True)] if self.open_share is not None else []
        if not held.group:
            return [(self.named[held.name], True)] if held.name in self.named else []
        shares = [(share, True) for share in self.shares]
        if self.by_list:  # the county's list says so, whatever the reading (JY-A11)
            said = self.lists.pays_premium(held.identity.identity, held.identity.county, payment.paid_on)
            shares += [(share, said is not None) for share in self.by_list if said is not False]
        shares = [pair for pair in shares if not pair[0].names or held.name in pair[0].names]
        return [pair for pair in shares if held.group in pair[0].groups]

    def _amount(self, share: PremiumShare, payment: PremiumPaid, held: Held) -> Earned:
        if share.rate is not None:
            exact = share.rate.value * payment.standard
            return Earned(share.id, self.rounding(exact.numerator, exact.denominator), share, held)
        table = self.fixed.get(share.id)
        amount = None if table is None else table.get(payment.coverage_year)
        return Earned("no_figure") if amount is None else Earned(share.id, min(amount, payment.standard), share, held)

    def _insured(self, held: Held, payment: PremiumPaid, person: PersonFacts) -> bool | None:
        """Whether the contribution is to an insurance that the rule serves; None where that decides and is open."""
        worker = held.name in self.rule.workers
        if worker and self.insurance == "never":
            return False
        if not self.rule.insutypes or (worker and self.insurance == "every_insurance"):
            return True
        insutype = payment.insutype or _enrolled_as(payment, person)
        if insutype is None:  # a supplementary contribution does not say that its payer is in basic insurance
            return None if worker or self.rule.kind == "supplementary" else True
        return insutype in self.rule.insutypes

    def _grant(self, payment: PremiumPaid, earned: Earned, person: PersonFacts) -> Grant:
        rule, share, amount = self.rule, earned.share, earned.amount
        status, reason = _STATES.get(earned.code, ("decided", "assisted"))
        numbers: tuple[int | str, ...] = ()
        if share is not None and share.rate is not None:
            rate: Fraction = share.rate.value
            numbers = (payment.standard, ratio_text(rate.numerator, rate.denominator), amount)
        elif share is not None:
            numbers = (payment.standard, amount)
        county = payment.county
        if rule.booked_at == "registration_place":
            county = person.registration_county or county
        asked: tuple[str, ...] = self.questions
        if earned.held is not None and earned.held.name in rule.workers and isinstance(rule.by_insurance, Choice):
            asked = (*asked, rule.by_insurance.question)
        return Grant(
            key=f"{rule.id}:{payment.region}:{payment.payment_id}",
            subject=("premium", payment.region, payment.payment_id),
            measure=self.measure, year=payment.coverage_year, benefit_date=payment.paid_on, county=county,
            status=status, reason=reason, layers={LAYER: amount}, base=payment.standard if status == "decided" else 0,
            funding=share.payers if share is not None and amount else (),
            clauses=(*(share.clauses if share is not None else ()), *rule.clauses), questions=asked,
            steps=(Step(rule.id, earned.code, numbers),),
        )  # fmt: skip


_WAITS = frozenset({"no_figure", "not_stated"})
_STATES = {
    "no_figure": ("held", "figure_missing"),
    "not_stated": ("held", "fact_missing"),
    "after_window": ("decided", "paid_after_window"),
    "again": ("decided", "already_subsidised"),
    "none": ("decided", "no_premium_subsidy"),
}


def _enrolled_as(payment: PremiumPaid, person: PersonFacts) -> str | None:
    """The insurance of the enrolments that reach into the coverage year at the place; None where it is not one."""
    first, last = date(payment.coverage_year, 1, 1), date(payment.coverage_year, 12, 31)
    found = {
        each.insutype
        for each in person.enrolments
        if each.county == payment.county
        and (each.first_day or each.registered_on) <= last
        and (each.last_day is None or first <= each.last_day)
    }
    return found.pop() if len(found) == 1 else None


def plan_premium(rule: Premium, context: Context) -> Plan:
    return Plan(of_person=Subsidy(rule, context).wanted)
