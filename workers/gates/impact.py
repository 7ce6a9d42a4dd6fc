"""`python -m workers.gates.impact [--check | --say TITLE]`: no result of the law changes unsaid.

`tests/frozen/results.ndjson` holds the first result of every example and of the frozen history; it is only added to.
`docs/impact/*.md` are the statements of what changed since, each with its reason. Both together must be the results of
today. Without an option, results that are new are added. Exit codes: 0 as stated; 1 something changed unsaid.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from schemas.money import text_of
from workers.cases.laws import shipped_books
from workers.cases.timeline import read_all
from workers.gates.register import ROOT
from workers.gates.results import FROZEN, Results, case_results, history_results

STATEMENTS = ROOT / "docs" / "impact"
GONE = "–"
SHOWN_MAX = 20
_AMOUNT = re.compile(r"(\d+)\.(\d{2})")


def today() -> Results:
    return case_results(shipped_books(), read_all()) | history_results()


def stated(frozen: Path = FROZEN, statements: Path = STATEMENTS) -> Results:
    """First results, overlaid with every statement in order."""
    found = first(frozen)
    for path in sorted(statements.glob("[0-9]*.md")):
        for key, now in rows_of(path.read_text(encoding="utf-8")):
            found[key] = now
    return {key: value for key, value in found.items() if value != GONE}


def first(frozen: Path = FROZEN) -> Results:
    path = frozen / "results.ndjson"
    return dict(map(orjson.loads, path.read_bytes().splitlines())) if path.is_file() else {}


def rows_of(text: str) -> Iterator[tuple[str, str]]:
    """Key and result now, of each row of a statement's table."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) == 3:
            yield cells[0].strip("`").replace("&#124;", "|"), cells[2]


def changes(was: Results, now: Results) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Results that differ or are gone, and keys that are new."""
    changed = {key: (old, now.get(key, GONE)) for key, old in was.items() if now.get(key, GONE) != old}
    return changed, [key for key in now if key not in was]


def statement(title: str, changed: Mapping[str, tuple[str, str]]) -> str:
    """The page of a change: what it does to periods, persons and fund, then every result."""
    head = ["---", f"title: {title}", "reason: ", "---", "", f"# {title}", ""]
    return "\n".join([*head, *_sums(changed), "", "| result | was | now |", "|---|---|---|", *_table(changed)]) + "\n"


def _table(changed: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for key, (was, now) in sorted(changed.items()):
        yield f"| `{key.replace('|', '&#124;')}` | {was} | {now} |"


def _sums(changed: Mapping[str, tuple[str, str]]) -> list[str]:
    """Persons and money of the decisions that changed; yearly counters would count them twice."""
    moved = {key: _fen(now) - _fen(was) for key, (was, now) in changed.items() if key.startswith(("case|", "bill|"))}
    more, less = sum(fen > 0 for fen in moved.values()), sum(fen < 0 for fen in moved.values())
    years = sorted({year for pair in changed.values() for text in pair for year in re.findall(r"\b20\d\d\b", text)})
    persons = {key.rsplit("|", 1)[0] for key in moved}
    total, rest = sum(moved.values()), len(moved) - more - less
    return [
        f"- Results: {len(changed)}; of persons: {len(persons)}; years named: {', '.join(years) or 'none'}.",
        f"- Decisions that pay more: {more}; less: {less}; with another reason or state only: {rest}.",
        f"- Fund, over examples and frozen history: {'-' if total < 0 else '+'}{text_of(abs(total))} yuan.",
    ]


def _fen(text: str) -> int:
    return sum(int(yuan) * 100 + int(fen) for yuan, fen in _AMOUNT.findall(text))


def unsaid(frozen: Path = FROZEN, statements: Path = STATEMENTS) -> list[str]:
    """Results of today that are not those stated, one sentence each, and what to do; empty means green."""
    changed, new = changes(stated(frozen, statements), today())
    found = [f"{key}: was {was}, now {now}" for key, (was, now) in list(changed.items())[:SHOWN_MAX]]
    if changed:
        found.append(f'{len(changed)} results changed unsaid: python -m workers.gates.impact --say "what changed"')
    if new:
        found.append(f"{len(new)} new results, such as {new[0]}; run `make generate` and commit")
    return found


def main(argv: list[str] | None = None, frozen: Path = FROZEN, statements: Path = STATEMENTS) -> int:
    """The command; see the module's text for exit codes."""
    parser = argparse.ArgumentParser(prog="python -m workers.gates.impact", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--say", metavar="TITLE", help="write the statement of what changed")
    asked = parser.parse_args(argv)
    if not asked.check:
        now = today()
        changed, new = changes(stated(frozen, statements), now)
        if asked.say and changed:
            say(asked.say, changed, statements)
        if new:
            write(frozen, first(frozen) | {key: now[key] for key in new})
            sys.stderr.write(f"{len(new)} new results\n")
    found = unsaid(frozen, statements)
    sys.stderr.write("".join(f"{line}\n" for line in found))
    return int(bool(found))


def say(title: str, changed: Mapping[str, tuple[str, str]], statements: Path) -> None:
    """Write the statement of a change under the next number."""
    number = len(list(statements.glob("[0-9]*.md"))) + 1
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "change"
    path = statements / f"{number:04}-{slug}.md"
    path.write_text(statement(title, changed), encoding="utf-8")
    sys.stderr.write(f"{path}: {len(changed)} results stated; write down the reason, with its article\n")


def write(frozen: Path, results: Results) -> None:
    lines = [orjson.dumps([key, results[key]]) for key in sorted(results)]
    (frozen / "results.ndjson").write_bytes(b"\n".join(lines) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
