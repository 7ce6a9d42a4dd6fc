"""The explained decision as one document: trace, receipt, difference to the decision before it, content hash.

A pure function of the law's bytes and the decisions: the same decision gives the same document and hash for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from schemas.money import fen_of, text_of
from schemas.outputs.explained import ExplainedDecision
from schemas.reasons import REASON_TEXTS
from workers.policy.law import Law
from workers.policy.trace.expand import expand
from workers.policy.trace.told import FullStep, Trace

NO_HASH = "0" * 64
NOTHING = Trace("", "", (), (), ())


def explain(
    law: Law | None, decision: Mapping[str, Any], before: tuple[Law | None, Mapping[str, Any]] | None = None
) -> ExplainedDecision:
    """Explain a decision as `assistance.decided` carries it; `before` is the one it supersedes, with its law.

    A law is None where no rulebook was in force. Usage where a decision was made under another law than the one given.
    """
    trace = _trace(law, decision)
    body = {
        "type": "decision.explained",
        "version": 1,
        **{name: decision.get(name) for name in _CARRIED},
        **{name: decision[name] for name in _WHERE_SAID if name in decision},
        "reason_text": REASON_TEXTS[decision["reason"]],
        "instrument": trace.instrument,
        "doc_no": trace.doc_no,
        "receipt": {**decision["receipt"], "cause": decision["cause"]},
        "steps": [_step(step) for step in trace.steps],
        "not_applied": [each._asdict() for each in trace.not_applied],
        "questions": [each._asdict() for each in trace.questions],
        "difference": None if before is None else _difference(trace, decision, before),
        "hash": NO_HASH,
    }
    told = ExplainedDecision.model_validate_json(_canonical(body))
    return told.model_copy(update={"hash": content_hash(told)})


_CARRIED = (
    "decision_id", "sequence", "person_key", "supersedes", "bill", "subject", "measure", "year", "benefit_date",
    "county", "status", "reason", "layers", "delta", "figures", "postings", "funding",
)  # fmt: skip

_WHERE_SAID = ("paid_upstream", "payable", "mode")


def _trace(law: Law | None, decision: Mapping[str, Any]) -> Trace:
    return NOTHING if law is None else expand(law, decision)


def content_hash(told: ExplainedDecision) -> str:
    """Hash of the document with an empty `hash`."""
    body = {**told.model_dump(mode="json"), "hash": ""}
    return f"sha256:{hashlib.sha256(_canonical(body)).hexdigest()}"


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _step(step: FullStep) -> dict[str, Any]:
    return {**step._asdict(), "citations": [cite._asdict() for cite in step.citations]}


def _difference(
    trace: Trace, decision: Mapping[str, Any], before: tuple[Law | None, Mapping[str, Any]]
) -> dict[str, Any]:
    law, earlier = before
    return {
        "supersedes": earlier["decision_id"],
        "was_rulebook": earlier["receipt"].get("rulebook"),
        "was_status": earlier["status"],
        "was_reason": earlier["reason"],
        "layers": _layers(earlier["layers"], decision["layers"]),
        "steps": _changed(_trace(law, earlier), trace),
    }


def _layers(was: Mapping[str, str], now: Mapping[str, str]) -> list[dict[str, str]]:
    names = sorted(set(was) | set(now))
    found = [(name, was.get(name, "0.00"), now.get(name, "0.00")) for name in names]
    return [
        {"layer": name, "was": a, "now": b, "delta": text_of(fen_of(b) - fen_of(a))} for name, a, b in found if a != b
    ]


def _changed(before: Trace, after: Trace) -> list[dict[str, Any]]:
    """Rules in the order of the later decision, then those that it no longer has."""
    was, now = ({step.rule: _step(step) for step in trace.steps} for trace in (before, after))
    return [
        {"rule": rule, "name": (now.get(rule) or was[rule])["name"], "was": was.get(rule), "now": now.get(rule)}
        for rule in dict.fromkeys((*now, *was))
        if not _same(was.get(rule), now.get(rule))
    ]


def _same(was: dict[str, Any] | None, now: dict[str, Any] | None) -> bool:
    """A step that only moved to another place has not changed."""
    return was is not None and now is not None and {**was, "n": 0} == {**now, "n": 0}
