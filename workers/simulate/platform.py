"""Events of ours as the platform would send them: envelope, `setlinfo`, rows of the core table, its codes and times.

What the platform's shape cannot say (a manual claim, a referral, a death as reason of removal …) is not translated and
stays in our form: a feed in the field is mixed too. Reading a translated message gives the same facts again;
`tests/unit/simulate/test_platform_year.py` proves it over a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from schemas.money import fen_of, text_of
from schemas.national.load import load_national
from workers.simulate import county
from workers.simulate.amounts import Split
from workers.simulate.national import national_extras

Value = dict[str, Any]

_CARE = {county.INPATIENT: ("2304", "21"), county.CHRONIC: ("2207", "14"), county.OUTPATIENT: ("2207", "11")}
_SAID = {"insured": True, "insurance_settled": True, "designated": True, "emergency_rescue": False,
         "place": "in_county", "referral": "not_required", "channel": "one_stop"}  # fmt: skip
"""What the platform's shape says of every bill; another fact needs our form."""
_FUNDS = ("pool_pay", "critical_illness_pay", "large_amount_pay", "civil_servant_pay", "enterprise_pay",
          "disabled_pay", "other_fund_pay")  # fmt: skip
_ROWS_SAY = frozenset({"source_id", "identity", "revision", "recognised_on", "removed_on", "removal_reason",
                       "withdrawn", "list_month", "county", "new_recognition"})  # fmt: skip


def as_platform(value: Mapping[str, Any], more: Mapping[str, Any] | None, time: str) -> Value | None:
    """The platform's message for an event (with header fields), or None. `more`: what only the platform states.

    `time` is the arrival, RFC 3339 in UTC+8.
    """
    make = {"settlement.final": _final, "settlement.cancel": _cancel, "settlement.reverse": _reverse,
            "identity.changed": _row}.get(value["type"])  # fmt: skip
    return None if make is None else make(value, more or {}, f"{time[:10]} {time[11:19]}")


def _envelope(infno: str, msgid: str, division: str, time: str) -> Value:
    return {
        "infno": infno, "msgid": msgid, "mdtrtarea_admvs": division, "insuplc_admdvs": division, "inf_time": time,
        "recer_sys_code": "SIM", "infver": "V1.0", "opter_type": "1", "sign_no": "", "infcode": "0", "err_msg": "",
    }  # fmt: skip


def _final(value: Mapping[str, Any], more: Mapping[str, Any], time: str) -> Value | None:
    care = _CARE.get(value["care_type"])
    known = all(value.get(name) == said for name, said in _SAID.items())
    if care is None or not known or value.get("primary_care_first") or value.get("major_disease"):
        return None
    if "fund_total" not in value or not _derivable(value):
        return None
    infno, med_type = care
    record = _record(value, med_type)
    shape = sum(value["setl_id"].encode()) % 3
    if shape == 0:
        return {**record, **_core(record), "insu_admdvs": value["county"], "mdtrtarea_admvs": value["county"]}
    asked = {"psn_no": value["psn_no"], "mdtrt_id": value["visit_id"], "med_type": med_type, "mid_setl_flag": "0"}
    detail = record.pop("setldetail")
    output = {"setlinfo": record, "setldetail": detail}
    if shape == 1:
        core = {**_core(record), "insu_optins": value["county"]}
        return {**_envelope("5203", value["msgid"], value["county"], time), "output": {**output, "setlinfo": core}}
    return {**_envelope(infno, value["msgid"], value["county"], time), "input": {"data": asked}, "output": output}


def _derivable(value: Mapping[str, Any]) -> bool:
    """Own payment in scope is what the amounts say; a bill about which people found something else is not."""
    own = fen_of(value["in_scope"]) - sum(fen_of(value[name]) for name in _FUNDS)
    return own == fen_of(value["in_scope_personal"]) and own >= 0


def _record(value: Mapping[str, Any], med_type: str) -> Value:
    fen = {name: fen_of(text) for name, text in value.items() if isinstance(text, str) and _amount(text)}
    split = Split(
        fen["total_fee"], fen["in_scope"], fen["class_b_first_pay"], fen["over_limit_price_pay"], fen["out_of_scope"],
        fen["pool_pay"], fen["critical_illness_pay"], fen["large_amount_pay"], fen["civil_servant_pay"],
        fen["in_scope_personal"], fen["account_pay"],
    )  # fmt: skip
    record = national_extras(dict(value), split)
    record |= {
        "psn_no": value["psn_no"], "setl_id": value["setl_id"], "medins_setl_id": value["msgid"], "med_type": med_type,
        "insutype": value["insutype"], "fixmedins_code": value["institution_code"], "year": str(value["benefit_year"]),
        "acct_pay": text_of(split.account), "psn_cash_pay": text_of(split.person_total - split.account),
        "hosp_part_amt": "0.00", "clr_type": value["clearing_type"], "dise_codg": value.get("disease_code", ""),
    }  # fmt: skip
    del record["refl_flag"], record["rloc_type"], record["rloc_rea"]
    return record


def _amount(text: str) -> bool:
    return text[-3:-2] == "." and text.replace(".", "", 1).isdigit()


def _core(record: Mapping[str, Any]) -> Value:
    """The same record under the names of the core table."""
    vocabulary = load_national().vocabulary
    renamed = {names[0]: names[1] for names in vocabulary.amounts.values() if len(names) > 1}
    return {renamed.get(name, name): value for name, value in record.items()}


def _cancel(value: Mapping[str, Any], more: Mapping[str, Any], time: str) -> Value:
    """2208 or 2305 with the negated amounts, where the bill is known; else the bare three fields."""
    bill = more.get("bill")
    infno = "2208" if bill is None else {"2207": "2208"}.get(_CARE.get(bill["care_type"], ("", ""))[0], "2305")
    answer: Value = {"setl_id": value["own_id"], "setl_time": f"{value['cancelled_on']} 10:24:00"}
    if bill is not None and "fund_total" in bill and _derivable(bill):
        record = _record({"msgid": value["own_id"], "insutype": "390", **bill}, "")
        amounts = {names[0] for names in load_national().vocabulary.amounts.values()}
        answer |= {name: _negated(text) for name, text in record.items() if name in amounts}
        answer |= {"psn_part_amt": None, "hosp_part_amt": None}
    asked = {"setl_id": value["setl_id"], "mdtrt_id": "", "psn_no": value["psn_no"]}
    envelope = _envelope(infno, f"M{value['own_id']}", more["county"], time)
    return {**envelope, "input": {"data": asked}, "output": {"setlinfo": answer, "setldetail": []}}


def _negated(text: str) -> str:
    return text if fen_of(text) == 0 else f"-{text}"


def _reverse(value: Mapping[str, Any], more: Mapping[str, Any], time: str) -> Value | None:
    if "msgid" in value:
        named = {"omsgid": value["msgid"], "oinfno": "2304"}
    elif "own_id" in value:
        named = {"omsgid": f"M{value['own_id']}", "oinfno": "2305"}
    else:
        return None  # a reversal by settlement number is not in the interface
    envelope = _envelope("2601", value["reversal_id"], more["county"], time)
    return {**envelope, "input": {"data": {"psn_no": value["psn_no"], **named}}, "output": {}}


def _row(value: Mapping[str, Any], more: Mapping[str, Any], time: str) -> Value | None:
    """A row of the register of assisted persons."""
    told = set(value) - {"type", "version", "region", "psn_no"} <= _ROWS_SAY
    dictionary = load_national().by_division[value["county"]].dictionary
    code = next((c for c, name in dictionary.tables["mat_idet_code"].items() if name == value["identity"]), None)
    removed = value.get("removed_on")
    if code is None or not told or value.get("removal_reason") == "death" or (removed or "9") <= value["recognised_on"]:
        return None
    last = None if removed is None else (date.fromisoformat(removed) - timedelta(days=1)).isoformat()
    return {
        "psn_no": value["psn_no"], "mat_id": value["source_id"], "insu_admdvs": value["county"], "mat_idet_code": code,
        "mat_idet_name": value["identity"], "begntime": f"{value['recognised_on']} 00:00:00",
        "endtime": last and f"{last} 23:59:59", "vali_flag": "0" if value["withdrawn"] else "1",
        "evt_type": "05" if value["withdrawn"] else "01" if value["revision"] == 1 else "02",
        "revision": str(value["revision"]), "list_period": value["list_month"].replace("-", ""), "updt_time": time,
    }  # fmt: skip
