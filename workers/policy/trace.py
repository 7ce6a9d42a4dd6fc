"""From the compact steps of a decision to the full trace: sentences, citations, what did not apply and why, readings.

A pure function of the law's bytes and the decision: the same decision is explained in the same words for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from schemas.money import text_of
from schemas.reasons import Reason
from workers.errors import Usage
from workers.policy.checks import resolve
from workers.policy.figures import shown
from workers.policy.instrument import FIGURES, Instrument
from workers.policy.law import Law
from workers.policy.loader import walk
from workers.policy.say import NOT
from workers.policy.types import Step, Verdict
from workers.policy.values import LiteralCite, ReadingCite, ReferenceCite
from workers.policy.verbs.registry import IMPLEMENTED

LAYERS = {"premium": "premium"}
"""Layer of verbs that pay one of their own."""

ORDER = "order"
"""Step of a decision whose amounts an officer gave; no rule of a rulebook has this id."""

_REASON_TEXT = {reason.value: reason.text for reason in Reason}


class Citation(NamedTuple):
    """Where it stands: article and words of the document; or the question whose reading it rests on (then no quote)."""

    doc_no: str
    article: str
    quote: str
    question: str = ""


class FullStep(NamedTuple):
    """One step told in full. Every number of the sentence is one of the inputs or outputs."""

    n: int
    rule: str
    name: str
    verb: str
    code: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    sentence: str
    citations: tuple[Citation, ...]
    clauses: tuple[str, ...]
    layer: str = ""  # what its last output is paid as, where it pays


class NotApplied(NamedTuple):
    """A rule or group of the rulebook that did not apply to this bill, and why."""

    rule: str
    name: str
    clauses: tuple[str, ...]
    because: str


class Relied(NamedTuple):
    """An interpretation the decision rests on. `general`: it stands behind every decision of the instrument."""

    id: str
    text: str
    chosen: str
    reading: str
    basis: str
    decided_by: str
    general: bool


class Trace(NamedTuple):
    """The explained decision."""

    instrument: str
    doc_no: str
    steps: tuple[FullStep, ...]
    not_applied: tuple[NotApplied, ...]
    questions: tuple[Relied, ...]


class _Decision(NamedTuple):
    measure: str
    day: date
    reason: str
    steps: tuple[Step, ...]
    questions: tuple[str, ...]
    paid: frozenset[str]  # layers with money
    orders: tuple[str, ...] = ()  # what officers' orders did, as codes of `_ORDER_SENTENCES`
    layers: Mapping[str, str] = MappingProxyType({})
    beside: tuple[Step, ...] = ()  # what the engine says beside the rulebook


def expand(law: Law, decision: Verdict | Mapping[str, Any]) -> Trace:
    """Explain a verdict, or a decision as `assistance.decided` carries it. Usage when it was made under another law."""
    found = _of_verdict(decision) if isinstance(decision, Verdict) else _of_json(law, decision)
    if found.measure not in law.measures:
        return Trace("", "", (_reason_step(found),), (), ())
    instrument = law.instrument(found.measure, found.day)
    if found.reason in ("before_in_force", "after_expiry"):
        steps: tuple[FullStep, ...] = (_validity_step(instrument, found),)
    else:
        told = [step for step in found.steps if instrument.say(step.step, step.code).effect != NOT]
        steps = tuple(_full(instrument, number, step, found) for number, step in enumerate(told, start=1))
        steps += tuple(_order_step(number, code, found) for number, code in enumerate(found.orders, len(steps) + 1))
        steps += tuple(engine_step(number, step) for number, step in enumerate(found.beside, len(steps) + 1))
    return Trace(
        instrument.book.instrument.title,
        instrument.book.instrument.doc_no,
        steps,
        tuple(_not_applied(instrument, found)),
        tuple(_questions(instrument, found)),
    )


def _of_verdict(verdict: Verdict) -> _Decision:
    paid = frozenset(layer for layer, amount in verdict.layers.items() if amount)
    steps, orders, beside = _parted(verdict.steps)
    amounts = {layer: text_of(amount) for layer, amount in verdict.layers.items()}
    return _Decision(
        verdict.measure, verdict.benefit_date, verdict.reason, steps, verdict.questions, paid, orders, amounts, beside
    )


def _of_json(law: Law, decision: Mapping[str, Any]) -> _Decision:
    made_under = decision.get("receipt", {}).get("rulebook")
    if made_under is not None and made_under.removeprefix("sha256:") != law.hash:
        raise Usage(f"the decision was made under {made_under}; load the adoption with that hash to explain it")
    every = tuple(Step(rule, code, tuple(numbers)) for rule, code, numbers in decision.get("steps", ()))
    steps, orders, beside = _parted(every)
    paid = frozenset(layer for layer, amount in decision.get("layers", {}).items() if amount != "0.00")
    day = date.fromisoformat(decision["benefit_date"]) if decision.get("benefit_date") else date.min
    return _Decision(
        decision.get("measure") or "", day, decision["reason"], steps, tuple(decision.get("questions", ())), paid,
        orders, decision.get("layers", {}), beside,
    )  # fmt: skip


def _parted(every: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[str, ...], tuple[Step, ...]]:
    """Steps of the rulebook, codes of officers' orders, steps of the engine."""
    steps = tuple(step for step in every if step.step != ORDER and step.step not in ENGINE_STEPS)
    orders = tuple(step.code for step in every if step.step == ORDER)
    return steps, orders, tuple(step for step in every if step.step in ENGINE_STEPS)


# --- steps -----------------------------------------------------------------------------------------------------------
def _full(instrument: Instrument, number: int, step: Step, found: _Decision) -> FullStep:
    told, rule = instrument.say(step.step, step.code), instrument.rules[step.step]
    group = _group(instrument, found)
    values: dict[str, str] = {}
    if rule.do == "choose_identity" and group is not None:
        identity = group.identity[int(step.numbers[0])]
        values = {"身份": identity.name, "类别": group.name}
    elif told.names:
        values = {name: shown(kind, raw) for name, kind, raw in zip(told.names, told.kinds, step.numbers, strict=True)}
    names = list(values)
    inputs = names[: len(names) - told.outputs]
    return FullStep(
        number, rule.id, rule.name, rule.do, step.code,
        {name: values[name] for name in inputs},
        {name: values[name] for name in names[len(inputs) :]},
        told.text.format_map(values),
        tuple(_citations(instrument, rule, step, group, _pool(instrument, found))),
        _clauses(instrument, rule, step, group),
        getattr(rule, "layer", LAYERS.get(rule.do, "")) if told.outputs else "",
    )  # fmt: skip


def _clauses(instrument: Instrument, rule: Any, step: Step, group: Any) -> tuple[str, ...]:
    if rule.do != "choose_identity" or group is None:
        return tuple(rule.clauses)
    modifier = _modifier(instrument, step.code)
    extra = modifier.clauses if modifier is not None else ()
    return (*group.identity[int(step.numbers[0])].clauses, *rule.clauses, *extra)


def _citations(instrument: Instrument, rule: Any, step: Step, group: Any, pool: str) -> Iterator[Citation]:
    """The citations of the step, most telling first, each once."""
    nodes: list[Any] = []
    if rule.do == "choose_identity" and group is not None:
        nodes = [group.identity[int(step.numbers[0])], _modifier(instrument, step.code)]
    elif group is not None and rule.do in FIGURES:
        nodes = [getattr(instrument.figures_of(group.id, pool), FIGURES[rule.do])]
    cites = [cite for node in nodes if node is not None for cite in _cites(node)]
    for _, node in walk(rule):
        cites.extend(cite for cite in _cites(node) if cite not in cites)
    seen: set[Citation] = set()
    for cite in cites:
        told = _citation(instrument, cite)
        if told not in seen:
            seen.add(told)
            yield told


def _cites(node: Any) -> tuple[Any, ...]:
    cite = getattr(node, "cite", ())
    return cite if isinstance(cite, tuple) else (cite,)


def _citation(instrument: Instrument, cite: LiteralCite | ReferenceCite | ReadingCite) -> Citation:
    doc_no = instrument.book.instrument.doc_no
    if isinstance(cite, ReferenceCite):
        return _citation(instrument, resolve(instrument.book, cite.to).cite)
    if isinstance(cite, ReadingCite):
        return Citation(doc_no, "", "", cite.question)
    return Citation(doc_no, cite.article, cite.quote)


def _modifier(instrument: Instrument, code: str) -> Any:
    return next(iter(instrument.modifiers(code)), None)


def _pool(instrument: Instrument, found: _Decision) -> str:
    """The pool of figures that the decision used, empty where the group has none."""
    step = next((step for step in found.steps if instrument.rules[step.step].do == "choose_pool"), None)
    return "" if step is None else step.code.partition(".")[0]


def _group(instrument: Instrument, found: _Decision) -> Any:
    chooser = instrument.chooser.rule.id
    code = next((step.code for step in found.steps if step.step == chooser), "").partition(".")[0]
    return next((group for group in instrument.book.group if group.id == code), None)


def _validity_step(instrument: Instrument, found: _Decision) -> FullStep:
    table = instrument.book.instrument
    began = found.reason == "before_in_force"
    value = table.in_force if began or table.last_day is None else table.last_day
    inputs = {"费用日期": found.day.isoformat(), "施行日期" if began else "有效期届满日": value.value.isoformat()}
    sentence = "，".join(f"{name}{text}" for name, text in inputs.items()) + "，不适用本办法。"
    cites = tuple(_citation(instrument, cite) for cite in _cites(value))
    return FullStep(1, "validity", "施行日期", "in_force", found.reason, inputs, {}, sentence, cites, table.clauses)


_ORDER_SENTENCES = {
    "officer": "经办机构依职权决定：{amounts}。",
    "found": "经办机构查明的事实代替了原来上报的事实，按查明的事实计算。",
    "fraud": "经认定属于骗取医疗救助资金，本次救助全部追回：{amounts}。",
    "claim_refused": "零星报销申请未予批准：{amounts}。",
}


def _order_step(number: int, code: str, found: _Decision) -> FullStep:
    """What an officer's order did. The order itself names the document it rests on; the decision has the amounts."""
    amounts = {} if code == "found" else dict(found.layers)
    text = "，".join(f"{layer} {amount}元" for layer, amount in amounts.items())
    sentence = _ORDER_SENTENCES[code].format(amounts=text)
    verb = "office_order" if amounts else "office_fact"
    return FullStep(number, ORDER, "经办机构决定", verb, code, {}, amounts, sentence, (), ())


class _Engine(NamedTuple):
    """How a step of the engine is told: name, names of inputs and outputs, the sentence."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    sentence: str


ENGINE_STEPS: Mapping[str, Mapping[str, _Engine]] = {
    "paid_upstream": {
        code: _Engine("平台已付", ("平台已付", "应救助"), ("计入", "另付", "多付"), sentence)
        for code, sentence in (
            ("counted", "按规定应救助{应救助}元，平台已支付{平台已付}元，其中{计入}元不再重复支付，另付{另付}元。"),
            ("beyond", "按规定应救助{应救助}元，平台已支付{平台已付}元，不再支付；多付的{多付}元不因此向个人追回，"
                       "由经办人员核实。"),
        )
    },
    "shadow": {
        "not_payable": _Engine(
            "试运行", ("未付",), (), "本地区处于试运行（影子模式），结果只用于与平台核对，{未付}元不作支付。"
        ),
    },
}  # fmt: skip
"""Steps that the engine itself adds (workers/entitlement/upstream.py); no rule of a rulebook has these ids."""


def engine_step(number: int, step: Step) -> FullStep:
    """A step of the engine in full."""
    told = ENGINE_STEPS[step.step][step.code]
    amounts = [text_of(int(amount)) for amount in step.numbers]
    values = dict(zip((*told.inputs, *told.outputs), amounts, strict=True))
    inputs, outputs = ({name: values[name] for name in names} for names in (told.inputs, told.outputs))
    sentence = told.sentence.format_map(values)
    return FullStep(number, step.step, told.name, step.step, step.code, inputs, outputs, sentence, (), ())


def _reason_step(found: _Decision) -> FullStep:
    text = _REASON_TEXT[found.reason]
    return FullStep(1, "place", "适用办法", "place", found.reason, {}, {}, text, (), ())


# --- what did not apply ----------------------------------------------------------------------------------------------
def _not_applied(instrument: Instrument, found: _Decision) -> Iterator[NotApplied]:
    steps = {step.step: step for step in found.steps}
    group = _group(instrument, found)
    for other in instrument.book.group:
        if other is not group:
            because = _why_other_group(group, found)
            clauses = tuple(dict.fromkeys(clause for identity in other.identity for clause in identity.clauses))
            yield NotApplied(other.id, other.name, clauses, because)
    for rule in instrument.book.rule:
        step = steps.get(rule.id)
        if IMPLEMENTED[rule.do].plan is not None:
            continue  # another matter than this bill's money
        if step is not None:
            told = instrument.say(step.step, step.code)
            if told.effect == NOT:
                full = _full(instrument, 0, step, found)
                yield NotApplied(rule.id, rule.name, tuple(rule.clauses), full.sentence)
        else:
            because = _why_silent(instrument, rule, found, steps)
            if because:
                yield NotApplied(rule.id, rule.name, tuple(rule.clauses), because)


def _why_other_group(group: Any, found: _Decision) -> str:
    if group is not None:
        return f"本次按{group.name}救助。"
    return "费用发生时不具有该类身份。" if found.steps else f"此前已经决定：{_REASON_TEXT[found.reason]}"


def _why_silent(instrument: Instrument, rule: Any, found: _Decision, steps: Mapping[str, Step]) -> str:
    """Why a rule without a step did not apply; empty when it did."""
    way = steps[instrument.chooser.rule.id].code.partition(".")[2] if instrument.chooser.rule.id in steps else ""
    if rule.do == "grace_month":
        return "" if way == "grace" else "没有处于终止当月的身份可以延续。"
    if rule.do == "retro_window":
        return "" if way == "retro" else "不属于申请之前追溯的费用。"
    if rule.do == "stay_in_progress":
        return "" if way == "stay" else "不属于住院期间退出的情形。"
    if rule.do == "require_application":
        return "" if way in ("applied", "retro") else "不是依申请救助的对象，或没有申请。"
    if rule.do == "route_fund":
        return _why_other_fund(instrument, rule, found)
    if rule.do == "round" and any(instrument.rules[name].do in ("cap_year", "reported_layer") for name in steps):
        return ""
    return f"此前已经决定：{_REASON_TEXT[found.reason]}"


def _why_other_fund(instrument: Instrument, rule: Any, found: _Decision) -> str:
    if not found.paid:
        return "没有需要列支的救助金额。"
    if instrument.funds.by_layer:
        return "" if found.paid & set(rule.layers) else "没有由该资金列支的救助金额。"
    group = _group(instrument, found)
    serves = instrument.funds.rules.get(group.id) if group is not None else None
    if serves is None:
        return "不属于该资金渠道的对象。" if rule.groups else ""
    return "" if serves is rule else "另有规定的资金渠道。"


# --- readings --------------------------------------------------------------------------------------------------------
def _questions(instrument: Instrument, found: _Decision) -> Iterator[Relied]:
    general = instrument.general_questions
    for question in instrument.book.question:
        relied = question.id in found.questions
        if relied or (question.id in general and found.steps):
            reading = next(each.text for each in question.readings if each.id == question.chosen)
            yield Relied(
                question.id, question.text, question.chosen, reading, question.basis, question.decided_by, not relied
            )  # fmt: skip
