"""The closed lists of reasons: why a bill got what it got, why a record was refused. Each with its sentence.

Codes are part of the contract: never renamed, never reused; new ones may be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


class Sentenced(StrEnum):
    """Codes that carry a sentence: members are written `NAME = code, text`."""

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member


class Reason(Sentenced):
    """Why a bill has the amounts it has. The text is what a clerk reads aloud."""

    # decided with money
    ASSISTED = "assisted", "按规定给予医疗救助。"
    # decided 0.00 on an accepted bill, in the order in which they are looked at (X-A10)
    WITHIN_DEDUCTIBLE = "within_deductible", "本年度救助起付标准尚未用完，本次费用全部计入起付标准。"
    NOTHING_TO_ASSIST = "nothing_to_assist", "本次没有可救助的政策范围内个人自付费用。"
    CAP_USED_UP = "cap_used_up", "本年度救助限额已经用完。"
    # refused: decided 0.00
    BEFORE_IN_FORCE = "before_in_force", "费用发生在本办法施行之前，不适用本办法。"
    AFTER_EXPIRY = "after_expiry", "费用发生在本办法有效期届满之后，不适用本办法。"
    NO_IDENTITY = "no_identity", "费用发生时不具有医疗救助对象身份。"
    IDENTITY_ENDED = "identity_ended", "医疗救助对象身份在费用发生之前已经终止。"
    SCOPE_NOT_COVERED = "scope_not_covered", "此类医疗费用不在医疗救助范围内。"
    NOT_DESIGNATED = "not_designated", "在非定点医药机构发生的费用，不纳入医疗救助范围。"
    UNINSURED = "uninsured", "未参加基本医疗保险，也没有可用的一次性救助申请。"
    NOT_MEMBER = "not_member", "费用发生时不属于本办法规定的参保对象。"
    EXCLUDED = "excluded", "此项费用属于规定不予救助的情形。"
    APPLICATION_MISSING = "application_missing", "此类对象须先提出申请，尚未收到申请。"
    FRAUD = "fraud", "经认定属于骗取医疗救助资金，依规定追回。"
    CLAIM_REFUSED = "claim_refused", "零星报销（手工报销）申请经审核未予批准。"
    # a contribution that is not subsidised: decided 0.00 (premium)
    PAID_AFTER_WINDOW = "paid_after_window", "集中征缴期结束后缴费，只享受动态参保，不享受参保资助。"
    ALREADY_SUBSIDISED = "already_subsidised", "本参保年度已经享受过参保资助，不重复资助。"
    NO_PREMIUM_SUBSIDY = "no_premium_subsidy", "该类人员不享受参保资助。"
    # held: a figure of the law or a fact is missing; decided by itself when it comes
    NOT_ADOPTED = "not_adopted", "救助规则尚未启用，启用后自动结算。"
    NO_INSTRUMENT = "no_instrument", "参保地没有已启用的救助办法，启用后自动结算。"
    FIGURE_MISSING = "figure_missing", "所依据文件的标准尚未录入，录入后自动结算。"
    INSURANCE_RESULT_MISSING = "insurance_result_missing", "基本医保或大病保险结果尚未到达，到达后自动结算。"
    FACT_MISSING = "fact_missing", "缺少结算所需的事实，补齐后自动结算。"
    # parked: waits for another record
    WAITS_FOR_BILL = "waits_for_bill", "撤销信息先到，等待原结算信息。"
    # a person decides
    NEEDS_PERSON = "needs_person", "依规定须由经办人员认定。"
    YEAR_CLOSED = "year_closed", "该年度已经关账，须由经办人员处理。"
    # taken back
    CANCELLED = "cancelled", "原结算已经撤销。"
    REVERSED = "reversed", "原结算已经冲正。"
    WITHDRAWN = "withdrawn", "所依据的信息已经撤回。"


REASON_TEXTS: Mapping[str, str] = {reason.value: reason.text for reason in Reason}


class RejectReason(Sentenced):
    """Why a feed record became a dead letter. The text says what the sender should fix."""

    EMPTY = "empty", "a feed record has a value; tombstones mean nothing here"
    KEY_MISSING = "key_missing", "the record key is the person number (psn_no)"
    KEY_MISMATCH = "key_mismatch", "key and psn_no in the value must be the same"
    TOO_LARGE = "too_large", "a feed record has at most 512 kB and 20,000 values"
    NOT_JSON = "not_json", "the value is one UTF-8 JSON object without duplicate keys, NaN or deep nesting"
    UNKNOWN_TYPE = "unknown_type", "the type belongs to this topic and is in the contract"
    UNKNOWN_VERSION = "unknown_version", "the version of this type is one of the released ones"
    BAD_FIELD = "bad_field", "a field is missing, misspelt or of the wrong shape"
    BAD_AMOUNT = (
        "bad_amount",
        "an amount is a string with two decimal places, not negative, at most twelve digits before the point",
    )
    BAD_SUM = "bad_sum", "the parts of the bill add up to its total"
    BAD_DATE = "bad_date", "dates exist, are in order and not in the future"
    UNKNOWN_CODE = "unknown_code", "a code is not in the dictionary of its region and version"
    PERSONAL_DATA = "personal_data", "a field holds something shaped like an ID number or a telephone number"
    BAD_SIGN = "bad_sign", "a settled bill has no negative amount and a cancel no positive one"
    TRIAL = "trial", "a trial settlement (2206, 2303) settles nothing and is not sent here"
    NOT_SETTLED = "not_settled", "the platform's answer says that the transaction failed: nothing was settled"
    NOTHING_STATED = "nothing_stated", "the message states nothing that concerns medical assistance"
    PAID_UPSTREAM = (
        "paid_upstream",
        "the platform has paid assistance where only we pay it: nobody pays twice",
    )
    WRONG_SOURCE = "wrong_source", "this source may not send this identity"
