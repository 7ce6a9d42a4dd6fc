"""The national envelope (报文) over HTTP: the body of every interface we answer, in the platform's own names.

Everything beside `infno` is read by the vocabulary (`schemas/national/vocabulary.toml`), which knows two spellings of
most names; so the envelope is open here. Source: the platform's interface specification as provinces publish it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.events.header import Fields

Infno = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}[A-Z]?$", min_length=4, max_length=5)]


class NationalRequest(Fields):
    """An envelope. `output` carries what basic insurance answered the hospital; the amounts are read from there."""

    model_config = ConfigDict(extra="allow")

    infno: Infno
    msgid: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    insuplc_admdvs: Annotated[str, StringConstraints(max_length=6)] | None = None
    mdtrtarea_admvs: Annotated[str, StringConstraints(max_length=6)] | None = None
    inf_time: Annotated[str, StringConstraints(max_length=30)] | None = None
    fixmedins_code: Annotated[str, StringConstraints(max_length=30)] | None = None
    input: dict[str, Any] | None = None
    output: dict[str, Any] | None = None


class NationalAnswer(Fields):
    """The answering envelope. `infcode` 0: done; -1: not done, `err_msg` says why, first a code in brackets."""

    model_config = ConfigDict(extra="forbid")

    infcode: Literal[0, -1]
    inf_refmsgid: Annotated[str, Field(max_length=30, description="receiver's 医保区划, time, serial")]
    refmsg_time: Annotated[str, Field(max_length=17, description="when the message came, yyyyMMddHHmmssSSS")]
    respond_time: Annotated[str, Field(max_length=17)]
    err_msg: Annotated[str, Field(max_length=200)] | None = None
    output: dict[str, Any] | None = None
