"""Printing what `tuodi conformance` finds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from workers.errors import Usage
from workers.intake.conformance import Finding, findings
from workers.intake.national.folder import national_of
from workers.settings import Settings

_SPEAK_AFTER_S = 2.0


def report(settings: Settings, file: str, *, as_json: bool) -> int:
    """Print one finding a line and a summary on stderr; returns how many messages would be refused."""
    taken = refused = warned = 0
    said = time.monotonic()
    for finding in findings(_lines(file), national_of(settings)):
        taken, refused = taken + finding.taken, refused + (not finding.taken)
        warned += bool(finding.warnings)
        sys.stdout.write(_json(finding) if as_json else _text(finding))
        if time.monotonic() - said > _SPEAK_AFTER_S:
            said = time.monotonic()
            sys.stderr.write(f"conformance: {taken + refused} messages\n")
    sys.stderr.write(f"接收 {taken} 条（其中提醒 {warned} 条），拒收 {refused} 条。\n")
    sys.stderr.write(f"{taken} taken ({warned} with a warning), {refused} refused.\n")
    return refused


def _lines(file: str) -> Iterator[bytes]:
    if file == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(file).open("rb") as source:
            yield from source
    except OSError as error:
        raise Usage(f"{file}: {error.strerror}") from None


def _json(finding: Finding) -> str:
    return orjson.dumps({**finding._asdict(), "taken": finding.taken}).decode() + "\n"


def _text(finding: Finding) -> str:
    if finding.taken:
        head = f"{finding.line}: 接收 {finding.message} → {', '.join(finding.events)}"
        head += f" 提醒 {', '.join(finding.warnings)}" if finding.warnings else ""
    else:
        what = " ".join(part for part in (finding.reason, finding.field, finding.code) if part)
        head = f"{finding.line}: 拒收 {finding.message} {what}" + (f" ({finding.check})" if finding.check else "")
    return "".join(f"{line}\n" for line in (head, *(f"    {advice}" for advice in finding.advice)))
