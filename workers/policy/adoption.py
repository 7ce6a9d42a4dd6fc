"""Adoption: the canonical bytes of law, figures and engine, and the law they load to. Same bytes, same law."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workers.errors import Usage
from workers.policy.checks import check
from workers.policy.compiler import executable_findings
from workers.policy.county_lists import CountyLists
from workers.policy.instrument import Instrument
from workers.policy.law import ENGINE, Law
from workers.policy.loader import Loaded, load
from workers.policy.outside import adopted_figures
from workers.policy.problems import Finding, RulebookError

SHIPPED = Path(__file__).parent / "rulebooks"
ADOPTION_BYTES_MAX = 900_000
"""Below the journal's record limit of 1 MB, headers and wrapping included."""

LABEL_CHARS_MAX = 64
"""Longest `instrument` of a `rulebook.adopted` record (schemas/journal.py)."""

Figures = Mapping[str, Any]


def build_adoption(rulebooks: Path | None = None, figures: Figures | Path | None = None) -> bytes:
    """Canonical bytes of all rulebooks under a folder (the shipped ones by default) with outside figures and engine.

    `figures` is {measure: {figure: …}} or a TOML or JSON file of that. Usage when a path cannot be read; RulebookError
    when the law in it does not load.
    """
    folder = SHIPPED if rulebooks is None else rulebooks
    files = read_folder(folder)
    if not any(name.endswith(".toml") for name in files):
        raise Usage(f"no rulebook (*.toml) under {folder}; name the folder that holds the rulebooks")
    body = {
        "engine": ENGINE,
        "figures": _read_figures(figures) if isinstance(figures, Path) else dict(figures or {}),
        "files": files,
        "schema": "adoption/1",
    }
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    data = text.encode()
    load_adoption(data)
    return data


def adoption_record_fields(data: bytes) -> dict[str, str]:
    """Fields of the journal record `rulebook.adopted` for these bytes: hash, instruments by measure, body."""
    law = load_adoption(data)
    label = "/".join(f"{each.measure}:{each.book.revision}" for each in law.instruments)
    if len(label) > LABEL_CHARS_MAX:
        label = "/".join(law.measures)
    return {"hash": law.hash, "instrument": label, "body": data.decode()}


def load_adoption(data: bytes) -> Law:
    """The law of an adoption, proved again while it loads; cached by hash. RulebookError lists every finding."""
    return _load(data)


@lru_cache(maxsize=8)
def _load(data: bytes) -> Law:
    if len(data) > ADOPTION_BYTES_MAX:
        raise RulebookError([Finding("adoption", 1, "more than 900,000 bytes", "leave out rulebooks not in use")])
    body = _parse(data)
    if body.get("schema") != "adoption/1" or body.get("engine") != ENGINE:
        message = f"this engine is number {ENGINE} and reads adoption/1"
        raise RulebookError([Finding("adoption", 1, message, "run the engine release that the adoption names")])
    loaded = load_files(body["files"])
    findings = _figure_findings(loaded, body["figures"])
    values, faults = adopted_figures(loaded, body["figures"])
    findings += faults
    if findings:
        raise RulebookError(findings)
    lists = CountyLists(body.get("lists"))
    instruments = (Instrument(each, values.get(each.book.measure), lists) for each in loaded)
    return Law(instruments, hashlib.sha256(data).hexdigest(), ENGINE)


def _parse(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError as error:
        raise RulebookError([Finding("adoption", 1, "not JSON", "adopt again with `tuodi rulebook`")]) from error
    if not isinstance(body, dict):
        raise RulebookError([Finding("adoption", 1, "not an object", "adopt again with `tuodi rulebook`")])
    return body


def load_files(files: Mapping[str, str]) -> list[Loaded]:
    """All rulebooks among `files` (relative path → text), checked; RulebookError with the findings of all of them."""
    findings: list[Finding] = []
    result: list[Loaded] = []
    for name in sorted(files):
        if not name.endswith(".toml"):
            continue
        folder = name.rpartition("/")[0]
        beside = {path.rpartition("/")[2]: text for path, text in files.items() if path.rpartition("/")[0] == folder}
        try:
            loaded = load(name, files[name], beside)
        except RulebookError as error:
            findings.extend(error.findings)
            continue
        findings.extend(check(loaded) + executable_findings(loaded))
        result.append(loaded)
    if findings:
        raise RulebookError(findings)
    return result


def _figure_findings(loaded: list[Loaded], figures: Mapping[str, Any]) -> list[Finding]:
    declared = {(each.book.measure, figure.id) for each in loaded for figure in each.book.figure}
    findings = []
    for measure, values in figures.items():
        for name in values if isinstance(values, Mapping) else ("",):
            if (measure, name) not in declared:
                message = f"{measure}.{name} is not an outside figure of any adopted rulebook"
                findings.append(Finding("figures", 1, message, "remove it, or declare it as [[figure]]"))
    return findings


def read_folder(folder: Path) -> dict[str, str]:
    """Every rulebook and text under a folder by its relative path; Usage where it is no folder."""
    if not folder.is_dir():
        raise Usage(f"{folder} is not a folder; name the folder that holds the rulebooks")
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".toml", ".txt"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def _read_figures(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        body = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise Usage(f"{path} cannot be read as figures: {error}; give a TOML or JSON file") from error
    if not isinstance(body, dict):
        raise Usage(f"{path} is not a table of figures by measure")
    return body
