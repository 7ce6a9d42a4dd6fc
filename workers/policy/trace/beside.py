"""Steps that no rule of a rulebook takes: what officers ordered, what the engine adds, where no rulebook governs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.money import text_of
from schemas.reasons import REASON_TEXTS
from workers.policy.trace.told import FullStep
from workers.policy.types import Step

ORDER = "order"
"""Step of a decision whose amounts an officer gave; no rule of a rulebook has this id."""

ORDERS = {
    "officer": "经办机构依职权决定：{amounts}。",
    "found": "经办机构查明的事实代替了原来上报的事实，按查明的事实计算。",
    "fraud": "经认定属于骗取医疗救助资金，本次救助全部追回：{amounts}。",
    "claim_refused": "零星报销申请未予批准：{amounts}。",
}


def order_step(number: int, code: str, layers: Mapping[str, str]) -> FullStep:
    """What an officer's order did. The order itself names the document it rests on; the decision has the amounts."""
    amounts = {} if code == "found" else dict(layers)
    text = "，".join(f"{layer} {amount}元" for layer, amount in amounts.items())
    sentence = ORDERS[code].format(amounts=text)
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


def reason_step(reason: str) -> FullStep:
    """The one step where no rulebook governs."""
    return FullStep(1, "place", "适用办法", "place", reason, {}, {}, REASON_TEXTS[reason], (), ())
