"""The generated AsyncAPI document under the official parser (node). Without node or npm: skipped, in CI red."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "deploy/asyncapi"
INSTALLED = ROOT / "var/asyncapi"
DOCUMENT = ROOT / "schemas/generated/asyncapi.yaml"
INSTALL_SECONDS = 300
VALIDATE_SECONDS = 60


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; the document was not validated")
    pytest.skip(what)


@pytest.fixture(scope="module")
def parser() -> Path:
    """Folder with the pinned parser, installed from the lock once per lock."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _missing("node and npm are not installed")
    lock = (RECIPE / "package-lock.json").read_bytes()
    done = INSTALLED / ".installed"
    if not done.is_file() or done.read_bytes() != lock:
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(RECIPE / name, INSTALLED / name)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"]
        made = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        if made.returncode != 0:
            _missing(f"npm ci failed: {made.stderr[-300:]}")
        done.write_bytes(lock)
    return INSTALLED


def _validate(document: Path, parser: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", str(RECIPE / "validate.mjs"), str(document), str(parser)]
    return subprocess.run(command, capture_output=True, text=True, timeout=VALIDATE_SECONDS)


def test_the_official_parser_has_nothing_against_the_document(parser: Path) -> None:
    found = _validate(DOCUMENT, parser)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("asyncapi 3.1.0: 32 channels")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("action: receive", "action: peek", "action"),
        ("$ref: '#/channels/journal'", "$ref: '#/channels/nowhere'", "nowhere"),
        ("asyncapi: 3.1.0", "asyncapi: 3.9.9", "3.9.9"),
    ],
)
def test_the_parser_is_red_for_a_broken_document(
    parser: Path, tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / "asyncapi.yaml"
    broken.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    found = _validate(broken, parser)
    assert found.returncode == 1
    assert told in found.stderr


def test_the_lock_is_whole_and_names_no_registry() -> None:
    text = (RECIPE / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 100
    assert '"@asyncapi/parser": "3.6.3"' in text
