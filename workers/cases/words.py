"""The words a clerk writes in a timeline and the codes they stand for; amounts and days as they are written there."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from workers.errors import Usage

REASONS = {
    "救助": "assisted", "起付线内": "within_deductible", "无可救助": "nothing_to_assist", "限额用完": "cap_used_up",
    "施行前": "before_in_force", "届满后": "after_expiry", "无身份": "no_identity", "身份终止": "identity_ended",
    "范围外": "scope_not_covered", "非定点": "not_designated", "未参保": "uninsured", "待补事实": "fact_missing",
    "待保险结果": "insurance_result_missing", "待文件": "figure_missing",
    "不予救助": "excluded",
    "非参保对象": "not_member", "未申请": "application_missing",
    "无办法": "no_instrument", "待人认定": "needs_person",
}  # fmt: skip
BILLS = {
    "住院结算": "inpatient", "慢特病结算": "chronic_outpatient", "普通门诊结算": "outpatient", "急诊结算": "emergency",
    "药店结算": "pharmacy", "生育结算": "maternity", "特殊病结算": "special_outpatient",
    "重疾门诊结算": "major_outpatient",
    "其他结算": "other",
}  # fmt: skip
APPLICATIONS = {
    "倾斜救助": "tilt", "一次性救助": "uninsured_once", "认定": "class_recognition", "追溯": "retro",
    "市外": "elsewhere", "零星报销": "manual_claim",
}  # fmt: skip
FUNDS = {
    "风险储备金": "risk_reserve", "救助资金": "assistance_fund", "扶贫资金": "poverty_fund", "共富基金": "charity_fund",
}  # fmt: skip
SECOND = {"倾斜": "tilt", "二次": "secondary", "追溯": "retro", "化解": "resolution", "医中": "in_treatment"}
"""Columns of the layers above the ordinary one."""
MEMBERS = {
    "老年人": "elderly", "未成年人": "minor", "重度残疾人": "severely_disabled", "重病患者": "severe_patient",
    "其他成员": "other",
}  # fmt: skip
TAGS: dict[str, dict[str, Any]] = {
    "非定点": {"designated": False}, "定点不明": {"designated": None},
    "急诊抢救": {"emergency_rescue": True}, "抢救不明": {"emergency_rescue": None},
    "省外": {"place": "out_of_province"}, "省内": {"place": "in_province"}, "地点不明": {"place": None},
    "已转诊": {"referral": "referred"}, "已备案": {"referral": "filed"}, "转诊不明": {"referral": None},
    "个人未转诊": {"referral": "missing", "referral_missing_by": "person"},
    "非个人未转诊": {"referral": "missing", "referral_missing_by": "other"},
    "未转诊原因不明": {"referral": "missing", "referral_missing_by": None},
    "未参保": {"insured": False, "in_scope_personal": None}, "保险未结算": {"insurance_settled": False},
    "零星报销": {"channel": "manual"}, "无票据": {"formal_receipt": False}, "有票据": {"formal_receipt": True},
    "自残": {"exclusion": "self_harm"}, "违法行为": {"exclusion": "illegal_act"},
    "交通事故": {"exclusion": "third_party_traffic"}, "医疗事故": {"exclusion": "third_party_malpractice"},
    "他方承担": {"exclusion": "third_party_other"}, "县级规定除外": {"exclusion": "county_listed"},
    "其他除外": {"exclusion": "other"}, "自行非定点": {"exclusion": "non_designated"},
    "认定无票据": {"exclusion": "no_formal_receipt"}, "险种不明": {"insutype": None},
    "重特大疾病": {"major_disease": True},
    "非重特大疾病": {"major_disease": False},
    "本市": {"place": "in_city"},
    "职工医保": {"insutype": "310"}, "居民医保": {"insutype": "390"},
}  # fmt: skip
AMOUNT_TAGS = {
    "乙类": "class_b_first_pay", "超限价": "over_limit_price_pay", "目录外": "out_of_scope", "合规费用": "in_scope",
    "补充保险": "supplementary_paid", "已救助": "assistance_paid_upstream",
}  # fmt: skip
ORDERED_TAGS = {"经办认定": "ordinary", "认定倾斜": "tilt", "认定二次": "secondary", "认定医中": "in_treatment"}
"""What an officer laid down for a bill that the law leaves to a person."""
DATE_TAGS = {"入院": "admitted_on", "结算": "settled_on"}
TEXT_TAGS = {"参保地": "county", "疾病": "disease_code"}


def fen(text: str) -> int:
    found = re.fullmatch(r"(\d+)\.(\d{2})", text)
    if found is None:
        raise Usage(f"an amount has two places: {text!r}")
    return int(found[1]) * 100 + int(found[2])


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Usage(f"{text!r} is no date; write 2023-05-06") from None
