"""`tuodi conformance URL`: options to a target, findings to lines."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson

from workers.client.acceptance import Check, Finding, Target, chosen, run
from workers.client.checks import CHECKS
from workers.client.hospital import Signer
from workers.errors import Usage

HOUR_S = 3_600
BILL_BYTES_MAX = 200_000
_NEEDED = ("type", "version", "region", "psn_no", "setl_id", "discharged_on", "settled_on")


class Asked(NamedTuple):
    """The options of the command."""

    url: str
    hospital: str | None
    region: str | None
    bill: Path | None
    key_id: str | None
    key_file: Path | None
    certificate: Path | None
    certificate_key: Path | None
    authorities: Path | None
    write: bool
    dry_run: bool
    as_json: bool


def report(asked: Asked) -> int:
    """Run the list and print it; returns how many checks failed. Errors: Usage where the options do not fit."""
    if asked.dry_run:
        for check in chosen(CHECKS, write=asked.write):
            sys.stdout.write(_planned(check, as_json=asked.as_json))
        sys.stderr.write(f"nothing was sent to {asked.url}\n")
        return 0
    target = _target(asked)
    say = _say_json if asked.as_json else _say_text
    findings = asyncio.run(_run(target, asked, say))
    counts = [sum(each.verdict.passed is state for each in findings) for state in (True, False, None)]
    sys.stderr.write(f"通过 {counts[0]} 项，不通过 {counts[1]} 项，不适用 {counts[2]} 项。\n")
    sys.stderr.write(f"{counts[0]} passed, {counts[1]} failed, {counts[2]} not applicable.\n")
    if not asked.write:
        sys.stderr.write("Nothing was settled. Add --write to settle, repeat and cancel the sample bill.\n")
    return counts[1]


async def _run(target: Target, asked: Asked, say: Any) -> list[Finding]:
    async with target.http:
        return await run(chosen(CHECKS, write=asked.write), target, say)


def _target(asked: Asked) -> Target:
    if asked.hospital is None or asked.region is None or asked.bill is None:
        raise Usage("name the test hospital, its region and a sample bill: --hospital CODE --region 520000 --bill FILE")
    bill = _bill(asked.bill, asked.hospital, asked.region)
    signers = _signers(asked)
    if signers[0] is None and asked.certificate is None:
        raise Usage("name your proof: --key-id ID --key-file FILE, or --certificate FILE --certificate-key FILE")
    run_id = time.strftime("%m%d%H%M%S", time.gmtime()) + secrets.token_hex(2)
    http = httpx.AsyncClient(base_url=asked.url, verify=_context(asked), follow_redirects=False)
    return Target(http, asked.hospital, asked.region, bill, run_id, *signers)


def _bill(file: Path, hospital: str, region: str) -> dict[str, Any]:
    """The first settlement of the file; only of the test hospital and region that were named."""
    try:
        with file.open("rb") as source:
            bill = orjson.loads(source.readline(BILL_BYTES_MAX) or b"")
    except OSError as error:
        raise Usage(f"{file}: {error.strerror}") from None
    except orjson.JSONDecodeError:
        raise Usage(f"{file}:1: not one JSON object a line") from None
    missing = [name for name in _NEEDED if not isinstance(bill, dict) or name not in bill]
    if missing or bill["type"] != "settlement.final":
        raise Usage(f"{file}:1: a settlement.final is needed; missing: {', '.join(missing) or 'its type'}")
    for name, stated in (("region", region), ("institution_code", hospital)):
        if bill.get(name, stated) != stated:
            raise Usage(f"{file}:1: {name} is not the one that was named: nothing is sent for anybody else")
    return {**bill, "institution_code": hospital}


def _signers(asked: Asked) -> tuple[Signer | None, Signer | None, Signer | None]:
    if asked.key_id is None or asked.key_file is None:
        return None, None, None
    try:
        secret = bytes.fromhex(asked.key_file.read_text(encoding="ascii").strip())
    except OSError as error:
        raise Usage(f"{asked.key_file}: {error.strerror}") from None
    except ValueError:
        raise Usage(f"{asked.key_file}: the key must be one line of hexadecimal digits") from None

    def nonce() -> str:
        return secrets.token_urlsafe(24)

    return (
        Signer(asked.key_id, secret, time.time, nonce),
        Signer(asked.key_id, bytes(each ^ 255 for each in secret), time.time, nonce),
        Signer(asked.key_id, secret, lambda: time.time() - HOUR_S, nonce),
    )


def _context(asked: Asked) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(asked.authorities) if asked.authorities else None)
        if asked.certificate is not None:
            context.load_cert_chain(asked.certificate, asked.certificate_key)
    except (OSError, ssl.SSLError) as error:
        raise Usage(f"certificate files cannot be used: {error.strerror or error.__class__.__name__}") from None
    return context


def _planned(check: Check, *, as_json: bool) -> str:
    if as_json:
        line = {"check": check.name, "writes": check.writes, "expects": check.expects, "english": check.english}
        return orjson.dumps(line).decode() + "\n"
    return f"{check.name:16} {'写入' if check.writes else '只读'}  {check.expects}\n    {check.english}\n"


def _say_json(finding: Finding) -> None:
    sys.stdout.write(orjson.dumps(finding.as_json()).decode() + "\n")
    sys.stdout.flush()


def _say_text(finding: Finding) -> None:
    check, verdict = finding.check, finding.verdict
    word = {True: "通过", False: "不通过", None: "不适用"}[verdict.passed]
    sys.stdout.write(f"{word} {check.name}: {verdict.saw}\n")
    if verdict.passed is False:
        sys.stdout.write(f"    应为 {check.expects}\n    {check.todo}\n    {check.english}\n")
    sys.stdout.flush()
