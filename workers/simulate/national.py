"""What a body of national size has beside our contract: fields of output `setlinfo` of 2207/2304 and of query 5203, and
`setldetail`, the payments by fund (platform field names). Receivers drop what they do not know; the bytes are real.
"""

from __future__ import annotations

from typing import Any

from workers.simulate.amounts import Split
from workers.simulate.envelope import money

_FUNDS: tuple[tuple[str, str, str], ...] = (
    ("pool", "390100", "城乡居民基本医疗保险基金"),
    ("critical", "390200", "城乡居民大病医疗保险基金"),
    ("large", "330100", "大额医疗费用补助基金"),
    ("civil_servant", "320100", "公务员医疗补助基金"),
    ("account", "310200", "城镇职工基本医疗保险个人账户基金"),
)


def national_extras(value: dict[str, Any], split: Split) -> dict[str, Any]:
    """Extra fields for this value; nothing in them is about a person beyond what the value says."""
    in_scope = money(split.in_scope)
    return {
        "mdtrt_id": value["visit_id"], "medins_setl_id": value["setl_id"], "setl_type": "2", "psn_type": "1501",
        "psn_setlway": "01", "mdtrt_cert_type": "03", "med_type": value["care_type"], "refd_setl_flag": "0",
        "mid_setl_flag": "0", "cvlserv_flag": "0", "flxempe_flag": "0", "nwb_flag": "0", "clr_way": "10",
        "clr_optins": value["clearing_org"], "insu_admdvs": value["county"], "hosp_lv": value["institution_level"],
        "begndate": value.get("admitted_on", value["discharged_on"]), "enddate": value["discharged_on"],
        "setl_time": f"{value['settled_on']} 10:24:00", "medfee_sumamt": value["total_fee"],
        "fulamt_ownpay_amt": value["out_of_scope"], "overlmt_selfpay": value["over_limit_price_pay"],
        "preselfpay_amt": value["class_b_first_pay"], "inscp_scp_amt": in_scope, "act_pay_dedc": "0.00",
        "hifp_pay": money(split.pool), "pool_prop_selfpay": "0.7000", "cvlserv_pay": money(split.civil_servant),
        "hifes_pay": "0.00", "hifmi_pay": money(split.critical), "hifob_pay": money(split.large), "maf_pay": "0.00",
        "hifdm_pay": "0.00", "oth_pay": "0.00", "acct_mulaid_pay": "0.00", "dedc_std": "0.00", "crt_dedc": "0.00",
        "dedc_hosp_lv": value["institution_level"], "lmtpric_hosp_lv": value["institution_level"], "outmed_flag": "0",
        "refl_flag": "0", "rloc_type": "", "rloc_rea": "", "setl_cal_type": "11",
        "fund_pay_sumamt": money(split.fund_total), "psn_part_amt": money(split.person_total),
        "setldetail": [
            {"fund_pay_type": code, "fund_pay_type_name": name, "inscp_scp_amt": in_scope,
             "crt_payb_lmt_amt": "250000.00", "fund_payamt": money(getattr(split, field)), "setl_proc_info": ""}
            for field, code, name in _FUNDS if getattr(split, field)
        ],
    }  # fmt: skip
