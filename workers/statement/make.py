"""From the options of the command to the statement."""

from __future__ import annotations

import tomllib
from pathlib import Path

from workers.errors import TuodiError, Usage
from workers.settings import Settings
from workers.statement.letter import Contact, Statement
from workers.statement.letter import statement as compose
from workers.statement.source import from_database, from_file


def make(
    key: str, year: int, settings: Settings, file: Path | None, database: Path | None, rulebooks: Path | None,
    figures: Path | None, contacts: Path | None,
) -> Statement:  # fmt: skip
    """The statement of one person and year; TuodiError (exit 1) where nothing is known, Usage as asked wrongly."""
    if file is None and (rulebooks is not None or figures is not None):
        raise Usage("--rulebooks and --figures go with --file; the read model knows its own rulebooks")
    if file is not None:
        known = from_file(file, key, year, settings, rulebooks, figures)
    else:
        known = from_database(database or settings.database, key, year)
    found = compose(key, year, known.histories, known.waiting, contacts_of(contacts))
    if not found.items and not found.waiting:
        raise TuodiError(f"nothing is known of this person in {year}; check the key (`tuodi person-key`) and the year")
    return found


def contacts_of(file: Path | None) -> dict[str, Contact]:
    """Whom to ask, by division code of the insured place; Usage where the file is not readable as such."""
    if file is None:
        return {}
    try:
        body = tomllib.loads(file.read_text(encoding="utf-8"))
        return {code: Contact(**entry) for code, entry in body.items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        form = '["522701"] with name, phone and address as texts'
        raise Usage(f"{file} cannot be read as contacts: {error}; write {form}") from error
