"""`python -m workers.replay.document [--check]`: docs/replay.md from its text, the models and real replays.

What can rot is made here: field tables from the pydantic models, codes from their enumerations, sample lines from
`docs/samples`, answers by replaying them. Exit codes: 0 written or equal, 1 differs (`--check`).
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.codec import FEED_MODELS, type_of
from schemas.events.office import NEEDED, ONE_OF
from schemas.outputs.decision import BillState, Outcome
from schemas.reasons import Reason, RejectReason
from schemas.replay import PersonState, ReplayResult, SettlementState
from workers.replay.run import replay_file
from workers.replay.vocabulary import page_part
from workers.settings import Settings

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGE, SAMPLES = Path("docs/replay.md"), Path("docs/samples")

ENVELOPE = ("type", "version", "region", "psn_no")

STATUS_TEXTS = {
    BillState.DECIDED: "decided; a refusal is decided 0.00 with its reason",
    BillState.HELD: "waits for a fact or a figure; decided by itself when it comes",
    BillState.PARKED: "a cancel, reversal or reinstatement came before its bill",
    BillState.NEEDS_PERSON: "an officer decides",
    BillState.REVERSED: "cancelled or reversed; all layers 0.00",
}
OUTCOME_TEXTS = {
    Outcome.DECIDED: "a bill was decided, or decided again",
    Outcome.COMPLETED: "the same bill with facts that were absent before",
    Outcome.REPEAT: "the same record again; nothing changed",
    Outcome.CONFIRMED: "the same record from another source; nothing changed",
    Outcome.CONFLICT: "the same number with another stated fact: no effect, a task",
    Outcome.HELD: "the bill waits for a fact or a figure",
    Outcome.PARKED: "waits for the bill it speaks of",
    Outcome.NEEDS_PERSON: "left to an officer",
    Outcome.APPLIED: "recorded; bills that it changes are decided again in the same step",
    Outcome.STALE: "a revision below the one that is known",
    Outcome.NO_EFFECT: "read, nothing to do",
    Outcome.FORWARDED: "moved to the person's new key",
}


def render(root: Path = ROOT) -> str:
    """The whole page."""
    texts = tomllib.loads((HERE / "fields.toml").read_text(encoding="utf-8"))
    parts = {
        "events": "\n".join(_events(root, texts)),
        "orders": "\n".join(_orders()),
        "case_lines": _fenced("json", (root / SAMPLES / "case.ndjson").read_text(encoding="utf-8")),
        "case_answer": _fenced("json", answer(root / SAMPLES / "case.ndjson")),
        "answer": _fenced("json", answer(root / SAMPLES / "replay.ndjson")),
        "exported": _fenced("json", (root / SAMPLES / "journal.ndjson").read_text(encoding="utf-8")),
        "statuses": _table("status", "meaning", ((s.value, text) for s, text in STATUS_TEXTS.items())),
        "reasons": _table("reason", "说明", ((r.value, r.text) for r in Reason)),
        "rejects": _table("reason", "what to fix", ((r.value, r.text) for r in RejectReason)),
        "outcomes": _table("code", "meaning", ((o.value, text) for o, text in OUTCOME_TEXTS.items())),
        "result": "\n".join(_result()),
        "vocabulary": page_part(),
    }
    page = (HERE / "replay.md.in").read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace(f"{{{{{name}}}}}", text)
    return page


def answer(sample: Path) -> str:
    """What `tuodi replay --json` prints for a sample, under the development key and the default settings."""
    return replay_file(sample, Settings.model_construct()).model_dump_json(indent=2) + "\n"


def _events(root: Path, texts: dict[str, dict[str, str]]) -> Iterator[str]:
    lines = (root / SAMPLES / "replay.ndjson").read_text(encoding="utf-8").splitlines()
    first: dict[str, str] = {}
    for line in lines:
        first.setdefault(json.loads(line)["value"].get("type", ""), line)
    for topic, models in FEED_MODELS.items():
        for model in models:
            type_ = type_of(model)
            yield from (f"### `{type_}` (topic `{topic}`)", "", _fenced("json", first[type_] + "\n"), "")
            yield from ("| field | meaning | form | absent |", "|---|---|---|---|")
            names = sorted(model.model_fields, key=lambda name: name not in ENVELOPE)
            yield from (_field_row(type_, name, model, texts) for name in names)
            yield ""


def _field_row(type_: str, name: str, model: type[BaseModel], texts: dict[str, dict[str, str]]) -> str:
    schema = model.model_json_schema()
    field, found = model.model_fields[name], texts["meaning"]
    meaning = field.description or found.get(f"{type_}.{name}") or found.get(name)
    if meaning is None:
        raise ValueError(f"workers/replay/fields.toml: {type_}.{name} has no meaning")
    form = _form(schema["properties"][name], schema.get("$defs", {}))
    return f"| `{name}` | {meaning} | {form} | {_absent(type_, name, field, texts['absent'])} |"


def _absent(type_: str, name: str, field: Any, texts: dict[str, str]) -> str:
    if field.is_required():
        return "**required**"
    if f"{type_}.{name}" in texts:
        return texts[f"{type_}.{name}"]
    if field.default is None:
        return "not stated"
    shown = "0.00" if field.default == 0 and field.default is not False else field.default
    shown = getattr(shown, "value", shown)
    return f"means `{json.dumps(shown)}`" if isinstance(shown, bool | tuple | list) else f'means `"{shown}"`'


def _form(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_form(each, defs) for each in schema["anyOf"] if each.get("type") != "null")
    if "$ref" in schema:
        target = defs[schema["$ref"].rpartition("/")[2]]
        return " · ".join(f"`{word}`" for word in target["enum"]) if "enum" in target else "object"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema.get("type")
    if kind == "array":
        return f"list of ≤ {schema['maxItems']}: {_form(schema['items'], defs)}"
    if kind == "integer":
        return f"whole number {schema.get('minimum', 0)}–{schema['maximum']}"
    return {"boolean": "`true` / `false`"}.get(str(kind)) or _text_form(schema)


def _text_form(schema: dict[str, Any]) -> str:
    if schema.get("format") == "date":
        return "`YYYY-MM-DD`"
    pattern = str(schema.get("pattern", ""))
    if pattern.endswith(r"\.[0-9]{2}$"):
        return 'yuan, `"1234.50"`' + (", may be negative" if "-?" in pattern else "")
    if pattern == "^[0-9]{6}$":
        return "six digits"
    plain = "" if "u0000" in pattern or not pattern else f" `{pattern[1:-1]}`".replace("|", "\\|")
    limits = f"{schema.get('minLength', 0)}–{schema['maxLength']} characters" if "maxLength" in schema else "text"
    return limits + plain


def _orders() -> Iterator[str]:
    yield from ("| `kind` | needs |", "|---|---|")
    for kind, needed in NEEDED.items():
        names = [f"`{name}`" for name in needed]
        names += [" or ".join(f"`{name}`" for name in ONE_OF[kind])] if kind in ONE_OF else []
        yield f"| `{kind.value}` | {', '.join(names)} |"


def _result() -> Iterator[str]:
    for title, model in (("", ReplayResult), ("persons.*", PersonState), ("persons.*.settlements.*", SettlementState)):
        for name, field in model.model_fields.items():
            place = f"{title}.{name}" if title else name
            yield f"| `{place}` | {field.description or RESULT_TEXTS[place]} |"


RESULT_TEXTS = {
    "alerts": "bodies of `alert.raised` without `cause`, oldest first; `standing`: the cause is still there",
    "postings": "every posting of every decision, oldest first; their sum per bill and layer is the bill's layer",
    "held": "the bills that are held now, with the reason",
    "rejected": "lines that became dead letters: line, topic, reason, detail",
    "persons.*.settlements": "settlement number → the bill now; `region|number` where a person has it from two regions",
    "persons.*.years": "year → measure → counter → yuan; a counter that is absent is 0.00",
    "persons.*.admissions": "admission_id → the stay as recorded, and `flags`: kinds of flags up for it",
    "persons.*.recognitions": "identities as recorded, newest revision each",
    "persons.*.checkups": "checkup_id → the check-up as recorded and decided, as under `premium` (layer package)",
    "persons.*.flags": "bodies of `entitlement.flagged` without `cause`, oldest first; `standing`: the last, and up",
    "persons.*.settlements.*.region": "the platform that issued the number",
}


def _table(left: str, right: str, rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join((f"| {left} | {right} |", "|---|---|", *(f"| `{code}` | {text} |" for code, text in rows)))


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}```"


@contextmanager
def _without_warnings(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Write or check; see the module's text for exit codes."""
    parser = argparse.ArgumentParser(prog="python -m workers.replay.document", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page differs")
    options = parser.parse_args(argv)
    with _without_warnings("workers.journal.keys"):  # the page is made under the development key
        page, file = render(root), root / PAGE
    if not options.check:
        file.write_text(page, encoding="utf-8")
        return 0
    if file.is_file() and file.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write(f"{PAGE} is stale; run `python -m workers.replay.document` and commit\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
