"""Files for replay tests: lines, runs of the command, and the export of what a replay folded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workers.journal.export import line_of
from workers.log.port import Record
from workers.policy.adoption import build_adoption
from workers.replay.derived import Sent
from workers.replay.engine import Engine
from workers.replay.lines import read_lines
from workers.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "docs" / "samples"
REPLAY, CASE, JOURNAL = (SAMPLES / f"{name}.ndjson" for name in ("replay", "case", "journal"))


def defaults(**changes: Any) -> Settings:
    """The settings as they are spelled in the code, whatever the environment says."""
    return Settings.model_construct(**changes)


def write(path: Path, lines: Iterable[dict[str, Any] | bytes]) -> Path:
    path.write_bytes(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Recording(Engine):
    """Keeps every journal record it folds, as a live journal would hold it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, dev_keys=True, keep=lambda emitted: None)
        self.folded: list[Record] = []

    def _fold(self, partition: Any, record: Record) -> list[Sent]:
        self.folded.append(record)
        return super()._fold(partition, record)


def export_of(source: Path, out: Path, *, adopt: bool = False, settings: Settings | None = None) -> Path:
    """Replay feed lines and write their journal, partition after partition, as `tuodi export` does."""
    config = settings or defaults()
    engine = Recording(config)
    law = build_adoption()
    if adopt:
        engine.adopt(law)
    engine.run(read_lines(source, config.topic_prefix), law)
    records = sorted(engine.folded, key=lambda record: (record.partition, record.offset))
    out.write_bytes(b"".join(line_of(record) for record in records))
    return out


def tuodi(*words: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The real command in a clean environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TUODI_")}
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *words],
        cwd=ROOT,
        env=clean | environment,
        input=stdin,
        capture_output=True,
        timeout=60,
    )
