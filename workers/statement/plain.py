"""Steps of a decision in the words of a letter: what a person who never saw the rulebook can follow and add up.

Every number comes from the step's inputs and outputs. A step without words here is told only where it decided alone.
"""

from __future__ import annotations

import re

from schemas.outputs.explained import ExplainedDecision, TraceStep

_IDENTITY = "费用发生时，您的身份是{身份}（{类别}）。"
_WORDS: dict[tuple[str, str], str] = {
    ("choose_identity", "valid"): _IDENTITY,
    ("choose_identity", "applied"): "费用发生时，您的身份是{身份}（{类别}），并且已经提出申请。",
    ("choose_identity", "grace"): "您的{身份}身份已经终止，终止的当月仍按{类别}救助。",
    ("choose_identity", "retro"): "费用发生在您申请之前的追溯期内，按{身份}（{类别}）救助。",
    ("choose_identity", "stay"): "您住院期间{身份}身份终止，这次住院仍按{类别}救助。",
    ("choose_identity", "before"): "费用发生在您被新认定为{身份}之前的追溯期内。",
    ("choose_identity", "year"): "费用发生的这一年，您的身份是{身份}（{类别}）。",
    ("base_amount", ""): "这次可以纳入救助的自付费用是{救助基数}元。",
    ("subtract_deductible", "withheld"): (
        "先扣除起付线：全年累计{年度起付线}元，此前已扣{本年已扣}元，这次扣{本次扣除}元，剩下{余额}元。"
    ),
    ("subtract_deductible", "filled"): "全年{年度起付线}元的起付线已经扣满，这次不再扣。",
    ("cut_rate", "cut"): "因为没有按规定办理转诊或备案，救助比例降低{降低}。",
    ("single_rate", ""): "{应救助费用}元按{比例}救助，算出{应救助额}元。",
    ("cap_year", "within"): "没有超过全年的救助限额（{年度限额}元，此前已用{本年已用}元），这次救助{本次救助}元。",
    ("cap_year", "limited"): "全年最多救助{年度限额}元，此前已用{本年已用}元，所以这次只能救助{本次救助}元。",
    ("cap_year", "uncapped"): "这次救助{本次救助}元。",
    ("top_up", "within"): "超过限额的费用{超限额费用}元，按您的申请再救助{比例}，是{倾斜救助}元。",
    ("top_up", "limited"): (
        "超过限额的费用{超限额费用}元，按您的申请再救助{比例}；这一项全年最多{年度限额}元，此前已用{本年已用}元，"
        "这次是{倾斜救助}元。"
    ),
    ("threshold_share", "above"): (
        "您今年在政策范围内自己负担的费用超过了{起付线}元，这次超过的{超过部分}元再救助{比例}，是{倾斜救助}元。"
    ),
    ("running_claim", "difference"): (
        "您今年自己负担的费用累计{累计自负}元，按规定应当再救助{应享受}元，此前已付{已支付}元，这次再付{本次支付}元。"
    ),
    ("retro_benefit", "share"): (
        "{认定日期}认定之前一段时间的费用合计{追溯期内合计}元，按{比例}补助{追溯救助合计}元，这张结算单占{本次追溯救助}元。"
    ),
    ("reported_layer", "reported"): "上级政策已经在结算时救助{已支付救助}元，这里不重复支付。",
    ("once_on_application", "covered"): "您当时没有参保，办理参保缴费后按申请给予一次性救助。",
    ("premium", ""): "个人缴费标准{个人缴费标准}元，资助{比例}，是{资助额}元。",
}
_ALONE = frozenset({"office_order", "office_fact", "in_force", "place"})
"""Verbs that are told in the trace's own sentence wherever they stand."""


def why(told: ExplainedDecision) -> list[str]:
    """Why this amount, sentence by sentence; for a bill without assistance the reason last."""
    lines = [words for step in told.steps if (words := plain(step)) is not None]
    if told.status != "decided" or not any(told.layers.values()):
        last = told.steps[-1] if told.steps else None
        if last is not None and plain(last) is None and last.verb not in ("require", "choose_identity"):
            lines.append(last.sentence)
        if told.reason_text not in lines:
            lines.append(told.reason_text)
    return lines


def plain(step: TraceStep) -> str | None:
    """One step in plain words; None where it need not be told."""
    if step.verb in _ALONE:
        return step.sentence
    way = step.code.rpartition(".")[2] if step.verb == "choose_identity" else step.code
    text = _WORDS.get((step.verb, way or "valid")) or _WORDS.get((step.verb, ""))
    if step.verb == "choose_identity" and "." not in step.code and step.inputs:
        text = _IDENTITY
    values = {**step.inputs, **step.outputs}
    try:
        words = None if text is None else text.format_map(values)
        whole = step.verb != "single_rate" or re.fullmatch(r"\d+\.\d\d", values["应救助额"])
        return words if words is None or whole else f"{words[:-1]}（付款时取整到分）。"
    except KeyError:
        return step.sentence  # a way of this verb that has other numbers


def articles(told: ExplainedDecision) -> str:
    """Where it stands: document and articles, each once."""
    ended = () if any(told.layers.values()) else told.steps[-1:]  # the step that refused, though its reason is told
    steps = [step for step in told.steps if plain(step) is not None or step in ended]
    names = dict.fromkeys(cite.article for step in steps for cite in step.citations if cite.article)
    return f"{told.doc_no} {'、'.join(names)}" if told.doc_no and names else told.doc_no
