"""Errors of rulebooks, in words a clerk can act on: which file, which line, which articles, what to do."""

from __future__ import annotations

from typing import NamedTuple

from workers.errors import TuodiError


class Finding(NamedTuple):
    """One thing that is wrong in a rulebook. `articles` names both sides where two clash; `see` is one command."""

    file: str
    line: int
    message: str
    fix: str
    articles: tuple[str, ...] = ()
    see: str = ""

    def __str__(self) -> str:
        between = f" [{' / '.join(self.articles)}]" if self.articles else ""
        see = f"\n    see: {self.see}" if self.see else ""
        return f"{self.file}:{self.line}: {self.message}{between}\n    fix: {self.fix}{see}"


class RulebookError(TuodiError):
    """A rulebook that must not be used; carries every finding, not only the first."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)
