"""What a task knows, in the words of clerks; and the command that ends it, whole, to be filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.outputs.person import TaskKind
from schemas.reasons import Reason

_LABELS: Final[Mapping[str, str]] = {
    "kept": "现在采用的（kept）", "rival": "后来收到的（rival）", "digest": "单据内容校验码", "fact": "矛盾的信息",
    "revision": "版次", "waits": "在等", "deadline": "等待期限", "came": "又收到", "year": "年度", "reason": "理由",
    "clauses": "条款", "amount": "金额（元）", "paid_to_person": "已付本人（元）", "decision_id": "决定编号",
    "subject": "事项", "subject_id": "事项编号", "application_id": "申请编号", "wants": "要办", "measure": "办法",
    "would_pay": "按规定应付（元）", "was": "原来（元）", "stated": "平台已付（元）", "obstacle": "没有办成的原因",
    "serial": "变更序号", "kind": "种类", "source": "送名单的部门", "list_kind": "名单", "county": "县（区划）",
    "list_month": "名单月份", "line": "名单行号", "adoption": "规则编号", "persons": "人数", "region": "统筹区",
    "identity": "身份", "asks": "申请事项", "bills": "单据数",
    "setl_ids": "单据", "group": "类别", "application": "申请编号", "offer": "可以申请的类别",
    "applied_on": "申请日期", "approved_on": "批准日期", "amounts": "金额（元）",
    "bills_max": "结算单上限", "parked_max": "等待上限", "cancels_max": "撤销上限", "tasks_max": "任务上限",
    "matters_max": "事项上限", "facts_bytes_max": "资料上限（字节）", "orders_max": "决定上限", "setl_id": "单据",
}  # fmt: skip
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "waits": {"cancel": "撤销等原结算单", "reverse": "冲正等原结算单", "reinstate": "恢复等原结算单"},
    "fact": {
        "identities": "身份", "applications": "申请", "enrolments": "参保", "premiums": "缴费", "persons": "个人情况",
        "admissions": "入院登记", "balances": "期初累计", "transfer": "编号变更",
    },
    "kind": {"merge": "合并", "split": "拆分", "move": "迁移"},
    "wants": {"not_assisted_proof": "核验未在参保地享受救助的证明"},
    "asks": {
        "tilt": "倾斜救助", "uninsured_once": "未参保一次性救助", "class_recognition": "身份认定", "retro": "追溯救助",
        "elsewhere": "市外就医救助", "hardship": "高额费用化解", "secondary": "二次救助", "objection": "申诉",
        "manual_claim": "零星报销",
    },
    "came": {
        "cancel": "撤销", "reverse": "冲正", "reinstate": "恢复", "fact": "该年度的新资料", "bill": "结算信息",
    },
    "reason": {reason.value: reason.text.rstrip("。") for reason in Reason},
}  # fmt: skip
DIGEST_SHOWN: Final = 12
"""So many characters of a digest tell two apart on a screen; `--keep kept` needs none of them."""


def told(facts: Mapping[str, Any]) -> str:
    """The facts as one line; a name without a word of its own stands as it is."""
    return "，".join(f"{_LABELS.get(name, name)} {_value(name, value)}" for name, value in facts.items()) or "无"


def _value(name: str, value: Any) -> str:
    if isinstance(value, str) and name in ("kept", "rival", "digest"):
        return value.partition(":")[2][:DIGEST_SHOWN] or value[:DIGEST_SHOWN]
    return _WORDS.get(name, {}).get(str(value), str(value))


def command(task_id: str, kind: TaskKind, facts: Mapping[str, Any]) -> str:
    """`tuodi order new …` with everything that has to be said; words in capitals or Chinese are the officer's."""
    parts = [f"tuodi order new {task_id}", *_said(kind, facts)]
    if kind is not TaskKind.RECOVERIES:
        parts.append("--psn-no 人员编号")
    parts.append("--author 经办人编号 --second-signer 复核人编号 --document 文号 --ordered-on 日期 --dry-run")
    return " ".join(parts)


def _said(kind: TaskKind, facts: Mapping[str, Any]) -> Iterator[str]:
    if kind is TaskKind.CONFLICT and "fact" not in facts:
        yield "--keep kept/rival"
    elif kind is TaskKind.NEEDS_PERSON:
        yield "--amount ordinary=金额"
    elif kind in (TaskKind.RECOVERY, TaskKind.RECOVERIES):
        yield "--approval approved/waived/refused"
    elif kind is TaskKind.APPLICATION and facts.get("wants") == "not_assisted_proof":
        yield "--proof 或者 --no-proof"
    elif kind in (TaskKind.APPLICATION, TaskKind.MANUAL_CLAIM, TaskKind.OBJECTION, TaskKind.SHADOW_CHANGED):
        yield "--approval approved/refused"
