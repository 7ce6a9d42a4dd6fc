"""The Chinese sentences of the window: what a clerk reads aloud for an answer, and for a body that is refused."""

from __future__ import annotations

from typing import Final

from schemas.outputs.decision import BillState, Outcome
from schemas.reasons import Reason, RejectReason

R = RejectReason

REFUSED: Final[dict[RejectReason, str]] = {
    R.EMPTY: "上传内容为空，未作处理，请重新提交。",
    R.KEY_MISSING: "缺少人员编号，未作处理，请核对后重新提交。",
    R.KEY_MISMATCH: "人员编号前后不一致，未作处理，请核对后重新提交。",
    R.TOO_LARGE: "上传内容过大，未作处理，请联系医院信息科。",
    R.NOT_JSON: "上传内容格式不正确，未作处理，请联系医院信息科。",
    R.UNKNOWN_TYPE: "该接口不接受此类业务，未作处理，请联系医院信息科。",
    R.UNKNOWN_VERSION: "接口版本不正确，未作处理，请联系医院信息科升级程序。",
    R.BAD_FIELD: "上传内容有缺项或填写不规范，未作处理，请核对后重新提交。",
    R.BAD_AMOUNT: "金额填写不规范，未作处理，请核对后重新提交。",
    R.BAD_SUM: "各项费用之和与总额不符，未作处理，请核对后重新提交。",
    R.BAD_DATE: "日期不存在、顺序有误或晚于今天，未作处理，请核对后重新提交。",
    R.UNKNOWN_CODE: "代码不在本地区字典中，未作处理，请核对后重新提交。",
    R.PERSONAL_DATA: "上传内容含有身份证号或手机号，未作处理，请去除后重新提交。",
    R.BAD_SIGN: "金额正负号有误，未作处理，请核对后重新提交。",
    R.TRIAL: "预结算不能作为正式结算提交，未作处理。",
    R.NOT_SETTLED: "基本医保结算未成功，不能进行医疗救助结算，请先完成基本医保结算。",
    R.NOTHING_STATED: "上传内容与医疗救助无关，未作处理。",
    R.PAID_UPSTREAM: "上传内容已含医疗救助支付，为避免重复支付未作处理，请联系医保经办机构。",
    R.WRONG_SOURCE: "该信息不应由本机构提供，未作处理。",
}
"""Why a body was refused. Total over the reasons: a test holds it to that."""

REASONS: Final[dict[str, Reason]] = {reason.value: reason for reason in Reason}
"""Reasons by their codes."""
ON_ITS_WAY: Final = "已受理，正在结算，请稍后查询结果，无需担心重复结算。"
SENT_ON: Final = "本次提交未改变原有结算。"


def of_answer(outcome: Outcome | None, status: BillState | None, reason: Reason | None, assistance: str) -> str:
    """The sentence of a stored state: first the money, then why. `assistance` is yuan with two places."""
    if reason is None:
        return Reason.NEEDS_PERSON.text if outcome is Outcome.NEEDS_PERSON else SENT_ON
    if status is BillState.DECIDED and assistance != "0.00":
        return f"医疗救助支付{assistance}元。{reason.text}"
    return reason.text


def of_trial(reason: Reason, assistance: str) -> str:
    """The sentence of a trial: never taken for a promise."""
    return f"预计医疗救助支付{assistance}元，以正式结算为准。{reason.text}"


def of_person_year(year: int, tables: int) -> str:
    """The sentence above a person's cap tables."""
    return f"{year}年度医疗救助累计情况如下。" if tables else f"{year}年度尚无医疗救助记录。"
