"""Where a run lives: a folder that its caller keeps, or one that goes with the run; and the jars of its broker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.slots import ROOT

LIBS = ROOT / "var" / "kafka" / "libs"


@contextmanager
def run_folder(keep: Path | None, prefix: str) -> Iterator[Path]:
    """The folder to keep, made where it is missing, or a temporary one that is removed afterwards."""
    folder = keep or Path(tempfile.mkdtemp(prefix=prefix))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
