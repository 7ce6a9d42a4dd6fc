"""The page for hospitals does not rot: its signature verifies, its samples end as said, its tables are the code's."""

from __future__ import annotations

import hmac
import json
import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from schemas.http.openapi import OPERATIONS
from schemas.http.problem import ProblemType
from schemas.topics import full_name
from tests.unit.gateway.door_world import HOSPITALS, World, digest
from tests.unit.gateway.gateway_world import GatewayWorld
from workers.client.checks import CHECKS
from workers.client.hospital import Signer
from workers.gateway.door.refusals import REFUSALS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "integrate" / "hospital.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```json POST (\S+) (\d{3}) ?(\S*)\n(.+?)\n```", PAGE, re.DOTALL)
[BASE] = re.findall(r"```text base\n(.+?)\n```", PAGE, re.DOTALL)
[SCRIPT] = re.findall(r"```sh signature\n(.+?)\n```", PAGE, re.DOTALL)
KEY = bytes(range(32))
BODY = b'{"region":"520000","psn_no":"52000000000000000001000042","year":2023}'
SIGNED = "Mbi5orZ6g3RhUGUVB3e0vZkdkzU3MGyl+nR+Fol23g0="


def test_the_computed_signature_is_right_step_by_step() -> None:
    signer = Signer("H52270100001-2026a", KEY, lambda: 1_700_000_000.0, lambda: "20231114-0000000000000001")
    base, _ = signer.base("POST", "/v1/person-years", digest(BODY))

    assert base == BASE
    assert b64encode(hmac.digest(KEY, BASE.encode(), "sha256")).decode() == SIGNED
    assert f"`{SIGNED}`" in PAGE
    assert f"`{KEY.hex()}`" in PAGE


def _computed() -> list[str]:
    """What the page's own script would hand to curl."""
    if shutil.which("openssl") is None or shutil.which("bash") is None:
        pytest.fail("bash and openssl are needed: the page tells vendors to use them")
    script = f'curl() {{ printf "%s\\n" "$@"; }}\n{SCRIPT}\n'
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=30, check=True
    ).stdout.splitlines()


async def test_the_door_takes_what_openssl_computes(tmp_path: Path) -> None:
    lines = _computed()
    headers = dict(lines[at + 1].split(": ", 1) for at, line in enumerate(lines) if line == "-H")
    assert headers["Signature"] == f"tuodi=:{SIGNED}:"
    assert lines[-1].encode() == BODY

    text = HOSPITALS.replace('"one-2026a"', '"H52270100001-2026a"')
    world = World(tmp_path, text=text)
    answer = await world.ask("POST", "/v1/person-years", BODY, headers)
    assert answer.json() == {"code": "H52270100001", "bytes": len(BODY)}


async def test_the_samples_end_as_the_page_says(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    seen = []
    async with world.ledger(), world.window() as window:
        for path, _, _, body in SAMPLES:
            if path == "/v1/person-years":
                world.fill_read_model()
            answer = await window.post(path, content=body.encode())
            said = answer.json()
            word = said.get("outcome", "") if answer.status_code < 400 else said["type"].rpartition(":")[2]
            seen.append((path, str(answer.status_code), word))
    assert seen == [(path, status, word) for path, status, word, _ in SAMPLES]
    assert {path for path, *_ in SAMPLES} >= {op.path for op in OPERATIONS if op.method == "post"} - {"/v1/national"}
    assert len(world.log.records(full_name("journal"))) > 5


def test_every_problem_stands_in_the_table_with_its_status_and_its_sentence() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)

    assert [(slug, int(status), sentence) for slug, status, sentence, _ in rows] == [
        (kind.value, kind.status, kind.sentence) for kind in ProblemType
    ]
    assert all(todo for *_, todo in rows)


def test_every_reason_of_the_door_stands_in_the_table() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (?!\d{3} \|)(.+?) \| (.+?) \|$", PAGE, re.MULTILINE)

    assert {reason: sentence for reason, sentence, _ in rows if reason != "reason"} == {
        reason: refusal.sentence for reason, refusal in REFUSALS.items()
    }


def test_every_address_stands_in_the_table_of_interfaces() -> None:
    for operation in OPERATIONS:
        assert f"`{operation.method.upper()} {operation.path}`" in PAGE


def test_the_page_shows_its_sequences_and_leads_to_the_acceptance_list() -> None:
    assert PAGE.count("sequenceDiagram") >= 3
    assert "tuodi conformance https://" in PAGE
    assert "window-fallback.md" in PAGE
    assert len(CHECKS) > 15


def test_the_samples_are_one_json_object_each() -> None:
    assert all(isinstance(json.loads(body), dict) for *_, body in SAMPLES)
