"""Problems of the window (RFC 9457): one closed list, each with its status, what to do, and a sentence for the clerk.

Slugs are part of the contract: never renamed, never reused; new ones may be added. No text holds a value of a request.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.events.header import Fields
from schemas.events.words import DecisionId, Division, Id
from schemas.outputs.parts import Amounts

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:tuodi:problem:"


class ProblemType(StrEnum):
    """A kind of problem. `todo` tells a programmer what to do, `sentence` is what a clerk reads aloud."""

    status: int
    heading: str
    todo: str
    sentence: str

    def __new__(cls, slug: str, status: int, heading: str, todo: str, sentence: str) -> ProblemType:
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.status, member.heading, member.todo, member.sentence = status, heading, todo, sentence
        return member

    @property
    def uri(self) -> str:
        """The `type` member."""
        return TYPE_PREFIX + self.value

    UNAUTHENTICATED = (
        "unauthenticated", 401, "The caller is not known",
        "authenticate as your hospital guide says; a clock that is wrong is the most frequent cause",
        "医院身份未通过验证，请联系医院信息科检查接入凭证和服务器时间。",
    )  # fmt: skip
    NOT_YOURS = (
        "not-yours", 403, "Not a matter of this institution",
        "a hospital asks only for itself: check fixmedins_code (institution_code) and the region",
        "该业务不属于本机构，无权办理。",
    )  # fmt: skip
    NOT_ADMITTED = (
        "not-admitted", 403, "The institution is known but not admitted this way",
        "the reason says why: prove yourself in the ways registered for the institution, or ask the bureau",
        "本机构的接入方式不符合登记或已暂停，请联系医院信息科或医保经办机构。",
    )  # fmt: skip
    UNKNOWN_BILL = (
        "unknown-bill", 404, "No such settlement",
        "check region and setl_id; where the settlement was never sent, send it first",
        "没有查到这笔结算，请核对结算编号，或先上传结算信息。",
    )  # fmt: skip
    NO_SUCH_ROUTE = (
        "no-such-route", 404, "No such address",
        "see /v1/openapi.json for the addresses there are",
        "接口地址不存在，请联系医院信息科。",
    )  # fmt: skip
    WRONG_METHOD = (
        "wrong-method", 405, "Another method is asked for here",
        "see /v1/openapi.json for the methods of this address",
        "接口调用方式不正确，请联系医院信息科。",
    )  # fmt: skip
    CONFLICT = (
        "conflict", 409, "The settlement is stored with other facts",
        "nothing was changed; cancel the stored settlement, send the right one under a new number, or ask the bureau",
        "同一结算编号已有内容不同的记录，本次未作处理，请先撤销原结算再重新结算，或联系医保经办机构。",
    )  # fmt: skip
    TOO_SLOW = (
        "too-slow", 408, "The body did not come in time",
        "send the whole body at once; nothing was written",
        "上传超时，未作处理，请重新提交。",
    )  # fmt: skip
    TOO_LARGE = (
        "too-large", 413, "The body is too large",
        "a request has at most the bytes that the guide names; send one settlement a request",
        "上传内容过大，未作处理，请联系医院信息科。",
    )  # fmt: skip
    NOT_JSON = (
        "not-json", 400, "The body is not one JSON object",
        "send one UTF-8 JSON object with content-type application/json, without duplicate keys or deep nesting",
        "上传内容格式不正确，未作处理，请联系医院信息科。",
    )  # fmt: skip
    REFUSED = (
        "refused", 422, "The content is refused",
        "correct the field that is named and send again; the same content will be refused again",
        "上传内容有误，未作处理，请核对后重新提交。",
    )  # fmt: skip
    RATE_LIMITED = (
        "rate-limited", 429, "Too many requests of this institution",
        "send the same request again after Retry-After seconds; nothing was written",
        "本机构请求过于频繁，请稍后重试。",
    )  # fmt: skip
    HEADERS_TOO_LARGE = (
        "headers-too-large", 431, "The request's headers are too large",
        "send no more headers than the guide names",
        "请求头过大，未作处理，请联系医院信息科。",
    )  # fmt: skip
    BUSY = (
        "busy", 503, "Too many requests at once",
        "send the same request again after Retry-After seconds; nothing was written",
        "系统繁忙，请稍后重试。",
    )  # fmt: skip
    NOT_WRITTEN = (
        "not-written", 503, "Whether the request was recorded is not known",
        "send the very same request again after Retry-After seconds: it cannot be settled twice",
        "系统暂时没有确认，请稍后用原内容重新提交，不会重复结算。",
    )  # fmt: skip
    NO_QUOTE = (
        "no-quote", 503, "The trial was not answered in time",
        "a trial is information: ask again after Retry-After seconds, or settle without it",
        "预结算暂时没有结果，请稍后重试，不影响正式结算。",
    )  # fmt: skip
    CANNOT_LOOK_UP = (
        "cannot-look-up", 503, "What is stored cannot be looked up now",
        "ask again after Retry-After seconds; nothing was written",
        "暂时无法查询，请稍后重试。",
    )  # fmt: skip
    STARTING = (
        "starting", 503, "This replica is not ready",
        "send the same request again after Retry-After seconds; nothing was written",
        "系统正在启动，请稍后重试。",
    )  # fmt: skip
    INTERNAL = (
        "internal", 500, "A fault of this program",
        "send the same request again: it cannot be settled twice; report the time if it stays",
        "系统故障，请稍后用原内容重试，不会重复结算；如仍不成功请联系医保经办机构。",
    )  # fmt: skip


class Problem(Fields):
    """The body of every answer that is not a success."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="urn:tuodi:problem: and the slug", max_length=128)]
    title: Annotated[str, Field(max_length=128)]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(max_length=512, description="what is wrong and what to do, for a programmer")]
    sentence: Annotated[str, Field(max_length=256, description="what the clerk reads aloud, Chinese")]
    reason: Annotated[str, Field(max_length=64)] | None = Field(None, description="code of the closed list of reasons")
    field: Annotated[str, Field(max_length=64)] | None = Field(None, description="the field that shows it")
    region: Division | None = None
    setl_id: Id | None = None
    decision_id: DecisionId | None = Field(None, description="of what is stored (conflict)")
    layers: Amounts | None = Field(None, description="of what is stored (conflict)")
    payable: Amounts | None = Field(None, description="of what is stored (conflict), where it is not all layers")
