"""Every refusal of the door: which problem it is, and one Chinese sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.responses import JSONResponse

from schemas.http.problem import ProblemType
from workers.errors import TuodiError
from workers.gateway.door.challenge import ACCEPT_SIGNATURE, AUTHENTICATE
from workers.gateway.problems import ProblemError

P = ProblemType


class Refusal(NamedTuple):
    """One reason within a kind of problem. `about` is for a programmer, `sentence` for whoever stands at the window."""

    kind: ProblemType
    about: str
    sentence: str


REFUSALS: Mapping[str, Refusal] = {
    "credentials_missing": Refusal(
        P.UNAUTHENTICATED, "no proof of who calls", "没有出示机构身份，请医院信息科按接入说明签名或使用客户端证书。"
    ),
    "credentials_unknown": Refusal(
        P.UNAUTHENTICATED, "the key id or certificate is not registered", "密钥或证书没有登记，请医院信息科核对后重发。"
    ),
    "proxy_not_trusted": Refusal(
        P.UNAUTHENTICATED,
        "Client-Cert came from an address that is no named proxy",
        "证书不是由登记的代理转来，不予采信。",
    ),
    "certificate_unreadable": Refusal(
        P.UNAUTHENTICATED, "the certificate cannot be read", "证书无法识别，请医院信息科检查代理转送证书的写法。"
    ),
    "certificate_expired": Refusal(
        P.UNAUTHENTICATED, "the certificate is outside its validity", "证书不在有效期内，请医院信息科更换证书。"
    ),
    "signature_malformed": Refusal(
        P.UNAUTHENTICATED,
        "the signature headers are not in the required form",
        "签名写法不对，请医院信息科对照接入说明。",
    ),
    "signature_incomplete": Refusal(
        P.UNAUTHENTICATED,
        "the signature does not cover all it must",
        "签名没有覆盖必需的内容，请医院信息科对照接入说明。",
    ),
    "signature_wrong": Refusal(
        P.UNAUTHENTICATED, "the signature does not verify", "签名不对，请医院信息科核对密钥和签名原文。"
    ),
    "clock_outside_window": Refusal(
        P.UNAUTHENTICATED,
        "the time of signing is too far from ours",
        "服务器时间相差过大，请医院信息科校准时钟后重发。",
    ),
    "nonce_replayed": Refusal(
        P.UNAUTHENTICATED,
        "this nonce was used; sign every attempt anew",
        "这个签名已经用过，请用原内容重新签名后重发。",
    ),
    "digest_wrong": Refusal(
        P.UNAUTHENTICATED,
        "content-digest is not that of the body",
        "正文与摘要不符，请医院信息科对实际发送的字节计算摘要。",
    ),
    "envelope_wrong": Refusal(
        P.UNAUTHENTICATED, "cainfo does not verify", "报文签名不对，请医院信息科核对密钥和待签原文。"
    ),
    "hospitals_differ": Refusal(
        P.NOT_ADMITTED, "two proofs name two institutions", "两种身份证明属于不同机构，请医院信息科核对。"
    ),
    "way_not_allowed": Refusal(
        P.NOT_ADMITTED, "this proof alone is not enough here", "这种身份证明不够，请医院信息科按登记的方式接入。"
    ),
    "hospital_suspended": Refusal(
        P.NOT_ADMITTED, "suspended by the bureau", "本机构的接入已暂停，请联系医保经办机构。"
    ),
    "headers_too_large": Refusal(P.HEADERS_TOO_LARGE, "too many bytes of headers", P.HEADERS_TOO_LARGE.sentence),
    "rate_limited": Refusal(P.RATE_LIMITED, "more requests than agreed", P.RATE_LIMITED.sentence),
    "nonces_exhausted": Refusal(
        P.RATE_LIMITED, "more signatures within the clock window than can be remembered", P.RATE_LIMITED.sentence
    ),
}


class Refused(TuodiError):
    """The door does not let a request in. `reason` is a key of REFUSALS; `more` are further members of the problem.

    `more` holds names of parts and numbers only, never a value of the request.
    """

    def __init__(self, reason: str, *, retry_after_s: int | None = None, **more: int | str) -> None:
        super().__init__(f"{reason}: {REFUSALS[reason].about}")
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.more = more

    def response(self) -> JSONResponse:
        """The problem (RFC 9457) with its headers: a challenge for 401, patience for 429."""
        refusal = REFUSALS[self.reason]
        members: dict[str, Any] = {"reason": self.reason, **self.more}
        answer = ProblemError(refusal.kind, detail=refusal.about, sentence=refusal.sentence, **members).response()
        if refusal.kind is P.UNAUTHENTICATED:
            answer.headers["WWW-Authenticate"] = AUTHENTICATE
            answer.headers["Accept-Signature"] = ACCEPT_SIGNATURE
        if self.retry_after_s is not None:
            answer.headers["Retry-After"] = str(self.retry_after_s)
        return answer
