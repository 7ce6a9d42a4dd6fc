"""The explained decision as data: its steps, what did not apply, the readings it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Citation(NamedTuple):
    """Where it stands: article and words of the document; or the question whose reading it rests on (then no quote)."""

    doc_no: str
    article: str
    quote: str
    question: str = ""


class FullStep(NamedTuple):
    """One step told in full. Every number of the sentence is one of the inputs or outputs."""

    n: int
    rule: str
    name: str
    verb: str
    code: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    sentence: str
    citations: tuple[Citation, ...]
    clauses: tuple[str, ...]
    layer: str = ""  # what its last output is paid as, where it pays


class NotApplied(NamedTuple):
    """A rule or group of the rulebook that did not apply to this bill, and why."""

    rule: str
    name: str
    clauses: tuple[str, ...]
    because: str


class Relied(NamedTuple):
    """An interpretation the decision rests on. `general`: it stands behind every decision of the instrument."""

    id: str
    text: str
    chosen: str
    reading: str
    basis: str
    decided_by: str
    general: bool


class Trace(NamedTuple):
    """The explained decision."""

    instrument: str
    doc_no: str
    steps: tuple[FullStep, ...]
    not_applied: tuple[NotApplied, ...]
    questions: tuple[Relied, ...]
