"""`tuodi dictionaries import`: reading the download, showing the difference, writing the next version's file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from schemas.national.load import SHIPPED, Profile, Table
from workers.errors import Usage
from workers.intake.national.download import Change, Comparison, compare, entries_of, with_changes
from workers.intake.national.folder import national_of
from workers.settings import Settings

BYTES_MAX = 64_000_000
_VERSIONED = re.compile(r"(.+)-v([0-9]+)")


def import_download(
    settings: Settings, file: Path, region: str, meanings: Path | None, *, dry_run: bool, as_json: bool
) -> int:
    """Show what the download changes and write the next version; returns how many codes have no meaning yet."""
    profile = national_of(settings).profiles.get(region)
    if profile is None:
        raise Usage(f"--region {region}: there is no profiles/{region}.toml")
    comparison = compare(profile.dictionary, entries_of(_rows(_text(file))), _meanings(meanings))
    sys.stdout.write("".join(_line(change, as_json) for change in comparison.changes))
    open_ = sum(change.sign == "?" for change in comparison.changes)
    _tell(comparison, open_)
    if not dry_run:
        _write(settings.national_folder or SHIPPED, profile, comparison, file.name)
    return open_


def _text(file: Path) -> str:
    if file.stat().st_size > BYTES_MAX:
        raise Usage(f"{file}: a download has at most {BYTES_MAX:,} bytes")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Usage(f"{file}: not UTF-8; save it as UTF-8 first") from None


def _rows(text: str) -> list[Mapping[str, Any]]:
    """Lines of the answer (`output.list`, `list`, a bare list) or of a CSV with the same names."""
    if not text.lstrip().startswith(("{", "[")):
        return list(csv.DictReader(io.StringIO(text)))
    try:
        found: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise Usage("the download is neither JSON nor CSV") from None
    for name in ("output", "data", "list"):
        found = found.get(name, found) if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Usage("the download has no list of dictionary lines (output.list of 1901)")
    return found


def _meanings(file: Path | None) -> Mapping[str, Table]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Usage(f"{file}: {error}") from None


def _line(change: Change, as_json: bool) -> str:
    if as_json:
        return orjson.dumps(change._asdict()).decode() + "\n"
    meaning = "" if change.meaning is None else f" → {change.meaning}"
    return f"{change.sign} {change.field} {change.code} {change.label}{meaning}\n"


def _tell(comparison: Comparison, open_: int) -> None:
    signs = [change.sign for change in comparison.changes]
    sys.stderr.write(
        f"{signs.count('+')} new codes with a meaning, {open_} without (they stay refused; say them with --meanings), "
        f"{signs.count('-')} of ours are not in the download (kept), {comparison.same} as they were, "
        f"{len(comparison.unread)} dictionaries that nothing here reads.\n"
    )


def _write(folder: Path, profile: Profile, comparison: Comparison, download: str) -> None:
    name = profile.dictionary.name
    found = _VERSIONED.fullmatch(name)
    stem, version = (found[1], int(found[2]) + 1) if found else (name, 2)
    own = tomllib.loads((folder / "dictionaries" / f"{name}.toml").read_text(encoding="utf-8"))
    target = folder / "dictionaries" / f"{stem}-v{version}.toml"
    body = (
        f"# From the 1901 download {download}, on the basis of {name}.\n{_toml(with_changes(own, comparison, version))}"
    )
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise Usage(f"{target} is there already: a version is never written twice") from None
    sys.stderr.write(
        f'{target} written. It is not yet in force: have it checked, set dictionary = "{target.stem}" in '
        f"profiles/{profile.name}.toml, restart intake, and send the dead letters of unknown_code again.\n"
    )


def _toml(body: Mapping[str, Any]) -> str:
    lines = [f"{name} = {_quoted(value)}" for name, value in body.items() if not isinstance(value, dict)]
    for name, table in body.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(f"{_quoted(code)} = {_quoted(meaning)}" for code, meaning in table.items())]
    return "\n".join(lines) + "\n"


def _quoted(value: object) -> str:
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
