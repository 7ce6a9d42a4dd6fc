"""Documents into files: checked as a whole first, then written; nothing is written over unasked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workers.cases.document import Document, read, write
from workers.cases.timeline import timelines_of
from workers.errors import Usage


def bring(documents: Iterable[Document], *, replace: bool, dry_run: bool) -> list[tuple[str, Path]]:
    """What was done (or would be) with each file: `new`, `same` or `changed`. Usage before anything is written."""
    kept = list(documents)
    changes: list[tuple[str, Path]] = []
    for document in kept:
        timelines_of(document)
        changes.append((_change(document), document.path))
    refused = [str(path) for what, path in changes if what == "changed"]
    if refused and not (replace or dry_run):
        raise Usage(f"{', '.join(refused)} would change; look at --dry-run, then say --replace")
    if not dry_run:
        for document, (what, path) in zip(kept, changes, strict=True):
            if what != "same":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(write(document), encoding="utf-8")
    return changes


def _change(document: Document) -> str:
    """Compared by content: a file that only differs in spaces of its tables stays as it is."""
    if not document.path.exists():
        return "new"
    return "same" if write(read(document.path)) == write(document) else "changed"
