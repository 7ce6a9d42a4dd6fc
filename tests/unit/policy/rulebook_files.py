"""The shipped Qiannan rulebook as text, to be broken on purpose."""

from __future__ import annotations

from workers.policy.adoption import SHIPPED, load_files
from workers.policy.problems import Finding, RulebookError

NAME = "qiannan/2022-26.toml"
SOURCE = "qiannan/2022-26.txt"
TEXT = (SHIPPED / NAME).read_text(encoding="utf-8")
WORDS = (SHIPPED / SOURCE).read_text(encoding="utf-8")


def findings_of(files: dict[str, str]) -> tuple[Finding, ...]:
    """What loading these files finds wrong."""
    try:
        load_files(files)
    except RulebookError as error:
        return error.findings
    return ()


def broken(old: str, new: str, count: int = 1) -> tuple[Finding, ...]:
    """Findings after `old` was replaced; the text must hold `old`."""
    assert old in TEXT, f"the rulebook no longer holds {old!r}"
    return findings_of({NAME: TEXT.replace(old, new, count), SOURCE: WORDS})


def line_of(words: str, text: str = TEXT) -> int:
    """Line on which words first stand."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)
