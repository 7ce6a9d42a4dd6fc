"""Why a bill got what it got, in Chinese: result, steps, articles, what did not apply, and what changed.

Deterministic: the sentences come from the rulebook the decision rests on (`workers.policy.trace`), found by its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from schemas.reasons import REASON_TEXTS
from workers.errors import TuodiError, Usage
from workers.history.queries import BillHistory, bill_history, law_bytes, open_for_reading
from workers.pages.words import LAYERS as LAYER_LABELS
from workers.pages.words import STATUSES as STATUS_LABELS
from workers.policy.adoption import load_adoption
from workers.policy.explained import explain
from workers.policy.law import Law
from workers.policy.trace.expand import expand
from workers.policy.trace.told import Citation, Trace

CAUSE_LABELS = {
    "settlement.final": "收到结算信息",
    "settlement.cancel": "结算被撤销",
    "settlement.reverse": "收到冲正信息",
    "settlement.reinstate": "撤销被冲回，结算恢复",
    "identity.changed": "救助对象身份信息变更",
    "application.filed": "收到申请",
    "enrolment.changed": "参保信息变更",
    "person.described": "个人情况信息变更",
    "office.ordered": "经办机构决定",
    "sweep.sliced": "启用新的救助规则后重新计算",
}
FIGURE_LABELS = {
    "base": "纳入救助的自付费用",
    "deductible": "计入起付标准",
    "own_share": "按比例个人负担",
    "over_cap": "限额以上个人负担",
    "excluded": "不纳入救助的自付费用",
}
PAYEE_LABELS = {"hospital": "付医疗机构", "person": "付本人", "recovery": "待追回（须审批）", "upstream": "平台已付",
                "shadow": "试运行不支付"}  # fmt: skip


def explain_bill(database: Path, setl_id: str, region: str | None, *, as_json: bool) -> str:
    """The explanation as text or JSON; TuodiError (exit 1) where no decision is known."""
    connection = open_for_reading(database)
    try:
        bills = bill_history(connection, setl_id, region)
        if not bills:
            raise TuodiError(
                f"no decision of bill {setl_id} is in {database}; is `tuodi history` running and caught up?"
            )
        if len(bills) > 1:
            places = ", ".join(sorted({bill.region for bill in bills}))
            raise Usage(f"several bills have the number {setl_id} (regions {places}); name one with --region")
        bill = bills[0]
        laws = [load_adoption(law_bytes(connection, _rulebook(each))) if _rulebook(each) else None for each in bill[3]]
    finally:
        connection.close()
    if as_json:
        return orjson.dumps(_as_object(bill, laws), option=orjson.OPT_INDENT_2).decode()
    traces = [None if law is None else expand(law, each) for law, each in zip(laws, bill.decisions, strict=True)]
    return "\n".join(_lines(bill, traces))


def _rulebook(decision: Mapping[str, Any]) -> str:
    return decision["receipt"]["rulebook"] or ""


def _as_object(bill: BillHistory, laws: list[Law | None]) -> dict[str, Any]:
    """Each decision as it came, and explained (`decision.explained`, docs/trace.md)."""
    known = list(zip(laws, bill.decisions, strict=True))
    told = [explain(*each, before) for each, before in zip(known, [None, *known], strict=False)]
    return {
        "person_key": bill.person_key,
        "region": bill.region,
        "setl_id": bill.setl_id,
        "decisions": [
            {"decision": decision, "trace": trace.model_dump(mode="json")}
            for decision, trace in zip(bill.decisions, told, strict=True)
        ],
    }


def _lines(bill: BillHistory, traces: list[Trace | None]) -> list[str]:
    last, trace = bill.decisions[-1], traces[-1]
    lines = [
        f"结算单 {bill.setl_id}（{bill.region}）  受益日期 {last['benefit_date']}  参保地 {last['county']}",
        f"结果: {STATUS_LABELS[last['status']]}。{REASON_TEXTS[last['reason']]}",
        *(f"  {LAYER_LABELS.get(layer, layer)} {amount} 元" for layer, amount in last["layers"].items()),
        *_payable_lines(last),
        "  "
        + "，".join(f"{FIGURE_LABELS[name]} {amount}" for name, amount in last["figures"].items() if amount != "0.00"),
        "",
    ]
    if trace is not None:
        lines += _trace_lines(trace)
    lines += _history_lines(bill, traces)
    return [*lines, "", f"决定编号 {last['decision_id']}  规则 {_rulebook(last)[:23] or '未启用'}"]


def _payable_lines(decision: Mapping[str, Any]) -> list[str]:
    """What of the result is paid by us, where it is not all of it."""
    if decision.get("payable") is None:
        return []
    amounts = "，".join(f"{LAYER_LABELS.get(layer, layer)} {amount}" for layer, amount in decision["payable"].items())
    mode = "（试运行地区，只用于核对，不支付）" if decision.get("mode") == "shadow" else ""
    return [f"  其中由本系统支付: {amounts}{mode}"]


def _trace_lines(trace: Trace) -> list[str]:
    lines = [f"依据: {trace.instrument}（{trace.doc_no}）", "", "计算过程:"] if trace.doc_no else ["计算过程:"]
    for step in trace.steps:
        lines.append(f"  {step.n}. {step.name}: {step.sentence}")
        lines += [f"       {_cited(cite)}" for cite in step.citations]
    if trace.not_applied:
        lines += ["", "未适用的规定及原因:"]
        lines += [f"  · {'、'.join(names)}: {because}" for because, names in _by_cause(trace).items()]
    relied = [each for each in trace.questions if not each.general]
    if relied:
        lines += ["", "本次采用的解释口径:"]
        lines += [f"  · {each.id} {each.text}  采用: {each.reading}" for each in relied]
    return lines


def _by_cause(trace: Trace) -> dict[str, list[str]]:
    """Rules that did not apply, gathered under the same cause in the order of the rulebook."""
    gathered: dict[str, list[str]] = {}
    for each in trace.not_applied:
        gathered.setdefault(each.because, []).append(each.name)
    return gathered


def _cited(cite: Citation) -> str:
    return f"{cite.article}：“{cite.quote}”" if cite.quote else f"按解释口径 {cite.question}"


def _history_lines(bill: BillHistory, traces: list[Trace | None]) -> list[str]:
    lines = ["", "处理经过:"]
    for number, decision in enumerate(bill.decisions):
        cause = CAUSE_LABELS.get(decision["cause"]["type"], decision["cause"]["type"])
        money = "，".join(
            f"{LAYER_LABELS.get(each['layer'], each['layer'])} {PAYEE_LABELS[each['payee']]} {each['amount']} 元"
            for each in decision["postings"]
        )
        lines.append(f"  {number + 1}) {cause}: {STATUS_LABELS[decision['status']]}；{money or '金额不变'}")
        if number:
            lines += [f"       {change}" for change in _changes(traces[number - 1], traces[number])]
    return lines


def _changes(before: Trace | None, after: Trace | None) -> list[str]:
    """Step by step, what the later decision says otherwise than the one before."""
    old = {step.rule: step.sentence for step in before.steps} if before else {}
    new = {step.rule: step.sentence for step in after.steps} if after else {}
    names = {step.rule: step.name for trace in (before, after) if trace for step in trace.steps}
    return [
        f"{names[rule]}: 原“{old.get(rule, '（无此步）')}” → 现“{new.get(rule, '（无此步）')}”"
        for rule in names
        if old.get(rule) != new.get(rule)
    ]
