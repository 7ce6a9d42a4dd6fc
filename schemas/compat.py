"""Is the contract of today compatible with what was released? `python -m schemas.compat [--release]`.

What we accept must take everything that an old sender writes; what we publish must satisfy every old reader that
ignores unknown fields; the journal, which is kept for ever, must do both. So accepted objects are compared closed (a
dropped optional field is then seen) in the role of a reader, published ones open in the role of a writer. New codes of
a closed list may be added to what we publish, none removed.

Exit codes: 0 compatible (and with `--release` the schemas of today became released ones); 1 not, with reasons.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Literal

from schemas.generate import ROOT
from schemas.json_schema import Contract, close, contracts, open_up, schema_of

RELEASED = ROOT / "schemas/generated/released/schemas"


def incompatible(old: dict[str, Any], new: dict[str, Any], *, accepted: bool) -> list[str]:
    """Why `new` breaks who relies on `old`, one sentence each; empty means compatible. Only this knows jsoncompat."""
    import jsoncompat  # alpha, pinned, a tool of development: the released samples stand beside it

    old, new = _copy(old), _copy(new)
    found = _lost_codes(old, new)
    for schema in (old, new):
        _bare(schema)
        (close if accepted else open_up)(schema)
    if not accepted:
        _take_codes(old, new)
    role: Literal["serializer", "deserializer"] = "deserializer" if accepted else "serializer"
    if not jsoncompat.check_compat(json.dumps(old), json.dumps(new), role):
        rule = "takes all that was sent so far" if accepted else "writes only what old readers understand"
        found.append(f"a field was added as required, dropped, or changed its type or limits: no longer {rule}")
    return found


def _copy(schema: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(schema))
    return copied


def _bare(schema: dict[str, Any]) -> None:
    """Without what says nothing about values: names and texts of the contract may be improved."""
    waiting: list[Any] = [schema]
    schema.pop("$id", None)
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            for name in ("title", "description", "examples", "default"):
                if not isinstance(part.get(name), dict):  # a property may bear such a name
                    part.pop(name, None)
            waiting.extend(part.values())


def _codes(schema: dict[str, Any]) -> dict[str, list[str]]:
    return {name: body["enum"] for name, body in schema.get("$defs", {}).items() if "enum" in body}


def _lost_codes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    now = _codes(new)
    return [
        f"{name} lost {', '.join(sorted(set(codes) - set(now[name])))}"
        for name, codes in _codes(old).items()
        if name in now and not set(codes) <= set(now[name])
    ]


def _take_codes(old: dict[str, Any], new: dict[str, Any]) -> None:
    for name, codes in _codes(new).items():
        if name in _codes(old):
            old["$defs"][name]["enum"] = codes


def findings(released: Path = RELEASED) -> list[str]:
    """Every incompatibility of today's models with the released schemas, and every released type that is gone."""
    today = {c.name: c for c in contracts()}
    found = []
    for path in sorted(released.rglob("*.schema.json")):
        name = path.relative_to(released).as_posix().removesuffix(".schema.json")
        if name not in today:
            found.append(f"{name}: was released and is gone")
            continue
        old = json.loads(path.read_text(encoding="utf-8"))
        found += [f"{name}: {reason}" for reason in _against(old, today[name])]
    return found


def _against(old: dict[str, Any], contract: Contract) -> list[str]:
    new = schema_of(contract)
    found = incompatible(old, new, accepted=contract.accepted)
    return found + (incompatible(old, new, accepted=True) if contract.folder else [])


def release(released: Path = RELEASED) -> None:
    """Write today's schemas as the released ones."""
    for contract in contracts():
        path = released / f"{contract.name}.schema.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(schema_of(contract), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None, released: Path = RELEASED) -> int:
    """The command; see the module's text for exit codes."""
    parser = argparse.ArgumentParser(prog="python -m schemas.compat", description=__doc__)
    parser.add_argument("--release", action="store_true", help="where compatible, release today's schemas")
    options = parser.parse_args(argv)
    wrong = findings(released)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    if wrong:
        return 1
    if options.release:
        release(released)
    return 0


if __name__ == "__main__":
    sys.exit(main())
