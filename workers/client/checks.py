"""The checks of the acceptance list, in the order in which they are run."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from workers.client.acceptance import (
    CANCEL,
    CONTRACT,
    PERSON_YEAR,
    REINSTATE,
    SETTLE,
    TRIAL,
    Check,
    Seen,
    Target,
    Verdict,
)  # fmt: skip

Memory = dict[str, Any]
NOT_HERE: Final = Verdict(None, "no key was given: the certificate is the proof")
NATIONAL: Final = "/v1/national"
_CODE: Final = re.compile(r"\[([a-z_-]{1,40})[ \]]")
UNKNOWN_BILL: Final = "ACC-no-such-settlement"
TOO_MANY_BYTES: Final = 600_000
"""Above the largest body that any hospital may be given."""


def _saw(passed: bool, *seen: Seen) -> Verdict:
    return Verdict(passed, "; ".join(str(each) for each in seen))


async def _contract(target: Target, memory: Memory) -> Verdict:
    seen = await target.ask("GET", CONTRACT, headers={})
    return _saw(seen.status == 200 and str(seen.body.get("openapi", "")).startswith("3.1"), seen._replace(body={}))


async def _known(target: Target, memory: Memory) -> Verdict:
    seen = await _query(target, UNKNOWN_BILL)
    return _saw((seen.status, seen.kind) == (404, "unknown-bill"), seen)


async def _nobody(target: Target, memory: Memory) -> Verdict:
    if target.signer is None:
        return NOT_HERE
    seen = await target.ask("POST", TRIAL, b"{}", headers={"Content-Type": "application/json"})
    return _saw((seen.status, seen.kind) == (401, "unauthenticated"), seen)


async def _wrong_key(target: Target, memory: Memory) -> Verdict:
    if target.wrong_signer is None:
        return NOT_HERE
    seen = await target.ask("POST", TRIAL, b"{}", signer=target.wrong_signer)
    return _saw((seen.status, seen.reason) == (401, "signature_wrong"), seen)


async def _clock(target: Target, memory: Memory) -> Verdict:
    if target.late_signer is None:
        return NOT_HERE
    seen = await target.ask("POST", TRIAL, b"{}", signer=target.late_signer)
    return _saw((seen.status, seen.reason) == (401, "clock_outside_window"), seen)


async def _changed(target: Target, memory: Memory) -> Verdict:
    if target.signer is None:
        return NOT_HERE
    headers = target.signer.headers("POST", TRIAL, b'{"signed": 1}')
    seen = await target.ask("POST", TRIAL, b'{"signed": 2}', headers=headers)
    return _saw((seen.status, seen.reason) == (401, "digest_wrong"), seen)


async def _replay(target: Target, memory: Memory) -> Verdict:
    if target.signer is None:
        return NOT_HERE
    path = f"{SETTLE}/{target.region}/{UNKNOWN_BILL}"
    headers = target.signer.headers("GET", path, b"")
    first = await target.ask("GET", path, headers=headers)
    second = await target.ask("GET", path, headers=headers)
    return _saw(first.status != 401 and (second.status, second.reason) == (401, "nonce_replayed"), first, second)


async def _large(target: Target, memory: Memory) -> Verdict:
    seen = await target.ask("POST", TRIAL, b" " * TOO_MANY_BYTES)
    return _saw((seen.status, seen.kind) == (413, "too-large"), seen)


async def _malformed(target: Target, memory: Memory) -> Verdict:
    seen = await target.ask("POST", TRIAL, b'{"half": ')
    return _saw((seen.status, seen.kind) == (400, "not-json"), seen)


async def _elsewhere(target: Target, memory: Memory) -> Verdict:
    seen = await target.ask("GET", f"{SETTLE}/000000/{UNKNOWN_BILL}")
    return _saw((seen.status, seen.kind) == (403, "not-yours"), seen)


async def _refused(target: Target, memory: Memory) -> Verdict:
    seen = await target.post(TRIAL, {**target.numbered("R"), "total_fee": "-0.01"})
    return _saw((seen.status, seen.kind) == (422, "refused") and bool(seen.reason), seen)


async def _trial(target: Target, memory: Memory) -> Verdict:
    seen = await target.post(TRIAL, {**target.numbered("T"), "type": "settlement.final"})
    return _saw(seen.status == 200 and "assistance" in seen.body, seen)


async def _person_year(target: Target, memory: Memory) -> Verdict:
    bill = target.bill
    asked = {"region": target.region, "psn_no": bill["psn_no"], "year": int(str(bill["discharged_on"])[:4])}
    seen = await target.post(PERSON_YEAR, asked)
    return _saw(seen.status == 200 and "tables" in seen.body, seen)


async def _national(target: Target, memory: Memory) -> Verdict:
    """A query (5203) in the platform's envelope: it reaches us, is read, and is answered in an envelope."""
    bill, data = target.bill, {"psn_no": target.bill["psn_no"], "setl_id": UNKNOWN_BILL}
    envelope = {
        "infno": "5203", "msgid": f"{target.hospital}{target.run_id}N"[:30], "infver": "V1.0",
        "mdtrtarea_admvs": bill.get("county"), "insuplc_admdvs": bill.get("county"),
        "fixmedins_code": target.hospital, "input": {"data": data},
    }  # fmt: skip
    seen = await target.post(NATIONAL, envelope)
    code = _CODE.match(str(seen.body.get("err_msg", "")))
    said = f"{seen} infcode {seen.body.get('infcode')} {code[1] if code else ''}".strip() if seen.body else str(seen)
    return Verdict(seen.status == 200 and code is not None and code[1] == "unknown-bill", said)


async def _settle(target: Target, memory: Memory) -> Verdict:
    memory["first"] = seen = await target.post(SETTLE, target.numbered("S"))
    return _saw(seen.status == 200 and "assistance" in seen.body, seen)


async def _retry(target: Target, memory: Memory) -> Verdict:
    seen = await target.post(SETTLE, target.numbered("S"))
    return _saw(seen.status == 200 and _same(seen, memory) and seen.body.get("outcome") == "repeat", seen)


async def _read(target: Target, memory: Memory) -> Verdict:
    seen = await _query(target, target.numbered("S")["setl_id"])
    return _saw(seen.status == 200 and _same(seen, memory), seen)


async def _conflict(target: Target, memory: Memory) -> Verdict:
    stated = Decimal(str(target.bill.get("in_scope_personal", "0.00")))
    other = f"{stated + Decimal('0.01') if stated <= 0 else stated - Decimal('0.01'):.2f}"
    seen = await target.post(SETTLE, {**target.numbered("S"), "in_scope_personal": other})
    return _saw((seen.status, seen.kind) == (409, "conflict"), seen)


async def _cancel(target: Target, memory: Memory) -> Verdict:
    memory["cancelled"] = seen = await target.post(CANCEL, _undo(target, "settlement.cancel", own_id=_own(target, "C")))
    return _saw(seen.status == 200, seen)


async def _cancel_again(target: Target, memory: Memory) -> Verdict:
    seen = await target.post(CANCEL, _undo(target, "settlement.cancel", own_id=_own(target, "C")))
    return _saw(seen.status == 200 and seen.body.get("outcome") == "repeat", seen)


async def _stays_cancelled(target: Target, memory: Memory) -> Verdict:
    seen = await target.post(SETTLE, target.numbered("S"))
    return _saw(seen.status == 200 and seen.body.get("assistance") == "0.00", seen)


async def _reinstate(target: Target, memory: Memory) -> Verdict:
    event = _undo(target, "settlement.reinstate", own_id=_own(target, "B"), cancel_own_id=_own(target, "C"))
    seen = await target.post(REINSTATE, event)
    first: Seen = memory["first"]
    return _saw(seen.status == 200 and seen.body.get("assistance") == first.body.get("assistance"), seen)


async def _clean(target: Target, memory: Memory) -> Verdict:
    seen = await target.post(CANCEL, _undo(target, "settlement.cancel", own_id=_own(target, "D")))
    stored = await _query(target, target.numbered("S")["setl_id"])
    return _saw(seen.status == 200 and stored.body.get("assistance") == "0.00", seen, stored)


async def _cancel_unknown(target: Target, memory: Memory) -> Verdict:
    event = {**_undo(target, "settlement.cancel", own_id=_own(target, "U")), "setl_id": UNKNOWN_BILL}
    seen = await target.post(CANCEL, event)
    return _saw((seen.status, seen.kind) == (404, "unknown-bill"), seen)


async def _query(target: Target, setl_id: str) -> Seen:
    return await target.ask("GET", f"{SETTLE}/{target.region}/{setl_id}")


def _undo(target: Target, type_: str, **fields: str) -> dict[str, Any]:
    bill = target.numbered("S")
    same = {name: bill[name] for name in ("region", "psn_no", "setl_id")}
    return {"type": type_, "version": 1, **same, **fields}


def _own(target: Target, letter: str) -> str:
    return f"ACC{target.run_id}S-{letter}"


def _same(seen: Seen, memory: Memory) -> bool:
    first: Seen = memory["first"]
    return all(seen.body.get(name) == first.body.get(name) for name in ("decision_id", "assistance", "status"))


CHECKS: Final[tuple[Check, ...]] = (
    Check("contract", False, "200，OpenAPI 3.1", "核对网关地址、端口和网络。",
          "GET /v1/openapi.json answers 200: check address, port, network.", _contract),
    Check("known", False, "404 unknown-bill（身份已通过）", "按返回的 reason 检查密钥编号、密钥、时钟或证书。",
          "A signed query of an unknown settlement is 404: check key id, secret, clock or certificate.", _known),
    Check("nobody", False, "401 unauthenticated", "没有签名也能进入：检查网关前的代理，立即报告医保局。",
          "An unsigned request is 401: if not, something in front signs for you. Report it.", _nobody),
    Check("wrong-key", False, "401 signature_wrong", "错误的密钥也能进入：立即报告医保局。",
          "A wrong secret is 401: if not, report it at once.", _wrong_key),
    Check("clock", False, "401 clock_outside_window", "一小时前的签名也被接受：立即报告医保局。",
          "A signature of an hour ago is 401: if not, report it.", _clock),
    Check("changed-body", False, "401 digest_wrong", "正文被改仍被接受：立即报告医保局。",
          "A body that was changed under its signature is 401: if not, report it.", _changed),
    Check("replay", False, "第二次 401 nonce_replayed", "重放未被发现：代理应按 Signature-Input 头分发。",
          "The same signature twice is 401: route by the header Signature-Input (docs/gateway-door.md).", _replay),
    Check("too-large", False, "413 too-large", "没有收到 413：代理可能先断开了连接，放宽代理的上限。",
          "A body over the limit is 413: if the connection broke, raise the proxy's own limit.", _large),
    Check("malformed", False, "400 not-json", "不完整的 JSON 应被拒绝：检查代理是否改写正文。",
          "Half a JSON object is 400: check whether a proxy rewrites bodies.", _malformed),
    Check("other-region", False, "403 not-yours", "不属于本机构的地区应被拒绝：报告医保局核对登记。",
          "A region that is not yours is 403: have your registration checked.", _elsewhere),
    Check("bad-amount", False, "422 refused，并给出 reason", "负数金额应被拒绝：报告医保局。",
          "A negative amount is 422 with a reason: report it.", _refused),
    Check("trial", False, "200，有 assistance", "503 no-quote：稍后再试；422：按 reason 和 field 改样例。",
          "A trial is 200: on 503 try again later, on 422 mend the field that is named.", _trial),
    Check("person-year", False, "200，有 tables", "503：查询库没有运行；422：核对 psn_no 和年度。",
          "A person-year query is 200: on 503 the read model is down.", _person_year),
    Check("national", False, "200，infcode -1，[unknown-bill]", "报文没有被识别：核对信封字段和参保地。",
          "A 5203 in the platform's envelope is answered in one: check its members and the insured place.", _national),
    Check("cancel-unknown", False, "404 unknown-bill", "撤销不存在的结算应答 404：报告医保局。",
          "The cancel of an unknown settlement is 404.", _cancel_unknown),
    Check("settle", True, "200，有 assistance", "202：稍后查询；422：按 reason 和 field 改样例。",
          "A settle is 200: on 422 mend the field that is named.", _settle),
    Check("retry", True, "200 repeat，decision_id 相同", "重发得到不同的结果：立即报告医保局，不要上线。",
          "The same bytes again give outcome repeat and the same decision: if not, do not go live.", _retry),
    Check("query", True, "200，与结算一致", "查询与结算不一致：稍后再查，仍不一致则报告。",
          "The query agrees with the settle.", _read),
    Check("conflict", True, "409 conflict", "同号不同内容应答 409：立即报告医保局。",
          "The same number with other content is 409.", _conflict),
    Check("cancel", True, "200", "按返回的 type 和 reason 处理。", "A cancel is 200.", _cancel),
    Check("cancel-again", True, "200 repeat", "重发撤销应答 repeat：报告医保局。",
          "The same cancel again is a repeat.", _cancel_again),
    Check("stays-cancelled", True, "200，assistance 0.00", "撤销后的结算又被支付：立即报告医保局，不要上线。",
          "A cancelled settlement that is sent again stays cancelled and pays nothing.", _stays_cancelled),
    Check("reinstate", True, "200，金额恢复", "冲正撤销后金额应恢复：报告医保局。",
          "Undoing the cancel brings the amount back.", _reinstate),
    Check("clean-up", True, "200，assistance 0.00", "验收用的结算没有撤销干净：请人工撤销。",
          "The settlement of this run ends cancelled; if not, cancel it by hand.", _clean),
)  # fmt: skip
