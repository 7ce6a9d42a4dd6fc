"""Labels of layers, results, payees and funds on pages for people."""

from __future__ import annotations

from schemas.reasons import REASON_TEXTS

LAYERS = {
    "ordinary": "普通救助", "tilt": "倾斜救助", "secondary": "二次救助",
    "retro": "追溯救助", "resolution": "高额费用化解", "in_treatment": "医中医疗救助", "premium": "参保资助",
}  # fmt: skip
FUNDS = {
    "assistance_fund": "医疗救助资金", "poverty_fund": "扶贫资金", "risk_reserve": "风险储备金",
    "charity_fund": "慈善医疗救助共富基金",
}  # fmt: skip
STATUSES = {
    "decided": "已决定", "held": "暂挂", "parked": "等待原单", "needs_person": "待人工", "reversed": "已撤回",
}  # fmt: skip
MEASURES = {"QN": "黔南", "JY": "揭阳", "HS": "鹤山", "LZ": "兰州", "DT": "洞头"}
"""Short places of the shipped measures; a measure that came later stands by its code."""


def result_words(told: str) -> str:
    """`decided/assisted` in Chinese."""
    status, _, reason = told.partition("/")
    return "没有记录" if status == "none" else f"{STATUSES[status]}：{REASON_TEXTS.get(reason, reason)}"


def measure_words(measure: str) -> str:
    """`QN` as 黔南."""
    return MEASURES.get(measure, measure)


def fund_words(funding: list[str]) -> str:
    return " → ".join(FUNDS.get(fund, fund) for fund in funding) or "未指明"
