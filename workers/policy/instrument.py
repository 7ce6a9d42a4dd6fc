"""One instrument revision, ready to decide: runs its rules over a case and draws up the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from workers.policy.case import Case, Counters, End, GroupPlan
from workers.policy.compiler import DATES, build_context, compile_plans, compile_rules
from workers.policy.county_lists import NO_LISTS, CountyLists
from workers.policy.dates import ONE_DAY
from workers.policy.funds import Funds
from workers.policy.loader import Loaded
from workers.policy.matters.counting import Counting
from workers.policy.matters.situation import Result
from workers.policy.matters.wanted import NOTHING_WATCHED, Watched
from workers.policy.say import APPLIED, Say
from workers.policy.types import BillFacts, BillKey, PersonFacts, Share, Status, Step, Verdict
from workers.policy.values import Choice, OnlyIf, ReadingCite
from workers.policy.verbs.amounts import own_in_scope
from workers.policy.verbs.context import Context
from workers.policy.verbs.exclude import exclusion_clauses
from workers.policy.verbs.identity import chooser_of
from workers.policy.verbs.ordered import lay_down
from workers.policy.verbs.registry import IMPLEMENTED

FIGURES = {"single_rate": "rate", "subtract_deductible": "deductible", "cap_year": "cap"}
"""Verbs that use a figure of the group, and which."""

Shape = tuple[tuple[str, ...], tuple[str, ...]]


class Instrument:
    """A compiled revision. `decide` is a pure function of the bill, the person and the counters before the bill."""

    def __init__(self, loaded: Loaded, figures: Mapping[str, Any] | None = None, lists: CountyLists = NO_LISTS) -> None:
        book = loaded.book
        self.loaded, self.book, self.measure = loaded, book, book.measure
        self.context: Context = build_context(book, figures, lists)
        pick = self.context.pick
        self.in_force, self.last_day = book.instrument.in_force.value, date.max
        if book.instrument.last_day is not None:
            self.last_day = book.instrument.last_day.value
        if book.instrument.ends is not None and pick(book.instrument.ends) == "anniversary":
            self.last_day += ONE_DAY
        self.benefit_date: Callable[[BillFacts], date] = DATES[pick(book.governs.benefit_date)]
        by_admission = pick(book.governs.in_force_by) == "admission"
        self.governing_date = DATES["admission"] if by_admission else self.benefit_date
        self.own_reason = pick(book.governs.zero_reason) == "own_reason"
        self.runs = compile_rules(book, self.context)
        self.plans = compile_plans(book, self.context)
        self.counting = Counting(book.measure, self.plans)
        self.watching = tuple(plan.of_bill for plan in self.plans if plan.of_bill is not None)
        self.chooser = chooser_of(self.context)
        executed = [rule.id for rule in book.rule if IMPLEMENTED[rule.do].compile is not None]
        self.identity_at = executed.index(self.chooser.rule.id)  # among the steps, one a rule
        self.says = {rule.id: IMPLEMENTED[rule.do].says(rule, self.context) for rule in book.rule}
        self.rules = {rule.id: rule for rule in book.rule}
        self.funds = Funds(self.context)
        self.base_rule = self.context.rules("base_amount")[0]
        self.adds_supplementary = pick(self.base_rule.supplementary) == "added_back"
        deductible = self.context.rules("subtract_deductible")
        self.fills_by_payments = bool(deductible) and pick(deductible[0].fills) == "all_in_scope_payments"
        self.deductible_counter = deductible[0].counter if deductible else ""
        claims = self.context.rules("running_claim")
        self.has_claim = bool(claims)
        self.pays_outside = bool(claims) and pick(claims[0].burden) != "in_scope_only"
        self.feeds_all = bool(claims) and claims[0].fed_by is not None and pick(claims[0].fed_by) == "all_bills"
        self.burden_counter = claims[0].burden_counter if claims else ""
        self.recognitions = self.chooser.recognitions
        self.retro = self.recognitions.rule
        reported = self.context.rules("reported_layer")
        self.reported = tuple(rule.layer for rule in reported)
        away = self.context.rules("elsewhere_on_application")
        self.elsewhere = bool(away)
        self.residents = bool(away) and pick(away[0].residents) == "like_registered"
        self.in_force_article = getattr(book.instrument.in_force.cite, "article", "")
        self.validity_clauses = book.instrument.clauses
        self.general_questions = self._general()
        self._shapes: dict[tuple[object, ...], Shape] = {}

    def _general(self) -> frozenset[str]:
        """Questions behind every decision: which date, which order, rounding, what counts as base."""
        governs, context = self.book.governs, self.context
        options = [getattr(governs, name) for name in type(governs).model_fields]
        options += [self.book.instrument.begins, self.book.instrument.ends]
        options += [context.rules("round")[0].mode, self.base_rule.supplementary, self.chooser.rule.several]
        return frozenset(option.question for option in options if isinstance(option, Choice))

    def watch(self, bill: BillFacts, person: PersonFacts, result: Result) -> Watched:
        """What a decided bill adds to burdens, and the matters that it causes by itself."""
        counted = self.counting.of(bill, person, result)
        matters = [matter for of_bill in self.watching for matter in of_bill(bill, person, result)]
        return Watched(counted, matters) if counted or matters else NOTHING_WATCHED

    def year(self, bill: BillFacts, person: PersonFacts) -> int:
        """Benefit year of the bill, without deciding it."""
        day = self.benefit_date(bill)
        if self.chooser.year_of_application:
            found = self.chooser.find(bill, person, day)
            return day.year if found is None else self.chooser.year(found, day)
        return day.year

    def decide(self, bill: BillFacts, person: PersonFacts, counters: Counters) -> Verdict:
        """The verdict on one bill that this revision governs."""
        case = Case(bill, person, self.benefit_date(bill), dict.fromkeys(self.book.layers, 0), counters)
        for run in self.runs:
            end = run(case)
            if end is not None:
                return self._ended(case, end)
        return self._decided(case)

    def ordered(self, bill: BillFacts, person: PersonFacts, counters: Counters, amounts: Mapping[str, int]) -> Verdict:
        """The verdict on a bill with the layers an officer laid down, in fen, in place of what the rules would give."""
        case = Case(bill, person, self.benefit_date(bill), dict.fromkeys(self.book.layers, 0), counters)
        ended = any(run(case) is not None for run in self.runs)
        whole, own = self.whole_own_payment(bill), own_in_scope(self.base_rule, self.context, bill)
        clauses, questions = self._shape(case)
        lay_down(self.context, case, amounts, whole, counts=not ended or case.group is not None)
        paid = sum(case.layers.values())
        base = whole if self.pays_outside else min(whole, max(paid, own))
        funding, more, asked = self.funds.of(case.group, case.layers) if paid else ((), (), ())
        zero = "cap_used_up" if whole and any(amounts.values()) else "nothing_to_assist"
        return Verdict(
            Status.DECIDED, "assisted" if paid else zero, case.layers, case.uses, self.measure,
            case.year, case.date, base, 0, base - paid, 0, whole - base, clauses + more, tuple(case.steps), funding,
            questions + asked, reports=bool(self.reported),
        )  # fmt: skip

    def _decided(self, case: Case) -> Verdict:
        layers, bill = case.layers, case.bill
        paid = sum(layers.values())
        second = paid - layers["ordinary"]
        whole, base = self.whole_own_payment(bill), case.base
        if self.pays_outside:
            base = whole = max(whole, paid)  # the second layer pays outside the scope, and on burden of earlier bills
        elif self.has_claim and paid > base:
            base, whole = paid, max(whole, paid)
        over_cap = case.over_whole - second if case.over_whole > second else 0
        own_share = base - paid - case.deductible - over_cap
        deductible = case.deductible
        if own_share < 0:  # only where a second layer also pays what was withheld (QN-A2, third reading)
            deductible, own_share = deductible + own_share, 0
        if self.fills_by_payments and case.base:
            self._fill(case, case.base)
        clauses, questions = self._shape(case)
        funding: tuple[str, ...] = ()
        if paid:
            funding, more, asked = self.funds.of(case.group, layers)
            if more or asked:
                clauses, questions = tuple(dict.fromkeys(clauses + more)), questions + asked
        verdict = Verdict(
            Status.DECIDED, "assisted" if paid else self._why_nothing(case), layers, case.uses, self.measure, case.year,
            case.date, base, deductible, own_share, over_cap, whole - base, clauses, tuple(case.steps), funding,
            questions,
        )  # fmt: skip
        return self._beyond_the_bill(case, verdict) if self.reported or self.retro is not None else verdict

    def _beyond_the_bill(self, case: Case, verdict: Verdict) -> Verdict:
        """What a decision says beyond its own bill and year: shared payments, and layers that were paid elsewhere."""
        bill, person, rule = case.bill, case.person, self.retro
        reported, reports = tuple(layer for layer in self.reported if verdict.layers[layer]), bool(self.reported)
        if rule is None:
            return verdict._replace(reported=reported, reports=reports)
        elsewhere: dict[int, dict[str, int]] = {}
        for share in (person.foreseen or {}).get((bill.region, bill.setl_id), ()):
            if share.amount:
                counters = elsewhere.setdefault(share.year, {})
                counters[rule.counter] = counters.get(rule.counter, 0) + share.amount
        ahead = person.foreseen is None and self.recognitions.covers(bill, person)
        return verdict._replace(reported=reported, reports=reports, elsewhere=elsewhere, looks_ahead=ahead)

    def foresee(self, bills: Iterable[BillFacts], person: PersonFacts) -> Mapping[BillKey, tuple[Share, ...]]:
        """What accepted bills share in payments on several of them together; bills in the order of arrival."""
        accepted = [bill for bill in bills if self.decide(bill, person, {}).looks_ahead]
        return self.recognitions.shares(person, accepted)

    def _ended(self, case: Case, end: End) -> Verdict:
        """A refusal (decided 0.00), or a bill that waits for a fact or a person."""
        excluded = 0
        if end.status is Status.DECIDED:
            excluded = self.whole_own_payment(case.bill)
            own = own_in_scope(self.base_rule, self.context, case.bill) if self.fills_by_payments else 0
            if own:
                self._fill(case, own)
            if self.feeds_all and excluded:
                name = self.burden_counter
                case.uses[name if case.group is None else case.group.counters[name]] = excluded
        clauses, questions = self._shape(case)
        return Verdict(
            end.status, end.reason, dict.fromkeys(self.book.layers, 0), case.uses if excluded else {}, self.measure,
            case.year, case.date, 0, 0, 0, 0, excluded, clauses, tuple(case.steps), (), questions,
            reports=bool(self.reported),
        )  # fmt: skip

    def _fill(self, case: Case, amount: int) -> None:
        """All in-scope payments of the year fill the deductible (QN-A10, second reading)."""
        name = self.deductible_counter if case.group is None else case.group.counters[self.deductible_counter]
        case.uses[name] = amount

    def whole_own_payment(self, bill: BillFacts) -> int:
        """Whole own payment as far as it is known: what the base is made of, and what lies outside."""
        scope = bill.in_scope_personal if bill.insured else bill.in_scope
        added = bill.supplementary_paid if self.adds_supplementary else 0
        return (scope or 0) + bill.class_b_first_pay + bill.over_limit_price_pay + bill.out_of_scope + added

    def _why_nothing(self, case: Case) -> str:
        """Why an accepted bill got 0.00, in the order of X-A10."""
        if case.spent:
            return "cap_used_up"
        if case.base and not case.eligible:
            return "within_deductible"
        numerator, denominator = case.entitled
        if self.own_reason and not self.context.rounding(numerator, denominator):
            return "nothing_to_assist"
        if not self.own_reason and not case.eligible and case.group is not None and case.group.deductible:
            return "within_deductible"
        return "cap_used_up"

    def _shape(self, case: Case) -> Shape:
        """Clauses and questions of a decision depend only on its step codes; worked out once for each course."""
        steps = case.steps
        place = self.identity_at if len(steps) > self.identity_at else 0
        key = (*[step.code for step in steps], steps[place].numbers)
        known = self._shapes.get(key)
        if known is None:
            known = self._shapes[key] = self._shape_of(case)
        return known

    def _shape_of(self, case: Case) -> Shape:
        clauses: dict[str, None] = {}
        questions: dict[str, None] = {}
        for step in case.steps:
            told = self.say(step.step, step.code)
            rule = self.rules[step.step]
            if rule.do == "choose_identity":
                self._identity_shape(case, step, clauses, questions)
            elif told.effect == APPLIED:
                clauses.update(dict.fromkeys(rule.clauses))
            options = [getattr(rule, name) for name in told.options]
            for each in getattr(rule, "exceptions", ()):
                if step.code.startswith(each.id):
                    options += [each.only_if, each.needs_person_if]
            if rule.do == "exclude":
                clauses.update(dict.fromkeys(exclusion_clauses(rule, step.code)))
            if case.group is not None and rule.do in FIGURES:
                options.append(self._figure_cite(case.group, FIGURES[rule.do]))
            if case.group is not None and case.group.pool and rule.do == "choose_pool":
                clauses.update(dict.fromkeys(self.figures_of(case.group.id, case.group.pool).clauses))
            for option in options:
                self._note(option, questions)
        return tuple(clauses), tuple(questions)

    def _identity_shape(self, case: Case, step: Step, clauses: dict[str, None], questions: dict[str, None]) -> None:
        code = step.code
        if case.group is None:
            clauses[self.chooser.rule.clauses[-1]] = None
            for rule in self.context.rules("require_application") if code == "unapplied" else ():
                clauses.update(dict.fromkeys(rule.clauses))
                self._note(rule.serves, questions)
            return
        group = next(each for each in self.book.group if each.id == case.group.id)
        clauses.update(dict.fromkeys(group.identity[int(step.numbers[0])].clauses))
        for rule in self.modifiers(code):
            clauses.update(dict.fromkeys(rule.clauses))
            for name in type(rule).model_fields:
                self._note(getattr(rule, name), questions)

    def modifiers(self, code: str) -> list[Any]:
        """The rules that let an identity count although it did not hold on the day."""
        verbs: dict[str, tuple[str, ...]] = {"grace": ("grace_month",), "stay": ("stay_in_progress",)}
        verbs |= {"retro": ("retro_window", "require_application"), "applied": ("require_application",)}
        verbs |= {"before": ("retro_benefit",), "year": ("running_claim",)}
        return [rule for verb in verbs.get(code.partition(".")[2], ()) for rule in self.context.rules(verb)]

    def figures_of(self, group_id: str, pool: str) -> Any:
        """What holds the figures: the group, or the pool of it that the bill uses."""
        group = next(each for each in self.book.group if each.id == group_id)
        return next((each for each in group.pool if each.id == pool), group)

    def _figure_cite(self, plan: GroupPlan, name: str) -> object:
        """Citation of a group's figure; a reading among them is relied on wherever the figure is used."""
        return getattr(getattr(self.figures_of(plan.id, plan.pool), name, None), "cite", None)

    @staticmethod
    def _note(option: object, questions: dict[str, None]) -> None:
        if isinstance(option, Choice | OnlyIf | ReadingCite):
            questions[option.question] = None

    def say(self, step: str, code: str) -> Say:
        """How a step is told; identity codes carry the group before the way."""
        says = self.says[step]
        if code in says:
            return says[code]
        return says[code.partition(".")[2] or "valid"]
