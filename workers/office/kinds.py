"""What each kind of task is, who ends it, and the order that does: one table for screens, templates, clerks' pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.events.office import OrderKind
from schemas.outputs.person import TaskKind

Facts = Mapping[str, Any]


class Kind(NamedTuple):
    """A kind of task in the words of clerks."""

    label: str
    who: str
    what: str


_COUNTY, _CENTRE = "县级医保经办机构", "医保经办机构"

KINDS: dict[TaskKind, Kind] = {
    TaskKind.CONFLICT: Kind("信息矛盾", _CENTRE, "同一编号前后两次信息不一致，核实后指明保留哪一份"),
    TaskKind.CANCEL_WITHOUT_BILL: Kind("撤销找不到原单", _CENTRE, "撤销信息到期仍没有等到原结算信息，与医疗机构核实"),
    TaskKind.CANCEL_DIFFERS: Kind(
        "撤销金额不符", _CENTRE, "撤销退回的金额与原结算不一致，没有生效；与医疗机构核实后重发撤销"
    ),
    TaskKind.NEEDS_PERSON: Kind("须人工认定", _COUNTY, "规定交由经办人员认定：写明金额，或者写明查实的情况由系统计算"),
    TaskKind.RECOVERY: Kind("追回待批", _COUNTY, "多付的救助金，批准追回、免予追回或者不予追回"),
    TaskKind.RECOVERIES: Kind("成批追回待批", _CENTRE, "启用新规则造成的成批追回，一次批准、免予追回或者不予追回"),
    TaskKind.SECOND_OWNER: Kind("同一单据两个人", _CENTRE, "同一结算单号记在两个人名下，核实后更正"),
    TaskKind.APPLICATION: Kind("申请待批", _COUNTY, "批准或者不予批准；市外就医申请是核验未在参保地享受救助的证明"),
    TaskKind.MANUAL_CLAIM: Kind("零星报销待办", "乡镇（街道）受理，县级医保经办机构审核", "核对票据，批准或者不予批准"),
    TaskKind.OFFER: Kind("可以申请救助", _COUNTY, "自付较重而没有身份的，告知本人可以申请认定；办完即结"),
    TaskKind.MEANS_TEST: Kind("家庭经济状况核对", "民政部门", "核对家庭收入和财产，结果随认定信息返回"),
    TaskKind.LIMIT: Kind("超出处理上限", "系统管理员", "数量异常，查明原因"),
    TaskKind.CLOSED_YEAR: Kind("已关账年度", _CENTRE, "已关账年度又有新信息，由人工处理"),
    TaskKind.TRANSFER: Kind("人员编号变更", _CENTRE, "两个编号的合并或者拆分没有办成，核实后处理"),
    TaskKind.UNRESOLVED: Kind("名单对不上人", _CENTRE, "名单上的人没有找到对应的参保编号"),
    TaskKind.OBJECTION: Kind("申诉待复核", _COUNTY, "复核原决定：维持，或者更正"),
    TaskKind.UPSTREAM_MORE: Kind(
        "平台已付多于应付", _CENTRE, "平台已付的救助金多于按规定应付的，系统不追回；与平台核实后办结"
    ),
    TaskKind.SHADOW_CHANGED: Kind(
        "试运行单据有变化",
        _CENTRE,
        "正式支付以后，试运行期间的单据或者参保资助等款项应付金额有变化；批准由本系统支付，或者不予批准（由平台处理）",
    ),
    TaskKind.OTHER: Kind("其他", _CENTRE, "按任务所列情况办理；其他部门的办理结果用 follow_up 登记"),
}

ENDED_BY: dict[TaskKind, OrderKind] = {
    TaskKind.CONFLICT: OrderKind.CONFLICT_RESOLVED,
    TaskKind.NEEDS_PERSON: OrderKind.NEEDS_PERSON,
    TaskKind.RECOVERY: OrderKind.RECOVERY,
    TaskKind.RECOVERIES: OrderKind.RECOVERY,
    TaskKind.APPLICATION: OrderKind.APPLICATION,
    TaskKind.MANUAL_CLAIM: OrderKind.APPLICATION,
    TaskKind.OBJECTION: OrderKind.OBJECTION,
    TaskKind.SHADOW_CHANGED: OrderKind.SHADOW_BILL,
}
"""The order that ends a task, where it is not `task_closed`."""


def order_fields(kind: str, facts: Facts, bill: Mapping[str, str] | None) -> dict[str, Any]:
    """The fields of the order that would end a task, as far as the task itself says them; `?` is the officer's word."""
    task_kind = TaskKind(kind)
    if task_kind is TaskKind.CONFLICT and bill is None:
        return {"kind": OrderKind.TASK_CLOSED.value}
    if task_kind is TaskKind.APPLICATION and facts.get("wants") == "not_assisted_proof":
        return {"kind": OrderKind.PROOF.value, **_paper(facts), "not_assisted_proof": OPEN}
    fields: dict[str, Any] = {"kind": ENDED_BY.get(task_kind, OrderKind.TASK_CLOSED).value}
    if bill is not None:
        fields["setl_id"] = bill["setl_id"]
    return fields | _OF_KIND.get(task_kind, _nothing)(facts)


OPEN = "?"
"""What an officer has to fill in."""


def _paper(facts: Facts) -> dict[str, Any]:
    return {"application_id": facts["application_id"], "fact_revision": facts["revision"]}


def _nothing(facts: Facts) -> dict[str, Any]:
    return {}


def _conflict(facts: Facts) -> dict[str, Any]:
    return {"keep_digest": OPEN}


def _needs_person(facts: Facts) -> dict[str, Any]:
    read = {"keep_digest": facts["digest"]} if "digest" in facts else {}
    return {**read, "decision": {"amounts": {"ordinary": OPEN}}}


def _recovery(facts: Facts) -> dict[str, Any]:
    return {"decision_id": facts["decision_id"], "approval": OPEN}


def _recoveries(facts: Facts) -> dict[str, Any]:
    return {"adoption": facts["adoption"], "approval": OPEN}


def _shadow(facts: Facts) -> dict[str, Any]:
    return {"decision_id": facts["decision_id"], "approval": OPEN}


def _approval(facts: Facts) -> dict[str, Any]:
    return {**_paper(facts), "approval": OPEN}


_OF_KIND = {
    TaskKind.CONFLICT: _conflict,
    TaskKind.NEEDS_PERSON: _needs_person,
    TaskKind.RECOVERY: _recovery,
    TaskKind.RECOVERIES: _recoveries,
    TaskKind.APPLICATION: _approval,
    TaskKind.MANUAL_CLAIM: _approval,
    TaskKind.OBJECTION: _approval,
    TaskKind.SHADOW_CHANGED: _shadow,
}
